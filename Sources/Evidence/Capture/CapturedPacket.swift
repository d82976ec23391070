package import Addressing

/// One packet of a capture: what a dissector says of its heads, and the payload of TCP.
package struct CapturedPacket: Sendable {
  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let fin = Flags(rawValue: 1)
    package static let syn = Flags(rawValue: 2)
    package static let reset = Flags(rawValue: 4)
    package static let ack = Flags(rawValue: 16)
  }

  package var number: Int
  /// Seconds by the clock of the machine that captured.
  package var time: Double
  package var source: IPAddress
  package var destination: IPAddress
  package var sourcePort: UInt16
  package var destinationPort: UInt16
  package var timeToLive: Int
  package var flags: Flags
  package var sequence: UInt32
  package var acknowledged: UInt32
  /// Bytes of payload that the packet had on the wire.
  package var length: Int
  /// Those that were captured.
  package var payload: [UInt8]
  /// Of an ICMP error: from whom and its code of type 3 (IPv6: of type 1); the ports and addresses are those of the
  /// packet that it quotes.
  package var refusal: (by: IPAddress, code: Int)?

  package init(
    number: Int, time: Double, source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16,
    timeToLive: Int, flags: Flags, sequence: UInt32, acknowledged: UInt32, length: Int, payload: [UInt8]
  ) {
    self.number = number
    self.time = time
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.timeToLive = timeToLive
    self.flags = flags
    self.sequence = sequence
    self.acknowledged = acknowledged
    self.length = length
    self.payload = payload
  }
}
