import Addressing

/// One direction of a stream, put in order: lines of a control connection, the first bytes of a data connection.
struct StreamHalf: Sendable {
  /// The next byte that is missing; `nil` before the first.
  var next: UInt32?
  /// The first byte; `nil` where its SYN was not seen.
  private var first: UInt32?
  /// What came too early, by its sequence number; few, for losses are rare.
  private var early: [(sequence: UInt32, bytes: [UInt8], packet: CapturedPacket)] = []
  /// The first bytes, to know what it speaks.
  var head: [UInt8] = []
  /// Payload on the wire, without what was sent again.
  var total = 0
  var retransmitted = 0
  /// A byte that was not captured: what comes after it has no lines.
  var hasGap = false
  var finished: CapturedPacket?
  /// The byte that the other side waits for, as far as it has said.
  private var acknowledged: UInt32?

  /// Whether something was sent that is not in the capture: a gap before what came later, or the other side has it.
  var hasHole: Bool {
    if hasGap || !early.isEmpty { return true }
    // The end of a connection uses a number up.
    guard let acknowledged, let next else { return false }
    return Int32(bitPattern: acknowledged &- next) > (finished == nil ? 0 : 1)
  }

  mutating func note(acknowledged number: UInt32) {
    if let known = acknowledged, Int32(bitPattern: number &- known) <= 0 { return }
    acknowledged = number
  }

  /// Takes a packet in; what can now be read in order, each piece with the packet that ended it.
  mutating func take(_ packet: CapturedPacket, keeping: Bool) -> [(bytes: [UInt8], packet: CapturedPacket)] {
    guard packet.length > 0 else { return [] }
    let start = packet.sequence
    guard let expected = next else {
      next = start &+ UInt32(clamping: packet.length)
      total += packet.length
      return deliver(packet, keeping)
    }
    let offset = Int32(bitPattern: start &- expected)
    if offset < 0 {
      retransmitted += 1
      // One that is sent again with more in it than before: the rest is not trusted, and missing.
      if Int(offset) + packet.length > 0 { hasGap = true }
      return []
    }
    if offset > 0 {
      guard keeping, early.count < 64, offset < 1 << 20 else {
        if !keeping {
          next = start &+ UInt32(clamping: packet.length)
          total += packet.length
        } else {
          hasGap = true
        }
        return []
      }
      early.append((start, packet.payload, packet))
      return []
    }
    next = expected &+ UInt32(clamping: packet.length)
    total += packet.length
    var pieces = deliver(packet, keeping)
    while let index = early.firstIndex(where: { $0.sequence == next }) {
      let late = early.remove(at: index)
      next = late.sequence &+ UInt32(clamping: late.packet.length)
      total += late.packet.length
      pieces += deliver(late.packet, keeping)
    }
    return pieces
  }

  private mutating func deliver(_ packet: CapturedPacket, _ keeping: Bool) -> [(
    bytes: [UInt8], packet: CapturedPacket
  )] {
    if head.count < 16 { head += packet.payload.prefix(16 - head.count) }
    if packet.payload.count < packet.length { hasGap = true }
    return keeping ? [(packet.payload, packet)] : []
  }

  /// A SYN uses one number up.
  mutating func begin(_ sequence: UInt32) {
    guard next == nil else { return }
    next = sequence &+ 1
    first = next
  }

  /// Its end, which tells how much there was, also where a filter has taken the middle out.
  mutating func finish(_ packet: CapturedPacket) {
    if finished == nil { finished = packet }
    guard let first else { return }
    let count = Int32(bitPattern: packet.sequence &- first)
    if count > 0 { total = max(total, Int(count)) }
  }

  var speaksTLS: Bool { head.count >= 2 && (0x14...0x17).contains(head[0]) && head[1] == 3 }
}

/// A TCP connection in a capture.
struct CapturedStream: Sendable {
  var client: Endpoint
  var server: Endpoint
  /// Client to server, and back.
  var up = StreamHalf()
  var down = StreamHalf()
  var syns: [CapturedPacket] = []
  var synAck: CapturedPacket?
  /// The ACK after it, which tells on which side the capture was made.
  var firstAck: CapturedPacket?
  var reset: CapturedPacket?
  var isResetByServer = false
  var refusal: CapturedPacket?
  var start: CapturedPacket
  var last: CapturedPacket
  /// Lines of the control connection that are not complete yet.
  var upLine: [UInt8] = []
  var downLine: [UInt8] = []
  var writer: DialogueWriter?
  /// Whether the end of a line of the client was seen.
  var isInStep = false
  /// Whether the control connection is encrypted from here on.
  var isBlind = false
  var largestUnanswered = 0

  init(client: Endpoint, server: Endpoint, first: CapturedPacket) {
    self.client = client
    self.server = server
    start = first
    last = first
  }

  var isEstablished: Bool { synAck != nil && firstAck != nil || up.total > 0 && down.total > 0 }
}
