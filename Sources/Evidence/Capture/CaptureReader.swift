import Addressing

/// Turns packets into dialogues. FTP is read from the payload put in order, because a dissector names one reply of a
/// segment and does not join lines that are split (measured: tshark 4.0).
///
/// What is kept is bounded: lines of control connections, and for each other connection its first packets and sums.
package struct CaptureReader: Sendable {
  private struct Key: Hashable {
    var client: Endpoint
    var server: Endpoint
  }

  private struct ForeignKey: Hashable {
    var client: Endpoint
    var port: UInt16
  }

  private let source: Int
  /// The first SYN/ACK to each client and from each port for which no SYN was seen.
  private var foreignAnswers: [ForeignKey: CapturedPacket] = [:]
  private var streams: [CapturedStream] = []
  private var open: [Key: Int] = [:]
  private var packets = 0
  private let mostStreams = 100_000

  package init(source: Int) { self.source = source }

  package mutating func add(_ packet: CapturedPacket) {
    packets += 1
    let from = Endpoint(packet.source, packet.sourcePort)
    let to = Endpoint(packet.destination, packet.destinationPort)
    if packet.refusal != nil {
      if let index = open[Key(client: from, server: to)] {
        if streams[index].refusal == nil { streams[index].refusal = packet }
      }
      return
    }
    let isOpening = packet.flags.contains(.syn) && !packet.flags.contains(.ack)
    if isOpening { return begin(packet, from, to) }
    if let index = open[Key(client: from, server: to)] {
      take(packet, up: true, index)
    } else if let index = open[Key(client: to, server: from)] {
      take(packet, up: false, index)
    } else if streams.count < mostStreams {
      if packet.flags.contains(.syn) {
        let key = ForeignKey(client: to, port: packet.sourcePort)
        if foreignAnswers[key] == nil { foreignAnswers[key] = packet }
      }
      // The capture began in the middle: the lower port is the server's, and so is whoever answers a SYN.
      let isUp = packet.sourcePort > packet.destinationPort && !packet.flags.contains(.syn)
      let key = isUp ? Key(client: from, server: to) : Key(client: to, server: from)
      open[key] = streams.count
      streams.append(CapturedStream(client: key.client, server: key.server, first: packet))
      take(packet, up: isUp, streams.count - 1)
    }
  }

  private mutating func begin(_ packet: CapturedPacket, _ from: Endpoint, _ to: Endpoint) {
    let key = Key(client: from, server: to)
    if let index = open[key], let first = streams[index].syns.first, first.sequence == packet.sequence {
      if streams[index].syns.count < 16 { streams[index].syns.append(packet) }
      streams[index].last = packet
      return
    }
    guard streams.count < mostStreams else { return }
    open[key] = streams.count
    var stream = CapturedStream(client: from, server: to, first: packet)
    stream.syns = [packet]
    stream.up.begin(packet.sequence)
    streams.append(stream)
  }

  private mutating func take(_ packet: CapturedPacket, up: Bool, _ index: Int) {
    streams[index].last = packet
    if packet.flags.contains(.syn) {
      if !up, streams[index].synAck == nil {
        streams[index].synAck = packet
        streams[index].down.begin(packet.sequence)
      }
      return
    }
    if packet.flags.contains(.ack) {
      if up {
        streams[index].down.note(acknowledged: packet.acknowledged)
      } else {
        streams[index].up.note(acknowledged: packet.acknowledged)
      }
    }
    if up, streams[index].firstAck == nil, streams[index].synAck != nil, packet.flags.contains(.ack) {
      streams[index].firstAck = packet
    }
    if packet.flags.contains(.reset), streams[index].reset == nil {
      streams[index].reset = packet
      streams[index].isResetByServer = !up
    }
    let mayBeControl = streams[index].mayBeControl
    let pieces =
      up
      ? streams[index].up.take(packet, keeping: mayBeControl)
      : streams[index].down.take(packet, keeping: mayBeControl)
    for piece in pieces { streams[index].read(piece.bytes, piece.packet, up: up, source: source) }
    if up, !packet.flags.isDisjoint(with: [.fin, .reset]) { streams[index].noteSilence(packet, source: source) }
    if packet.flags.contains(.fin) {
      if up { streams[index].up.finish(packet) } else { streams[index].down.finish(packet) }
    }
  }

  /// What was in the capture.
  package func contents() -> (dialogues: [Dialogue], viewpoint: Viewpoint?, packets: Int, streams: Int) {
    let controls = streams.indices.filter { streams[$0].writer != nil }
    let view = viewpoint(controls)
    let owned = owners(controls)
    let taken = Set(owned.values.flatMap(\.self)).union(controls)
    let strays = streams.indices.filter { !taken.contains($0) }.prefix(1000).compactMap { index in
      streams[index].syns.first.map { syn in
        let text = "SYN \(streams[index].client.text) to \(streams[index].server.text)"
        return StrayConnection(
          sequence: syn.sequence, target: streams[index].server,
          mark: Mark(source: source, packet: syn.number, text: text))
      }
    }
    let dialogues = controls.map { control in
      var told = dialogue(of: control, owned[control] ?? [], view)
      told.strays = strays
      return told
    }
    return (dialogues, view, packets, streams.count)
  }

  /// Whether it has connections that a filter for control connections would not have let through. Other protocols tell
  /// nothing: filters often let ARP and ICMP through besides.
  private var hasOtherPorts: Bool { streams.contains { $0.writer == nil } }

  /// Where it was captured: packets of the own machine have the TTL that they began with, and it answers at once.
  private func viewpoint(_ controls: [Int]) -> Viewpoint? {
    let initial: Set<Int> = [64, 128, 255]
    var votes = 0
    for index in controls {
      guard let syn = streams[index].syns.first, let answer = streams[index].synAck else { continue }
      let (near, far) = (initial.contains(syn.timeToLive), initial.contains(answer.timeToLive))
      if near != far { votes += near ? 4 : -4 }
      guard near == far, let ack = streams[index].firstAck else { continue }
      let (there, back) = (answer.time - syn.time, ack.time - answer.time)
      if there > 3 * back { votes += 1 } else if back > 3 * there { votes -= 1 }
    }
    return votes > 0 ? .client : votes < 0 ? .server : nil
  }

  private func dialogue(of index: Int, _ data: [Int], _ view: Viewpoint?) -> Dialogue {
    var stream = streams[index]
    stream.tellClearText(stream.last, source: source)
    guard var writer = stream.writer else { return Dialogue(source: source, viewpoint: view) }
    var dialogue = writer.finish()
    dialogue.viewpoint = view
    dialogue.writes = [.packets, .dials]
    if hasOtherPorts { dialogue.writes.insert(.otherPorts) }
    if !stream.isBlind, !stream.up.hasHole, !stream.down.hasHole, !stream.syns.isEmpty {
      dialogue.writes.formUnion([.commands, .replies])
    }
    dialogue.sequence = stream.syns.first?.sequence
    dialogue.isWhole = stream.reset != nil || stream.down.finished != nil
    var events = dialogue.events
    for other in data { events += dataEvents(streams[other], stream) + foreignAnswer(to: streams[other], stream) }
    events += endEvents(stream)
    let order = events.indices.sorted {
      (events[$0].time ?? 0, $0) < (events[$1].time ?? 0, $1)
    }
    dialogue.events = order.map { events[$0] }
    return dialogue
  }

  /// A SYN/ACK to a SYN that nobody answered, with the same ports and from another address.
  private func foreignAnswer(to stream: CapturedStream, _ control: CapturedStream) -> [Event] {
    guard stream.synAck == nil, let port = stream.server.port,
      let answer = foreignAnswers[ForeignKey(client: stream.client, port: port)],
      answer.acknowledged == (stream.syns.first?.sequence ?? 0) &+ 1
    else { return [] }
    let text = "SYN/ACK of \(answer.source):\(port) to \(stream.client.text)"
    return [
      Event(
        time: answer.time, Mark(source: source, packet: answer.number, text: text),
        .finding(.answeredByOther(answer.source)))
    ]
  }

  /// Which control connection each other connection belongs to: the one that began last of those that it can be of.
  private func owners(_ controls: [Int]) -> [Int: [Int]] {
    let known = controls.map { ($0, streams[$0].announcedPorts) }.sorted {
      streams[$0.0].start.time > streams[$1.0].start.time
    }
    var owned: [Int: [Int]] = [:]
    for other in streams.indices where streams[other].writer == nil {
      let found = known.first { control, ports in isData(streams[other], of: streams[control], ports) }
      if let found { owned[found.0, default: []].append(other) }
    }
    return owned
  }

  /// Whether a connection belongs to a session: to a port that was announced before, or, where nobody can read that,
  /// between the same machines during it.
  private func isData(_ stream: CapturedStream, of control: CapturedStream, _ ports: [AnnouncedPort]) -> Bool {
    let time = stream.start.time
    guard time >= control.start.time, time <= control.last.time + 5, let port = stream.server.port else {
      return false
    }
    let isAnnounced = ports.contains { announced in
      guard announced.port == port, announced.time <= time else { return false }
      let addresses = [stream.client.address, stream.server.address]
      return addresses.contains(control.client.address) || addresses.contains(control.server.address)
    }
    guard !isAnnounced else { return true }
    guard control.isBlind, port > 1023 else { return false }
    let isActive = stream.client.address == control.server.address && stream.server.address == control.client.address
    // A peer that is not the client is one of the things to look for.
    return isActive || stream.client.address == control.client.address
      || stream.server.address == control.server.address
  }
}

/// A port at which a data connection was announced.
struct AnnouncedPort {
  var port: UInt16
  var time: Double
}

extension CapturedStream {
  var announcedPorts: [AnnouncedPort] {
    (writer?.dialogue.events ?? []).compactMap { event in
      let port: UInt16? =
        switch event.what {
        case .reply(let reply) where reply.code == 227: announcement(inPASVReply: reply.text).endpoint?.port
        case .reply(let reply) where reply.code == 229: announcement(inEPSVReply: reply.text).endpoint?.port
        case .command(let command): announcement(in: command)?.endpoint?.port
        default: nil
        }
      // Packets of two processors may be written down in the wrong order.
      return port.map { AnnouncedPort(port: $0, time: (event.time ?? 0) - 0.001) }
    }
  }
}
