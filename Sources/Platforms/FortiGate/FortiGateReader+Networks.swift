import Addressing
import Diagnostics
import Nftables

/// What a device says of ways: its networks, routes by policy, and lists that turn packets away before policies.
struct FortiGateWays {
  private let configuration: FortiGateConfiguration
  private let context: GatewayContext
  private let interfaces: [String: FortiGateEntry]

  init(_ configuration: FortiGateConfiguration, _ context: GatewayContext) {
    (self.configuration, self.context) = (configuration, context)
    interfaces = Dictionary(configuration.entries("system interface").map { ($0.key, $0) }) { $1 }
  }

  // MARK: Networks

  var networks: [GatewayNetwork] {
    var routes = GatewayRoutes()
    for entry in configuration.entries("system interface") where isOwn(entry) {
      for own in [entry] + (entry.tables["secondaryip"]?.entries ?? []) {
        guard let prefix = Self.prefix(own["ip"]) else { continue }
        routes.add(prefix, way(through: entry.key), distance: 0, at: place(of: entry, own))
      }
    }
    let connected = routes
    for entry in configuration.entries("router static") where entry.value("status") != "disable" {
      guard (entry.value("vrf") ?? "0") == "0" else { continue }
      let distance = entry.value("distance").flatMap { Int($0) } ?? 10
      let way = way(of: entry, connected)
      for prefix in destinations(of: entry) { routes.add(prefix, way, distance: distance, at: entry.span) }
    }
    return routes.networks
  }

  /// The line that switches an interface off, or that of its address.
  private func place(of interface: FortiGateEntry, _ own: FortiGateEntry) -> SourceSpan {
    interface.value("status") == "down" ? interface.span(of: "status") : own.span(of: "ip")
  }

  /// Whether an interface is of the part of the device that sessions pass.
  private func isOwn(_ entry: FortiGateEntry) -> Bool {
    guard !configuration.partName.isEmpty, let name = entry.value("vdom") else { return true }
    return name == configuration.partName
  }

  /// `A MASK` and `A/LENGTH`, but for everything.
  private static func prefix(_ words: [String]) -> Prefix? {
    switch words.isEmpty ? nil : FortiGateConfiguration.subnet(words) {
    case .address(let address)?: return address.value == 0 ? nil : Prefix(address)
    case .addresses(let low, let high)?:
      return (1...32).lazy.compactMap { Prefix(low, length: $0) }.first { $0.isCanonical && $0.last == high }
    default: return nil
    }
  }

  private func isDown(_ name: String) -> Bool {
    var next: String? = name
    for _ in 0..<8 {
      guard let name = next, let interface = interfaces[name] else { return false }
      if interface.value("status") == "down" { return true }
      next = interface["interface"].first
    }
    return false
  }

  private func way(through name: String) -> GatewayRoutes.Way {
    isDown(name) ? .down : .through(Set(configuration.interfaces([name]) ?? [name]))
  }

  /// Where the way is not told, it may be any.
  private func way(of entry: FortiGateEntry, _ connected: GatewayRoutes) -> GatewayRoutes.Way {
    if entry.isEnabled("blackhole") { return .discarded }
    if let name = entry.value("device"), !name.isEmpty { return way(through: name) }
    let zones = entry["sdwan-zone"]
    if !zones.isEmpty { return .through(Set(configuration.interfaces(zones) ?? zones)) }
    return entry.value("gateway").flatMap { IPAddress($0) }.flatMap { connected.way(to: $0) }
      ?? .through(Set(context.inside + ["?"]))
  }

  private func destinations(of entry: FortiGateEntry) -> [Prefix] {
    if let name = entry.value("dstaddr"), !name.isEmpty {
      return configuration.addresses([name]).known.compactMap { value in
        switch value {
        case .address(let address): Prefix(address)
        case .addresses(let low, let high):
          (1...32).lazy.compactMap { Prefix(low, length: $0) }.first { $0.isCanonical && $0.last == high }
        default: nil
        }
      }
    }
    return Self.prefix(entry["dst"]).map { [$0] } ?? []
  }

  // MARK: Rules

  private func rule(_ entry: FortiGateEntry, _ words: String, _ conditions: [Statement], _ end: Statement) -> Rule {
    // Conditions that are understood come first.
    var rule = Rule(
      conditions.filter { !$0.isUnknown } + conditions.filter(\.isUnknown) + [end], provenance: [entry.span])
    rule.quotation = "\(words) \(entry.key)"
    return rule
  }

  private func comesFrom(_ names: [String]) -> [Statement] {
    guard !names.isEmpty, let all = configuration.interfaces(names) else { return [] }
    return [.match(.inputInterface, .equal, .members(all.map { Member(.value(.interface($0))) }))]
  }

  /// The ways in which addresses meet names; none where they cannot.
  private func ways(_ names: [String], _ side: Expression) -> [[Statement]] {
    let set = configuration.addresses(names)
    if set.isAll || names.isEmpty { return [[]] }
    var ways: [[Statement]] =
      set.known.isEmpty ? [] : [[.match(side, .equal, .members(set.known.map { Member(.value($0)) }))]]
    if !set.unknown.isEmpty { ways.append([.unknownCondition(set.unknown.joined(separator: ", "))]) }
    return ways
  }

  /// `config firewall acl` turns packets away as they arrive, before anything is translated.
  var accessList: Chain? {
    let rules = configuration.entries("firewall acl").flatMap { entry -> [Rule] in
      guard entry.value("status") != "disable" else { return [] }
      var rules: [Rule] = []
      for source in ways(entry["srcaddr"], .source(.ipv4)) {
        for destination in ways(entry["dstaddr"], .destination(.ipv4)) {
          for service in services(entry["service"]) {
            rules.append(
              rule(
                entry, "acl",
                comesFrom(entry["interface"]) + source + destination + service, .verdict(.drop)))
          }
        }
      }
      return rules
    }
    return rules.isEmpty ? nil : Chain("acl", BaseChain(.filter, .prerouting, priority: -200), rules: rules)
  }

  private func services(_ names: [String]) -> [[Statement]] {
    if names.isEmpty { return [[]] }
    return configuration.services(names).compactMap(\.matches)
  }

  /// `config router policy` sends packets that begin a session elsewhere than routes say, after virtual addresses.
  var policyRoutes: Chain? {
    var isOfUse = false
    let rules = configuration.entries("router policy").flatMap { entry -> [Rule] in
      guard entry.value("status") != "disable", ["0", "6", nil].contains(entry.value("protocol")) else { return [] }
      let target = entry["output-device"]
      // To where servers are, or by the usual routes.
      let isUsual =
        entry.value("action") == "deny"
        || !target.isEmpty && !Set(configuration.interfaces(target) ?? []).isDisjoint(with: context.inside)
      isOfUse = isOfUse || !isUsual
      let end = isUsual ? Statement.verdict(.accept) : .unread("a route of `config router policy`")
      var start = comesFrom(entry["input-device"].filter { _ in !entry.isEnabled("input-device-negate") })
      start.append(.match(.conntrack("state"), .equal, .flags(["new"])))
      let first = entry.value("start-port").flatMap { UInt16($0) } ?? 0
      let last = entry.value("end-port").flatMap { UInt16($0) } ?? 65535
      if first > 1 || last < 65535, entry.value("protocol") == "6", let range = PortRange(low: first, high: last) {
        start.append(.match(.destinationPort, .equal, .value(Value(range))))
      }
      var rules: [Rule] = []
      for source in sides(entry, "src", .source(.ipv4)) {
        for destination in sides(entry, "dst", .destination(.ipv4)) {
          rules.append(rule(entry, "router policy", start + source + destination, end))
        }
      }
      return rules
    }
    return isOfUse
      ? Chain("policy routes", BaseChain(.filter, .forward, priority: 10), rules: rules) : nil
  }

  private func sides(_ entry: FortiGateEntry, _ name: String, _ side: Expression) -> [[Statement]] {
    if entry.isEnabled("\(name)-negate") { return [[.unknownCondition("\(name)-negate")]] }
    let written = entry[name]
    var found: [[Statement]] = entry["\(name)addr"].isEmpty ? [] : ways(entry["\(name)addr"], side)
    guard !written.isEmpty else { return found.isEmpty ? [[]] : found }
    let values = written.map { FortiGateConfiguration.subnet([$0]) }
    let isAll = values.contains { value in
      guard case .addresses(let low, let high)? = value else { return value == nil }
      return low.value == 0 && high.value == AddressFamily.ipv4.highest
    }
    if isAll { return [[]] }
    found.append([.match(side, .equal, .members(values.compactMap(\.self).map { Member(.value($0)) }))])
    return found
  }
}
