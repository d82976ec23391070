package import Addressing

/// A policy of IPsec (`struct xfrm_userpolicy_info`, shown by `ip xfrm policy`): for which packets it is, and what it
/// makes of them.
package struct PacketTransform: Hashable, Sendable {
  /// Which packets the kernel compares with it: for its programs, from them and passed on, or passed on.
  package enum Direction: String, Hashable, Sendable {
    case `in`, out, fwd
  }

  /// A port with the bits of it that count.
  package struct Port: Hashable, Sendable {
    package var value: UInt16
    package var mask: UInt16

    package init(_ value: UInt16, mask: UInt16) {
      self.value = value
      self.mask = mask
    }

    fileprivate func matches(_ port: UInt16) -> Bool { (port ^ value) & mask == 0 }
  }

  package var direction: Direction
  package var source: Prefix
  package var destination: Prefix
  package var sourcePort = Port(0, mask: 0)
  package var destinationPort = Port(0, mask: 0)
  /// The number of the transport protocol; 0 for any.
  package var transport: UInt8 = 0
  /// Whether it holds for one interface alone.
  package var isOfInterface = false
  /// The mark that packets have in the bits of the mask.
  package var mark: (value: UInt32, mask: UInt32) {
    get { (markValue, markMask) }
    set { (markValue, markMask) = newValue }
  }
  private var markValue: UInt32 = 0
  private var markMask: UInt32 = 0
  /// The lowest number wins.
  package var priority: UInt32 = 0
  /// Whether it leaves packets as they are: it allows them, and names no transformation.
  package var isBypass = false

  package init(_ direction: Direction, from source: Prefix, to destination: Prefix) {
    self.direction = direction
    self.source = source
    self.destination = destination
  }

  /// Whether the selector covers a TCP packet (`xfrm_selector_match` in xfrm_policy.c), on any interface.
  func covers(_ tuple: Tuple, mark: UInt32) -> Bool {
    source.contains(tuple.source) && destination.contains(tuple.destination) && sourcePort.matches(tuple.sourcePort)
      && destinationPort.matches(tuple.destinationPort) && (transport == 0 || transport == 6)
      && mark & markMask == markValue
  }
}

extension Network {
  /// Why it is not known what becomes of a packet that an IPsec policy covers; `nil` where none does, or the one that
  /// counts leaves it alone. Whether there is a security association, and what the other end of it does, nobody can
  /// tell here.
  func doubt(aboutTransforming tuple: Tuple, _ direction: PacketTransform.Direction, mark: UInt128) -> String? {
    guard !transforms.isEmpty else { return nil }
    let mark = UInt32(truncatingIfNeeded: mark)
    let covering = transforms.filter { $0.direction == direction && $0.covers(tuple, mark: mark) }
    let bypass = covering.filter { $0.isBypass && !$0.isOfInterface }.map(\.priority).min() ?? .max
    guard let first = covering.first(where: { !$0.isBypass && $0.priority <= bypass }) else { return nil }
    return
      "an IPsec policy covers it (`ip xfrm policy`: dir \(direction.rawValue) src \(first.source) dst \(first.destination)), and "
      + "whether its packets come and go encrypted is not known; `ip -s xfrm state` and `tcpdump esp` show it"
  }
}
