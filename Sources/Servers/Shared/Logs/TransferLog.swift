import Addressing
package import Evidence

/// The form of wu-ftpd's xferlog, which several servers write: complete transfers alone, and no listing ever
/// (documented: xferlog(5)). The password of anonymous may stand in it.
package struct TransferLog: LogReader {
  package let title = "transfer log (xferlog)"
  package let viewpoint = Viewpoint.server

  package func weight(of line: String) -> Int { fields(line) == nil ? 0 : 6 }

  private func fields(_ line: String) -> [Substring]? {
    let words = line.split(separator: " ")
    guard words.count == 18, clockTime(words[3]) != nil, Int(words[4]) != nil, Int(words[5]) != nil,
      ["i", "o", "d"].contains(words[11]), ["a", "g", "r"].contains(words[12]), ["c", "i"].contains(words[17])
    else { return nil }
    return words
  }

  package func read(_ log: LogText) -> LogContents {
    var contents = LogContents()
    for line in log.lines {
      guard let words = fields(line.text) else { continue }
      let time = clockTime(words[3])
      let text =
        "\(words[7]) bytes, \(words[11] == "i" ? "stored" : "sent"), \(words[17] == "c" ? "complete" : "incomplete")"
      let mark = Mark(source: log.source, line: line.number, text: text)
      var dialogue = Dialogue(source: log.source, viewpoint: .server)
      dialogue.client.address = IPAddress(String(words[6]))
      dialogue.events = [Event(time: time, mark, .dataResult(words[17] == "c" ? .connected : .reset))]
      if words[17] == "c" { dialogue.events.append(Event(time: time, mark, .dataBytes(Int(words[7]) ?? 0))) }
      contents.dialogues.append(dialogue)
      contents.understood += 1
    }
    return contents
  }
}
