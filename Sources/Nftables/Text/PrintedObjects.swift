import Diagnostics

/// Sets, maps and other objects of tables.
extension PrintedRuleset {
  mutating func readObject(
    _ kind: String, _ name: String, _ cursor: inout TextCursor, _ tokens: [TextToken], table: Int
  ) {
    var object = TextObjects(family: ruleset.tables[table].family)
    if cursor.take("{") {
      block(tokens) { reader, statement in object.read(kind, statement) }
      if !faults.isEmpty { return }
    } else if !cursor.isAtEnd {
      object.read(kind, Array(tokens.dropFirst(cursor.position)))
    }
    if let fault = object.fault { return fail(fault.message, fault.line) }
    let own = ruleset.tables[table]
    if kind == "set" || kind == "map" {
      let listed = ListedObject(kind: kind, value: object.set(kind, table: own.name, name: name), path: kind)
      guard let set = try? listed.set() else { return fail("this set has no type that is known", tokens) }
      return add(set.placed(object.elements.map { span($0.line) }), table: table)
    }
    if kind == "ct helper", object.members["protocol"] == "tcp", let type = object.members["type"]?.string {
      ruleset.tables[table].helpers.append(
        HelperObject(name, type: type, provenance: [span(tokens.first?.line ?? 0)]))
    } else {
      ruleset.tables[table].foreign.append(
        ForeignObject(kind: kind, name: name, definition: .object(object.members)))
    }
  }

  private mutating func add(_ set: NamedSet, table: Int) {
    guard let known = ruleset.tables[table].sets.firstIndex(where: { $0.name == set.name }) else {
      return ruleset.tables[table].sets.append(set)
    }
    ruleset.tables[table].sets[known].elements.append(set.elements)
  }

  mutating func addElements(_ cursor: inout TextCursor, _ tokens: [TextToken], table: Int) {
    guard let name = cursor.name(), let set = ruleset.tables[table].sets.firstIndex(where: { $0.name == name }) else {
      return fail("the set is not declared before this line", tokens)
    }
    let known = ruleset.tables[table].sets[set]
    var object = TextObjects(family: ruleset.tables[table].family)
    object.declare(known)
    object.readElements(&cursor, tokens)
    if let fault = object.fault { return fail(fault.message, fault.line) }
    let listed = ListedObject(
      kind: "set", value: object.set("set", table: ruleset.tables[table].name, name: name), path: "set")
    guard let more = try? listed.set() else { return fail("these elements are not understood", tokens) }
    ruleset.tables[table].sets[set].elements.append(more.placed(object.elements.map { span($0.line) }).elements)
  }
}

extension NamedSet {
  /// The set with a place for each element.
  fileprivate func placed(_ places: [SourceSpan]) -> NamedSet {
    var set = self
    var list = ElementList()
    list.reserve(elements.count, width: key.count + data.count)
    for (element, place) in zip(elements, places) {
      list.append(key: Array(element.key), data: Array(element.data), comment: element.comment, provenance: place)
    }
    set.elements = list
    return set
  }
}
