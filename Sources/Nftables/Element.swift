import Addressing
package import Diagnostics

/// One element of a set or map.
package struct Element: Hashable, Sendable {
  /// The fields of a whole list, of which these are the ones of the element: first the key, then the data.
  let fields: Fields
  let start: Int32
  let keyEnd: Int32
  let end: Int32
  /// The policy statement that asked for the element; no part of its meaning.
  package let provenance: SourceSpan
  /// At most 128 bytes.
  package let comment: String?

  /// One value for each field of the key.
  package var key: FieldValues { FieldValues(fields, Int(start)..<Int(keyEnd)) }
  /// One value for each field of the data; empty in a set.
  package var data: FieldValues { FieldValues(fields, Int(keyEnd)..<Int(end)) }

  package static func == (left: Element, right: Element) -> Bool {
    left.comment == right.comment && left.key == right.key && left.data == right.data
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(data)
    hasher.combine(comment)
  }
}

/// The values of a key, or of an element's data.
package struct FieldValues: RandomAccessCollection, Sendable {
  private let fields: Fields
  private let range: Range<Int>

  init(_ fields: Fields, _ range: Range<Int>) {
    self.fields = fields
    self.range = range
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { range.count }
  package subscript(position: Int) -> Value { fields[range.lowerBound + position] }
}

extension FieldValues: Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    left.count == right.count
      && zip(left.range, right.range).allSatisfy { left.fields.equals($0, right.fields, $1) }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for position in range { fields.hash(position, into: &hasher) }
  }
}

extension Element {
  func write(to writer: inout ScriptWriter) {
    writer.line(
      fields, key: Int(start)..<Int(keyEnd), data: Int(keyEnd)..<Int(end), comment: comment, provenance: provenance)
  }

  var json: JSONValue {
    let value = Self.json(key)
    let element: JSONValue = comment.map { ["elem": ["val": value, "comment": .string($0)]] } ?? value
    return data.isEmpty ? element : [element, Self.json(data)]
  }

  private static func json(_ values: FieldValues) -> JSONValue {
    guard let only = values.first, values.count == 1 else { return ["concat": .array(values.map(\.json))] }
    return only.json
  }
}

extension ScriptWriter {
  /// The line of one element.
  mutating func line(
    _ fields: Fields, key: Range<Int>, data: Range<Int>, comment: String?, provenance span: SourceSpan
  ) {
    let length = fields.writtenLength(key.lowerBound..<data.upperBound) + (comment?.utf8.count ?? 0) + 15
    line(atMost: length, provenance: span) { line in
      fields.write(key, to: &line)
      if let comment {
        line.append(ascii: " comment ")
        line.append(quoted: comment, limit: 128)
      }
      if !data.isEmpty {
        line.append(ascii: " : ")
        fields.write(data, to: &line)
      }
      line.append(UInt8(ascii: ","))
    }
  }
}
