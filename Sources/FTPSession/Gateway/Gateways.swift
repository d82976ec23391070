import Addressing

/// What stays the same of a path of gateways that have names.
final class Course: Sendable {
  /// The wire between two neighbours on the path: an interface of each.
  struct Link: Sendable {
    var outer: String
    var inner: String
  }

  let layout: PathLayout
  let links: [Link]

  /// - Returns: `nil` for one gateway without a name, which needs none.
  init?(_ path: GatewayPath) {
    let hops = [path.first] + path.others
    guard hops.count > 1 || !path.first.name.isEmpty else { return nil }
    // Everybody has a name where somebody has.
    let names = hops.enumerated().map { $1.name.isEmpty ? "\($0 + 1)" : $1.name }
    layout = PathLayout(names: names, hops.map(\.network))
    links = zip(hops, hops.dropFirst()).map { Link(outer: $0.inwards, inner: $1.outwards) }
  }

  /// Where a gateway is linked to: the gateway at the other end of the wire of an interface, and its interface. Two
  /// where both neighbours are on one wire.
  func across(_ hop: Int, _ interface: String) -> [(hop: Int, interface: String)] {
    var found: [(hop: Int, interface: String)] = []
    if links.indices.contains(hop), links[hop].outer == interface { found.append((hop + 1, links[hop].inner)) }
    if links.indices.contains(hop - 1), links[hop - 1].inner == interface {
      found.append((hop - 1, links[hop - 1].outer))
    }
    return found
  }

  /// A wire by the outermost interface on it, so that all who are on it name it alike.
  func wire(_ hop: Int, _ interface: String) -> (hop: Int, interface: String) {
    var (hop, interface) = (hop, interface)
    while links.indices.contains(hop - 1), links[hop - 1].inner == interface {
      hop -= 1
      interface = links[hop].outer
    }
    return (hop, interface)
  }
}

/// The gateways of a path in the middle of their work, the outermost first. Packets change the value.
struct Gateways: Sendable {
  private var first: Gateway
  private var others: [Gateway] = []
  /// `nil` for one gateway without a name.
  let course: Course?
  /// A bit for each gateway to which a packet came, the lowest for the outermost; the last one stands for all from it
  /// on.
  private(set) var visited: UInt64 = 0

  /// One gateway without a name.
  init(_ program: Program, _ network: Network, _ kernel: KernelTraits) {
    first = Gateway(program, network, kernel)
    course = nil
  }

  init(_ path: GatewayPath) {
    course = Course(path)
    let names = course?.layout.names ?? []
    first = Gateway(path.first.program, path.first.network, path.first.kernel, name: names.first ?? "")
    others = zip(path.others, names.dropFirst()).map { hop, name in
      Gateway(hop.program, hop.network, hop.kernel, name: name)
    }
  }

  var count: Int { others.count + 1 }

  /// A position on the path; what lies beyond its ends is the nearest end.
  func position(_ hop: Int) -> Int { min(max(hop, 0), others.count) }

  func premises(_ hop: Int) -> Premises {
    others.indices.contains(hop - 1) ? others[hop - 1].premises : first.premises
  }

  /// How sentences speak of a gateway.
  func phrase(_ hop: Int) -> String { premises(hop).phrase }

  var layout: PathLayout {
    if let course { return course.layout }
    return first.premises.network.translatedBefore.isEmpty
      ? PathLayout() : PathLayout(names: [], [first.premises.network])
  }

  /// Whether there is more to tell than what one gateway without a name did.
  var hasStations: Bool { course != nil || !first.premises.network.translatedBefore.isEmpty }

  /// A packet that came in on an interface of a gateway.
  ///
  /// - Parameter header: Fields of its headers that gateways before have changed.
  mutating func receive(
    _ packet: Packet, at hop: Int, on interface: String, header: [String: UInt128?] = [:]
  ) -> Passage {
    visited |= 1 << UInt64(min(hop, 63))
    guard others.indices.contains(hop - 1) else { return first.receive(packet, on: interface, header: header) }
    return others[hop - 1].receive(packet, on: interface, header: header)
  }

  /// A packet of a program on a gateway.
  mutating func send(_ packet: Packet, at hop: Int) -> Passage {
    visited |= 1 << UInt64(min(hop, 63))
    guard others.indices.contains(hop - 1) else { return first.send(packet) }
    return others[hop - 1].send(packet)
  }

  func doubt(aboutBridged packet: Packet, at hop: Int, on interface: String) -> String? {
    guard others.indices.contains(hop - 1) else { return first.doubt(aboutBridged: packet, on: interface) }
    return others[hop - 1].doubt(aboutBridged: packet, on: interface)
  }
}
