import Addressing
import FTPSession

extension PacketTransform {
  /// Those of the kernel now; none where it does not tell, be it for want of privilege.
  static func current() -> [PacketTransform] {
    // `struct xfrm_userpolicy_id`
    (Netlink.list(.getTransform, [UInt8](repeating: 0, count: 64)) ?? []).flatMap { message -> [PacketTransform] in
      // AF_INET, AF_INET6, and AF_UNSPEC for both.
      let families: [UInt16: [AddressFamily]] = [2: [.ipv4], 10: [.ipv6], 0: [.ipv4, .ipv6]]
      return families[message.number(at: 40, as: UInt16.self), default: []].compactMap {
        PacketTransform(message, $0)
      }
    }
  }

  /// `nil` for the policy of a single socket, and for one of an interface of its own (`xfrm`), which is a tunnel.
  private init?(_ message: NetlinkMessage, _ family: AddressFamily) {
    let attributes = message.attributes(after: Self.length)
    let directions: [UInt8: Direction] = [0: .in, 1: .out, 2: .fwd]
    // XFRMA_IF_ID
    guard let direction = directions[message.number(at: 160, as: UInt8.self)], attributes[31] == nil else {
      return nil
    }
    func prefix(at place: Int, length: Int) -> Prefix? {
      let bytes = message.body.dropFirst(place).prefix(family == .ipv4 ? 4 : 16)
      return IPAddress(bytes: bytes).flatMap { Prefix($0, length: Int(message.number(at: length, as: UInt8.self))) }
    }
    guard let destination = prefix(at: 0, length: 42), let source = prefix(at: 16, length: 43) else { return nil }
    self.init(direction, from: source, to: destination)
    func port(at place: Int) -> Port {
      Port(
        UInt16(bigEndian: message.number(at: place, as: UInt16.self)),
        mask: UInt16(bigEndian: message.number(at: place + 2, as: UInt16.self)))
    }
    destinationPort = port(at: 32)
    sourcePort = port(at: 36)
    transport = message.number(at: 44, as: UInt8.self)
    isOfInterface = message.number(at: 48, as: Int32.self) != 0
    priority = message.number(at: 152, as: UInt32.self)
    // XFRMA_MARK
    if let bytes = attributes[21] {
      mark = (bytes.number(at: 0, as: UInt32.self), bytes.number(at: 4, as: UInt32.self))
    }
    // XFRM_POLICY_ALLOW without XFRMA_TMPL
    isBypass = message.number(at: 161, as: UInt8.self) == 0 && attributes[5] == nil
  }

  /// `struct xfrm_userpolicy_info`: the selector (56 bytes), limits and counts (96), priority, index, direction,
  /// action, flags.
  private static let length = 168
}
