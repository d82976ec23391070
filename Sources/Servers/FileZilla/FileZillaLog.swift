import Addressing
package import Evidence

/// The log of FileZilla Server 1.x: its file, and what is copied from its window (source of 1.7; published samples).
package struct FileZillaLog: LogReader {
  package let title = "log of FileZilla Server"
  package let viewpoint = Viewpoint.server

  private struct Row {
    enum Kind { case status, error, command, reply, other }
    var kind: Kind
    var key: String
    var address: IPAddress?
    var time: Double?
    var text: Substring

    /// `TIMEZ TT [FTP Session N ADDRESS USER] TEXT`, or `<DATE TIME> FTP Session N ADDRESS [Kind] TEXT`.
    init?(_ line: String) {
      guard let name = line.firstRange(of: "FTP Session ") else { return nil }
      let head = line[..<name.lowerBound]
      let words = line[name.upperBound...].split(separator: " ", maxSplits: 2)
      guard words.count >= 2 else { return nil }
      key = String(words[0])
      address = IPAddress(String(words[1].prefix { $0 != "]" }))
      time =
        firstClockTime(in: head)
      if head.hasSuffix("[") {
        guard let end = line[name.upperBound...].firstRange(of: "] ") else { return nil }
        text = line[end.upperBound...]
        let kinds: [(String, Kind)] = [(" == ", .status), (" !! ", .error), (" >> ", .command), (" << ", .reply)]
        kind = kinds.first { head.contains($0.0) }?.1 ?? .other
      } else {
        let kinds: [(String, Kind)] = [
          ("[Status] ", .status), ("[Error] ", .error), ("[Command] ", .command), ("[Response] ", .reply),
        ]
        guard let found = kinds.compactMap({ kind in line.firstRange(of: kind.0).map { ($0, kind.1) } }).first else {
          return nil
        }
        text = line[found.0.upperBound...]
        kind = found.1
      }
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
        if let address = row.address { writer.dialogue.client.address = address }
        switch row.kind {
        case .command: writer.sent(row.text, time: row.time, mark)
        case .reply: writer.received(row.text, time: row.time, mark)
        case .error where row.text.hasPrefix("Data peer IP ["):
          let addresses = row.text.split(whereSeparator: { "[]".contains($0) }).compactMap { IPAddress(String($0)) }
          writer.add(
            .finding(.peersDiffer(data: addresses.first, control: addresses.dropFirst().first)), time: row.time, mark)
        case .error where row.text.contains("TLS session of data connection not resumed"):
          writer.add(.finding(.sessionNotReused), time: row.time, mark)
        case .error where row.text.contains("Could not open listen port"):
          writer.add(.finding(.rangeExhausted), time: row.time, mark)
        default: return
        }
      }
    }
    return sessions.contents(writes: [])
  }
}

extension FileZillaProgram {
  package static var logReaders: [any LogReader] { [FileZillaLog()] }

  /// Source of 1.7; some versions write a blank after the colon.
  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "tls session of data connection not resumed", .sessionNotReused),
      KnownReply(425, "prot c is not allowed", .dataMustBeEncrypted),
      KnownReply(425, "cannot prepare for data connection", .rangeExhausted),
      KnownReply(425, "etimedout", .noDataConnection),
    ]
  }
}
