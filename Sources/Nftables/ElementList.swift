package import Addressing
package import Diagnostics
import Parallel

/// The elements of a set or map. The fields of all of them lie in one array: a table has many elements of few fields
/// each.
package struct ElementList: Sendable {
  /// What an element has beside its fields, and where they end.
  private struct Entry: Sendable {
    var comment: String?
    var provenance: SourceSpan
    /// Where the key ends among the fields, and where the data does.
    var keyEnd: Int32
    var end: Int32
  }

  private var fields = Fields()
  private var entries: [Entry] = []

  package init() {}

  package init(_ elements: some Sequence<Element>) {
    for element in elements { append(element) }
  }

  /// Makes room.
  ///
  /// - Parameters:
  ///   - count: Elements that are appended next.
  ///   - width: Fields that each has, of key and data together.
  package mutating func reserve(_ count: Int, width: Int) {
    entries.reserveCapacity(entries.count + count)
    fields.reserve(count * width)
  }

  /// Appends an element.
  ///
  /// - Parameters:
  ///   - key: One value for each field of the key.
  ///   - data: One value for each field of the data; empty in a set.
  ///   - comment: At most 128 bytes.
  ///   - provenance: The policy statement that asked for it.
  package mutating func append(
    key: [Value], data: [Value] = [], comment: String? = nil, provenance: SourceSpan
  ) {
    for value in key { addKey(value) }
    endKey(comment: comment, provenance: provenance)
    for value in data { addData(value) }
  }

  /// Appends an element of another list.
  mutating func append(_ element: Element) {
    for value in element.key { addKey(value) }
    endKey(comment: element.comment, provenance: element.provenance)
    for value in element.data { addData(value) }
  }

  /// Appends the elements of another list.
  mutating func append(_ list: ElementList) {
    guard !entries.isEmpty else {
      self = list
      return
    }
    let start = Int32(clamping: fields.count)
    fields.append(list.fields)
    for var entry in list.entries {
      entry.keyEnd &+= start
      entry.end &+= start
      entries.append(entry)
    }
  }

  /// Appends an element keyed by an address, ports of it, and some other addresses.
  ///
  /// - Parameter data: One value for each field of the data; empty in a set.
  package mutating func append(
    _ address: IPAddress, _ ports: PortRange? = nil, _ others: ClosedRange<IPAddress>? = nil, data: [Value] = [],
    comment: String? = nil, provenance: SourceSpan
  ) {
    fields.append(address)
    if let ports { fields.append(ports) }
    if let others { fields.append(Value(others)) }
    endKey(comment: comment, provenance: provenance)
    for value in data { addData(value) }
  }

  /// Begins an element, or gives its key one more field.
  mutating func addKey(_ value: Value) { fields.append(value) }

  /// Ends the key of an element.
  mutating func endKey(comment: String?, provenance: SourceSpan) {
    let end = Int32(clamping: fields.count)
    entries.append(Entry(comment: comment, provenance: provenance, keyEnd: end, end: end))
  }

  /// Gives the last element one more field of its data.
  package mutating func addData(_ value: Value) {
    guard !entries.isEmpty else { return }
    fields.append(value)
    entries[entries.count - 1].end = Int32(clamping: fields.count)
  }

  /// The first statement that asked for an element; `nil` where there is none.
  package var firstProvenance: SourceSpan? {
    guard var first = entries.first?.provenance else { return nil }
    for entry in entries where entry.provenance < first { first = entry.provenance }
    return first
  }
}

extension ElementList: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { entries.count }

  package subscript(position: Int) -> Element {
    let entry = entries[position]
    return Element(
      fields: fields, start: Int32(clamping: start(position)), keyEnd: entry.keyEnd, end: entry.end,
      provenance: entry.provenance, comment: entry.comment)
  }
}

extension ElementList: Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && left.indices.allSatisfy { left.equals($0, right, $0) }
  }

  package func hash(into hasher: inout Hasher) {
    for element in self { hasher.combine(element) }
  }
}

extension ElementList {
  /// The same elements with values in canonical form, and other texts for the comments.
  func canonicalValues(comments comment: (String) -> String) -> ElementList {
    var list = self
    list.fields = fields.canonical
    for index in entries.indices { list.entries[index].comment = entries[index].comment.map(comment) }
    return list
  }

  /// The elements in the canonical order: by key, then by comment.
  var sorted: ElementList {
    guard entries.indices.dropFirst().contains(where: { precedes($0, self, $0 - 1) }) else { return self }
    var list = ElementList()
    list.reserve(count, width: entries.isEmpty ? 0 : (fields.count + count - 1) / count)
    for position in entries.indices.sorted(by: { precedes($0, self, $1) }) { list.append(self[position]) }
    return list
  }

  /// Whether an element stands before one of another list in the canonical order. Nothing is copied or counted: large
  /// tables ask this a million times.
  func precedes(_ position: Int, _ other: ElementList, _ otherPosition: Int) -> Bool {
    fields.precedes(key(position), other.fields, other.key(otherPosition))
      ?? ((entries[position].comment ?? "") < (other.entries[otherPosition].comment ?? ""))
  }

  /// Whether two elements are equal.
  func equals(_ position: Int, _ other: ElementList, _ otherPosition: Int) -> Bool {
    let (start, otherStart) = (start(position), other.start(otherPosition))
    let (entry, otherEntry) = (entries[position], other.entries[otherPosition])
    let count = Int(entry.end) - start
    guard count == Int(otherEntry.end) - otherStart, Int(entry.keyEnd) - start == Int(otherEntry.keyEnd) - otherStart,
      entry.comment == otherEntry.comment
    else { return false }
    for offset in 0..<count where !fields.equals(start + offset, other.fields, otherStart + offset) { return false }
    return true
  }

  private func start(_ position: Int) -> Int { position == 0 ? 0 : Int(entries[position - 1].end) }

  private func key(_ position: Int) -> Range<Int> { start(position)..<Int(entries[position].keyEnd) }

  /// One line for each element.
  func write(to writer: inout ScriptWriter) {
    guard entries.count >= 2 * worthAThread else { return write(entries.indices, to: &writer) }
    let empty = writer.emptyPart
    let parts = inParallel(entries.count, least: worthAThread) { part in
      var writer = empty
      writer.reserve(lines: part.count)
      write(part, to: &writer)
      return writer
    }
    for part in parts { writer.append(part) }
  }

  private func write(_ part: Range<Int>, to writer: inout ScriptWriter) {
    var start = start(part.lowerBound)
    for entry in entries[part] {
      let keyEnd = Int(entry.keyEnd)
      let end = Int(entry.end)
      writer.line(
        fields, key: start..<keyEnd, data: keyEnd..<end, comment: entry.comment, provenance: entry.provenance)
      start = end
    }
  }
}

/// Elements that are worth a thread of their own.
private let worthAThread = 500
