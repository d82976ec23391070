/// Which policy statements asked for which lines of what is generated, so that an error at a line can be shown at the
/// statement.
package struct LineProvenance: Sendable {
  /// In the order of the lines. A line that no statement asked for has one entry without a span where it ends the reach
  /// of the lines before it.
  private var entries: [(line: Int32, span: SourceSpan?)] = []

  package init() {}

  package mutating func reserve(lines: Int) { entries.reserveCapacity(entries.count + lines) }

  /// Notes what asked for a line; lines must come in their order.
  package mutating func record(_ spans: [SourceSpan], line: Int) {
    if spans.isEmpty { entries.append((Int32(clamping: line), nil)) }
    for span in spans { record(span, line: line) }
  }

  /// The same for one statement.
  package mutating func record(_ span: SourceSpan, line: Int) { entries.append((Int32(clamping: line), span)) }

  /// Adds what asked for the lines of a text that follows.
  ///
  /// - Parameter lines: How many lines stand before its first.
  package mutating func append(_ next: LineProvenance, after lines: Int) {
    for entry in next.entries { entries.append((entry.line + Int32(clamping: lines), entry.span)) }
  }

  /// The statements that asked for a line, or for the nearest line above that was asked for.
  ///
  /// - Parameter line: From 1, as nft counts.
  package func spans(ofLine line: Int) -> [SourceSpan] {
    let reached = entries[..<entries.indices.partitionPoint { entries[$0].line <= line }]
    guard let last = reached.last else { return [] }
    return reached.reversed().prefix { $0.line == last.line }.compactMap(\.span).reversed()
  }

  /// The lines that a statement asked for, from 1, in their order.
  package func lines(askedForBy span: SourceSpan) -> [Int] {
    entries.compactMap { $0.span == span ? Int($0.line) : nil }
  }
}
