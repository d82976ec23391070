import Addressing
package import Evidence

/// The W3C log of FTP in IIS 7 to 10 (published samples; documented: KB 969061 for the substatus). The name of the
/// session is a GUID, times are UTC. A row is written when its command ends, so the rows of the data connection stand
/// before it.
package struct IISLog: LogReader {
  package let title = "log of FTP in IIS"
  package let viewpoint = Viewpoint.server

  package func weight(of line: String) -> Int {
    if line.hasPrefix("#Fields:"), line.contains("cs-method"),
      line.contains("x-session") || line.contains("sc-substatus")
    {
      return 12
    }
    return line.contains(" ControlChannelOpened ") || line.contains(" DataChannelOpened ") ? 8 : 0
  }

  package func read(_ log: LogText) -> LogContents {
    var fields: [Substring] = []
    var sessions = LogSessions(
      Dialogue(source: log.source, viewpoint: .server, writes: [.commands, .replies]))
    for line in log.lines {
      if line.text.hasPrefix("#Fields:") { fields = line.text.dropFirst(8).split(separator: " ") }
      guard !line.text.hasPrefix("#"), !fields.isEmpty else { continue }
      let values = line.text.split(separator: " ").map { $0 == "-" ? "" : String($0) }
      let row = Dictionary(zip(fields, values)) { first, _ in first }
      let key = row["x-session"] ?? row["c-ip"] ?? ""
      guard let method = row["cs-method"], !method.isEmpty else { continue }
      // The password of anonymous stands there in clear.
      let shown = method.uppercased() == "PASS" ? "PASS ***" : line.text
      let mark = Mark(source: log.source, line: line.number, text: shown)
      let time = row["time"].flatMap { clockTime($0) }
      sessions.with(key) { writer in
        writer.dialogue.client.address = row["c-ip"].flatMap { IPAddress($0) }
        writer.dialogue.server.address = row["s-ip"].flatMap { IPAddress($0) }
        Self.read(method, row, time, mark, &writer)
      }
    }
    return sessions.contents(writes: [])
  }

  private static func read(
    _ method: String, _ row: [Substring: String], _ time: Double?, _ mark: Mark, _ writer: inout DialogueWriter
  ) {
    let substatus = row["sc-substatus"].flatMap { Int($0) } ?? 0
    switch method {
    case "ControlChannelOpened": writer.add(.dialled(Endpoint(), .connected), time: time, mark)
    case "ControlChannelClosed": writer.add(.ended(byServer: nil), time: time, mark)
    case "DataChannelOpened":
      writer.add(.dataPeer(row["c-ip"].flatMap { IPAddress($0) }), time: time, mark)
      writer.add(.dataResult(.connected), time: time, mark)
    case "DataChannelClosed":
      // 64: the peer closed; 10054: reset.
      if ["64", "10054"].contains(row["sc-win32-status"]) { writer.add(.dataResult(.reset), time: time, mark) }
    default:
      let argument = (row["cs-uri-stem"] ?? "").replacing("+", with: " ")
      guard writer.sent("\(method.uppercased()) \(argument)", time: time, mark) else { return }
      if let finding = finding(substatus) { writer.add(.finding(finding), time: time, mark) }
      if let code = row["sc-status"].flatMap({ Int($0) }), code > 0 {
        writer.received("\(code) substatus \(substatus)", time: time, mark)
      }
    }
  }

  private static func finding(_ substatus: Int) -> Finding? {
    switch substatus {
    case 15: .stalled
    case 19: .limitReached
    case 31, 44, 45: .noCertificate
    case 37: .hostNameWanted
    case 38: .peersDiffer(data: nil, control: nil)
    case 49: .sessionNotReused
    case 50: .rateFloor
    default: nil
    }
  }
}

extension IISProgram {
  package static var logReaders: [any LogReader] { [IISLog()] }

  package static var knownReplies: [KnownReply] {
    [
      KnownReply(425, "not meeting the minimum bandwidth requirement", .rateFloor),
      KnownReply(534, "policy requires ssl", .controlMustBeEncrypted),
      KnownReply(534, "local policy on server does not allow tls secure connections", .noTLS),
      KnownReply(534, "no certificate", .noCertificate),
      KnownReply(530, "valid hostname is expected", .hostNameWanted),
    ]
  }
}
