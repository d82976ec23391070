/// TCP ports from `low` to `high`, both inclusive.
package struct PortRange: Hashable, Sendable {
  package var low: UInt16
  package var high: UInt16

  /// A range; `nil` when it is reversed.
  package init?(low: UInt16, high: UInt16) {
    guard low <= high else { return nil }
    self.low = low
    self.high = high
  }

  /// The range of one port.
  package init(_ port: UInt16) {
    low = port
    high = port
  }

  /// Number of ports: 1 to 65536.
  package var count: Int { Int(high) - Int(low) + 1 }

  package var ports: ClosedRange<UInt16> { low...high }

  package func contains(_ port: UInt16) -> Bool { ports.contains(port) }

  package func overlaps(_ other: PortRange) -> Bool { ports.overlaps(other.ports) }
}

extension PortRange: Comparable {
  package static func < (left: Self, right: Self) -> Bool { (left.low, left.high) < (right.low, right.high) }
}

extension PortRange: CustomStringConvertible {
  /// `LOW-HIGH`, or the number alone for a single port.
  package var description: String { low == high ? "\(low)" : "\(low)-\(high)" }
}
