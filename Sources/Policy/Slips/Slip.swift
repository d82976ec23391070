package import Diagnostics

/// What somebody got wrong about the look of the language, wherever it stands in a file.
enum SlipKind: Int, CaseIterable {
  case comments, quotes, strings, punctuation, capitals, spelling, names, braces
}

/// One place of a slip, with what belongs there. Edits of one file do not overlap.
struct SlipEdit {
  var kind: SlipKind
  var range: Range<Int>
  var replacement: String
  /// Whether nothing else could be meant.
  var isCertain: Bool

  init(_ kind: SlipKind, _ range: Range<Int>, _ replacement: String, isCertain: Bool = true) {
    self.kind = kind
    self.range = range
    self.replacement = replacement
    self.isCertain = isCertain
  }
}

/// A file as its author meant it: the text without slips, and one finding for each kind of them.
package struct MendedFile: Sendable {
  /// One for each kind of slip, however often it is there.
  package let findings: [Diagnostic]
  /// The text without them; `nil` when the file is in another language, and nothing else is to be said about it.
  package let text: [UInt8]?
  private let places: TextPlaces

  /// - Returns: `nil` when nothing of that kind is wrong with the file.
  package init?(_ source: SourceFile, as file: SourceID) {
    if let finding = wrongEncoding(of: source.bytes, file) ?? foreignLanguage(of: source.bytes, file) {
      findings = [finding]
      text = nil
      places = TextPlaces([])
      return
    }
    var finder = SlipFinder(source.bytes)
    finder.run()
    let edits = finder.orderedEdits
    guard !edits.isEmpty else { return nil }
    let words = SlipWords(source: source, file: file)
    // Whoever writes `external_ip = "203.0.113.10"` has one thing in mind: another language.
    let isForeign = edits.contains { $0.kind == .punctuation }
    findings = SlipKind.allCases.compactMap { kind in
      words.finding(
        kind,
        edits.filter { edit in
          let isPart = isForeign && (edit.kind == .spelling || edit.kind == .quotes)
          return isPart ? kind == .punctuation : edit.kind == kind
        })
    }
    text = applied(edits, to: source.bytes)
    places = TextPlaces(edits)
  }

  /// What was found in the mended text, at its place in the file.
  package func original(_ span: SourceSpan) -> SourceSpan {
    let start = places.original(span.range.lowerBound, isEnd: false)
    let end = places.original(span.range.upperBound, isEnd: true)
    return SourceSpan(file: span.file, start..<max(start, end))
  }

  /// Whether a stretch of the mended text stands in the file as it is.
  package func isUnchanged(_ span: SourceSpan) -> Bool { !places.touches(span.range) }
}

private func applied(_ edits: [SlipEdit], to bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var done = 0
  for edit in edits {
    result += bytes[done..<edit.range.lowerBound]
    result += edit.replacement.utf8
    done = edit.range.upperBound
  }
  return result + bytes[done...]
}

/// Leads from places in a mended text to places in the text that it was made of.
private struct TextPlaces: Sendable {
  private struct Edit {
    /// In the file.
    var range: Range<Int>
    /// In the mended text.
    var mended: Range<Int>
  }

  private let edits: [Edit]

  init(_ slips: [SlipEdit]) {
    var growth = 0
    edits = slips.map { slip in
      let start = slip.range.lowerBound + growth
      let count = slip.replacement.utf8.count
      growth += count - slip.range.count
      return Edit(range: slip.range, mended: start..<start + count)
    }
  }

  func original(_ offset: Int, isEnd: Bool) -> Int {
    // The last edit that begins before the place.
    let next = edits.indices.partitionPoint {
      isEnd ? edits[$0].mended.lowerBound < offset : edits[$0].mended.lowerBound <= offset
    }
    guard next > 0 else { return offset }
    let edit = edits[next - 1]
    if offset < edit.mended.upperBound { return isEnd ? edit.range.upperBound : edit.range.lowerBound }
    return edit.range.upperBound + offset - edit.mended.upperBound
  }

  func touches(_ range: Range<Int>) -> Bool {
    let next = edits.indices.partitionPoint { edits[$0].mended.upperBound < range.lowerBound }
    return next < edits.count && edits[next].mended.lowerBound <= range.upperBound
  }
}
