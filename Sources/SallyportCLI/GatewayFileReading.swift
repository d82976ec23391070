import ArgumentParser
import Compilation
import Diagnostics
import Nftables
import Policy

/// The configuration of a gateway, read from files.
struct GatewayFiles {
  /// All rules; those of iptables-save bear the lines of their files.
  var ruleset = Ruleset([])
  /// Where chains are declared, by table and name.
  var declarations: [String: SourceSpan] = [:]
  /// What was wrong with the files.
  var diagnostics: [Diagnostic] = []
  /// The policy's sources, and the files.
  var sources: SourceSet
  /// The first file, for what no line is to blame for.
  var first: SourceSpan

  /// - Throws: `ExitStatus.inputMissing` for a file that cannot be read or holds no configuration that is known.
  init(_ paths: [String], after sources: SourceSet, _ console: Console) throws {
    self.sources = sources
    first = SourceSpan(file: SourceID(sources.files.count), 0..<0)
    var texts: [(name: String, bytes: [UInt8])] = []
    for path in paths {
      let bytes = try PolicyFiles(files: [], console: console).read(path)
      let name = path == "-" ? standardInputName : path
      if SavedSets.isSaved(bytes) {
        ruleset.ipSets += SavedSets.read(bytes, first: ruleset.ipSets.count + 1)
      } else {
        texts.append((name, bytes))
      }
    }
    guard !texts.isEmpty else {
      throw console.failure("there are no rules in \(listed(paths.map { "`\($0)`" }))", .inputMissing)
    }
    for (name, bytes) in texts {
      if SavedRuleset.isSaved(bytes) {
        let file = self.sources.add(SourceFile(name: name, bytes: bytes))
        let saved = SavedRuleset(bytes, file: file, sets: ruleset.ipSets)
        ruleset.tables += saved.tables
        diagnostics += saved.diagnostics
        declarations.merge(saved.declarations) { first, _ in first }
        continue
      }
      if let wayOut = Self.wayOut(bytes) { throw console.failure("\(name): \(wayOut)", .inputMissing) }
      do throws(ListingError) {
        let listed = try Ruleset.read(listing: bytes)
        _ = self.sources.add(SourceFile(name: name, bytes: bytes))
        ruleset.tables += listed.tables
      } catch {
        throw console.failure("\(name): \(error)", .inputMissing)
      }
    }
  }

  /// What a text is that cannot be read, and which command gives the right one; `nil` where it may be a listing.
  private static func wayOut(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(20_000), as: UTF8.self)
    let text = head.drop { $0.isWhitespace }
    let known = "iptables-save, ip6tables-save, ipset save and `nft -j list ruleset` print can be read"
    if text.isEmpty { return "is empty; what \(known)" }
    if head.contains("--More--") {
      return "holds the marks of a pager (`--More--`), so lines may be missing; save it without one"
    }
    if text.hasPrefix("table ") || text.hasPrefix("#!/usr/sbin/nft") {
      return "is a listing or script of nft for people; save `nft -j list ruleset` instead"
    }
    if text.hasPrefix("Chain ") {
      return "is what `iptables -L` prints, which leaves out tables and interfaces; save `iptables-save` instead"
    }
    guard text.hasPrefix("{") else { return "is no configuration of a gateway that is known here; what \(known)" }
    return nil
  }

  /// Without interfaces in the policy nobody knows by which of them packets come, and rules ask for them.
  ///
  /// - Throws: `ExitStatus.usage` where rules look at interfaces, and the policy names none of a side.
  func requireInterfaces(of policy: Policy, gateway: Int?, _ console: Console) throws {
    guard ruleset.looksAtInterfaces else { return }
    let own = gateway.flatMap { policy.gateways.indices.contains($0) ? policy.gateways[$0] : nil }
    guard own?.outside.isEmpty != false || own?.inside.isEmpty != false else { return }
    throw console.failure(
      "the rules look at interfaces, and the policy does not name those of the gateway; "
        + "write `outside` and `inside` into its block", .usage)
  }
}
