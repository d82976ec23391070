import Addressing

/// What curl writes with `-v`, `--trace` and `--trace-ascii`, with or without times (source of curl 7.64 to 8.16,
/// measured with 7.88.1).
package struct CurlLog: LogReader {
  package let title = "log of curl"
  package let viewpoint = Viewpoint.client

  package init() {}

  package func weight(of line: String) -> Int {
    guard let row = CurlRow(line) else { return 0 }
    switch row.mark {
    case .note:
      return ["Connected to ", "Trying ", "Connecting to ", "Closing connection", "Connect data stream"].contains {
        row.text.contains($0)
      } ? 8 : 0
    case .traceHead: return 8
    case .sent, .received: return row.isFTP ? 2 : 0
    case .traceRow: return 0
    case .failure: return 8
    }
  }

  package func read(_ log: LogText) -> LogContents {
    var reading = CurlReading(source: log.source)
    for line in log.lines { reading.read(line) }
    return reading.contents()
  }
}

/// One line of curl's, without what stands in front of it.
private struct CurlRow {
  enum Mark { case note, sent, received, traceHead, traceRow, failure }

  var mark: Mark
  var text: String
  var time: Double?

  var isFTP: Bool { mark == .received ? replyHead(text) != nil : FTPCommand(text) != nil }

  init?(_ line: String) {
    var rest = Substring(line)
    let time = clockTime(rest)
    if time != nil { rest = rest.dropFirst(8).drop { $0 == "." || $0.isNumber }.drop { $0 == " " } }
    // Numbers of transfer and connection, from 8.x on.
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]"), rest.prefix(upTo: end).utf8.count < 12 {
      rest = rest[rest.index(after: end)...].drop { $0 == " " }
    }
    if rest.hasPrefix("== Info: ") {
      self.init(.note, rest.dropFirst(9), time)
    } else if rest.hasPrefix("=> ") || rest.hasPrefix("<= ") {
      self.init(.traceHead, rest, time)
    } else if rest.hasPrefix("* ") {
      self.init(.note, rest.dropFirst(2), time)
    } else if rest.hasPrefix("> ") {
      self.init(.sent, rest.dropFirst(2), time)
    } else if rest.hasPrefix("< ") {
      self.init(.received, rest.dropFirst(2), time)
    } else if rest.hasPrefix("curl: (") {
      self.init(.failure, rest, time)
    } else if rest.utf8.prefix(4).allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isHexDigit }),
      rest.dropFirst(4).hasPrefix(": ")
    {
      self.init(.traceRow, rest, time)
    } else if let note = rest.firstRange(of: "--:--:--"), let start = rest[note.upperBound...].firstIndex(of: "*"),
      rest[start...].hasPrefix("* ")
    {
      // Behind the meter of progress, without an end of line.
      self.init(.note, rest[start...].dropFirst(2), time)
    } else {
      return nil
    }
  }

  private init(_ mark: Mark, _ text: Substring, _ time: Double?) {
    self.mark = mark
    self.text = trimmed(text)
    self.time = time
  }
}

/// The first time of day in the head of a line, which stands after a blank, the `T` of ISO 8601 or `<`; `nil` for none.
package func firstClockTime(in text: some StringProtocol) -> Double? {
  text.split { $0 == " " || $0 == "T" || $0 == "<" }.lazy.compactMap { clockTime($0) }.first
}

/// `HH:MM:SS` with a fraction, in seconds of the day.
package func clockTime(_ text: some StringProtocol) -> Double? {
  let bytes = Array(text.utf8.prefix(15))
  guard bytes.count >= 8, bytes[2] == UInt8(ascii: ":"), bytes[5] == UInt8(ascii: ":") else { return nil }
  let digits = [0, 1, 3, 4, 6, 7].map { Int(bytes[$0]) - 0x30 }
  guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
  var seconds = Double((digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60)
  seconds += Double(digits[4] * 10 + digits[5])
  guard bytes.count > 9, bytes[8] == UInt8(ascii: ".") || bytes[8] == UInt8(ascii: ",") else { return seconds }
  var unit = 0.1
  for byte in bytes[9...] {
    guard (0x30...0x39).contains(byte) else { break }
    seconds += Double(byte - 0x30) * unit
    unit /= 10
  }
  return seconds
}

private struct CurlReading {
  let source: Int
  var writer: DialogueWriter
  var done: [Dialogue] = []
  var understood = 0
  /// What the rows of a trace belong to.
  private var traced: CurlRow.Mark?
  /// Whether the connection that is being dialled is a data connection.
  private var isData = false
  private var isDialling = false
  private var hasTLS = false

  init(source: Int) {
    self.source = source
    writer = DialogueWriter(Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies, .dials]))
  }

  mutating func read(_ line: LogText.Line) {
    guard let row = CurlRow(line.text) else { return }
    let mark = Mark(source: source, line: line.number, text: row.text)
    switch row.mark {
    case .sent: writer.sent(row.text, time: row.time, mark)
    case .received: writer.received(row.text, time: row.time, mark)
    case .traceHead:
      traced = row.text.contains("header") ? (row.text.hasPrefix("=>") ? .sent : .received) : nil
      if row.text.contains(" data, ") && !row.text.contains("SSL") {
        writer.add(.dataBytes(1), time: row.time, mark)
      }
    case .traceRow: readTraced(row, line)
    case .note: readNote(row, mark)
    case .failure: readFailure(row, mark)
    }
  }

  /// A row of a trace: with its bytes in hexadecimal it has the text behind them, in the column where they end.
  private mutating func readTraced(_ row: CurlRow, _ line: LogText.Line) {
    guard let traced else { return }
    var text = row.text.dropFirst(6)
    if isHexadecimal(text.prefix(5)) { text = text.dropFirst(48) }
    let mark = Mark(source: source, line: line.number, text: String(text))
    if traced == .sent { writer.sent(text, mark) } else { writer.received(text, mark) }
  }

  private func isHexadecimal(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 5 && bytes[2] == 0x20
      && [0, 1, 3, 4].allSatisfy { Character(Unicode.Scalar(bytes[$0])).isHexDigit && bytes[$0] < 0x80 }
  }

  private mutating func readNote(_ row: CurlRow, _ mark: Mark) {
    let text = row.text
    let words = text.split(separator: " ").map(String.init)
    if text.hasPrefix("Trying ") {
      guard let endpoint = endpoint(in: words.dropFirst().first ?? "") else { return }
      if isData { return }
      startOver(endpoint)
      writer.dialogue.server = endpoint
      writer.add(.dialled(endpoint, nil), time: row.time, mark)
      isDialling = true
    } else if text.hasPrefix("Connect data stream") {
      writer.closeReply()
      isData = true
    } else if text.hasPrefix("Connecting to "), let port = words.last.flatMap({ UInt16($0) }) {
      isData = true
      let address = words.compactMap { IPAddress(trimmedParentheses($0)) }.last
      writer.add(.dataDial(Endpoint(address, port)), time: row.time, mark)
      isDialling = true
    } else if text.hasPrefix("Connected to ") || text.hasPrefix("Established ") {
      let isSecond = text.contains("2nd connection") || isData
      if isSecond { writer.add(.dataResult(.connected), time: row.time, mark) }
      if let local = localPort(words), !isSecond { writer.dialogue.client.port = local }
      isDialling = false
    } else if text.hasPrefix("connect to "), text.contains(" failed: ") {
      result(text.contains("refused") ? .refused : text.contains("timed out") ? .timedOut : .unreachable, row, mark)
    } else if text.hasPrefix("Failed to connect to ") || text.contains("Connection time-out")
      || text.contains("Connection timed out after")
    {
      if isDialling { result(.timedOut, row, mark) }
    } else if text.contains("Disabling EPSV") || text.contains("Failed EPSV attempt") {
      isData = false
      isDialling = false
    } else if text.hasPrefix("Skip ") {
      let addresses = words.map { String($0.prefix { $0 != "," }) }.compactMap { IPAddress($0) }
      guard addresses.first != addresses.last else { return }
      writer.add(.finding(.addressReplaced(offered: addresses.first, used: addresses.last)), time: row.time, mark)
    } else if let note = CurlNote(text) {
      tell(note, row, mark)
    } else if text.hasPrefix("Closing connection") || text.contains("closing connection") {
      writer.closeReply()
      writer.add(.ended(byServer: nil), time: row.time, mark)
      // What is dialled next is a control connection, of the next session in the same log.
      (isData, isDialling) = (false, false)
    } else if text.hasSuffix("left intact") {
      (isData, isDialling) = (false, false)
    } else if text.contains("Accept timeout occurred") || text.contains("FTP response timeout") {
      writer.add(.timedOut, time: row.time, mark)
    }
  }

  private var resumes = false

  private mutating func tell(_ note: CurlNote, _ row: CurlRow, _ mark: Mark) {
    switch note {
    case .resumes: resumes = true
    case .secured:
      writer.closeReply()
      writer.add(.secured(isData: hasTLS, isResumed: hasTLS ? resumes : nil), time: row.time, mark)
      hasTLS = true
      resumes = false
    case .clearText: writer.add(.finding(.clearTextInTLS), time: row.time, mark)
    case .reset: if isData { writer.add(.dataResult(.reset), time: row.time, mark) }
    }
  }

  /// One dial ends once, however many lines say so.
  private mutating func result(_ result: DialResult, _ row: CurlRow, _ mark: Mark) {
    guard isDialling else { return }
    isDialling = false
    writer.add(
      isData ? .dataResult(result) : .dialled(writer.dialogue.server, result), time: row.time, mark)
  }

  private mutating func readFailure(_ row: CurlRow, _ mark: Mark) {
    let code = Int(row.text.dropFirst(7).prefix { $0.isNumber })
    switch code {
    case 28: if isDialling { result(.timedOut, row, mark) } else { writer.add(.timedOut, mark) }
    case 64: writer.add(.finding(.noTLSOffered), mark)
    case 7: result(.refused, row, mark)
    default: understood += 1
    }
    isData = false
  }

  /// A dial of a control connection after a session begins the next one.
  private mutating func startOver(_ endpoint: Endpoint) {
    let isUsed = writer.dialogue.events.contains {
      switch $0.what {
      case .command, .reply: true
      default: false
      }
    }
    isData = false
    guard isUsed else { return }
    finish()
    writer = DialogueWriter(Dialogue(source: source, viewpoint: .client, writes: [.commands, .replies, .dials]))
    hasTLS = false
    resumes = false
  }

  private mutating func finish() {
    let dialogue = writer.finish()
    understood += writer.understood
    if !dialogue.events.isEmpty { done.append(dialogue) }
  }

  mutating func contents() -> LogContents {
    finish()
    return LogContents(dialogues: done, understood: understood)
  }

  private func localPort(_ words: [String]) -> UInt16? {
    guard let from = words.lastIndex(of: "from"), from + 4 < words.count, words[from + 3] == "port" else {
      return nil
    }
    return UInt16(words[from + 4])
  }

  private func trimmedParentheses(_ word: String) -> String {
    String(word.drop { $0 == "(" || $0 == "[" }.prefix { $0 != ")" && $0 != "]" })
  }

  /// `ADDRESS:PORT...`, IPv6 in brackets.
  private func endpoint(in word: String) -> Endpoint? {
    var text = word[...]
    while text.last == "." { text.removeLast() }
    return endpointText(text)
  }
}

/// `ADDRESS:PORT` or an address alone, IPv6 in brackets where a port follows.
package func endpointText(_ text: some StringProtocol) -> Endpoint? {
  if let address = IPAddress(String(text)) { return Endpoint(address) }
  guard let colon = text.lastIndex(of: ":") else { return nil }
  let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
  guard let address = IPAddress(String(host)) else { return nil }
  return Endpoint(address, UInt16(text[text.index(after: colon)...]))
}
