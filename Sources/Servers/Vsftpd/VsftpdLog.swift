import Addressing
package import Evidence

/// vsftpd's own log (source: `logging.c`; measured with 3.0.3). Commands and replies are there with `log_ftp_protocol`.
package struct VsftpdLog: LogReader {
  package let title = "log of vsftpd"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var process: String
    var time: Double?
    var action: String
    var client: String
    /// What stands between the quotes after the client.
    var text: String?

    init?(_ line: String) {
      guard let pid = line.firstRange(of: "[pid "), let end = line[pid.upperBound...].firstIndex(of: "]"),
        let client = line[end...].firstRange(of: ": Client \"")
      else { return nil }
      process = String(line[pid.upperBound..<end])
      time = firstClockTime(in: line[..<pid.lowerBound])
      var head = line[line.index(after: end)..<client.lowerBound]
      // The account, in brackets.
      if let close = head.lastIndex(of: "]") { head = head[head.index(after: close)...] }
      action = trimmed(head)
      let rest = line[client.upperBound...]
      self.client = String(rest.prefix { $0 != "\"" })
      if let quote = rest.firstRange(of: "\", \"") {
        var inner = rest[quote.upperBound...]
        if inner.last == "\"" { inner.removeLast() }
        text = String(inner)
      }
    }
  }

  package func weight(of line: String) -> Int {
    guard let row = Row(line) else { return 0 }
    return ["CONNECT", "FTP command", "FTP response", "OK LOGIN", "DEBUG"].contains(row.action) ? 8 : 3
  }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(Dialogue(source: log.source, viewpoint: .server))
    var writes = Dialogue.Contents()
    for line in log.lines {
      guard let row = Row(line.text) else { continue }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      let host = "host \(row.client)"
      if row.action == "CONNECT" {
        sessions.begin(host)
        sessions.alias(row.process, for: host)
        sessions.with(host) { writer in
          writer.dialogue.client.address = IPAddress(row.client)
          writer.add(.dialled(Endpoint(), .connected), time: row.time, mark)
        }
        continue
      }
      // The process changes after the login, and once more for TLS.
      if !sessions.isKnown(row.process) {
        if !sessions.isKnown(host) { sessions.begin(host) }
        sessions.alias(row.process, for: host)
      }
      sessions.with(row.process) { writer in
        if writer.dialogue.client.address == nil { writer.dialogue.client.address = IPAddress(row.client) }
        Self.read(row, mark, &writer, &writes)
      }
    }
    return sessions.contents(writes: writes)
  }

  private static func read(
    _ row: Row, _ mark: Mark, _ writer: inout DialogueWriter, _ writes: inout Dialogue.Contents
  ) {
    let text = row.text ?? ""
    switch row.action {
    case "FTP command":
      writes.formUnion([.commands, .replies])
      writer.sent(text, time: row.time, mark)
    case "FTP response":
      writes.formUnion([.commands, .replies])
      writer.received(text, time: row.time, mark)
    case "DEBUG":
      if text.contains("No SSL session reuse on data channel") {
        writer.add(.finding(.sessionNotReused), time: row.time, mark)
      } else if text.hasPrefix("SSL version:") {
        let isData = writer.dialogue.events.contains { if case .secured = $0.what { true } else { false } }
        writer.add(
          .secured(isData: isData, isResumed: isData ? text.contains(", reused") : nil), time: row.time, mark)
      }
    case let action where action.hasSuffix("DOWNLOAD") || action.hasSuffix("UPLOAD"):
      if action.hasPrefix("OK") { writer.add(.dataBytes(1), time: row.time, mark) }
    default: return
    }
  }
}

extension VsftpdProgram {
  package static var logReaders: [any LogReader] { [VsftpdLog()] }

  /// Source: `ftpdataio.c`, `ssl.c`, `prelogin.c`; measured with 3.0.3.
  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "security: bad ip connecting", .peersDiffer),
      KnownReply(522, "session reuse required", .dataTLSFailed),
      KnownReply(522, "ssl connection failed", .dataTLSFailed),
      KnownReply(522, "data connections must be encrypted", .dataMustBeEncrypted),
      KnownReply(530, "sessions must use encryption", .controlMustBeEncrypted),
      KnownReply(500, "illegal port command", .foreignPort),
      KnownReply(500, "oops: priv_sock_get_int", .rangeExhausted),
      KnownReply(500, "oops: vsf_sysutil_bind", .rangeExhausted),
      KnownReply(500, "oops: invalid pasv_address", .badAnnouncedAddress),
      KnownReply(500, "oops:", .processDied),
      KnownReply(522, "bad network protocol", .wrongFamily),
      KnownReply(421, "too many connections from your internet address", .tooMany),
      KnownReply(421, "too many connected users", .tooMany),
      KnownReply(425, "failed to establish connection", .noDataConnection),
      KnownReply(426, "failure reading network stream", .uploadCut),
      KnownReply(421, "timeout", .idle),
    ]
  }
}
