/// The ports from which a system takes those of its own connections unless told otherwise.
package struct OutgoingPorts: Sendable {
  package var range: ClosedRange<UInt16>
  /// The command or setting that keeps some of them from that.
  package var reservation: String

  package init(range: ClosedRange<UInt16>, reservation: String) {
    self.range = range
    self.reservation = reservation
  }
}
