import Addressing
package import Evidence

/// The log of pyftpdlib at the level DEBUG (measured with 2.2.0). It has the last line of each reply.
package struct PyftpdlibLog: LogReader {
  package let title = "log of pyftpdlib"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var client: Endpoint
    var time: Double?
    var text: Substring

    /// `[LEVEL:NAME:]ADDRESS:PORT-[USER] TEXT`, perhaps with a time in brackets.
    init?(_ line: String) {
      guard let sign = line.firstRange(of: "-["), let close = line[sign.upperBound...].firstRange(of: "] ") else {
        return nil
      }
      let head = line[..<sign.lowerBound]
      let word = head.split(separator: " ").last ?? ""
      let parts = word.split(separator: ":")
      guard parts.count >= 2, let port = parts.last.flatMap({ UInt16($0) }),
        let address = IPAddress(String(parts[parts.count - 2]))
      else {
        return nil
      }
      client = Endpoint(address, port)
      time = firstClockTime(in: head)
      text = line[close.upperBound...]
    }
  }

  package func weight(of line: String) -> Int {
    guard let row = Row(line) else { return line.contains("pyftpdlib") ? 3 : 0 }
    return row.text.hasPrefix("<- ") || row.text.hasPrefix("-> ") || row.text.hasPrefix("FTP session ") ? 8 : 2
  }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(Dialogue(source: log.source, viewpoint: .server))
    var writes = Dialogue.Contents()
    for line in log.lines {
      guard let row = Row(line.text) else { continue }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      if row.text.hasPrefix("FTP session opened") { sessions.begin(row.client.text) }
      sessions.with(row.client.text) { writer in
        writer.dialogue.client = row.client
        if row.text.hasPrefix("<- ") {
          writes.formUnion([.commands, .replies])
          writer.sent(row.text.dropFirst(3), time: row.time, mark)
        } else if row.text.hasPrefix("-> ") {
          writer.received(row.text.dropFirst(3), time: row.time, mark)
        } else if row.text.hasPrefix("FTP session opened") {
          writer.add(.dialled(Endpoint(), .connected), time: row.time, mark)
        } else if row.text.hasPrefix("FTP session closed") {
          writer.add(.ended(byServer: nil), time: row.time, mark)
        }
      }
    }
    return sessions.contents(writes: writes)
  }
}

extension OtherProgram {
  package static var logReaders: [any LogReader] { [PyftpdlibLog()] }
}
