package import Addressing

/// The addresses and ports of one direction of a TCP connection.
package struct Tuple: Hashable, Sendable {
  package var source: IPAddress
  package var sourcePort: UInt16
  package var destination: IPAddress
  package var destinationPort: UInt16

  package init(from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16) {
    self.source = source
    self.sourcePort = sourcePort
    self.destination = destination
    self.destinationPort = destinationPort
  }

  /// The other direction.
  package var reversed: Tuple { Tuple(from: destination, destinationPort, to: source, sourcePort) }

  package var family: AddressFamily { source.family }
}

/// One TCP segment on the wire, or a message between neighbours.
package struct Packet: Hashable, Sendable {
  /// What the segment is for; flags follow from it.
  package enum Kind: Hashable, Sendable {
    case syn, synAck, ack
    /// The end of what one side sends, with an ACK.
    case fin
    /// A part of the dialogue in clear text, with its line end.
    case text(String)
    /// A TLS record, or content of a file: nothing that anybody on the way can read.
    case opaque
    /// No segment at all: a message by which neighbours find each other.
    case neighbour(NeighbourMessage)
  }

  package var tuple: Tuple
  package var kind: Kind

  package init(_ tuple: Tuple, _ kind: Kind) {
    self.tuple = tuple
    self.kind = kind
  }

  /// The message that it is, where it is no segment.
  var neighbourMessage: NeighbourMessage? {
    guard case .neighbour(let message) = kind else { return nil }
    return message
  }

  /// The flags of the TCP header as bits (RFC 9293 section 3.1): 1 FIN, 2 SYN, 8 PSH, 16 ACK.
  var flags: UInt128 {
    switch kind {
    case .syn: 2
    case .synAck: 18
    case .ack: 16
    case .fin: 17
    case .text, .opaque: 24
    case .neighbour: 0
    }
  }
}
