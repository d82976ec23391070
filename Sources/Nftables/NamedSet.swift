package import Diagnostics

/// A named set, or a named map when it has data.
package struct NamedSet: Hashable, Sendable {
  package enum Flag: String, Sendable, CaseIterable { case interval, dynamic, timeout }

  package var name: String
  /// The expressions whose type the fields of the key have. Declared by `typeof`: sets declared by `type` by nft 1.1.2
  /// and newer crash readers up to 1.0.9, and none from 1.1.3 on (measured).
  package var key: [Expression]
  /// The same for the data; empty in a set.
  package var data: [Expression]
  package var flags: [Flag]
  /// Most elements that packets may add; 0 for sets that packets do not change.
  package var size: Int
  /// Seconds after which an element goes away; 0 for never.
  package var timeout: Int
  /// Whether each element counts the packets that found it (`counter`; Linux 5.7, nft 0.9.5).
  package var isCounted: Bool
  package var elements: ElementList
  /// The policy statements that asked for a set which packets fill; other sets are asked for by their elements.
  package var provenance: [SourceSpan]
  /// The number by which the kernel knows a set that was listed; no part of its meaning.
  package var handle: Int64?

  package init(
    _ name: String, key: [Expression], data: [Expression] = [], flags: [Flag] = [], size: Int = 0, timeout: Int = 0,
    isCounted: Bool = false, elements: ElementList = ElementList(), provenance: [SourceSpan] = [],
    handle: Int64? = nil
  ) {
    self.name = name
    self.key = key
    self.data = data
    self.flags = flags
    self.size = size
    self.timeout = timeout
    self.isCounted = isCounted
    self.elements = elements
    self.provenance = provenance
    self.handle = handle
  }

  package var isMap: Bool { !data.isEmpty }

  package static func == (left: NamedSet, right: NamedSet) -> Bool {
    left.name == right.name && left.key == right.key && left.data == right.data && left.flags == right.flags
      && left.size == right.size && left.timeout == right.timeout && left.isCounted == right.isCounted
      && left.elements == right.elements && left.provenance == right.provenance
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(key)
    hasher.combine(data)
    hasher.combine(flags)
    hasher.combine(size)
    hasher.combine(timeout)
    hasher.combine(isCounted)
    hasher.combine(elements)
    hasher.combine(provenance)
  }
}

extension NamedSet {
  func write(to writer: inout ScriptWriter) {
    let origin = elements.first.map { [$0.provenance] } ?? provenance
    writer.block(isMap ? "map \(name: name)" : "set \(name: name)", provenance: origin) { writer in
      writer.line { writer in
        writer.write(key.contains { $0.isDataType } ? "type " : "typeof ")
        Expression.concatenation(key).write(to: &writer)
        if isMap {
          writer.write(" : ")
          Self.writeData(data, to: &writer)
        }
      }
      if size > 0 { writer.line { $0.write("size \(size)") } }
      if !flags.isEmpty {
        writer.line { writer in
          writer.write("flags ")
          writer.write(flags, separator: ",") { $0.write("\($1)") }
        }
      }
      if timeout > 0 { writer.line { $0.write("timeout \(timeout)s") } }
      if isCounted { writer.line { $0.write("counter") } }
      if !elements.isEmpty {
        writer.block("elements =") { writer in
          elements.write(to: &writer)
        }
      }
    }
  }

  private static func writeData(_ data: [Expression], to writer: inout ScriptWriter) {
    if data == [.verdict] { return writer.write("verdict") }
    Expression.concatenation(data).write(to: &writer)
  }

  func json(family: String, table: String) -> JSONValue {
    let keyTypes = key.map { JSONValue.string($0.typeName) }
    let type = keyTypes.count == 1 ? keyTypes.first : .array(keyTypes)
    return [
      isMap ? "map" : "set": .object([
        "family": .string(family), "table": .string(table), "name": .string(name), "type": type,
        "map": isMap ? .string(data.map(\.typeName).joined(separator: " . ")) : nil,
        "size": size > 0 ? .number(Int64(size)) : nil,
        "flags": flags.isEmpty ? nil : .array(flags.map { .string($0.rawValue) }),
        "timeout": timeout > 0 ? .number(Int64(timeout)) : nil,
        "stmt": isCounted ? [["counter": .null]] : nil,
        "elem": elements.isEmpty ? nil : .array(elements.map(\.json)),
      ])
    ]
  }
}

extension Expression {
  /// Whether only the name of the type is known.
  fileprivate var isDataType: Bool {
    guard case .dataType = self else { return false }
    return true
  }

  /// The data of a verdict map.
  package static let verdict = Expression.value(.symbol("verdict"))
}
