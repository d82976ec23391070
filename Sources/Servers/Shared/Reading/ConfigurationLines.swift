import Diagnostics
import Policy

/// One line of a configuration file, without its line feed.
struct ConfigurationLine {
  let file: SourceID
  /// The bytes with their offsets in the file.
  let bytes: ArraySlice<UInt8>

  /// Every line of a file, in one pass; a line feed at the end begins no further line.
  static func all(of file: SourceID, in sources: SourceSet) -> [ConfigurationLine] {
    let bytes = sources[file].bytes
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Self(file: file, bytes: $0) }
    if bytes.last == 0x0A || bytes.isEmpty { lines.removeLast() }
    return lines
  }

  /// The whole line as a span.
  var span: SourceSpan { span(bytes) }

  func span(_ part: ArraySlice<UInt8>) -> SourceSpan { SourceSpan(file: file, part.startIndex..<part.endIndex) }

  /// A part of the line with its place.
  func word(_ part: ArraySlice<UInt8>) -> Located<String> {
    Located(String(decoding: part, as: UTF8.self), span(part))
  }
}

extension ArraySlice<UInt8> {
  /// Without white space (as C's `isspace` has it) at both ends.
  var trimmed: ArraySlice<UInt8> {
    guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }
}

extension UInt8 {
  /// Space, tab, line feed, vertical tab, form feed or carriage return: `isspace` of C in the C locale.
  var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
  /// A decimal digit.
  var isDigit: Bool { (0x30...0x39).contains(self) }
  /// A visible character of ASCII: `isgraph` of C in the C locale.
  var isGraphic: Bool { (0x21...0x7E).contains(self) }
  /// A visible character of ASCII, or a space.
  var isPrintable: Bool { (0x20...0x7E).contains(self) }
}
