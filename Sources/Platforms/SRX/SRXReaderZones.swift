import Addressing
import Nftables

/// The zones of a device with their interfaces, and the networks that lie behind each.
struct SRXZones {
  struct Zone {
    /// Logical interfaces, such as `ge-0/0/0.0`.
    var interfaces: [String] = []
    /// The addresses of the interfaces with their networks, as far as the text tells them.
    var addresses: [Prefix] = []
    /// What lies behind: those networks, and what static routes lead there.
    var networks = AddressSet()
    var line: Int
    /// Where its interfaces are switched off, or would stand.
    var interfacesLine: Int
  }

  private(set) var zones: [String: Zone] = [:]
  private var zoneOfInterface: [String: String] = [:]
  /// The routing instance of interfaces that have one, and where it says so.
  private var instances: [String: (name: String, line: Int)] = [:]
  let context: GatewayContext

  init(_ root: JunosNode, _ context: GatewayContext) {
    self.context = context
    for node in root["security", "zones", "security-zone"]?.active ?? [] {
      let list = node.any("interfaces")
      let inactive = list?.isInactive == true ? list : list?.all.first { $0.isInactive }
      var zone = Zone(line: node.line, interfacesLine: inactive?.lineOff ?? node.line)
      zone.interfaces = (node["interfaces"]?.active ?? []).map(\.word)
      for interface in zone.interfaces {
        zoneOfInterface[interface] = node.word
        zone.addresses += Self.addresses(of: interface, root)
      }
      zone.networks = AddressSet(zone.addresses.map(\.canonical))
      zones[node.word] = zone
    }
    for instance in root["routing-instances"]?.active ?? [] {
      for interface in instance["interface"]?.active ?? [] {
        instances[interface.word] = (instance.word, interface.line)
      }
    }
    addRoutes(root)
  }

  private static func addresses(of interface: String, _ root: JunosNode) -> [Prefix] {
    let parts = interface.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2, let first = parts.first, let last = parts.last,
      let unit = root[["interfaces", first, "unit", last, "family"]]
    else { return [] }
    return ["inet", "inet6"].flatMap { family in
      (unit[[family, "address"]]?.active ?? []).compactMap { Prefix(junosInterface: $0.word) }
    }
  }

  /// Static routes to a neighbour in a network of a zone lead behind the zone.
  private mutating func addRoutes(_ root: JunosNode) {
    var routes: [JunosNode] = root["routing-options", "static", "route"]?.active ?? []
    for table in root["routing-options", "rib"]?.active ?? [] { routes += table["static", "route"]?.active ?? [] }
    guard zones.count > 1, routes.count < 20_000 else { return }
    var found: [String: [Prefix]] = [:]
    for route in routes {
      guard let prefix = Prefix(junos: route.word), prefix.length > 0, let hop = route["next-hop"]?.value else {
        continue
      }
      if let zone = zoneOfInterface[hop.word] {
        found[zone, default: []].append(prefix)
      } else if let address = IPAddress(hop.word),
        let zone = zones.first(where: {
          $0.value.addresses.contains { $0.family == address.family && $0.bounds.contains(address.value) }
        })
      {
        found[zone.key, default: []].append(prefix)
      }
    }
    for (zone, prefixes) in found {
      guard let networks = zones[zone]?.networks else { continue }
      zones[zone]?.networks = AddressSet(unionOf: [networks, AddressSet(prefixes)])
    }
  }

  /// Where zones of the policy stand in different routing instances: what leads from one into the other is not read.
  var instanceLine: (name: String, line: Int)? {
    let found = Set(context.outside + context.inside).sorted().flatMap { zones[$0]?.interfaces ?? [] }.map {
      instances[$0]
    }
    guard let other = found.compactMap(\.self).first, found.contains(where: { $0?.name != other.name }) else {
      return nil
    }
    return other
  }

  /// The zone of a logical interface.
  func zone(of interface: String) -> String? { zoneOfInterface[interface] }

  /// The zone of a logical interface, also where it is written without its unit 0, or where a zone has all of them.
  func zone(ofUnit name: String) -> String? {
    zoneOfInterface[name] ?? (name.hasSuffix(".0") ? zoneOfInterface[String(name.dropLast(2))] : nil)
      ?? zoneOfInterface["all"]
  }

  /// The routing instance of a logical interface; `nil` for the main one.
  func instance(of interface: String) -> String? { instances[interface]?.name }

  // MARK: - Statements

  /// What a packet matches that comes from one of some zones, or goes to one, with the family of addresses that it
  /// asks.
  func matches(_ names: [String], isSource: Bool) -> [SRXMatch] {
    let interface: Expression = isSource ? .inputInterface : .outputInterface
    guard !names.contains("any") else { return [SRXMatch()] }
    if context.inside.count > 1, !Set(names).isDisjoint(with: context.inside) {
      return names.flatMap { name in
        context.inside.contains(name)
          ? behind(name, interface, isSource) : [SRXMatch([.match(interface, .equal, .value(.interface(name)))])]
      }
    }
    return [SRXMatch([.match(interface, .equal, Expression(interfaces: names))])]
  }

  /// Of several zones with servers, the networks behind them tell which one it is.
  private func behind(_ name: String, _ interface: Expression, _ isSource: Bool) -> [SRXMatch] {
    let isInside = Statement.match(interface, .equal, Expression(interfaces: context.inside))
    let known = AddressSet(unionOf: context.inside.map { zones[$0]?.networks ?? AddressSet() })
    let own = SRXMatch.of(zones[name]?.networks ?? AddressSet(), isSource: isSource)
    let others = SRXMatch.of(AddressSet.any.subtracting(known), isSource: isSource)
    let doubt = Statement.unread("whether routes lead to the zone `\(name)`")
    return own.map { SRXMatch([isInside] + $0.statements, $0.family) }
      + others.map { SRXMatch([isInside] + $0.statements + [doubt], $0.family) }
  }

  /// What a packet matches that comes from where a rule-set of NAT says, or goes there: zones, interfaces or routing
  /// instances.
  func matches(ofRuleSetSide node: JunosNode?, isSource: Bool) -> [SRXMatch] {
    let interface: Expression = isSource ? .inputInterface : .outputInterface
    guard let node, !node.isLeaf else { return [SRXMatch([.unread("a rule-set that does not say where it counts")])] }
    if let names = node["zone"]?.active.map(\.word), !names.isEmpty {
      return matches(ofZones: names, isSource: isSource)
    }
    if let names = node["interface"]?.active.map(\.word), !names.isEmpty {
      return names.map { name in
        guard let zone = zoneOfInterface[name] else {
          return SRXMatch([.unread("the zone of the interface `\(name)`")])
        }
        let match = Statement.match(interface, .equal, Expression(interfaces: widened([zone])))
        guard zones[zone]?.interfaces.count != 1 else { return SRXMatch([match]) }
        return SRXMatch([match, .unread("which interface of the zone `\(zone)` it is")])
      }
    }
    if let names = node["routing-instance"]?.active.map(\.word), !names.isEmpty {
      let members = zones.keys.sorted().filter { zone in
        names.contains(zones[zone]?.interfaces.lazy.compactMap { instances[$0]?.name }.first ?? "default")
      }
      guard !members.isEmpty else { return [] }
      return [SRXMatch([.match(interface, .equal, Expression(interfaces: widened(members)))])]
    }
    return [SRXMatch([.unread("where a rule-set counts")])]
  }

  /// What a packet matches that comes from some zones or goes there, whichever of those inside it is.
  func matches(ofZones names: [String], isSource: Bool) -> [SRXMatch] {
    let interface: Expression = isSource ? .inputInterface : .outputInterface
    return [SRXMatch([.match(interface, .equal, Expression(interfaces: widened(names)))])]
  }

  /// The model knows one interface inside, whichever zone of those inside it is.
  private func widened(_ names: [String]) -> [String] {
    guard context.inside.count > 1, !Set(names).isDisjoint(with: context.inside) else { return names }
    return names + context.inside.filter { !names.contains($0) }
  }
}

extension Expression {
  /// One of some interfaces, or of those of zones of such names.
  init(interfaces names: [String]) {
    self =
      names.count == 1
      ? .value(.interface(names.first ?? "")) : .members(names.map { Member(.value(.interface($0))) })
  }
}

extension Prefix {
  /// The address of an interface with the length of its network.
  init?(junosInterface text: String) {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let address = parts.first.flatMap({ IPAddress($0) }),
      let length = parts.last.flatMap({ Int($0) })
    else { return nil }
    self.init(address, length: length)
  }
}
