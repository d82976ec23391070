/// Takes messages out of a stream of bytes: header fields, an empty line, and as many bytes as `Content-Length` says
/// (Language Server Protocol 3.17, base protocol).
struct FrameReader {
  enum Frame: Equatable {
    case message([UInt8])
    /// What was wrong with one message; those after it can be read.
    case fault(String)
    /// What was wrong with a header, after which nobody knows where the next message begins.
    case lost(String)
  }

  private enum State {
    case header
    case body(Int)
    /// Bytes of a message that is too large, and is read without being kept.
    case skipping(Int)
    case ended
  }

  /// Bytes of one message at most; more than any policy file may have.
  static let largestMessage = 300 << 20
  /// Bytes of all header fields of one message at most.
  static let largestHeader = 4096

  private var state = State.header
  private var buffer: [UInt8] = []
  private var start = 0

  /// Whether a message has begun and is not complete.
  var isWithinMessage: Bool {
    switch state {
    case .header: start < buffer.count
    case .body, .skipping: true
    case .ended: false
    }
  }

  mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0, start == buffer.count || start > 1 << 16 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer += bytes
  }

  /// The next message; `nil` when more bytes are needed.
  mutating func next() -> Frame? {
    switch state {
    case .header: return header()
    case .body(let length):
      guard buffer.count - start >= length else { return nil }
      let message = Array(buffer[start..<start + length])
      start += length
      state = .header
      return .message(message)
    case .skipping(let rest):
      let count = min(rest, buffer.count - start)
      start += count
      state = count == rest ? .header : .skipping(rest - count)
      return count == rest ? header() : nil
    case .ended: return nil
    }
  }

  private mutating func header() -> Frame? {
    var length: Int?
    var isReadable = true
    var line = start
    while let end = buffer[line...].firstIndex(of: 0x0A) {
      guard end - start <= Self.largestHeader else {
        return lose("a header of more than \(Self.largestHeader) bytes")
      }
      var text = buffer[line..<end]
      if text.last == 0x0D { text = text.dropLast() }
      line = end + 1
      guard !text.isEmpty else {
        start = line
        return body(length, isReadable: isReadable)
      }
      let field = String(decoding: text, as: UTF8.self).split(separator: ":", maxSplits: 1)
      guard field.count == 2 else { return lose("a header field is `NAME: VALUE`") }
      let value = field[1].drop { $0 == " " }.lowercased()
      switch field[0].lowercased() {
      case "content-length":
        guard let number = Int(value), number >= 0, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
          return lose("`Content-Length` is no number of bytes")
        }
        guard length == nil || length == number else { return lose("`Content-Length` stands there twice") }
        length = number
      case "content-type":
        isReadable = !value.contains("charset") || value.contains("utf-8") || value.contains("utf8")
      default: break
      }
    }
    guard buffer.count - start <= Self.largestHeader else {
      return lose("a header of more than \(Self.largestHeader) bytes")
    }
    return nil
  }

  private mutating func body(_ length: Int?, isReadable: Bool) -> Frame? {
    guard let length else { return .fault("a message without `Content-Length`") }
    guard length <= Self.largestMessage else {
      state = .skipping(length)
      return .fault("a message of \(length) bytes; \(Self.largestMessage) are read at most")
    }
    guard isReadable else {
      state = .skipping(length)
      return .fault("a message is UTF-8")
    }
    state = .body(length)
    return next()
  }

  private mutating func lose(_ reason: String) -> Frame {
    state = .ended
    return .lost(reason)
  }
}
