import Addressing
package import Evidence

extension ProbeReport {
  /// The session as a piece of evidence. Its lines are numbered as `transcript` has them.
  ///
  /// - Parameter isWhole: Whether the sentence about the end of the session belongs to it.
  package func evidence(named name: String, source: Int) -> EvidenceFile {
    var file = EvidenceFile(name: name)
    file.kind = "session of this probe"
    file.viewpoint = .client
    file.size = events.count
    var reading = ProbeReading(source: source)
    for (index, event) in events.enumerated() {
      reading.read(event, Mark(source: source, line: index + 1, text: event.line))
    }
    if let last = transfers.last, let event = events.last {
      reading.end(last, event.time, Mark(source: source, line: events.count, text: last.error))
    }
    let dialogue = reading.finish()
    if !dialogue.events.isEmpty { file.dialogues = [dialogue] }
    file.understood = dialogue.events.count
    return file
  }

  /// What was said and done, a line each, without passwords.
  package var transcript: [String] { events.map { redacted($0.sign + $0.line) } }
}

extension ProbeReport.Event {
  /// As clients mark who speaks.
  fileprivate var sign: String { kind == "sent" ? "> " : kind == "received" ? "< " : "* " }

  fileprivate var endpoint: Endpoint {
    Endpoint(address.flatMap { IPAddress($0) }, port)
  }

  /// The event in one line.
  fileprivate var line: String {
    let words = text.map { ": \($0)" } ?? ""
    switch kind {
    case "dialling": return "dialling the \(connection ?? "control") connection to \(endpoint.text)"
    case "dialled": return "\(connection ?? "control") connection to \(endpoint.text) \(result ?? "failed")\(words)"
    case "accepted": return "data connection accepted from \(endpoint.text)"
    case "idle": return "idle for \(bytes ?? 0) seconds"
    case "data": return "\(bytes ?? 0) bytes came"
    case "reconnects": return "the control connection is gone"
    default: return text ?? kind
    }
  }
}

private struct ProbeReading {
  private var writer: DialogueWriter
  /// Whether TLS of the control connection is up.
  private var hasTLS = false
  private var resumes = false
  /// Whether the last connection that was dialled did not come about.
  private var hasFailed = false
  private var hasData = false

  init(source: Int) {
    writer = DialogueWriter(
      Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies, .dials]))
  }

  mutating func read(_ event: ProbeReport.Event, _ mark: Mark) {
    switch event.kind {
    case "dialling" where event.connection == "data":
      writer.closeReply()
      writer.add(.dataDial(event.endpoint), time: event.time, mark)
    case "dialling":
      writer.dialogue.server = event.endpoint
      writer.add(.dialled(event.endpoint, nil), time: event.time, mark)
    case "dialled": dialled(event, mark)
    case "accepted":
      writer.closeReply()
      writer.add(.dataResult(.connected), time: event.time, mark)
    case "sent":
      hasData = false
      writer.sent(event.text ?? "", time: event.time, mark)
    case "received": writer.received(event.text ?? "", time: event.time, mark)
    case "data":
      // One event for each transfer is enough.
      if !hasData { writer.add(.dataBytes(event.bytes ?? 0), time: event.time, mark) }
      hasData = true
    case "note": note(event.text ?? "", event.time, mark)
    case "reconnects": writer.add(.ended(byServer: nil), time: event.time, mark)
    default: break
    }
  }

  private mutating func dialled(_ event: ProbeReport.Event, _ mark: Mark) {
    let results: [String: DialResult] = [
      "connected": .connected, "refused": .refused, "timed-out": .timedOut, "unreachable": .unreachable,
      "failed": .unreachable,
    ]
    let result = event.result.flatMap { results[$0] } ?? .unreachable
    hasFailed = result != .connected
    if event.connection == "data" {
      writer.add(.dataResult(result), time: event.time, mark)
    } else {
      writer.dialogue.client = Endpoint(event.localAddress.flatMap { IPAddress($0) }, event.localPort)
      writer.add(.dialled(event.endpoint, result), time: event.time, mark)
    }
  }

  /// What the library says of TLS, and of connections that were torn.
  private mutating func note(_ text: String, _ time: Double, _ mark: Mark) {
    switch CurlNote(text) {
    case .resumes: resumes = true
    case .secured:
      writer.closeReply()
      writer.add(.secured(isData: hasTLS, isResumed: hasTLS ? resumes : nil), time: time, mark)
      (hasTLS, resumes) = (true, false)
    case .clearText: writer.add(.finding(.clearTextInTLS), time: time, mark)
    case .reset: writer.add(.dataResult(.reset), time: time, mark)
    case nil: break
    }
  }

  /// How the last transfer ended.
  mutating func end(_ transfer: ProbeReport.Transfer, _ time: Double, _ mark: Mark) {
    writer.closeReply()
    let isWaiting =
      ["time", "stalled", "handshake"].contains(transfer.ending) || [10, 12, 28].contains(transfer.code)
    if isWaiting, !hasFailed { writer.add(.timedOut, time: time, mark) }
    if transfer.code == 64 { writer.add(.finding(.noTLSOffered), time: time, mark) }
    writer.add(.ended(byServer: nil), time: time, mark)
  }

  mutating func finish() -> Dialogue { writer.finish() }
}
