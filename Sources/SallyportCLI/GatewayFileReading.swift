import Addressing
import ArgumentParser
import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy

/// The configuration of a gateway, read from files.
struct GatewayFiles {
  /// What all files together say.
  private(set) var saved = SavedGateway()
  /// The platform of the gateway.
  private let platform: any Platform
  /// The policy's sources, and the files.
  var sources: SourceSet
  /// The first file, for what no line is to blame for.
  var first: SourceSpan

  /// All rules; those that were read from a text bear its lines.
  var ruleset: Ruleset { saved.ruleset }
  /// What was wrong with the files, and what is to be said of their lines.
  var diagnostics: [Diagnostic] { saved.diagnostics }

  /// `FILE:LINE` of a place in the files.
  var locator: (SourceSpan) -> String {
    let sources = sources
    return { span in
      guard sources.files.indices.contains(Int(span.file.index)) else { return "" }
      let file = sources[span.file]
      let place = min(span.range.lowerBound, file.bytes.count)
      return "\(file.name):\(file.bytes[..<place].count { $0 == 0x0A } + 1)"
    }
  }

  /// - Parameter gateway: Position in the policy's gateways; `nil` when it declares none.
  /// - Throws: As the other.
  init(_ paths: [String], of compilation: Compilation, gateway: Int?, _ console: Console) throws {
    try self.init(
      paths, after: compilation.sources, of: compilation.platform(of: gateway),
      GatewayContext(compilation.policy, gateway: gateway), console)
  }

  /// - Throws: `ExitStatus.inputMissing` for a file that cannot be read or holds no configuration that is known, or one
  ///   of another platform.
  init(
    _ paths: [String], after sources: SourceSet, of platform: any Platform, _ context: GatewayContext,
    _ console: Console
  ) throws {
    self.sources = sources
    self.platform = platform
    first = SourceSpan(file: SourceID(sources.files.count), 0..<0)
    var texts: [(name: String, bytes: [UInt8])] = []
    for path in paths {
      let bytes = try PolicyFiles(files: [], console: console).read(path)
      let name = path == "-" ? standardInputName : path
      if SavedSets.isSaved(bytes) {
        saved.ruleset.ipSets += SavedSets.read(bytes, first: saved.ruleset.ipSets.count + 1)
      } else {
        texts.append((name, bytes))
      }
    }
    guard !texts.isEmpty else {
      throw console.failure("there are no rules in \(listed(paths))", .inputMissing)
    }
    for (name, bytes) in texts {
      let file = SourceID(self.sources.files.count)
      lazy var text = GatewayText(name: name, bytes: bytes, file: file)
      if SavedRuleset.isSaved(bytes) {
        try requireLinux("what iptables-save prints", name, console)
        add(SavedRuleset(bytes, file: file, family: Self.family(name, bytes), sets: saved.ruleset.ipSets))
      } else if let reader = Platforms.reader(of: text) {
        guard reader.platform == platform.name || reader.isOfLinux && platform.isLinux else {
          throw console.failure(
            "\(name) is of \(reader.platform), and the gateway is said to be of \(platform.name); say "
              + "`platform \(reader.platform)`, or give the file that it has", .inputMissing)
        }
        saved.add(reader.read(text, context))
      } else {
        if let wayOut = wayOut(bytes) { throw console.failure("\(name): \(wayOut)", .inputMissing) }
        try requireLinux("what `nft -j list ruleset` prints", name, console)
        do throws(ListingError) {
          let listed = try Ruleset.read(listing: bytes)
          saved.ruleset.tables += listed.tables
          if !listed.isEmpty { saved.families.formUnion(AddressFamily.allCases) }
        } catch {
          throw console.failure("\(name): \(error)", .inputMissing)
        }
      }
      _ = self.sources.add(SourceFile(name: name, bytes: bytes))
    }
  }

  private func requireLinux(_ what: String, _ name: String, _ console: Console) throws {
    guard !platform.isLinux else { return }
    throw console.failure(
      "\(name) is \(what), and the gateway is said to be of \(platform.name); give its own configuration",
      .inputMissing)
  }

  private mutating func add(_ rules: SavedRuleset) {
    if rules.tables.contains(where: { $0.name == "filter" }) { saved.families.insert(rules.family) }
    saved.ruleset.tables += rules.tables
    saved.diagnostics += rules.diagnostics
    saved.declarations.merge(rules.declarations) { first, _ in first }
  }

  /// The family that a text does not tell and its file's name does: `rules.v6`, `ip6tables.rules`.
  private static func family(_ name: String, _ bytes: [UInt8]) -> AddressFamily? {
    if let told = SavedRuleset.family(of: bytes) { return told }
    let file = name.split(separator: "/").last ?? ""
    if file.hasSuffix("v6") || file.contains("ip6") || file.contains("ipv6") { return .ipv6 }
    return file.hasSuffix("v4") || file.contains("ipv4") || file.contains("iptables") ? .ipv4 : nil
  }

  /// Families in which the policy publishes something, or lets users reach something, and whose rules are in no file.
  func untold(_ policy: Policy, gateway: Int?) -> [Diagnostic] {
    let reached = policy.hasReaches(through: gateway) ? policy.outbound.publications : []
    let published = (policy.publications + reached).filter { $0.gateway == gateway }
    return AddressFamily.allCases.compactMap { family in
      guard !saved.families.contains(family),
        let address = published.lazy.flatMap(\.externalAddresses).first(where: { $0.family == family })
      else { return nil }
      return .warning(
        "gateway-undecided",
        "no file tells the rules of \(family.title), in which something is published or reached here",
        at: first, related: [Label(address.dialled.span, "such as this address")],
        help: platform.isLinux
          ? "add what \(family == .ipv4 ? "iptables-save" : "ip6tables-save") prints, with its table `filter`"
          : "give the whole configuration of the gateway")
    }
  }

  /// What a text is that cannot be read, and which command gives the right one; `nil` where it may be a listing.
  private func wayOut(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(20_000), as: UTF8.self)
    let text = head.drop { $0.isWhitespace }
    let known = platform.knownConfigurations
    if text.isEmpty { return "is empty; \(known)" }
    if head.contains("--More--") {
      return "holds the marks of a pager (`--More--`), so lines may be missing; save it without one"
    }
    if text.hasPrefix("Chain ") {
      return "is what `iptables -L` prints, which leaves out tables and interfaces; save `iptables-save` instead"
    }
    guard text.hasPrefix("{") else { return "is no configuration of a gateway that is known here; \(known)" }
    return nil
  }

  /// Without interfaces in the policy nobody knows by which of them packets come, and rules ask for them.
  ///
  /// - Throws: `ExitStatus.findings` where rules look at interfaces, and the policy names none of a side.
  func requireInterfaces(of policy: Policy, gateway: Int?, _ console: Console) throws {
    guard ruleset.looksAtInterfaces else { return }
    let own = policy.gateway(at: gateway)
    let isBehind =
      policy.hasReaches(through: gateway)
      || policy.publications.contains { publication in
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

extension Platform {
  /// What of gateways of its kind can be read, in one clause.
  fileprivate var knownConfigurations: String {
    let commands = Platforms.readers.filter { $0.platform == name || isLinux && $0.isOfLinux }
      .map { "`\($0.command)`" }
    let linux = ["iptables-save", "ip6tables-save", "ipset save", "`nft -j list ruleset`"]
    let all = (isLinux ? linux : []) + commands
    return all.isEmpty ? "no configuration of \(name) can be read" : "what \(listed(all)) prints can be read"
  }
}

extension GatewayReader {
  fileprivate var isOfLinux: Bool { Platforms.named(platform)?.isLinux == true }
}
