/// Collects one dialogue while a log is read from top to bottom: joins lines of a reply, notices that a new session
/// begins.
package struct DialogueWriter: Sendable {
  package var dialogue: Dialogue
  private var open: (code: Int, lines: [String], mark: Mark, time: Double?)?
  package private(set) var understood = 0

  package init(_ dialogue: Dialogue) { self.dialogue = dialogue }

  package var isEmpty: Bool { dialogue.events.isEmpty && open == nil }

  package mutating func add(_ what: Happening, time: Double? = nil, _ mark: Mark) {
    understood += 1
    dialogue.events.append(Event(time: time, mark, what))
  }

  /// A line that the client sent; whether it is one.
  @discardableResult
  package mutating func sent(_ line: some StringProtocol, time: Double? = nil, _ mark: Mark) -> Bool {
    guard let command = FTPCommand(trimmed(line)) else { return false }
    closeReply()
    add(.command(command), time: time, mark)
    return true
  }

  /// A line that the server sent: a reply, or a part of one.
  @discardableResult
  package mutating func received(_ line: some StringProtocol, time: Double? = nil, _ mark: Mark) -> Bool {
    let head = replyHead(line)
    if let begun = open {
      understood += 1
      if let head, head.code == begun.code, head.isLast {
        open = nil
        add(.reply(FTPReply(code: head.code, lines: begun.lines + [head.text])), time: time ?? begun.time, mark)
      } else if begun.lines.count < 200 {
        open?.lines.append(excerpt(head?.text ?? trimmed(line)))
      }
      return true
    }
    guard let head else {
      guard let name = otherProtocol(line),
        dialogue.events.allSatisfy({ if case .dialled = $0.what { true } else { false } })
      else { return false }
      add(.finding(.otherProtocol(name)), time: time, mark)
      return true
    }
    if head.isLast {
      add(.reply(FTPReply(code: head.code, lines: [head.text])), time: time, mark)
    } else {
      understood += 1
      open = (head.code, [head.text], mark, time)
    }
    return true
  }

  package var isInReply: Bool { open != nil }

  /// A reply whose end is missing counts as it stands.
  package mutating func closeReply() {
    guard let begun = open else { return }
    open = nil
    add(.reply(FTPReply(code: begun.code, lines: begun.lines)), time: begun.time, begun.mark)
  }

  package mutating func finish() -> Dialogue {
    closeReply()
    return dialogue
  }
}

/// The protocol whose servers begin with such a line; `nil` for none that is known.
private func otherProtocol(_ line: some StringProtocol) -> String? {
  let beginnings = [("SSH-", "SSH"), ("HTTP/", "HTTP"), ("+OK", "POP3"), ("* OK", "IMAP"), ("RFB ", "VNC")]
  return beginnings.first { line.hasPrefix($0.0) }?.1
}

/// `NNN text` or `NNN-text`, with what comes after the code.
package func replyHead(_ line: some StringProtocol) -> (code: Int, text: String, isLast: Bool)? {
  let bytes = Array(line.utf8.prefix(4))
  guard bytes.count >= 3, (0x31...0x36).contains(bytes[0]), bytes[1...2].allSatisfy({ (0x30...0x39).contains($0) })
  else { return nil }
  let mark = bytes.count > 3 ? bytes[3] : 0x20
  guard mark == 0x20 || mark == UInt8(ascii: "-") || mark == 0x0D else { return nil }
  let code = Int(bytes[0] - 0x30) * 100 + Int(bytes[1] - 0x30) * 10 + Int(bytes[2] - 0x30)
  return (code, excerpt(trimmed(String(line.dropFirst(4)))), mark != UInt8(ascii: "-"))
}
