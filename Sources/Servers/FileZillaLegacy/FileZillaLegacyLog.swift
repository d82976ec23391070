import Addressing
package import Evidence

/// The log of FileZilla Server 0.9 (source: `ControlSocket.cpp`): `(NNNNNN) DATE TIME - USER (ADDRESS)> TEXT`, where
/// commands and replies look alike.
package struct FileZillaLegacyLog: LogReader {
  package let title = "log of FileZilla Server 0.9"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var key: String
    var address: IPAddress?
    var time: Double?
    var text: Substring

    init?(_ line: String) {
      guard line.hasPrefix("("), let close = line.firstIndex(of: ")"), let sign = line.firstRange(of: ")> ") else {
        return nil
      }
      key = String(line[line.index(after: line.startIndex)..<close])
      guard key.utf8.count == 6, key.allSatisfy({ $0.isNumber }), sign.lowerBound > close else { return nil }
      let head = line[close..<sign.lowerBound]
      address = head.lastIndex(of: "(").flatMap { IPAddress(String(head[head.index(after: $0)...])) }
      time = firstClockTime(in: head)
      text = line[sign.upperBound...]
    }
  }

  package func weight(of line: String) -> Int { Row(line) == nil ? 0 : 8 }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(
      Dialogue(source: log.source, viewpoint: .server, writes: [.commands, .replies]))
    for line in log.lines {
      guard let row = Row(line.text) else { continue }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      sessions.with(row.key) { writer in
        writer.dialogue.client.address = row.address
        if replyHead(row.text) != nil || writer.isInReply {
          writer.received(row.text, time: row.time, mark)
        } else if row.text.hasPrefix("disconnected") {
          writer.add(.ended(byServer: nil), time: row.time, mark)
        } else if FTPCommand(row.text).map({ $0.verb != "TLS" }) == true, row.text.first?.isUppercase == true {
          writer.sent(row.text, time: row.time, mark)
        }
      }
    }
    return sessions.contents(writes: [])
  }
}

extension FileZillaLegacyProgram {
  package static var logReaders: [any LogReader] { [FileZillaLegacyLog()] }

  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "ip addresses of control and data connection do not match", .peersDiffer),
      KnownReply(450, "tls session of data connection has not resumed", .sessionNotReused),
      KnownReply(425, "can't open data connection", .noDataConnection),
      KnownReply(521, "prot p required", .dataMustBeEncrypted),
      KnownReply(421, "too many users", .tooMany),
    ]
  }
}
