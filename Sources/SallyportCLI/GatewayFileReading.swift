import Addressing
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
  /// The families whose filters some file tells.
  private var families: Set<AddressFamily> = []
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
      throw console.failure("there are no rules in \(listed(paths))", .inputMissing)
    }
    for (name, bytes) in texts {
      if SavedRuleset.isSaved(bytes) {
        let file = self.sources.add(SourceFile(name: name, bytes: bytes))
        let saved = SavedRuleset(bytes, file: file, family: Self.family(name, bytes), sets: ruleset.ipSets)
        if saved.tables.contains(where: { $0.name == "filter" }) { families.insert(saved.family) }
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
        if !listed.isEmpty { families.formUnion(AddressFamily.allCases) }
      } catch {
        throw console.failure("\(name): \(error)", .inputMissing)
      }
    }
  }

  /// The family that a text does not tell and its file's name does: `rules.v6`, `ip6tables.rules`.
  private static func family(_ name: String, _ bytes: [UInt8]) -> AddressFamily? {
    if let told = SavedRuleset.family(of: bytes) { return told }
    let file = name.split(separator: "/").last ?? ""
    if file.hasSuffix("v6") || file.contains("ip6") || file.contains("ipv6") { return .ipv6 }
    return file.hasSuffix("v4") || file.contains("ipv4") || file.contains("iptables") ? .ipv4 : nil
  }

  /// Families in which the policy publishes something, and whose rules are in no file.
  func untold(_ policy: Policy, gateway: Int?) -> [Diagnostic] {
    let published = policy.publications.filter { $0.gateway == gateway }
    return AddressFamily.allCases.compactMap { family in
      guard !families.contains(family),
        let address = published.lazy.flatMap(\.externalAddresses).first(where: { $0.family == family })
      else { return nil }
      return .warning(
        "gateway-undecided", "no file tells the rules of \(family.title), in which something is published here",
        at: first, related: [Label(address.dialled.span, "such as this address")],
        help: "add what \(family == .ipv4 ? "iptables-save" : "ip6tables-save") prints, with its table `filter`")
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
  /// - Throws: `ExitStatus.findings` where rules look at interfaces, and the policy names none of a side.
  func requireInterfaces(of policy: Policy, gateway: Int?, _ console: Console) throws {
    guard ruleset.looksAtInterfaces else { return }
    let own = gateway.flatMap { policy.gateways.indices.contains($0) ? policy.gateways[$0] : nil }
    let isBehind = policy.publications.contains { publication in
      publication.gateway == gateway && policy.server(of: publication)?.isLocal == false
    }
    let missing = [
      own?.outside.isEmpty != false ? "`outside`" : nil, isBehind && own?.inside.isEmpty != false ? "`inside`" : nil,
    ].compactMap(\.self)
    guard !missing.isEmpty else { return }
    throw console.failure(
      "the rules look at interfaces, and the policy does not name those of the gateway; "
        + "write \(missing.joined(separator: " and ")) into its block", .findings)
  }
}
