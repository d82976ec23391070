import Addressing

/// The session log of WinSCP (source of its `SessionInfo.cpp`; nothing of it was run here).
package struct WinSCPLog: LogReader {
  package let title = "session log of WinSCP"
  package let viewpoint = Viewpoint.client

  package init() {}

  private struct Row {
    var mark: Character
    var time: Double
    var text: String

    init?(_ line: String) {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      guard words.count == 4, words[0].utf8.count == 1, let mark = words[0].first, "<>!.*".contains(mark),
        words[1].utf8.count == 10, let time = clockTime(words[2])
      else { return nil }
      self.mark = mark
      self.time = time
      text = String(words[3])
    }
  }

  package func weight(of line: String) -> Int { Row(line) == nil ? 0 : 5 }

  package func read(_ log: LogText) -> LogContents {
    var writer = DialogueWriter(Dialogue(source: log.source, viewpoint: .client, writes: []))
    for line in log.lines {
      guard let row = Row(line.text) else { continue }
      let mark = Mark(source: log.source, line: line.number, text: row.text)
      switch row.mark {
      case ">": writer.sent(row.text, time: row.time, mark)
      case "<": writer.received(row.text, time: row.time, mark)
      case ".", "*": note(row, mark, &writer)
      default: continue
      }
    }
    let dialogue = writer.finish()
    return LogContents(dialogues: dialogue.events.isEmpty ? [] : [dialogue], understood: writer.understood)
  }

  private func note(_ row: Row, _ mark: Mark, _ writer: inout DialogueWriter) {
    let words = row.text.split(whereSeparator: { " ,".contains($0) }).map(String.init)
    let addresses = words.compactMap { endpointText($0) }
    let text = row.text
    if text.hasPrefix("Log level: Normal") || text.hasPrefix("Log level: Debug") {
      writer.dialogue.writes = [.commands, .replies]
    } else if text.hasPrefix("Connecting to "), let endpoint = addresses.first {
      writer.dialogue.server = endpoint
      writer.add(.dialled(endpoint, nil), time: row.time, mark)
    } else if text.contains("unroutable address") || text.hasPrefix("Using host address ") {
      writer.add(.finding(.addressReplaced(offered: addresses.last?.address, used: nil)), time: row.time, mark)
    } else if text.hasPrefix("Data connection opened") {
      writer.add(.dataResult(.connected), time: row.time, mark)
    } else if text.hasPrefix("Transfer channel can't be opened") {
      let result: DialResult =
        text.contains("refused") ? .refused : text.contains("timed out") ? .timedOut : .unreachable
      writer.add(.dataResult(result), time: row.time, mark)
    } else if text.hasPrefix("Timeout detected") {
      writer.add(.timedOut, time: row.time, mark)
    } else if text.hasPrefix("TLS connection established") {
      writer.add(.secured(isData: false, isResumed: nil), time: row.time, mark)
    } else if text.hasPrefix("Session ID reused") {
      writer.add(.secured(isData: true, isResumed: true), time: row.time, mark)
    } else if text.contains("session ID not reused") {
      writer.add(.secured(isData: true, isResumed: false), time: row.time, mark)
    }
  }
}
