import Addressing
import Diagnostics

/// What is known of an interface.
struct RouterOSInterface {
  var isDisabled = false
  /// The one that it needs, as a VLAN does.
  var parent: String?
}

/// The interfaces of the router: which ones are disabled, and by which names a policy may call each of them.
struct RouterOSInterfaceNames {
  private let configuration: RouterOSConfiguration
  /// By the name of a port, the bridge that has it; and the other way round.
  private var bridges: [String: String] = [:]
  private var ports: [String: [String]] = [:]
  private var lists: (holding: [String: [String]], unknown: [String])

  init(_ configuration: RouterOSConfiguration, _ lists: RouterOSInterfaceLists) {
    self.configuration = configuration
    self.lists = lists.holding
    for entry in configuration.entries("interface bridge port") where !entry.isDisabled {
      guard let bridge = entry["bridge"], let port = entry["interface"] else { continue }
      bridges[port] = bridge
      ports[bridge, default: []].append(port)
    }
  }

  /// The interface, the bridge whose port it is or its ports, and the lists that hold one of them.
  func all(_ name: String) -> Set<String> {
    let own = [name] + (bridges[name].map { [$0] } ?? []) + (ports[name] ?? [])
    return Set(own + own.flatMap { lists.holding[$0] ?? [] } + lists.unknown + ["all"])
  }

  /// Whether nothing leaves by it. What a port of a bridge has is the bridge's.
  func isDown(_ name: String) -> Bool {
    var next: String? = bridges[name] ?? name
    for _ in 0..<8 {
      guard let name = next, let interface = configuration.interfaces[name] else { return false }
      if interface.isDisabled { return true }
      next = interface.parent
    }
    return false
  }
}

/// The routes of one family.
struct RouterOSRoutes {
  private(set) var main = GatewayRoutes()
  /// Tables whose default route leaves by an interface towards clients.
  private var outward: Set<String> = []
  private let names: RouterOSInterfaceNames
  private let family: AddressFamily
  private let context: GatewayContext

  init(
    _ configuration: RouterOSConfiguration, _ lists: RouterOSInterfaceLists, _ family: AddressFamily,
    _ context: GatewayContext
  ) {
    names = RouterOSInterfaceNames(configuration, lists)
    (self.family, self.context) = (family, context)
    for entry in configuration.entries("\(family.routerOSMenu) address") where !entry.isDisabled {
      guard let prefix = connected(entry), let interface = entry["interface"] else { continue }
      let way: GatewayRoutes.Way = names.isDown(interface) ? .down : .through(names.all(interface))
      main.add(prefix, way, distance: 0, at: entry.span)
    }
    let connected = main
    for entry in configuration.entries("\(family.routerOSMenu) route") where !entry.isDisabled {
      add(entry, connected)
    }
  }

  /// Whether what is routed by a table leaves towards clients.
  func leadsOutside(_ table: String) -> Bool { outward.contains(table) }

  /// The network of an address; `nil` where it comes from a pool.
  private func connected(_ entry: RouterOSEntry) -> Prefix? {
    guard let text = entry["address"], entry["from-pool"]?.isEmpty ?? true else { return nil }
    let parts = text.split(separator: "/").map(String.init)
    guard let address = parts.first.flatMap({ IPAddress($0) }), address.family == family else { return nil }
    let usual = family == .ipv4 ? 32 : 64
    let length = parts.count == 2 ? parts.last.flatMap { Int($0) } : usual
    let network = entry["network"].flatMap { IPAddress($0) }.flatMap { $0.family == family ? $0 : nil }
    return length.flatMap { Prefix(network ?? address, length: $0) }
  }

  private mutating func add(_ entry: RouterOSEntry, _ connected: GatewayRoutes) {
    let table = [entry["routing-table"], entry["routing-mark"]].compactMap(\.self).first { !$0.isEmpty } ?? "main"
    let distance = entry["distance"].flatMap { Int($0) } ?? 1
    let text = entry["dst-address"] ?? (family == .ipv4 ? "0.0.0.0/0" : "::/0")
    let parts = text.split(separator: "/").map(String.init)
    guard let address = parts.first.flatMap({ IPAddress($0) }), address.family == family,
      let length = parts.count == 2 ? Int(parts[1]) : family.bits, let prefix = Prefix(address, length: length)
    else { return }
    let isDiscarded =
      ["yes", "true"].contains(entry["blackhole"])
      || ["blackhole", "unreachable", "prohibit"].contains(entry["type"])
    let way = isDiscarded ? .discarded : way(through: entry["gateway"] ?? "", connected)
    if table == "main" {
      if length > 0 { main.add(prefix, way, distance: distance, at: entry.span) }
    } else if length == 0, case .through(let names) = way, !names.isDisjoint(with: context.outside) {
      outward.insert(table)
    }
  }

  /// Where one of the gateways is not understood, or its network not told, the way may be any.
  private func way(through text: String, _ connected: GatewayRoutes) -> GatewayRoutes.Way {
    var known: Set<String> = []
    var isDown = false
    for gateway in text.split(separator: ",") {
      let word = gateway.prefix { $0 != "@" }
      let sides = word.split(separator: "%", maxSplits: 1).map(String.init)
      let address = sides.first.flatMap { IPAddress($0) }
      if let address, sides.count == 1 {
        switch connected.way(to: address) {
        case .through(let more): known.formUnion(more)
        case .down: isDown = true
        default: known.formUnion(context.inside + [text])
        }
      } else if let interface = sides.last {
        if names.isDown(interface) { isDown = true } else { known.formUnion(names.all(interface)) }
      }
    }
    if known.isEmpty { return isDown ? .down : .through(Set(context.inside + [text])) }
    return .through(known)
  }
}

extension RouterOSInterfaceLists {
  /// By the name of an interface the lists that hold it, and the lists of which nobody knows the members.
  var holding: (holding: [String: [String]], unknown: [String]) {
    var holding: [String: [String]] = [:]
    var unknown = ["static"]
    for list in names {
      guard let members = interfaces(list) else {
        unknown.append(list)
        continue
      }
      for member in members { holding[member, default: []].append(list) }
    }
    return (holding, unknown)
  }
}
