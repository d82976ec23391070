import Addressing
package import Evidence

/// SFTPGo's log, an object of JSON on each line (source: its logger; published samples). With the binding's `debug` it
/// has what was said, the password in clear.
package struct SFTPGoLog: LogReader {
  package let title = "log of SFTPGo"
  package let viewpoint = Viewpoint.server

  package func weight(of line: String) -> Int {
    line.hasPrefix("{") && line.contains("\"sender\":") && line.contains("\"level\":") ? 8 : 0
  }

  /// The text of a key; escapes are few here.
  private static func value(_ key: String, _ line: String) -> String? {
    guard let start = line.firstRange(of: "\"\(key)\":\"") else { return nil }
    var text = ""
    var rest = line[start.upperBound...]
    while let sign = rest.first, sign != "\"" {
      rest = rest.dropFirst()
      if sign == "\\", let next = rest.first {
        rest = rest.dropFirst()
        text.append(next == "n" ? "\n" : next == "t" ? "\t" : next)
      } else {
        text.append(sign)
      }
    }
    return text
  }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(Dialogue(source: log.source, viewpoint: .server))
    var writes = Dialogue.Contents()
    for line in log.lines where line.text.hasPrefix("{") {
      let key: String
      if let client = Self.value("clientId", line.text) {
        key = "\(Self.value("server_id", line.text) ?? "")_\(client)"
      } else if let connection = Self.value("connection_id", line.text) {
        key = connection
      } else {
        continue
      }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      let time = Self.value("time", line.text).flatMap { text in
        text.split(separator: "T").last.flatMap { clockTime($0) }
      }
      let said = Self.value("line", line.text) ?? ""
      sessions.with(key) { writer in
        switch Self.value("message", line.text) ?? "" {
        case "Client connected":
          writer.dialogue.client = Self.value("clientIp", line.text).flatMap { endpointText($0) } ?? Endpoint()
          writer.add(.dialled(Endpoint(), .connected), time: time, mark)
        case "Received line":
          writes.formUnion([.commands, .replies])
          writer.sent(said, time: time, mark)
        case "Sending answer": writer.received(said, time: time, mark)
        case "Client disconnected": writer.add(.ended(byServer: nil), time: time, mark)
        default: Self.readRest(line.text, time, mark, &writer)
        }
      }
    }
    return sessions.contents(writes: writes)
  }

  private static func readRest(_ line: String, _ time: Double?, _ mark: Mark, _ writer: inout DialogueWriter) {
    if let start = line.firstRange(of: "data connection ip address ") {
      let addresses = line[start.upperBound...].split(whereSeparator: { " \",".contains($0) }).compactMap {
        IPAddress(String($0))
      }
      writer.add(
        .finding(.peersDiffer(data: addresses.first, control: addresses.dropFirst().first)), time: time, mark)
    } else if line.contains("Could not find any free port") {
      writer.add(.finding(.rangeExhausted), time: time, mark)
    } else if line.contains("failed to accept passive transfer connection"), line.contains("i/o timeout") {
      writer.add(.finding(.stalled), time: time, mark)
    }
  }
}

extension SFTPGoProgram {
  package static var logReaders: [any LogReader] { [SFTPGoLog()] }

  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "data connection security requirements not met", .peersDiffer),
      KnownReply(425, "requires protected data connection", .dataMustBeEncrypted),
      KnownReply(421, "could not find any free port", .rangeExhausted),
    ]
  }
}
