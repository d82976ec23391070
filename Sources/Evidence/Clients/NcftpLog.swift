import Addressing

/// The trace of ncftp (measured with 3.2.6): `DATE TIME  Cmd: ...`, `DATE TIME  CODE: ...` in a file; on the terminal
/// (`-d stdout`) the same without date and time.
package struct NcftpLog: LogReader {
  package let title = "log of ncftp"
  package let viewpoint = Viewpoint.client

  package init() {}

  package func weight(of line: String) -> Int {
    let row = Row(line)
    if row.text.hasPrefix("LibNcFTP") || row.text.hasPrefix("Cmd: ") || row.text.hasPrefix("Fixing bogus") {
      return 6
    }
    return row.text.dropFirst(3).hasPrefix(": ") && Int(row.text.prefix(3)) != nil ? 4 : 0
  }

  private struct Row {
    var time: Double?
    var text: String

    init(_ line: String) {
      guard let gap = line.firstRange(of: "  "), let clock = line[..<gap.lowerBound].split(separator: " ").last,
        clock.utf8.count == 8, let time = clockTime(clock)
      else {
        text = line
        return
      }
      self.time = time
      text = String(line[gap.upperBound...])
    }
  }

  package func read(_ log: LogText) -> LogContents {
    var done: [Dialogue] = []
    var understood = 0
    var writer = DialogueWriter(Self.blank(log.source))
    var code: Int?
    for line in log.lines {
      let row = Row(line.text)
      let mark = Mark(source: log.source, line: line.number, text: row.text)
      if row.text.hasPrefix("Cmd: ") {
        code = nil
        writer.sent(row.text.dropFirst(5), time: row.time, mark)
      } else if let number = Int(row.text.prefix(3)), row.text.dropFirst(3).hasPrefix(": "), number > 99 {
        if number == 220,
          writer.dialogue.events.contains(where: { if case .command = $0.what { true } else { false } })
        {
          Self.close(&writer, &done, &understood, log.source)
        }
        code = number
        writer.received("\(number) \(row.text.dropFirst(5))", time: row.time, mark)
      } else if row.text.hasPrefix("    "), code != nil {
        continue
      } else {
        note(row, mark, &writer)
      }
    }
    Self.close(&writer, &done, &understood, log.source)
    return LogContents(dialogues: done, understood: understood)
  }

  private func note(_ row: Row, _ mark: Mark, _ writer: inout DialogueWriter) {
    let words = row.text.split(separator: " ").map(String.init)
    let endpoints = words.compactMap { endpointText($0.hasSuffix(".") ? String($0.dropLast()) : $0) }
    if row.text.hasPrefix("Fixing bogus PASV data address") {
      writer.add(
        .finding(.addressReplaced(offered: endpoints.first?.address, used: endpoints.last?.address)), time: row.time,
        mark)
    } else if row.text.hasPrefix("Connected to "), row.text.contains(" for PASV") {
      writer.add(.dataDial(endpoints.first ?? Endpoint()), time: row.time, mark)
      writer.add(.dataResult(.connected), time: row.time, mark)
    } else if row.text.hasPrefix("Connected to "), let endpoint = endpoints.first {
      writer.dialogue.server = endpoint
    } else if row.text.hasPrefix("connect to ") || row.text.hasPrefix("Data connection to "),
      let endpoint = endpoints.first
    {
      guard endpoint.port != nil else { return }
      let result: DialResult =
        row.text.contains("refused") ? .refused : row.text.contains("timed out") ? .timedOut : .unreachable
      writer.add(.dataDial(endpoint), time: row.time, mark)
      writer.add(.dataResult(result), time: row.time, mark)
    } else if row.text.contains("timed out") {
      writer.add(.timedOut, time: row.time, mark)
    }
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
}
