import Diagnostics

/// A word of a line of iptables-save, with its place.
struct SavedWord: Sendable {
  var text: String
  /// In the file, quotes included.
  var range: Range<Int>
}

/// Cuts a line into words: blanks separate them, quotation marks hold them together, and a backslash takes the next
/// byte as it is (`add_param_to_argv` in iptables' `xshared.c`).
///
/// - Returns: `nil` where a quotation has no end.
func savedWords(_ bytes: ArraySlice<UInt8>) -> [SavedWord]? {
  var words: [SavedWord] = []
  var text: [UInt8] = []
  var start: Int?
  var isQuoted = false
  var isEscaped = false
  for (index, byte) in zip(bytes.indices, bytes) {
    if isEscaped {
      text.append(byte)
      isEscaped = false
    } else if isQuoted {
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted = false
      } else {
        text.append(byte)
      }
    } else if byte == UInt8(ascii: "\"") {
      isQuoted = true
      start = start ?? index
    } else if byte == 0x20 || byte == 0x09 || byte == 0x0D {
      if let begin = start {
        words.append(SavedWord(text: String(decoding: text, as: UTF8.self), range: begin..<index))
      }
      (start, text) = (nil, [])
    } else {
      start = start ?? index
      text.append(byte)
    }
  }
  guard !isQuoted, !isEscaped else { return nil }
  if let begin = start {
    words.append(SavedWord(text: String(decoding: text, as: UTF8.self), range: begin..<bytes.endIndex))
  }
  return words
}
