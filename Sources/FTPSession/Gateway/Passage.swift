package import Addressing

/// What happened to one packet on its way through the gateway.
package struct Passage: Sendable {
  /// Something worth telling, in its order.
  package enum Event: Hashable, Sendable {
    case destinationTranslated(IPAddress, UInt16, Citation?)
    case sourceTranslated(IPAddress, UInt16, Citation?)
    case helperAssigned(String, Citation)
    /// The helper expects a connection from one address to another and a port.
    case expectationMade(from: IPAddress, to: IPAddress, port: UInt16)
    /// The helper read an announcement and made nothing of it, because it names another address than its sender's.
    case announcementIgnored(IPAddress)
    /// The helper rewrote the announcement in the segment.
    case rewritten(String)
    /// The packet opens a connection that the helper expected.
    case expected
    /// A box before the gateway, which the policy does not describe, translated an address; ports stay.
    case translatedByBox(IPAddress, isSource: Bool)
  }

  package enum End: Hashable, Sendable {
    /// It reached a program on the gateway.
    case delivered
    /// It left on an interface.
    case sent(String)
    case lost(Loss)
  }

  package var events: [Event] = []
  /// The packet as it came out, or as it was when it was lost.
  package var packet: Packet
  package var end: End
  /// Why nobody may be there, although it was sent.
  package var doubt: String?
  /// Fields that rules have changed, by their names in `KnownFields`; `nil` for what became something unknown.
  var header: [String: UInt128?] = [:]
}
