import Addressing
import Diagnostics
import Nftables

/// What policies and virtual addresses come to, as one table for IPv4.
struct FortiGateRules {
  private let configuration: FortiGateConfiguration
  private let ways: FortiGateWays
  private let virtual: [FortiGateVirtualAddress]
  private let virtualNames: [String: Int]
  private(set) var idle: [IdleRule] = []
  private(set) var remarks: [Diagnostic] = []
  private var chains: [Chain] = []
  private var policies: [Rule] = []
  private var sources: [Rule] = []
  /// Virtual addresses that a policy names; others do nothing.
  private var used: Set<Int> = []

  static let table = "fortigate"

  init(_ configuration: FortiGateConfiguration, _ context: GatewayContext) {
    self.configuration = configuration
    ways = FortiGateWays(configuration, context)
    virtual = configuration.entries("firewall vip").map { FortiGateVirtualAddress($0, configuration, context) }
    virtualNames = Dictionary(virtual.enumerated().map { ($1.entry.key, $0) }) { $1 }
  }

  mutating func table() -> Table {
    let entries = configuration.entries("firewall policy")
    let hasSources = entries.contains { $0.isEnabled("nat") }
    for entry in entries {
      let policy = FortiGatePolicy(entry, configuration, virtual, virtualNames)
      let name = "policy \(entry.key)"
      let rules = policy.rules(leadingTo: name)
      guard policy.reasonOfRest == nil else {
        for rule in rules {
          idle.append(
            IdleRule(
              table: Self.table, chain: "policies", position: policies.count, rule: rule,
              reason: policy.reasonOfRest ?? ""))
        }
        continue
      }
      remarks += policy.remarks
      used.formUnion(policy.virtualAddresses)
      policies += rules
      chains.append(Chain(name, rules: policy.verdicts))
      guard hasSources else { continue }
      sources += policy.rules(leadingTo: "\(name), source")
      chains.append(Chain("\(name), source", rules: policy.sources))
    }
    var denial = Rule(
      [.verdict(.drop)], provenance: (configuration.table("firewall policy")?.own.span).map { [$0] } ?? [])
    denial.quotation = "the implicit deny"
    let base = [
      Chain("virtual addresses", BaseChain(.nat, .prerouting, priority: -100), rules: translations()),
      Chain(
        "policies", BaseChain(.filter, .forward, priority: 0), rules: [.acceptsKnown] + doubts + policies + [denial]),
      Chain("local-in", BaseChain(.filter, .input, priority: 0, dropsByPolicy: true), rules: [.acceptsKnown]),
      Chain("source", BaseChain(.nat, .postrouting, priority: 100), rules: sources),
    ]
    return Table(
      Self.table, family: .ip, helpers: [HelperObject("ftp", type: "fortigate-ftp")],
      chains: base + [ways.accessList, ways.policyRoutes].compactMap(\.self) + chains
    ).ofDevice
  }

  var networks: [GatewayNetwork] { ways.networks }

  /// Where what no virtual address takes is turned away.
  var declarations: [String: SourceSpan] {
    let place = configuration.table("firewall vip") ?? configuration.table("firewall policy")
    return place.map { ["ip \(Self.table) local-in": $0.own.span] } ?? [:]
  }

  private mutating func translations() -> [Rule] {
    var rules: [Rule] = []
    for (number, address) in virtual.enumerated() {
      remarks += address.remarks
      let isUsed = used.contains(number)
      if address.isEnabled, isUsed {
        rules += address.rules
        continue
      }
      for rule in address.rules {
        idle.append(
          IdleRule(
            table: Self.table, chain: "virtual addresses", position: rules.count, rule: rule,
            reason: isUsed ? "is disabled" : "is named by no policy that is enabled"))
      }
    }
    return rules
  }

  /// Ways of the device in which policies mean something else.
  private var doubts: [Rule] {
    var found: [(String, SourceSpan)] = []
    if let settings = configuration.table("system settings")?.own {
      if settings.isEnabled("central-nat") {
        found.append(("central NAT, which translates apart from policies", settings.span(of: "central-nat")))
      }
      if settings.value("ngfw-mode") == "policy-based" {
        found.append(("policies of the mode policy-based", settings.span(of: "ngfw-mode")))
      }
    }
    if let doubt = configuration.doubt { found.append(doubt) }
    return found.map { words, span in
      var rule = Rule([.unread(words)], provenance: [span])
      rule.quotation = words
      return rule
    }
  }
}

/// One policy.
struct FortiGatePolicy {
  private let entry: FortiGateEntry
  private let configuration: FortiGateConfiguration
  private let virtual: [FortiGateVirtualAddress]
  private let destinations: (virtual: [Int], others: [String])
  private let services: [FortiGateConfiguration.Service]

  init(
    _ entry: FortiGateEntry, _ configuration: FortiGateConfiguration, _ virtual: [FortiGateVirtualAddress],
    _ names: [String: Int]
  ) {
    (self.entry, self.configuration, self.virtual) = (entry, configuration, virtual)
    destinations = configuration.destinations(entry["dstaddr"], known: names)
    services = configuration.services(entry["service"])
  }

  var virtualAddresses: [Int] { destinations.virtual }

  private var permits: Bool { ["accept", "ipsec", "ssl-vpn"].contains(entry.value("action") ?? "deny") }

  /// Why it does nothing, if so.
  var reasonOfRest: String? {
    if entry.value("status") == "disable" { return "is disabled" }
    return entry.value("schedule") == "none" ? "has the schedule `none`" : nil
  }

  private func rule(_ statements: [Statement], _ words: String = "", at span: SourceSpan? = nil) -> Rule {
    var rule = Rule(statements, provenance: [span ?? entry.span])
    rule.quotation = "policy \(entry.key)\(words)"
    return rule
  }

  // MARK: What it matches

  /// The rules that lead to its chain: one for each kind of source and destination.
  func rules(leadingTo chain: String) -> [Rule] {
    let sides = interfaces("srcintf", .inputInterface) + interfaces("dstintf", .outputInterface)
    var rules: [Rule] = []
    for source in sourceWays {
      for destination in destinationWays {
        // Conditions that are understood come first.
        let all = sides + source + destination + conditions
        rules.append(rule(all.filter { !$0.isUnknown } + all.filter(\.isUnknown) + [.verdict(.jump(chain))]))
      }
    }
    return rules
  }

  private func interfaces(_ name: String, _ side: Expression) -> [Statement] {
    guard let names = configuration.interfaces(entry[name]) else { return [] }
    return [.match(side, .equal, .members(names.map { Member(.value(.interface($0))) }))]
  }

  private var sourceWays: [[Statement]] {
    if entry.isEnabled("internet-service-src") { return [[.unknownCondition("internet-service-src")]] }
    return ways(configuration.addresses(entry["srcaddr"]), .source(.ipv4), "srcaddr-negate")
  }

  private func ways(
    _ set: FortiGateConfiguration.AddressSet, _ side: Expression, _ negation: String
  ) -> [[Statement]] {
    if entry.isEnabled(negation) { return [[.unknownCondition(negation)]] }
    if set.isAll { return [[]] }
    var ways: [[Statement]] =
      set.known.isEmpty ? [] : [[.match(side, .equal, .members(set.known.map { Member(.value($0)) }))]]
    if !set.unknown.isEmpty { ways.append([.unknownCondition(set.unknown.joined(separator: ", "))]) }
    return ways
  }

  /// A policy that names no virtual address does not match what one has translated, unless `match-vip` says so; what
  /// holds where that is not said depends on the version.
  private var destinationWays: [[Statement]] {
    if entry.isEnabled("internet-service") { return [[.unknownCondition("internet-service")]] }
    // What a negation of virtual addresses leaves is not said anywhere.
    if entry.isEnabled("dstaddr-negate"), !destinations.virtual.isEmpty {
      return [[.unknownCondition("dstaddr-negate, with virtual addresses")]]
    }
    var found = destinations.virtual.filter { virtual[$0].isEnabled }.map { virtual[$0].translated }
    guard !destinations.others.isEmpty else { return found }
    for way in ways(configuration.addresses(destinations.others), .destination(.ipv4), "dstaddr-negate") {
      found.append([.match(.conntrack("status"), .lacks, .flags(["dnat"]))] + way)
      switch entry.value("match-vip") {
      case "enable": found.append([.isTranslated] + way)
      case "disable": break
      default: found.append([.isTranslated] + way + [.unknownCondition("match-vip, which is not told")])
      }
    }
    return found
  }

  /// Conditions beside addresses, interfaces and services.
  private var conditions: [Statement] {
    var words: [String] = []
    let schedule = entry.value("schedule") ?? "none told"
    if schedule != "always" { words.append("the schedule `\(schedule)`") }
    for name in ["users", "groups", "fsso-groups", "src-vendor-mac"] where !entry[name].isEmpty {
      words.append(name)
    }
    for (name, usual) in [
      ("tos", "0x00"), ("reputation-minimum", "0"), ("ztna-status", "disable"), ("service-negate", "disable"),
    ] {
      if let value = entry.value(name), value != usual { words.append("\(name) \(value)") }
    }
    if let action = entry.value("action"), !["accept", "deny"].contains(action) { words.append("action \(action)") }
    return words.map { .unknownCondition($0) }
  }

  // MARK: What it does

  /// Its chain: service by service what the session helper gets, and the verdict.
  var verdicts: [Rule] {
    services.flatMap { service -> [Rule] in
      guard let matches = service.matches else { return [] }
      guard permits else { return [rule(matches + [.verdict(.drop)], ": deny")] }
      return helper(of: service, matches) + inspection(matches) + [rule(matches + [.verdict(.accept)], ": accept")]
    }
  }

  /// A service says it itself, or leaves it to the helper for sessions of a port. Whether that looks at the port that
  /// is dialled or at the server's is not known.
  private func helper(of service: FortiGateConfiguration.Service, _ matches: [Statement]) -> [Rule] {
    let words = ": session helper of the service \(service.name)"
    guard service.helper == "auto" else {
      return service.helper == "ftp" ? [rule(matches + [.assignHelper("ftp")], words, at: service.span)] : []
    }
    let (ports, span) = configuration.helperPorts
    return ports.flatMap { port -> [Rule] in
      let original = Expression.tuple("original", "proto-dst")
      let (real, dialled) = (Expression.destinationPort, Expression.value(.port(port)))
      let doubt = Statement.unknownCondition("which port the session helper looks at")
      let assign = Statement.assignHelper("ftp")
      return [
        rule(matches + [.match(real, .equal, dialled), .match(original, .equal, dialled), assign], words, at: span),
        rule(
          matches + [.match(real, .equal, dialled), .match(original, .notEqual, dialled), doubt, assign], words,
          at: span),
        rule(
          matches + [.match(real, .notEqual, dialled), .match(original, .equal, dialled), doubt, assign], words,
          at: span),
      ]
    }
  }

  /// A profile that opens TLS, or wants to.
  private func inspection(_ matches: [Statement]) -> [Rule] {
    let profile = entry.value("ssl-ssh-profile") ?? ""
    guard entry.isEnabled("utm-status"), !["", "certificate-inspection", "no-inspection"].contains(profile) else {
      return []
    }
    return [
      rule(
        matches + [.unread("the profile `\(profile)`, which may look into TLS")], "",
        at: entry.span(of: "ssl-ssh-profile"))
    ]
  }

  /// What becomes of the source.
  var sources: [Rule] {
    guard permits else { return [] }
    let target: Statement
    if !entry.isEnabled("nat") {
      target = .verdict(.accept)
    } else if entry.isEnabled("ippool") {
      let pool = entry.value("poolname").flatMap { name in
        configuration.entries("firewall ippool").first { $0.key == name }
      }
      if let low = pool?.value("startip").flatMap({ IPAddress($0) }),
        let high = pool?.value("endip").flatMap({ IPAddress($0) }), low.family == high.family, low <= high
      {
        target = .translateSource(.ipv4, .value(Value(low...high)))
      } else {
        target = .unread("the pool `\(entry.value("poolname") ?? "")`")
      }
    } else {
      target = .masquerade
    }
    return services.compactMap(\.matches).map { rule($0 + [target], ": nat") }
  }

  // MARK: Remarks

  var remarks: [Diagnostic] {
    let isOfFTP = services.contains {
      $0.ports?.contains { $0.ports.contains(21) || $0.ports.contains(990) } ?? false
    }
    guard permits, isOfFTP else { return [] }
    return ["srcaddr", "dstaddr"].compactMap { name in
      let names = name == "srcaddr" ? entry[name] : destinations.others
      guard !names.isEmpty, configuration.addresses(names).isEmpty else { return nil }
      return .warning(
        "gateway-remark", "the addresses of `\(name)` are none, so this policy lets nobody in",
        at: entry.span(of: name),
        help: "give the group members, or name the addresses")
    }
  }
}

extension Statement {
  /// Whether nobody knows whether it holds.
  var isUnknown: Bool { if case .match(.foreign, _, _) = self { true } else { false } }
}

extension FortiGateConfiguration.Service {
  /// What it asks for; `nil` where it has nothing of TCP.
  var matches: [Statement]? {
    if let doubt { return [.unknownCondition(doubt)] }
    guard let ports else { return [] }
    guard !ports.isEmpty else { return nil }
    func among(_ field: Expression, _ ranges: [PortRange]) -> Statement {
      .match(field, .equal, .members(ranges.map { Member(.value(Value($0))) }))
    }
    return [among(.destinationPort, ports)] + (sources.isEmpty ? [] : [among(.sourcePort, sources)])
  }
}
