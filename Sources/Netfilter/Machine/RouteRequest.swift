import Addressing
import FTPSession

/// The type of a route (`rtm_type`, `linux/rtnetlink.h`).
enum RouteType: UInt8 {
  case unicast = 1, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit
}

/// One question for a route (`RTM_GETROUTE`), which the kernel answers as it would treat such a packet.
struct RouteRequest {
  var destination: IPAddress
  /// The other addresses and ports; `nil` for a question about an address alone.
  var tuple: Tuple?
  /// The index of the interface where it came in; `nil` for a packet of a program here.
  var input: Int32?
  /// The only interface that counts.
  var output: Int32?
  var mark: UInt32 = 0
  /// The DSCP and two zero bits.
  var service: UInt8 = 0
  var user: UInt32?
  /// Whether the route itself is wanted, with all its next hops (`RTM_F_FIB_MATCH`).
  var wantsRoute = false

  init(to destination: IPAddress) { self.destination = destination }

  var bytes: [UInt8] {
    var bytes = NetlinkBytes()
    let length = UInt8(destination.family == .ipv4 ? 32 : 128)
    bytes.append(UInt8(destination.family.number))
    bytes.append(length)
    bytes.append(tuple == nil ? 0 : length)
    bytes.append(service)
    bytes.append(UInt32(0))
    // RTM_F_FIB_MATCH
    bytes.append(UInt32(wantsRoute ? 0x2000 : 0))
    bytes.attribute(1, destination.bytes)
    if let tuple {
      bytes.attribute(2, tuple.source.bytes)
      // RTA_IP_PROTO, RTA_SPORT, RTA_DPORT
      bytes.attribute(27, UInt8(6))
      bytes.attribute(28, tuple.sourcePort.bigEndian)
      bytes.attribute(29, tuple.destinationPort.bigEndian)
    }
    if let input { bytes.attribute(3, UInt32(bitPattern: input)) }
    if let output { bytes.attribute(4, UInt32(bitPattern: output)) }
    if mark != 0 { bytes.attribute(16, mark) }
    if let user { bytes.attribute(25, user) }
    return bytes.bytes
  }
}

/// What the kernel answers.
struct RouteReply {
  /// `nil` for a type that no host uses.
  var type: RouteType?
  /// The index of the interface.
  var interface: Int32?
  /// `nil` where the destination itself is the neighbour.
  var nextHop: IPAddress?
  /// The interfaces among which the kernel chooses, flow by flow; one or none mostly.
  var alternatives: Set<Int32>

  init(_ message: NetlinkMessage) {
    let attributes = message.attributes(after: 12)
    type = RouteType(rawValue: message.number(at: 7, as: UInt8.self))
    interface = attributes[4].map { $0.number(at: 0, as: Int32.self) }
    // RTA_GATEWAY; RTA_VIA has the family before a gateway of the other one.
    nextHop =
      attributes[5].flatMap { IPAddress(bytes: $0) } ?? attributes[18].flatMap { IPAddress(bytes: $0.dropFirst(2)) }
    alternatives = Set(interface.map { [$0] } ?? [])
    // RTA_MULTIPATH: a list of `struct rtnexthop`, each with attributes of its own.
    var rest = attributes[9] ?? []
    while rest.count >= 8 {
      let length = Int(rest.number(at: 0, as: UInt16.self))
      guard length >= 8, length <= rest.count else { break }
      alternatives.insert(rest.number(at: 4, as: Int32.self))
      rest = rest.dropFirst((length + 3) & ~3)
    }
  }

  /// Asks the kernel; what it says, or its error number.
  static func ask(_ request: RouteRequest) -> Result<RouteReply, RouteError> {
    switch Netlink.ask(.getRoute, request.bytes) {
    case .messages(let found): found.first.map { .success(RouteReply($0)) } ?? .failure(RouteError(number: 0))
    case .error(let number): .failure(RouteError(number: number))
    }
  }
}

/// Why the kernel finds no way.
struct RouteError: Error, Hashable {
  var number: Int32
}

extension AddressFamily {
  /// `AF_INET` or `AF_INET6`.
  var number: Int { self == .ipv4 ? 2 : 10 }
}
