import Addressing
package import Evidence

/// ProFTPD's SystemLog, and its TLSLog (source; measured with 1.3.8). The process is the session.
package struct ProftpdSystemLog: LogReader {
  package let title = "SystemLog or TLSLog of ProFTPD"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var process: String
    var time: Double?
    var address: IPAddress?
    var text: Substring

    init?(_ line: String) {
      guard let name = line.firstRange(of: "proftpd[") ?? line.firstRange(of: "mod_tls/"),
        let open = line[name.lowerBound...].firstIndex(of: "["), let close = line[open...].firstIndex(of: "]")
      else { return nil }
      process = String(line[line.index(after: open)..<close])
      guard !process.isEmpty, process.allSatisfy({ $0.isNumber }) else { return nil }
      time = firstClockTime(in: line[..<name.lowerBound])
      var rest = line[line.index(after: close)...]
      // `NAME (HOST[ADDRESS]): TEXT`; the name is the server's.
      if let host = rest.firstRange(of: "]): ") {
        address = rest[..<host.lowerBound].lastIndex(of: "[").flatMap {
          IPAddress(String(rest[rest.index(after: $0)..<host.lowerBound]))
        }
        rest = rest[host.upperBound...]
      } else if let colon = rest.firstRange(of: ": ") {
        rest = rest[colon.upperBound...]
      }
      text = rest
    }
  }

  package func weight(of line: String) -> Int { Row(line) == nil ? 0 : 7 }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(Dialogue(source: log.source, viewpoint: .server))
    var writes = Dialogue.Contents()
    var last: [String: Substring] = [:]
    for line in log.lines {
      guard let row = Row(line.text), !line.text.contains("STARTUP"), !line.text.contains("SHUTDOWN") else {
        continue
      }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      sessions.with(row.process) { writer in
        if let address = row.address { writer.dialogue.client.address = address }
        if row.text.hasPrefix("dispatching CMD command '"), let end = row.text.lastIndex(of: "'") {
          // Several modules are asked about one command.
          writes.insert(.commands)
          let command = row.text[..<end].dropFirst(25)
          if last[row.process] != command { writer.sent(command, time: row.time, mark) }
          last[row.process] = command
          return
        }
        if row.text.hasPrefix("dispatching LOG_CMD") || row.text.hasPrefix("dispatching POST_CMD") {
          last[row.process] = nil
        }
        Self.read(row, mark, &writer)
      }
    }
    return sessions.contents(writes: writes)
  }

  private static func read(_ row: Row, _ mark: Mark, _ writer: inout DialogueWriter) {
    let (text, time) = (row.text, row.time)
    if text.hasPrefix("connected - remote : ") {
      writer.dialogue.client = endpointText(trimmed(text.dropFirst(21))) ?? writer.dialogue.client
    } else if text.hasPrefix("FTP session opened") {
      writer.add(.dialled(Endpoint(), .connected), time: time, mark)
    } else if text.hasPrefix("FTP session closed") {
      writer.add(.ended(byServer: nil), time: time, mark)
    } else if text.hasPrefix("Entering Passive Mode") {
      writer.received("227 \(text)", time: time, mark)
    } else if text.hasPrefix("Entering Extended Passive Mode") {
      writer.received("229 \(text)", time: time, mark)
    } else if text.contains("data connection opened - remote : ") {
      let peer = text.lastIndex(of: " ").flatMap { endpointText(text[text.index(after: $0)...]) }
      writer.add(.dataPeer(peer?.address), time: time, mark)
      writer.add(.dataResult(.connected), time: time, mark)
    } else if text.hasPrefix("SECURITY VIOLATION: Passive connection from foreign IP address ") {
      let addresses = text.split(whereSeparator: { " ()".contains($0) }).compactMap {
        IPAddress(String($0))
      }
      writer.add(
        .finding(.peersDiffer(data: addresses.first, control: addresses.dropFirst().first)), time: time, mark)
    } else if text.hasPrefix("Refused PORT ") || text.hasPrefix("Refused EPRT ") {
      writer.add(.finding(.foreignPort), time: time, mark)
    } else if text.contains("unable to find open port in PassivePorts range") {
      writer.add(.finding(.rangeExhausted), time: time, mark)
    } else if text.contains("Data transfer stall timeout") {
      writer.add(.finding(.stalled), time: time, mark)
    } else {
      readTLS(text, time, mark, &writer)
    }
  }

  private static func readTLS(_ text: Substring, _ time: Double?, _ mark: Mark, _ writer: inout DialogueWriter) {
    if text.hasPrefix("client did not reuse TLS session") {
      writer.add(.finding(.sessionNotReused), time: time, mark)
    } else if text.contains(" data connection accepted, using cipher") {
      let isResumed = text.contains("resumed session")
      writer.add(.secured(isData: true, isResumed: isResumed ? true : nil), time: time, mark)
    } else if text.contains(" connection accepted, using cipher") {
      writer.add(.secured(isData: false, isResumed: nil), time: time, mark)
    } else if text.hasPrefix("starting TLS negotiation on data connection") {
      writer.add(.dataResult(.connected), time: time, mark)
      writer.add(.finding(.dataHandshakeBegan), time: time, mark)
    } else if text.hasPrefix("unable to open data connection: TLS negotiation failed") {
      writer.add(.finding(.dataHandshakeFailed), time: time, mark)
    }
  }
}

/// ProFTPD's ExtendedLog, and other logs with a command in quotes and the code behind it. Its form is the
/// administrator's (`LogFormat`): read is what all have that hold a session, `"COMMAND" CODE`, perhaps with the text of
/// the reply.
package struct ProftpdExtendedLog: LogReader {
  package let title = "ExtendedLog of ProFTPD"
  package let viewpoint = Viewpoint.server

  private struct Row {
    var command: Substring
    var code: Int?
    var text: Substring
    var key: String
    var address: IPAddress?
    var time: Double?

    init?(_ line: String) {
      guard let open = line.firstIndex(of: "\"") else { return nil }
      let rest = line[line.index(after: open)...]
      guard let close = rest.firstRange(of: "\" ") else { return nil }
      command = rest[..<close.lowerBound]
      guard FTPCommand(command) != nil || command.hasPrefix("OPTS_") else { return nil }
      let tail = rest[close.upperBound...]
      let word = tail.prefix { $0 != " " }
      code = Int(word)
      guard code.map({ (100...699).contains($0) }) ?? (word == "-") else { return nil }
      text = ""
      let after = tail.dropFirst(word.count + 1)
      if after.first == "\"", let end = after.dropFirst().lastIndex(of: "\"") {
        text = after[after.index(after: after.startIndex)..<end]
      }
      let head = line[..<open].split(separator: " ")
      time =
        head.lazy.compactMap { clockTime($0) }.first ?? head.lazy.compactMap { clockTime($0.dropFirst(13)) }.first
      let hosts = head.flatMap { $0.split(separator: ":", maxSplits: 1) + [$0] }
      address = hosts.lazy.compactMap { IPAddress(String($0)) }.first
      // A number of its own is the process.
      key =
        head.first { $0.allSatisfy { $0.isNumber } && $0.utf8.count < 9 }.map(String.init) ?? address?.description
        ?? ""
    }
  }

  package func weight(of line: String) -> Int { Row(line) == nil ? 0 : 5 }

  package func read(_ log: LogText) -> LogContents {
    var sessions = LogSessions(
      Dialogue(source: log.source, viewpoint: .server, writes: [.commands, .replies]))
    for line in log.lines {
      guard let row = Row(line.text), !row.command.hasPrefix("OPTS_") else { continue }
      let mark = Mark(source: log.source, line: line.number, text: line.text)
      sessions.with(row.key) { writer in
        writer.dialogue.client.address = row.address
        writer.sent(row.command, time: row.time, mark)
        if let code = row.code { writer.received("\(code) \(row.text)", time: row.time, mark) }
      }
    }
    return sessions.contents(writes: [])
  }
}

extension ProFTPDProgram {
  package static var logReaders: [any LogReader] { [ProftpdSystemLog(), ProftpdExtendedLog()] }

  /// Source, and measured with 1.3.8. `Operation not permitted` is TLS that was refused, where a 150 came before;
  /// `Permission denied` a foreign address.
  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "unable to build data connection: permission denied", .peersDiffer),
      KnownReply(425, "unable to build data connection: operation not permitted", .dataTLSFailed),
      KnownReply(425, "unable to build data connection: connection timed out", .noDataConnection),
      KnownReply(425, "unable to build data connection: connection refused", .noDataConnection),
      KnownReply(522, "ssl/tls required on the data channel", .dataMustBeEncrypted),
      KnownReply(550, "ssl/tls required on the control channel", .controlMustBeEncrypted),
      KnownReply(500, "illegal port command", .foreignPort),
      KnownReply(450, "link to file server lost", .uploadCut),
      KnownReply(530, "maximum number of clients", .tooMany),
      KnownReply(421, "idle timeout", .idle),
    ]
  }
}
