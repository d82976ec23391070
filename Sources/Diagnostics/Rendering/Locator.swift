/// Finds lines and columns in many files; keeps the index of each file once made.
struct Locator {
  let sources: SourceSet
  private var indexes: [SourceID: LineIndex] = [:]

  init(_ sources: SourceSet) { self.sources = sources }

  /// Where a span begins and where it ends (exclusive).
  mutating func positions(of span: SourceSpan) -> (start: LinePosition, end: LinePosition) {
    withIndex(of: span.file) { index in
      (index.position(of: span.range.lowerBound), index.position(of: span.range.upperBound))
    }
  }

  func name(of file: SourceID) -> String { sources[file].name }

  /// The bytes of a line, from 1.
  mutating func range(ofLine line: Int, in file: SourceID) -> Range<Int> {
    withIndex(of: file) { $0.range(ofLine: line) }
  }

  private mutating func withIndex<Result>(of file: SourceID, _ body: (inout LineIndex) -> Result) -> Result {
    var index = indexes.removeValue(forKey: file) ?? LineIndex(sources[file])
    defer { indexes[file] = index }
    return body(&index)
  }
}
