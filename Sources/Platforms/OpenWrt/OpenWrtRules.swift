import Addressing
import Diagnostics
import Nftables

/// What is left of a section `rule` once its options are read.
private struct OpenWrtRule {
  enum Action {
    case verdict(OpenWrtZone.Verdict)
    case helper(String)
    case notrack
    case mark(Statement)
    /// It only counts, logs or classifies.
    case nothing
    case unread(String)
  }

  var action: Action
  var source: (zone: OpenWrtZone?, isAny: Bool)?
  var target: (zone: OpenWrtZone?, isAny: Bool)?
  /// `device` and `direction`.
  var device: [Statement] = []

  /// The chain of fw4 in which it stands.
  var chain: String {
    let from = source.map { $0.zone?.name ?? "" }
    switch action {
    case .notrack: return "notrack_\(from ?? "")"
    case .helper: return "helper_\(from ?? "")"
    case .mark: return markChain
    default: break
    }
    guard let from else { return target?.zone.map { "output_\($0.name)" } ?? "output" }
    let hook = target == nil ? "input" : "forward"
    return from.isEmpty ? hook : "\(hook)_\(from)"
  }

  private var markChain: String {
    switch (source, target) {
    case (let from?, let to?) where from.isAny == to.isAny: "mangle_forward"
    case (let from?, _?): from.isAny ? "mangle_postrouting" : "mangle_prerouting"
    case (_?, nil): "mangle_input"
    default: "mangle_output"
    }
  }
}

extension OpenWrtLowering {
  mutating func addRule(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let isEnabled = options.flag("enabled", true)
    let family = options.family()
    let protocols = options.protocols(["tcp", "udp"])
    let (sources, destinations) = (options.networks("src_ip"), options.networks("dest_ip"))
    let (sourcePorts, destinationPorts) = (options.ports("src_port"), options.ports("dest_port"))
    let more = conditions(&options)
    let set = set(&options)
    let rule = rule(&options)
    if let fault = options.fault { return leaveOut(section, rule.chain, fault) }
    if case .nothing = rule.action { return }
    for proto in protocols {
      let families = OpenWrtFamilies(
        proto.value == "ipv6-icmp" ? .only(.ipv6) : family, networks: [sources, destinations],
        zones: [rule.source?.zone, rule.target?.zone])
      for family in families.rules {
        var match = OpenWrtMatch(
          family: family, proto: proto, sources: sources, destinations: destinations, sourcePorts: sourcePorts,
          destinationPorts: destinationPorts)
        guard let icmp = discovery(&match, section) else { continue }
        let all = match.statements + icmp + rule.device + more + (set.map { [$0.statement(proto.value)] } ?? [])
        for end in ends(of: rule) {
          add(all + end, to: rule.chain, section, idle: isEnabled ? nil : "is disabled")
        }
      }
      if families.isContradictory {
        leaveOut(section, rule.chain, "is left out by fw4, because its addresses and zones are of different families")
      }
    }
  }

  private func rule(_ options: inout OpenWrtOptions) -> OpenWrtRule {
    var rule = OpenWrtRule(action: action(&options))
    (rule.source, rule.target) = (zone("src", &options), zone("dest", &options))
    if let device = options.single("device") {
      let isLeaving = ["out", "egress"].contains(options.single("direction") ?? "in")
      let known = (context.outside + context.inside).contains(device)
      let left = isLeaving ? Expression.outputInterface : .inputInterface
      rule.device = known ? [.match(left, .equal, .value(.interface(device)))] : [.unread("device \(device)")]
    }
    switch rule.action {
    case .helper where rule.source?.zone == nil, .notrack where rule.source?.zone == nil:
      options.fail("it names no zone as its source")
    default: break
    }
    return rule
  }

  private func action(_ options: inout OpenWrtOptions) -> OpenWrtRule.Action {
    let targets = ["accept", "reject", "drop", "notrack", "helper", "mark", "dscp", "dnat", "snat", "masquerade"]
    guard let word = options.word("target", targets) else { return .nothing }
    switch word {
    case "helper":
      guard let name = options.single("set_helper") else {
        options.fail("it does not say which helper by `set_helper`")
        return .nothing
      }
      return .helper(name)
    case "notrack": return .notrack
    case "dscp": return .nothing
    case "mark":
      guard let text = options.single("set_mark") ?? options.single("set_xmark") else {
        options.fail("it does not say which mark by `set_mark`")
        return .nothing
      }
      guard let number = Self.number(text[...]) else { return .unread("set_mark \(text)") }
      return .mark(.set(.meta("mark"), to: .value(.number(number))))
    default: return OpenWrtZone.Verdict(rawValue: word).map { .verdict($0) } ?? .unread("target \(word)")
    }
  }

  /// How a rule ends: what it asks of the interface to which packets go, and what it does with them.
  private func ends(of rule: OpenWrtRule) -> [[Statement]] {
    switch rule.action {
    case .verdict(let verdict):
      let statement = defaults.statement(verdict)
      return (rule.target?.zone?.conditions(leaving: true) ?? [[]]).map { $0 + [statement] }
    case .helper("ftp"): return [[.assignHelper("ftp")]]
    case .helper(let name): return [[.unread("the helper \(name)")]]
    case .notrack: return [[.notrack]]
    case .mark(let statement):
      let arriving = rule.source?.zone?.conditions(leaving: false) ?? [[]]
      let leaving = rule.target?.zone?.conditions(leaving: true) ?? [[]]
      return arriving.flatMap { first in leaving.map { first + $0 + [statement] } }
    case .nothing: return []
    case .unread(let words): return [[.unread(words)]]
    }
  }

  /// What a rule for ICMP asks of neighbour discovery, which is the only ICMP that sessions need; `nil` where it is for
  /// other messages alone.
  private func discovery(_ match: inout OpenWrtMatch, _ section: UCISection) -> [Statement]? {
    guard match.proto.value == "icmp" || match.proto.value == "ipv6-icmp", !match.proto.isInverted else { return [] }
    guard match.family != .ipv4 else { return nil }
    match.family = .ipv6
    match.proto.value = "ipv6-icmp"
    guard let found = section.options["icmp_type"] else { return [] }
    let words = found.values.flatMap { $0.split { $0 == " " }.map(String.init) }
    match.types = words.compactMap { word in
      Self.discoveryTypes[word] ?? Int64(word.split(separator: "/").first ?? "")
    }.filter { (133...136).contains($0) }
    return match.types.isEmpty ? nil : []
  }

  private static let discoveryTypes: [String: Int64] = [
    "router-solicitation": 133, "router-advertisement": 134, "neighbour-solicitation": 135,
    "neighbor-solicitation": 135, "neighbour-advertisement": 136, "neighbor-advertisement": 136,
  ]
}
