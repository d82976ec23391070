import Addressing

/// The log of the FileZilla client, from its file or copied from its window, in any of its languages (source; measured
/// with 3.63.0). Commands and replies are what was on the wire; its own sentences are looked up in the tables of its
/// translations, and errors by the tokens in them that it does not translate.
package struct FileZillaClientLog: LogReader {
  package let title = "log of the FileZilla client"
  package let viewpoint = Viewpoint.client

  static let messages = TranslatedMessages(String(decoding: PackageResources.filezilla_messages_txt, as: UTF8.self))

  package init() {}

  package func weight(of line: String) -> Int {
    guard let row = FileZillaRow(line) else { return 0 }
    switch row.kind {
    case .command: return FTPCommand(row.text) == nil ? 0 : 4
    case .response: return replyHead(row.text) == nil ? 1 : 4
    default: return 1
    }
  }

  package func read(_ log: LogText) -> LogContents {
    var sessions: [(key: String, reading: FileZillaReading)] = []
    var done: [Dialogue] = []
    var understood = 0
    for line in log.lines {
      guard let row = FileZillaRow(line.text) else { continue }
      if !sessions.contains(where: { $0.key == row.session }) {
        sessions.append((row.session, FileZillaReading(source: log.source)))
      }
      guard let index = sessions.firstIndex(where: { $0.key == row.session }) else { continue }
      sessions[index].reading.read(row, line.number)
    }
    for index in sessions.indices {
      sessions[index].reading.finish()
      done += sessions[index].reading.done
      understood += sessions[index].reading.understood
    }
    return LogContents(dialogues: done, understood: understood)
  }
}

private struct FileZillaRow {
  enum Kind: String { case status = "Status:", error = "Error:", command = "Command:", response = "Response:" }
  /// What it prints in front of a line, in each of its languages; some languages share words.
  private static let prefixes: [(text: String, kind: Kind?)] = FileZillaClientLog.messages.patterns.compactMap {
    guard $0.parts.count == 1, let text = $0.parts.first else { return nil }
    if let kind = Kind(rawValue: $0.english) { return (text, kind) }
    return $0.english == "Trace:" || $0.english == "Listing:" ? (text, nil) : nil
  }

  var session = ""
  var time: Double?
  var kind: Kind?
  var text: String

  init?(_ line: String) {
    var rest = normalized(line)[...]
    // DATE TIME PID ENGINE, or TIME and a tab, or nothing.
    let words = rest.split(separator: " ", maxSplits: 4)
    if words.count > 4, words[0].utf8.count == 10, let seconds = clockTime(words[1]), Int(words[2]) != nil,
      Int(words[3]) != nil
    {
      time = seconds
      session = "\(words[2]) \(words[3])"
      rest = words[4]
    } else if let seconds = clockTime(rest), rest.dropFirst(8).first.map({ $0 == "\t" || $0 == " " }) == true {
      time = seconds
      rest = rest.dropFirst(8).drop { $0 == "\t" || $0 == " " }
    }
    rest = rest.drop { $0 == "\t" || $0 == " " }
    let mark = Self.prefixes.first { prefix in
      rest.hasPrefix(prefix.text) && (rest.dropFirst(prefix.text.count).first.map { $0 == " " || $0 == "\t" } ?? true)
    }
    guard let mark else { return nil }
    kind = mark.kind
    var body = rest.dropFirst(mark.text.count)
    if let first = body.first, first == "\t" || first == " " { body = body.dropFirst() }
    // Copied from the window and pasted elsewhere, a tab has become several blanks; a part of a reply begins with one.
    text = mark.kind == .response && replyHead(trimmed(body)) == nil ? String(body) : trimmed(body)
  }
}

private struct FileZillaReading {
  let source: Int
  var writer: DialogueWriter
  var done: [Dialogue] = []
  var understood = 0
  private var hasSession = false
  private var transferring = false

  init(source: Int) {
    self.source = source
    writer = DialogueWriter(Self.blank(source))
  }

  private static func blank(_ source: Int) -> Dialogue {
    Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies])
  }

  mutating func read(_ row: FileZillaRow, _ number: Int) {
    let mark = Mark(source: source, line: number, text: row.text)
    switch row.kind {
    case .command:
      writer.sent(row.text, time: row.time, mark)
      let command = FTPCommand(row.text)
      transferring = command.map { ["MLSD", "LIST", "RETR", "STOR", "APPE"].contains($0.verb) } ?? transferring
    case .response: writer.received(row.text, time: row.time, mark)
    case .status, .error: said(row, mark)
    case nil: traced(row, mark)
    }
  }

  /// Trace texts stay English (measured).
  private mutating func traced(_ row: FileZillaRow, _ mark: Mark) {
    if row.text.hasPrefix("TLS Session resumed") {
      writer.add(.secured(isData: transferring, isResumed: true), time: row.time, mark)
    } else if row.text.hasPrefix("Reply: "), row.text.contains("peer: ") {
      let addresses = row.text.split(whereSeparator: { " ,".contains($0) }).compactMap { IPAddress(String($0)) }
      writer.add(.finding(.addressReplaced(offered: addresses.first, used: addresses.last)), time: row.time, mark)
    }
  }

  private mutating func said(_ row: FileZillaRow, _ mark: Mark) {
    let time = row.time
    // Tokens of the socket layer are never translated.
    if row.kind == .error, let result = Self.result(row.text) {
      return writer.add(
        transferring ? .dataResult(result) : .dialled(writer.dialogue.server, result), time: time, mark)
    }
    if row.text.contains("GnuTLS"), row.text.contains("-15") || row.text.contains("unexpected TLS packet") {
      return writer.add(.finding(.clearTextInTLS), time: time, mark)
    }
    if row.text.contains("GnuTLS"), row.text.contains("-110") {
      return writer.add(.finding(.cutTLS), time: time, mark)
    }
    for pattern in FileZillaClientLog.messages.patterns {
      guard let values = pattern.match(row.text) else { continue }
      return said(pattern.english, values, time, mark)
    }
  }

  private mutating func said(_ english: String, _ values: [String], _ time: Double?, _ mark: Mark) {
    switch english {
    case "Connecting to %s...":
      startOver()
      if let endpoint = endpointText(trimmed(values.first ?? "")) { writer.dialogue.server = endpoint }
      writer.add(.dialled(writer.dialogue.server, nil), time: time, mark)
    case "Server sent passive reply with unroutable address. Using server address instead.":
      writer.add(.finding(.addressReplaced(offered: nil, used: nil)), time: time, mark)
    case "Server sent passive reply with unroutable address. Passive mode failed.":
      writer.add(.finding(.addressGivenUp), time: time, mark)
    case "Connection timed out after %d second of inactivity", "Connection timed out.":
      writer.add(.timedOut, time: time, mark)
      transferring = false
    case "TLS connection established.": writer.add(.secured(isData: false, isResumed: nil), time: time, mark)
    case "Insecure server, it does not support FTP over TLS.": writer.add(.finding(.noTLSOffered), time: time, mark)
    case "Warning, ignoring data connection from wrong IP.":
      writer.add(.finding(.peersDiffer(data: nil, control: nil)), time: time, mark)
    case "The TLS session of the data connection was not resumed.":
      writer.add(.finding(.sessionNotReused), time: time, mark)
    case "Directory listing of \"%s\" successful":
      writer.add(.dataResult(.connected), time: time, mark)
      transferring = false
    case "Connection closed by server": writer.add(.ended(byServer: true), time: time, mark)
    default: return
    }
  }

  private static func result(_ text: String) -> DialResult? {
    let tokens: [(String, DialResult)] = [
      ("ECONNREFUSED", .refused), ("ETIMEDOUT", .timedOut), ("EHOSTUNREACH", .unreachable),
      ("ENETUNREACH", .unreachable), ("ECONNRESET", .reset),
    ]
    return tokens.first { text.contains($0.0) }?.1
  }

  private mutating func startOver() {
    transferring = false
    let isUsed = writer.dialogue.events.contains { if case .command = $0.what { true } else { false } }
    guard isUsed else { return }
    finish()
    writer = DialogueWriter(Self.blank(source))
  }

  mutating func finish() {
    let dialogue = writer.finish()
    understood += writer.understood
    if !dialogue.events.isEmpty { done.append(dialogue) }
    writer = DialogueWriter(Self.blank(source))
  }
}
