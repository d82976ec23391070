import Addressing

extension CapturedStream {
  /// Whether its payload is kept: until it is known not to be a control connection.
  var mayBeControl: Bool {
    if writer != nil { return true }
    if [21, 990].contains(server.port) { return true }
    return down.head.isEmpty || down.total < 4
  }

  /// The client ends a connection to a control port on which nobody has said anything: a session without a greeting.
  mutating func noteSilence(_ packet: CapturedPacket, source: Int) {
    guard writer == nil, [21, 990].contains(server.port), synAck != nil, up.total == 0, down.total == 0 else {
      return
    }
    beginDialogue(source: source)
    guard packet.time - start.time >= Self.patience else { return }
    writer?.add(
      .timedOut, time: packet.time,
      Mark(source: source, packet: packet.number, text: "the client ends the connection; nobody has said anything"))
  }

  /// Seconds after which whoever greets at all has greeted.
  private static let patience = 2.0

  private mutating func beginDialogue(source: Int) {
    writer = DialogueWriter(Dialogue(source: source, viewpoint: nil, client: client, server: server))
    let first = syns.first ?? start
    let text = "SYN \(client.text) to \(server.text)"
    writer?.add(
      .dialled(server, synAck == nil ? nil : .connected), time: first.time,
      Mark(source: source, packet: first.number, text: text))
  }

  /// Reads payload as FTP, once the server has begun with a reply.
  mutating func read(_ bytes: [UInt8], _ packet: CapturedPacket, up: Bool, source: Int) {
    if writer == nil {
      let isGreeting = !up && replyHead(String(decoding: bytes.prefix(5), as: UTF8.self)) != nil
      guard isGreeting || [21, 990].contains(server.port) else { return }
      beginDialogue(source: source)
    }
    if isBlind { return readEncrypted(bytes, packet, up: up, source: source) }
    if up { upLine += bytes } else { downLine += bytes }
    split(packet, up: up, source: source)
  }

  private mutating func split(_ packet: CapturedPacket, up: Bool, source: Int) {
    var buffer = up ? upLine : downLine
    // TLS where a line should begin: implicit TLS, or the handshake after AUTH.
    if let first = buffer.first, (0x14...0x17).contains(first), buffer.count > 1 ? buffer[1] == 3 : true {
      isBlind = true
      writer?.closeReply()
      let mark = Mark(source: source, packet: packet.number, text: "TLS begins")
      writer?.add(.secured(isData: false, isResumed: nil), time: packet.time, mark)
      upLine = []
      downLine = []
      return
    }
    while let end = buffer.firstIndex(of: 0x0A) {
      let line = String(decoding: buffer[..<end], as: UTF8.self)
      buffer.removeSubrange(...end)
      // Where the beginning was not seen, the first line may be the end of one, such as of a password.
      if up, syns.isEmpty, !isInStep {
        isInStep = true
        guard ["USER", "PASV", "EPSV", "LIST", "AUTH", "TYPE", "FEAT"].contains(where: line.hasPrefix) else {
          continue
        }
      }
      let mark = Mark(source: source, packet: packet.number, text: trimmed(line))
      if up {
        writer?.sent(line, time: packet.time, mark)
      } else {
        writer?.received(
          line.utf8.last == 0x0D ? String(line.unicodeScalars.dropLast()) : line, time: packet.time, mark)
      }
    }
    if buffer.count > 8192 { buffer = [] }
    if up { upLine = buffer } else { downLine = buffer }
  }

  /// In an encrypted connection clear text is a sign of its own: a server process that dies writes it (measured).
  private mutating func readEncrypted(_ bytes: [UInt8], _ packet: CapturedPacket, up: Bool, source: Int) {
    guard !up else { return }
    // Such a line comes in pieces (measured).
    guard !downLine.isEmpty || replyHead(String(decoding: bytes.prefix(5), as: UTF8.self)) != nil,
      bytes.allSatisfy({ $0 >= 0x0A && $0 < 0x7F })
    else { return }
    downLine += bytes.prefix(300)
    if downLine.contains(0x0A) || downLine.count > 300 { tellClearText(packet, source: source) }
  }

  /// The line of clear text that was begun in an encrypted connection, if there is one; its end may never come.
  mutating func tellClearText(_ packet: CapturedPacket, source: Int) {
    let text = trimmed(String(decoding: downLine.prefix { $0 != 0x0A }, as: UTF8.self))
    downLine = []
    guard isBlind, let head = replyHead(text) else { return }
    let mark = Mark(source: source, packet: packet.number, text: text)
    writer?.add(.finding(.clearTextInTLS), time: packet.time, mark)
    writer?.add(.reply(FTPReply(code: head.code, lines: [head.text])), time: packet.time, mark)
  }
}

extension CaptureReader {
  /// What a data connection adds to the dialogue.
  func dataEvents(_ stream: CapturedStream, _ control: CapturedStream) -> [Event] {
    var events: [Event] = []
    func add(_ what: Happening, _ packet: CapturedPacket, _ text: String, _ time: Double? = nil) {
      events.append(
        Event(time: time ?? packet.time, Mark(source: control.sourceOfMarks, packet: packet.number, text: text), what)
      )
    }
    let way = "\(stream.client.text) to \(stream.server.text)"
    let first = stream.syns.first ?? stream.start
    add(
      .dataDial(stream.server, sequence: stream.syns.first?.sequence), first,
      "SYN \(way)\(stream.syns.count > 1 ? ", \(stream.syns.count) times" : "")")
    add(.dataPeer(stream.client.address), first, "SYN \(way)")
    if let refusal = stream.refusal, let reason = refusal.refusal {
      add(.dataResult(.rejected(by: reason.by, code: reason.code)), refusal, "ICMP refusal of \(way) by \(reason.by)")
    } else if stream.synAck == nil, stream.down.total == 0 {
      if let reset = stream.reset, stream.isResetByServer {
        add(.dataResult(.refused), reset, "RST to \(way), TTL \(reset.timeToLive)")
      } else {
        add(.dataResult(.timedOut), stream.last, "no answer to \(way)")
      }
    } else if stream.syns.count > 1, stream.up.total == 0, stream.down.total == 0, stream.firstAck == nil {
      add(.dataResult(.timedOut), stream.last, "SYN/ACK of \(way) gets no answer")
    } else {
      let answer = stream.synAck ?? stream.start
      add(.dataResult(.connected), answer, "SYN/ACK of \(way)")
      let bytes = stream.up.total + stream.down.total
      if stream.up.speaksTLS {
        add(.finding(.dataHandshakeBegan), stream.start, "TLS begins, \(way)", answer.time)
      }
      if let reset = stream.reset, stream.down.total == 0 {
        add(.dataResult(.reset), reset, "RST of \(way) after \(bytes) bytes")
      } else if bytes > 0 {
        add(.dataBytes(bytes), stream.last, "\(bytes) bytes, \(way)")
      }
    }
    return events
  }

  /// How the control connection began and ended, where packets tell.
  func endEvents(_ stream: CapturedStream) -> [Event] {
    let source = stream.sourceOfMarks
    if let reset = stream.reset {
      let text = "RST by the \(stream.isResetByServer ? "server's side" : "client"), TTL \(reset.timeToLive)"
      return [
        Event(
          time: reset.time, Mark(source: source, packet: reset.number, text: text),
          .ended(byServer: stream.isResetByServer))
      ]
    }
    guard let end = stream.down.finished else { return [] }
    let isFirst = stream.up.finished.map { $0.time > end.time } ?? true
    return [
      Event(
        time: end.time, Mark(source: source, packet: end.number, text: "FIN by the server's side"),
        .ended(byServer: isFirst))
    ]
  }
}

extension CapturedStream {
  var sourceOfMarks: Int { writer?.dialogue.source ?? 0 }
}
