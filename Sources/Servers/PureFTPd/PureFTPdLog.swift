import Addressing
package import Evidence

/// Pure-FTPd's lines in syslog (source: `messages_en.h`, `ftpd.c`; measured with Debian's): `(ACCOUNT@HOST) [LEVEL]
/// TEXT`. Commands are there with `VerboseLog yes`, replies only when that is given twice. There is no number of the
/// session but the process, where syslog writes it.
package struct PureFTPdLog: LogReader {
  package let title = "log of Pure-FTPd"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var key: String
    var address: IPAddress?
    var time: Double?
    var text: Substring

    init?(_ line: String) {
      guard let open = line.firstRange(of: "("), let close = line[open.upperBound...].firstRange(of: ") [") else {
        return nil
      }
      let who = line[open.upperBound..<close.lowerBound]
      let levels = ["INFO", "WARNING", "ERROR", "NOTICE", "DEBUG"]
      guard let at = who.lastIndex(of: "@"),
        let level = levels.first(where: { line[close.upperBound...].hasPrefix("\($0)] ") })
      else { return nil }
      let host = String(who[who.index(after: at)...])
      address = IPAddress(host)
      let head = line[..<open.lowerBound]
      key = head.firstRange(of: "pure-ftpd[").map { String(head[$0.upperBound...].prefix { $0.isNumber }) } ?? host
      time = firstClockTime(in: head)
      text = line[close.upperBound...].dropFirst(level.count + 2)
    }
  }

  package func weight(of line: String) -> Int {
    guard Row(line) != nil else { return 0 }
    return line.contains("pure-ftpd") ? 8 : 3
  }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(Dialogue(source: log.source, viewpoint: .server))
    var writes = Dialogue.Contents()
    for line in log.lines {
      guard let row = Row(line.text) else { continue }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      if row.text.hasPrefix("New connection from ") {
        sessions.begin(row.key)
        // Before the login the host may be unknown.
        sessions.with(row.key) { writer in
          writer.dialogue.client.address = IPAddress(trimmed(row.text.dropFirst(20))) ?? row.address
          writer.add(.dialled(Endpoint(), .connected), time: row.time, mark)
        }
        continue
      }
      sessions.with(row.key) { writer in
        if writer.dialogue.client.address == nil { writer.dialogue.client.address = row.address }
        if let command = Self.command(row.text) {
          writes.insert(.commands)
          writer.sent(command, time: row.time, mark)
        } else if row.text.hasPrefix("TLS: Enabled") {
          let isSecond = writer.dialogue.events.contains { if case .secured = $0.what { true } else { false } }
          writer.add(.secured(isData: isSecond, isResumed: nil), time: row.time, mark)
          if isSecond { writer.add(.dataResult(.connected), time: row.time, mark) }
        } else if row.text.hasPrefix("Logout") {
          writer.add(.ended(byServer: nil), time: row.time, mark)
        } else if row.text.hasPrefix("Timeout ") {
          writer.add(.finding(.stalled), time: row.time, mark)
        } else if row.text.contains(" uploaded  (") || row.text.contains(" downloaded  (") {
          writer.add(.dataResult(.connected), time: row.time, mark)
          writer.add(.dataBytes(1), time: row.time, mark)
        } else if replyHead(row.text) != nil {
          writes.insert(.replies)
          writer.received(row.text, time: row.time, mark)
        }
      }
    }
    return sessions.contents(writes: writes)
  }

  /// `Command [VERB] [ARGUMENT]`.
  private static func command(_ text: Substring) -> String? {
    guard text.hasPrefix("Command ["), let end = text.firstRange(of: "] [") else { return nil }
    let verb = text[..<end.lowerBound].dropFirst(9).uppercased()
    var argument = text[end.upperBound...]
    if argument.last == "]" { argument.removeLast() }
    return argument.isEmpty ? verb : "\(verb) \(argument)"
  }
}

extension PureFTPdProgram {
  package static var logReaders: [any LogReader] { [PureFTPdLog()] }

  /// Source: `messages_en.h`; 521 measured.
  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "all reserved tcp ports are busy", .rangeExhausted),
      KnownReply(425, "you cannot use pasv on ipv6 connections", .noPASVOverIPv6),
      KnownReply(425, "please use an ipv6-conformant client", .noPASVOverIPv6),
      KnownReply(500, "i won't open a connection to", .foreignPort),
      KnownReply(521, "data connection cannot be opened with this prot setting", .dataMustBeEncrypted),
      KnownReply(421, "cleartext sessions", .controlMustBeEncrypted),
      KnownReply(421, "reconnect using tls", .controlMustBeEncrypted),
      KnownReply(421, "too many connections", .tooMany),
      KnownReply(421, "users (the maximum) are already logged in", .tooMany),
      KnownReply(425, "could not open data connection to port", .noDataConnection),
    ]
  }
}
