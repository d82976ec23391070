import Addressing
import Diagnostics

/// What is to be said of lines whatever the policy says, and what of the configuration was not read.
struct SRXRemarks {
  private let parts: SRXParts

  init(_ parts: SRXParts) { self.parts = parts }

  var found: [Diagnostic] { groups + zones + instances + ruleSets + inspection + ports + applications }

  // MARK: - What was not read

  private static let hierarchies: Set = ["nat", "policies", "zones", "address-book", "alg", "forwarding-options"]
  /// Below these words a group changes nothing that decides about sessions.
  private static let harmless: Set = [
    "log", "count", "description", "host-inbound-traffic", "screen", "tcp-rst", "session-init", "session-close",
    "policy-stats", "proxy-arp", "proxy-ndp",
  ]

  /// Groups that are applied where it matters and say something there. What they add is not read.
  private var groups: [Diagnostic] {
    // What `display inheritance` prints has all that groups say in its place.
    guard !parts.lines.lines.contains(where: { $0.text.contains("was inherited from group") }) else { return [] }
    var found: [Diagnostic] = []
    var known: [String: Bool] = [:]
    let names = parts.root["groups"]?.active ?? []
    for place in places {
      for group in place.active {
        let isCluster = group.word.contains("${")
        let meant = isCluster ? names.filter { $0.word.hasPrefix("node") } : names.filter { $0.word == group.word }
        let decides = meant.contains { node in
          if let answer = known[node.word] { return answer }
          let answer = Self.decides(node)
          known[node.word] = answer
          return answer
        }
        guard decides else { continue }
        found.append(
          .warning(
            "gateway-undecided",
            "`apply-groups \(group.word)` brings statements into the configuration that were not read",
            at: parts.span(group),
            help: "save the configuration with `show configuration | display inheritance | no-more`"))
      }
    }
    return found
  }

  /// Where groups are applied, at the top or in a hierarchy that decides.
  private var places: [JunosNode] {
    var found = [parts.root["apply-groups"]].compactMap(\.self)
    func visit(_ node: JunosNode, _ depth: Int) {
      guard depth < 60 else { return }
      for child in node.active {
        if child.word == "apply-groups" { found.append(child) } else { visit(child, depth + 1) }
      }
    }
    if let applications = parts.root["applications"] { visit(applications, 0) }
    if let security = parts.root["security"] {
      if let own = security["apply-groups"] { found.append(own) }
      for child in security.active where Self.hierarchies.contains(child.word) { visit(child, 0) }
    }
    return found
  }

  /// Whether a group says something that decides about sessions.
  private static func decides(_ group: JunosNode) -> Bool {
    func says(_ node: JunosNode, _ depth: Int) -> Bool {
      guard depth < 60, !harmless.contains(node.word) else { return false }
      let below = node.active
      return below.isEmpty || below.contains { says($0, depth + 1) }
    }
    if group["applications"] != nil { return true }
    return (group["security"]?.active ?? []).contains {
      ($0.word.hasPrefix("<") || hierarchies.contains($0.word)) && says($0, 0)
    }
  }

  /// Zones of the policy that the configuration does not have, or that stand in a logical system.
  private var zones: [Diagnostic] {
    guard let hierarchy = parts.root["security", "zones"], !parts.zones.zones.isEmpty || hasSystems else {
      return noZone
    }
    return (parts.context.outside + parts.context.inside).filter { parts.zones.zones[$0] == nil }.map { name in
      for kind in ["logical-systems", "tenants"] {
        for system in parts.root[kind]?.active ?? [] {
          guard let zone = system["security", "zones", "security-zone", name] else { continue }
          return .warning(
            "gateway-undecided", "the zone `\(name)` stands in `\(kind) \(system.word)`, which is not read",
            at: parts.span(zone), help: "save the configuration of `\(system.word)` alone")
        }
      }
      let known = parts.zones.zones.keys.sorted().prefix(8).map { "`\($0)`" }.joined(separator: ", ")
      return .warning(
        "gateway-undecided", "the policy speaks of a zone `\(name)`, and this configuration has none of that name",
        at: parts.span(hierarchy), help: "call zones in `outside` and `inside` as the configuration does: \(known)")
    }
  }

  /// Whether zones stand elsewhere.
  private var hasSystems: Bool { parts.root["logical-systems"] != nil || parts.root["tenants"] != nil }

  /// No zone counts, and policies speak of zones. Lines that are to be added to a configuration have none either.
  private var noZone: [Diagnostic] {
    let hierarchy = parts.root["security"]?.any("zones")
    let isWhole = ["interfaces", "system", "version"].contains { parts.root.any($0) != nil }
    guard hierarchy != nil || isWhole, let security = parts.root["security"],
      let place = hierarchy ?? security["policies"] ?? security["nat"]
    else { return [] }
    let off = hierarchy?.any("security-zone").flatMap { list in
      list.isInactive ? list : list.all.first { $0.isInactive }
    }
    return [
      .warning(
        "gateway-undecided", "no zone is declared that counts, so nothing that the policies say of zones holds",
        at: parts.span(off?.lineOff ?? place.lineOff),
        help: "declare the zones with their interfaces, or save the whole configuration")
    ]
  }

  /// Rule-sets of one kind of NAT that have a context in common; Junos takes one of each.
  private var ruleSets: [Diagnostic] { ["static", "destination", "source"].flatMap(ruleSets(ofKind:)) }

  private func ruleSets(ofKind kind: String) -> [Diagnostic] {
    var known: [String: JunosNode] = [:]
    var found: [Diagnostic] = []
    func side(_ node: JunosNode?) -> [String] {
      (node?.active ?? []).flatMap { scope in scope.active.map { "\(scope.word) \($0.word)" } }
    }
    for set in parts.root["security", "nat", kind, "rule-set"]?.active ?? [] {
      let (from, to) = (side(set["from"]), side(set["to"]))
      let contexts = kind == "source" ? from.flatMap { one in to.map { "\(one) to \($0)" } } : from
      if let context = contexts.first(where: { known[$0] != nil }), let other = known[context] {
        found.append(
          .warning(
            "gateway-undecided",
            "`\(other.word)` is from \(context) already, and Junos takes one rule-set of \(kind) NAT from there",
            at: parts.span(set), related: [Label(parts.span(other), "the other one")],
            help: "write the rules of both into one rule-set"))
      }
      for context in contexts where known[context] == nil { known[context] = set }
    }
    return found
  }

  private var instances: [Diagnostic] {
    guard let instance = parts.zones.instanceLine else { return [] }
    return [
      .warning(
        "gateway-undecided",
        "the zones of the policy stand in different routing instances, and what leads from `\(instance.name)` into others is not read",
        at: parts.span(instance.line), help: "see whether packets get from one into the other")
    ]
  }

  // MARK: - Remarks

  private var inspection: [Diagnostic] {
    guard let node = parts.root["security", "alg", "ftp", "ftps-extension"] else { return [] }
    return [
      .warning(
        "gateway-remark",
        "`ftps-extension` opens every port of a server to a client as long as its control connection lasts",
        at: parts.span(node), notes: ["JSA10706, CVE-2015-5361"],
        help: "publish the passive range, and write `delete security alg ftp ftps-extension`")
    ]
  }

  /// Rules of NAT for ports of FTP that nobody dials.
  private var ports: [Diagnostic] {
    let sets = parts.root["security", "nat", "destination", "rule-set"]?.active ?? []
    return sets.flatMap { $0["rule"]?.active ?? [] }.flatMap { rule -> [Diagnostic] in
      let match = rule["match"]
      let protocols = (match?["protocol"]?.active ?? []).map { SRXApplications.transport(named: $0.word) }
      return (match?["destination-port"]?.active ?? []).compactMap { remark(on: $0, protocols) }
    }
  }

  private func remark(on node: JunosNode, _ protocols: [String]) -> Diagnostic? {
    guard let range = node.portRange else { return nil }
    if range.low == 20, range.high == 20 {
      return .warning(
        "gateway-remark", "nobody connects to port 20 of a server, so this does nothing", at: parts.span(node),
        help: "take it away; the server's active data connections come from this port")
    }
    if protocols == ["udp"], [21, 990, 989].contains(where: range.contains) {
      return .warning(
        "gateway-remark", "FTP does not use UDP, so this does nothing for it", at: parts.span(node),
        help: "write `protocol tcp` where it is meant for FTP")
    }
    return nil
  }

  /// Applications for ports of FTP that nobody dials, in policies for connections from outside.
  private var applications: [Diagnostic] {
    var names: Set<String> = []
    for from in parts.context.outside {
      for to in parts.root["security", "policies", "from-zone", from, "to-zone"]?.active ?? [] {
        for policy in to["policy"]?.active ?? [] where policy["then", "permit"] != nil {
          names.formUnion((policy["match", "application"]?.active ?? []).map(\.word))
        }
      }
    }
    for set in parts.root["applications", "application-set"]?.active ?? [] where names.contains(set.word) {
      names.formUnion((set["application"]?.active ?? []).map(\.word))
    }
    return (parts.root["applications", "application"]?.active ?? []).filter { names.contains($0.word) }.flatMap {
      node in
      ([node] + (node["term"]?.active ?? [])).compactMap { term -> Diagnostic? in
        let attributes = term.attributes
        guard let port = attributes["destination-port"], let transport = attributes["protocol"] else { return nil }
        return remark(on: port, [SRXApplications.transport(named: transport.word)])
      }
    }
  }
}
