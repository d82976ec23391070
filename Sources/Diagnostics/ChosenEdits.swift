/// Edits of one text that do not touch one another, in order.
package struct ChosenEdits: Sendable {
  package private(set) var edits: [TextEdit] = []

  package init() {}

  /// Whether nothing of it was chosen yet.
  package func hasRoom(for span: SourceSpan) -> Bool {
    let place = position(of: span)
    return edits[max(0, place - 1)..<min(edits.count, place + 2)].allSatisfy { !$0.span.touches(span) }
  }

  package mutating func add(_ edit: TextEdit) { edits.insert(edit, at: position(of: edit.span)) }

  private func position(of span: SourceSpan) -> Int { edits.indices.partitionPoint { edits[$0].span < span } }

  /// The text after all of them.
  package func applied(to bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var end = 0
    for edit in edits {
      let range = edit.span.range.clamped(to: end..<max(end, bytes.count))
      result += bytes[end..<range.lowerBound] + Array(edit.replacement.utf8)
      end = range.upperBound
    }
    return result + bytes[end...]
  }
}

extension SourceSpan {
  /// Whether two spans share text, or meet where one of them inserts.
  package func touches(_ other: SourceSpan) -> Bool {
    range.overlaps(other.range) || range.isEmpty && other.range.contains(range.lowerBound)
      || other.range.isEmpty && range.contains(other.range.lowerBound) || range == other.range
  }
}
