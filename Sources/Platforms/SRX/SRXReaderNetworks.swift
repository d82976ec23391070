import Addressing
import Diagnostics

/// The networks that a device reaches: those of its interfaces, and those that static routes lead to.
struct SRXNetworks {
  private var live: [GatewayNetwork] = []
  /// What something that is switched off would lead to.
  private var off: [GatewayNetwork] = []
  /// The logical interface of each network that an interface has, and whether it is up.
  private var units: [Prefix: (name: String, isUp: Bool)] = [:]
  private var lengths: Set<Int> = []
  private let parts: SRXParts
  /// Whether an interface of no zone is one by which nothing passes.
  private let tellsZones: Bool

  init(_ parts: SRXParts) {
    self.parts = parts
    let zones = parts.zones.zones
    tellsZones = !parts.bringsZones && (zones.isEmpty || zones.values.contains { !$0.interfaces.isEmpty })
    let inside = parts.context.inside.flatMap { zones[$0]?.interfaces ?? [] }
    let instances: Set<String?> = Set(inside.map { parts.zones.instance(of: $0) })
    func counts(_ instance: String?) -> Bool { inside.isEmpty || instances.contains(instance) }
    addInterfaces(counts)
    if counts(nil) { addRoutes(parts.root) }
    for instance in parts.root["routing-instances"]?.active ?? [] where counts(instance.word) { addRoutes(instance) }
  }

  /// Those that count. A route of what is down is not there, so a wider one has its packets.
  var networks: [GatewayNetwork] {
    var known: Set<Prefix> = []
    for network in live {
      if case .through(let names) = network.way, !names.isEmpty { known.insert(network.prefix) }
    }
    let lengths = Set(known.map(\.length)).sorted()
    return live
      + off.filter { network in
        !lengths.contains { length in
          length <= network.prefix.length
            && Prefix(network.prefix.address, length: length).map { known.contains($0.canonical) } == true
        }
      }
  }

  // MARK: - Interfaces

  private mutating func addInterfaces(_ counts: (String?) -> Bool) {
    let special: Set = ["interface-range", "traceoptions", "apply-groups", "apply-groups-except", "lo0"]
    for interface in parts.root.any("interfaces")?.all ?? [] where !special.contains(interface.word) {
      for unit in interface.any("unit")?.all ?? [] {
        let name = "\(interface.word).\(unit.word)"
        guard counts(parts.zones.instance(of: name)) else { continue }
        let line = parts.interfaces.lineOff(of: name)
        for family in ["inet", "inet6"] {
          guard let family = unit.any("family")?.any(family) else { continue }
          add(family, of: name, lineOff: line ?? (family.isInactive ? family.lineOff : nil))
        }
      }
    }
  }

  private mutating func add(_ family: JunosNode, of name: String, lineOff: Int?) {
    guard let list = family.any("address") else { return }
    for address in list.all {
      guard let prefix = Prefix(junosInterface: address.word)?.canonical, prefix.length > 0 else { continue }
      let line = lineOff ?? (list.isInactive ? list.lineOff : address.isInactive ? address.lineOff : nil)
      lengths.insert(prefix.length)
      guard line == nil else {
        let reason = lineOff == nil ? "is of an address that is inactive" : "is of an interface that is disabled"
        off.append(GatewayNetwork(prefix, .nowhere(reason), at: parts.span(line ?? address.line)))
        if units[prefix] == nil { units[prefix] = (name, false) }
        continue
      }
      if units[prefix]?.isUp != true { units[prefix] = (name, true) }
      guard let names = names(of: name) else { continue }
      live.append(GatewayNetwork(prefix, .through(names), at: parts.span(address)))
    }
  }

  /// What a policy may call a logical interface; `nil` where its zone is not known.
  private func names(of unit: String) -> Set<String>? {
    guard let zone = parts.zones.zone(ofUnit: unit) else { return tellsZones ? [] : nil }
    return Set([zone, unit] + unit.split(separator: ".", maxSplits: 1).prefix(1).map(String.init))
  }

  // MARK: - Static routes

  private mutating func addRoutes(_ root: JunosNode) {
    var routes: [JunosNode] = root["routing-options", "static", "route"]?.active ?? []
    for table in root["routing-options", "rib"]?.active ?? [] { routes += table["static", "route"]?.active ?? [] }
    let protocols = Set((root["protocols"]?.active ?? []).map(\.word))
    let isDynamic = !protocols.isDisjoint(with: ["bgp", "isis", "ospf", "ospf3", "rip", "ripng"])
    for route in routes {
      guard let prefix = Prefix(junos: route.word), prefix.length > 0 else { continue }
      // Neighbours tell of parts of what a wide route sums up.
      if isDynamic, prefix.length < (prefix.family == .ipv4 ? 24 : 64) { continue }
      add(route, to: prefix)
    }
  }

  private mutating func add(_ route: JunosNode, to prefix: Prefix) {
    if let node = route["discard"] ?? route["reject"] {
      live.append(GatewayNetwork(prefix, .nowhere("is discarded here"), at: parts.span(node)))
      return
    }
    var found: Set<String> = []
    var isKnown = false
    var isDown = false
    for hop in (route["next-hop"]?.active ?? []) + (route["qualified-next-hop"]?.active ?? []) {
      guard let unit = unit(of: hop) else { continue }
      guard unit.isUp else {
        isDown = true
        continue
      }
      guard let names = names(of: unit.name) else { continue }
      isKnown = true
      found.formUnion(names)
    }
    if isKnown {
      live.append(GatewayNetwork(prefix, .through(found), at: parts.span(route)))
    } else if isDown {
      off.append(GatewayNetwork(prefix, .nowhere("is behind an interface that is disabled"), at: parts.span(route)))
    }
  }

  /// The logical interface that a next hop is at, by its name or by its network.
  private func unit(of hop: JunosNode) -> (name: String, isUp: Bool)? {
    guard let address = IPAddress(hop.word) else {
      guard parts.zones.zone(ofUnit: hop.word) != nil else { return nil }
      return (hop.word, parts.interfaces.lineOff(of: hop.word) == nil)
    }
    for length in lengths.sorted(by: >) {
      if let network = Prefix(address, length: length)?.canonical, let unit = units[network] { return unit }
    }
    return nil
  }
}
