/// Identifies one source file of a run: its position in the `SourceSet`.
package struct SourceID: Hashable, Comparable, Sendable {
  /// Position in the `SourceSet`, from 0.
  package var index: Int32

  package init(_ index: Int) { self.index = Int32(clamping: index) }

  package static func < (left: Self, right: Self) -> Bool { left.index < right.index }
}

/// One text that was read: a policy file, standard input, or the configuration file of a server.
package struct SourceFile: Sendable {
  /// The name as the user gave it, used in every message; `<stdin>` for standard input.
  package var name: String
  /// The bytes as they were read; not necessarily valid UTF-8.
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  package init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// The text between two byte offsets; offsets outside the file are moved to its ends, and bytes that
  /// are not UTF-8 become U+FFFD.
  package func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }
}

/// A stretch of one source file, in bytes from its start; the end is exclusive.
package struct SourceSpan: Hashable, Sendable {
  package var file: SourceID
  package var start: Int32
  package var end: Int32

  package init(file: SourceID, _ range: Range<Int>) {
    self.file = file
    self.start = Int32(clamping: range.lowerBound)
    self.end = Int32(clamping: range.upperBound)
  }

  /// The byte offsets as a range.
  package var range: Range<Int> { Int(start)..<max(Int(start), Int(end)) }

  /// The span from the start of this one to the end of `other`; `self` when they lie in two files.
  package func joined(with other: SourceSpan) -> SourceSpan {
    guard other.file == file else { return self }
    return SourceSpan(file: file, Int(min(start, other.start))..<Int(max(end, other.end)))
  }
}

extension SourceSpan: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    (left.file.index, left.start, left.end) < (right.file.index, right.start, right.end)
  }
}

/// Every text of a run, in the order in which it was read.
package struct SourceSet: Sendable {
  package private(set) var files: [SourceFile] = []

  package init() {}

  /// Adds a file and returns its identity.
  package mutating func add(_ file: SourceFile) -> SourceID {
    files.append(file)
    return SourceID(files.count - 1)
  }

  /// The file of that identity; an empty file when the identity belongs to another set.
  package subscript(id: SourceID) -> SourceFile {
    let index = Int(id.index)
    return files.indices.contains(index) ? files[index] : SourceFile(name: "<unknown>", bytes: [])
  }

  /// The text that a span covers.
  package func text(_ span: SourceSpan) -> String { self[span.file].text(span.range) }
}
