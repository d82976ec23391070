import Addressing

/// What Python's ftplib prints with `set_debuglevel` (source, measured with 3.11): `repr` of what was said, and the
/// traceback of how it ended.
package struct FtplibLog: LogReader {
  package let title = "log of Python's ftplib"
  package let viewpoint = Viewpoint.client

  package init() {}

  package func weight(of line: String) -> Int {
    ["*cmd* ", "*resp* ", "*welcome* ", "*put* ", "*get* "].contains { line.hasPrefix($0) } ? 8 : 0
  }

  package func read(_ log: LogText) -> LogContents {
    var done: [Dialogue] = []
    var understood = 0
    var writer = DialogueWriter(Self.blank(log.source))
    for line in log.lines {
      let text = line.text
      let mark = Mark(source: log.source, line: line.number, text: text)
      if text.hasPrefix("*cmd* ") {
        let said = Self.unquoted(text.dropFirst(6))
        // It asks for the transfer once the data connection is open (source: `ntransfercmd`).
        if Self.users.contains(FTPCommand(said)?.verb ?? ""), Self.isAnnounced(writer.dialogue.events.last) {
          writer.add(.dataResult(.connected), mark)
        }
        writer.sent(said, mark)
      } else if text.hasPrefix("*resp* ") || text.hasPrefix("*welcome* ") {
        let reply = Self.unquoted(text.drop { $0 != " " }.dropFirst())
        // A greeting begins a session; ftplib prints it twice at the higher level, here once.
        let isFirst = reply.hasPrefix("220") && writer.dialogue.events.contains { Self.isCommand($0) }
        if isFirst, writer.dialogue.events.last.map({ Self.isCommand($0) }) != true {
          Self.close(&writer, &done, &understood, log.source)
        }
        for part in reply.split(separator: "\n") { writer.received(part, mark) }
        writer.closeReply()
      } else if let what = Self.exception(text) {
        let isData = writer.dialogue.events.contains { Self.isCommand($0) }
        switch what {
        case .result(let result):
          writer.add(isData ? .dataResult(result) : .dialled(Endpoint(), result), mark)
        case .timedOut: writer.add(.timedOut, mark)
        case .ended: writer.add(.ended(byServer: true), mark)
        case .clear: writer.add(.finding(.clearTextInTLS), mark)
        case .cut: writer.add(.finding(.cutTLS), mark)
        }
      }
    }
    Self.close(&writer, &done, &understood, log.source)
    return LogContents(dialogues: done, understood: understood)
  }

  private static func blank(_ source: Int) -> Dialogue {
    Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies])
  }

  private static func close(
    _ writer: inout DialogueWriter, _ done: inout [Dialogue], _ understood: inout Int, _ source: Int
  ) {
    let dialogue = writer.finish()
    understood += writer.understood
    if !dialogue.events.isEmpty { done.append(dialogue) }
    writer = DialogueWriter(blank(source))
  }

  private static func isCommand(_ event: Event) -> Bool { if case .command = event.what { true } else { false } }

  private static let users: Set<String> = ["LIST", "NLST", "MLSD", "RETR", "STOR", "APPE"]

  private static func isAnnounced(_ event: Event?) -> Bool {
    if case .reply(let reply) = event?.what { [227, 229].contains(reply.code) } else { false }
  }

  private enum Exception { case result(DialResult), timedOut, ended, clear, cut }

  private static func exception(_ line: String) -> Exception? {
    guard line.contains("Error") || line.contains("timeout") || line.contains("timed out") else { return nil }
    if line.contains("ConnectionRefusedError") { return .result(.refused) }
    if line.contains("No route to host") || line.contains("Network is unreachable") { return .result(.unreachable) }
    if line.contains("ConnectionResetError") { return .result(.reset) }
    if line.contains("TimeoutError") || line.contains("socket.timeout") { return .timedOut }
    if line.contains("WRONG_VERSION_NUMBER") || line.contains("wrong version number") { return .clear }
    if line.contains("SSLEOFError") { return .cut }
    return line.contains("EOFError") ? .ended : nil
  }

  /// A string as Python's `repr` writes it.
  private static func unquoted(_ text: Substring) -> String {
    let text = trimmed(text)
    guard let quote = text.first, quote == "'" || quote == "\"", text.last == quote, text.utf8.count >= 2 else {
      return text
    }
    var result = ""
    var rest = text.dropFirst().dropLast()
    while let sign = rest.first {
      rest = rest.dropFirst()
      guard sign == "\\", let next = rest.first else {
        result.append(sign)
        continue
      }
      rest = rest.dropFirst()
      switch next {
      case "n": result.append("\n")
      case "r": break
      case "t": result.append("\t")
      case "x": rest = rest.dropFirst(2)
      default: result.append(next)
      }
    }
    return result
  }
}
