import Addressing

/// What `ftp -d` of the BSD family prints - tnftp, inetutils, Windows' ftp.exe -: commands with an arrow, replies bare,
/// no times (measured with tnftp 20210827 and inetutils 2.4).
package struct BSDFTPLog: LogReader {
  package let title = "log of ftp -d"
  package let viewpoint = Viewpoint.client

  package init() {}

  package func weight(of line: String) -> Int {
    if line.hasPrefix("---> "), FTPCommand(line.dropFirst(5)) != nil { return 3 }
    if line.hasPrefix("tnftp: ") || line.hasPrefix("ftp: connect") || line.hasPrefix("ftp> ") { return 4 }
    if line.hasPrefix("Connected to "), line.hasSuffix(".") { return 3 }
    return line.hasPrefix("<--- ") || line.hasPrefix("---- ") || line.hasPrefix("**** ") ? -6 : 0
  }

  package func read(_ log: LogText) -> LogContents {
    var done: [Dialogue] = []
    var understood = 0
    var writer = DialogueWriter(Self.blank(log.source))
    var last = ""
    for line in log.lines {
      let text = line.text
      let mark = Mark(source: log.source, line: line.number, text: text)
      if text.hasPrefix("---> ") {
        writer.sent(text.dropFirst(5), mark)
      } else if text.hasPrefix("Connected to ") {
        if !writer.isEmpty { Self.close(&writer, &done, &understood, log.source) }
        let words = text.split(separator: " ")
        let host = words.last.map { $0.hasSuffix(".") ? $0.dropLast() : $0 } ?? ""
        writer.dialogue.server = endpointText(host) ?? Endpoint()
        writer.add(.dialled(writer.dialogue.server, .connected), mark)
      } else if let refusal = Self.dialFailure(text) {
        writer.add(.dataDial(refusal.endpoint), mark)
        writer.add(.dataResult(refusal.result), mark)
      } else if text.hasPrefix("421 Service not available, remote server") {
        // The client prints this itself when the server says nothing (source).
        writer.add(text.contains("timed out") ? .timedOut : .ended(byServer: true), mark)
      } else if text.hasPrefix("ftp: ") || text.contains("Connection timed out") || text.contains("receive aborted") {
        if text.contains("timed out") { writer.add(.timedOut, mark) }
      } else if text == last, replyHead(text) != nil {
        // tnftp prints some replies twice (measured).
      } else {
        writer.received(text, mark)
      }
      last = text
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

  /// ``Can't connect to `A:p': TEXT``. `Bad file descriptor` is what tnftp says of a refusal by ICMP (measured).
  private static func dialFailure(_ line: String) -> (endpoint: Endpoint, result: DialResult)? {
    guard let begin = line.firstRange(of: "Can't connect to `"),
      let end = line[begin.upperBound...].firstRange(of: "': ")
    else {
      return nil
    }
    guard let endpoint = endpointText(line[begin.upperBound..<end.lowerBound]) else { return nil }
    let text = line[end.upperBound...]
    if text.contains("refused") { return (endpoint, .refused) }
    return (endpoint, text.contains("timed out") ? .timedOut : .unreachable)
  }
}
