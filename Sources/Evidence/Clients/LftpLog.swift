import Addressing

/// What lftp writes with `debug`, in any of the languages that it speaks (source, measured with 4.9.2).
package struct LftpLog: LogReader {
  package let title = "log of lftp"
  package let viewpoint = Viewpoint.client

  static let messages = TranslatedMessages(String(decoding: PackageResources.lftp_messages_txt, as: UTF8.self))

  package init() {}

  package func weight(of line: String) -> Int {
    guard let row = LftpRow(line) else { return 0 }
    switch row.mark {
    case .sent: return FTPCommand(row.text) == nil ? 0 : 3
    case .received: return 5
    case .note, .error: return 4
    }
  }

  package func read(_ log: LogText) -> LogContents {
    var reading = LftpReading(source: log.source)
    for line in log.lines { reading.read(line) }
    return reading.contents()
  }
}

/// A line with one of the four marks, which may have a time, a process and an address in front of them.
private struct LftpRow {
  enum Mark: String, CaseIterable { case sent = "---> ", received = "<--- ", note = "---- ", error = "**** " }

  var mark: Mark
  var text: String
  var time: Double?

  init?(_ line: String) {
    var best: (mark: Mark, range: Range<String.Index>)?
    for mark in Mark.allCases {
      guard let range = line.firstRange(of: mark.rawValue) else { continue }
      if best == nil || range.lowerBound < best?.range.lowerBound ?? line.endIndex { best = (mark, range) }
    }
    // What stands in front is short: a time, a number, an address.
    guard let best, line.utf8.distance(from: line.startIndex, to: best.range.lowerBound) < 200 else { return nil }
    let head = line[..<best.range.lowerBound]
    guard head.isEmpty || head.last == " " else { return nil }
    mark = best.mark
    text = String(line[best.range.upperBound...])
    time = firstClockTime(in: head)
  }
}

private struct LftpReading {
  let source: Int
  var writer: DialogueWriter
  var done: [Dialogue] = []
  var understood = 0

  init(source: Int) {
    self.source = source
    writer = DialogueWriter(Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies, .dials]))
  }

  mutating func read(_ line: LogText.Line) {
    guard let row = LftpRow(line.text) else {
      // The program's last word has no mark.
      if line.text.contains("ftp:ssl-force is set and server does not support") {
        writer.add(.finding(.noTLSOffered), Mark(source: source, line: line.number, text: line.text))
      }
      return
    }
    let mark = Mark(source: source, line: line.number, text: row.mark.rawValue + row.text)
    switch row.mark {
    case .sent: writer.sent(row.text, time: row.time, mark)
    case .received: writer.received(row.text, time: row.time, mark)
    case .note, .error: note(row, mark)
    }
  }

  private mutating func note(_ row: LftpRow, _ mark: Mark) {
    if row.text.contains("Address returned by PASV seemed to be incorrect") {
      return writer.add(.finding(.addressReplaced(offered: nil, used: nil)), time: row.time, mark)
    }
    let line = normalized(trimmed(row.text))
    for pattern in LftpLog.messages.patterns {
      guard let values = pattern.match(line) else { continue }
      return said(pattern.english, values, row, mark)
    }
    // No language has these.
    if line.contains("unexpected TLS packet") || line.contains("wrong version number") {
      writer.add(.finding(.clearTextInTLS), time: row.time, mark)
    }
  }

  private mutating func said(_ english: String, _ values: [String], _ row: LftpRow, _ mark: Mark) {
    let time = row.time
    let addresses = values.map { $0.trimmingParentheses }.compactMap { IPAddress($0) }
    let port = values.last.flatMap { UInt16(trimmed($0)) }
    switch english {
    case "Connecting to %s%s (%s) port %u":
      startOver()
      let endpoint = Endpoint(addresses.last, port)
      writer.dialogue.server = endpoint
      writer.add(.dialled(endpoint, nil), time: time, mark)
    case "Connecting data socket to (%s) port %u":
      writer.add(.dataDial(Endpoint(addresses.last, port)), time: time, mark)
    case "Data connection established": writer.add(.dataResult(.connected), time: time, mark)
    case "Accepted data connection from (%s) port %u":
      writer.add(.dataPeer(addresses.last), time: time, mark)
      writer.add(.dataResult(.connected), time: time, mark)
    case "Data socket error (%s) - reconnecting": writer.add(.dataResult(Self.result(values)), time: time, mark)
    case "Socket error (%s) - reconnecting":
      writer.add(.dialled(writer.dialogue.server, Self.result(values)), time: time, mark)
    case "Timeout - reconnecting": writer.add(.timedOut, time: time, mark)
    case "Data connection peer has mismatching address":
      writer.add(.finding(.peersDiffer(data: nil, control: nil)), time: time, mark)
    case "Peer closed connection": writer.add(.ended(byServer: true), time: time, mark)
    case "Closing control socket": writer.add(.ended(byServer: nil), time: time, mark)
    default: return
    }
  }

  /// lftp writes `strerror`, which the C library may translate; the three that matter are told by their first words.
  private static func result(_ values: [String]) -> DialResult {
    let text = values.joined()
    if text.contains("refused") { return .refused }
    if text.contains("timed out") { return .timedOut }
    return text.contains("No route") || text.contains("unreachable") ? .unreachable : .reset
  }

  private mutating func startOver() {
    let isUsed = writer.dialogue.events.contains {
      switch $0.what {
      case .command, .reply: true
      default: false
      }
    }
    guard isUsed || writer.isInReply else { return }
    finish()
    writer = DialogueWriter(Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies, .dials]))
  }

  private mutating func finish() {
    let dialogue = writer.finish()
    understood += writer.understood
    if !dialogue.events.isEmpty { done.append(dialogue) }
  }

  mutating func contents() -> LogContents {
    finish()
    return LogContents(dialogues: done, understood: understood)
  }
}

extension String {
  /// Without parentheses, brackets and blanks at both ends.
  var trimmingParentheses: String {
    let marks = "()[] "
    return String(drop { marks.contains($0) }.reversed().drop { marks.contains($0) }.reversed())
  }
}
