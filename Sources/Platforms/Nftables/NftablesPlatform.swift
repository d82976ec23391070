package import Flows
package import Nftables

/// nftables on Linux: one table of our own, `inet sallyport`, and fragments for what the kernel needs beside it.
package struct NftablesPlatform: TablePlatform, SessionPlatform {
  package var name: String { "nftables" }
  package var isLinux: Bool { true }
  package var forms: [String] { ["nft", "json"] }
  package var capabilities: Set<FlowFeature> { Set(FlowFeature.allCases) }
  package var writesBothDirections: Bool { true }
  package var tableName: String { ownTableName }

  package var versions: String? { "0.9 to 1.x" }

  /// Versions 0.9 and 1, with or without what follows: `1.0.6`. Sets of typed keys came with 0.9.
  package func knows(version: String) -> Bool {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0 != nil }) else { return false }
    return parts.first == 1 || parts.prefix(2) == [0, 9]
  }

  package func header(version: String) -> [String] {
    ["Compiled by sallyport \(version). Owns the table `inet sallyport` and touches no other; load it with nft -f."]
  }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    input == .outside || input == .inside || input == .mark ? .optional : .useless
  }

  package func table(of plan: FlowPlan) -> Table { lower(plan) }

  package func ruleset(of plan: FlowPlan) -> Ruleset { Ruleset([lower(plan)]) }

  package func difference(running: Table?, wanted: Table) -> PolicyDifference {
    PolicyDifference(running: running, wanted: wanted)
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) throws -> [Artifact] {
    let table = lower(plan)
    guard form != "json" else {
      return [Artifact(name: "sallyport.json", pieces: [table.json()], purpose: "the ruleset as nft -j lists it")]
    }
    let script = table.script(header: header(version: version), isTraced: false)
    return [
      Artifact(
        name: "sallyport.nft", pieces: script.pieces, destination: "/var/lib/sallyport/boot.nft",
        purpose: "the ruleset; load it with nft -f")
    ]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] { KernelFiles(plan).artifacts }
}
