package import Addressing
package import Diagnostics
import Parallel

/// The elements of a set or map. The fields of all of them lie in one array: a table has many elements of few fields each.
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
    entries.reserveCapacity(entries.count + list.entries.count)
    for var entry in list.entries {
      entry.keyEnd &+= start
      entry.end &+= start
      entries.append(entry)
    }
  }

  /// Appends an element keyed by an address, ports of it, and some other addresses.
  package mutating func append(
    _ address: IPAddress, _ ports: PortRange? = nil, _ others: ClosedRange<IPAddress>? = nil,
    comment: String? = nil, provenance: SourceSpan
  ) {
    fields.append(address)
    if let ports { fields.append(ports) }
    if let others { fields.append(Value(others)) }
    endKey(comment: comment, provenance: provenance)
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
      fields: fields, start: position == 0 ? 0 : entries[position - 1].end, keyEnd: entry.keyEnd, end: entry.end,
      provenance: entry.provenance, comment: entry.comment)
  }
}

extension ElementList: Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    for element in self { hasher.combine(element) }
  }
}

extension ElementList {
  /// The same elements with other values for the same fields, and other texts for the comments.
  func mapping(_ value: (Value) -> Value, comments comment: (String) -> String) -> ElementList {
    var list = self
    list.fields = fields.mapping(value)
    for index in entries.indices { list.entries[index].comment = entries[index].comment.map(comment) }
    return list
  }

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
    var start = part.lowerBound == 0 ? 0 : Int(entries[part.lowerBound - 1].end)
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
private let worthAThread = 2000
