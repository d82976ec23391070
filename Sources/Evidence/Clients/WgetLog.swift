import Addressing

/// What `wget -d` prints (measured with 1.21.3). It dials the address of a 227 as it stands.
package struct WgetLog: LogReader {
  package let title = "log of wget -d"
  package let viewpoint = Viewpoint.client

  package init() {}

  package func weight(of line: String) -> Int {
    if line.hasPrefix("--> "), FTPCommand(line.dropFirst(4)) != nil { return 4 }
    return line.hasPrefix("conaddr is: ") || line.hasPrefix("DEBUG output created by Wget") ? 8 : 0
  }

  package func read(_ log: LogText) -> LogContents {
    let blank = Dialogue(source: log.source, viewpoint: .client, writes: [.commands, .replies, .dials])
    var writer = DialogueWriter(blank)
    for line in log.lines {
      let text = line.text
      let mark = Mark(source: log.source, line: line.number, text: text)
      let words = text.split(separator: " ").map(String.init)
      if text.hasPrefix("--> ") {
        writer.sent(text.dropFirst(4), mark)
      } else if text.hasPrefix("conaddr is: ") {
        writer.dialogue.server.address = words.last.flatMap { IPAddress($0) }
      } else if text.hasPrefix("trying to connect to "), words.count >= 7 {
        writer.add(.dataDial(Endpoint(IPAddress(words[4]), UInt16(words[6]))), mark)
        if !log.lines.contains(where: { $0.text.hasPrefix("couldn't connect to \(words[4]) port \(words[6]):") }) {
          writer.add(.dataResult(.connected), mark)
        }
      } else if text.hasPrefix("couldn't connect to ") {
        writer.add(
          .dataResult(text.contains("refused") ? .refused : text.contains("timed out") ? .timedOut : .unreachable),
          mark)
      } else if replyHead(text) != nil || writer.isInReply {
        writer.received(text, mark)
      }
    }
    let dialogue = writer.finish()
    let dialogues = dialogue.events.isEmpty ? [] : [dialogue]
    return LogContents(dialogues: dialogues, understood: writer.understood)
  }
}
