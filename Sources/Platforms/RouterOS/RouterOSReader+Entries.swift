import Addressing
import Diagnostics

/// An entry of a menu.
struct RouterOSEntry {
  private(set) var parameters: [(name: String, value: String)] = []
  var span: SourceSpan
  /// What the export says is wrong with it.
  var complaint: String?
  fileprivate var isThere = true

  init(_ parameters: [(name: String, value: String)], _ span: SourceSpan, complaint: String? = nil) {
    self.span = span
    self.complaint = complaint
    for (name, value) in parameters { self[name] = value }
  }

  subscript(name: String) -> String? {
    get { parameters.first { $0.name == name }?.value }
    set {
      guard let newValue else { return parameters.removeAll { $0.name == name } }
      if let index = parameters.firstIndex(where: { $0.name == name }) {
        parameters[index].value = newValue
      } else {
        parameters.append((name, newValue))
      }
    }
  }

  var isDisabled: Bool { self["disabled"] == "yes" || self["disabled"] == "true" }

  /// As the export has it, without what is only for people.
  var words: String {
    let silent: Set = ["comment", "log", "log-prefix", "disabled"]
    let first = parameters.filter { $0.name == "chain" || $0.name == "action" }
    let rest = parameters.filter { !silent.contains($0.name) && $0.name != "chain" && $0.name != "action" }
    return (first + rest).map { name, value in
      "\(name)=\(value.contains(" ") || value.isEmpty ? "\"\(value)\"" : value)"
    }.joined(separator: " ")
  }
}

/// The entries of one menu, in their order.
struct RouterOSEntryList {
  private var entries: [RouterOSEntry] = []
  private var order: [Int] = []
  private var byComment: [String: [Int]] = [:]
  /// Where an entry was found last; many lines are put before the same one.
  private var hint = 0

  var all: [RouterOSEntry] { order.compactMap { entries.indices.contains($0) ? entries[$0] : nil } }

  mutating func add(_ entry: RouterOSEntry, before place: Int?) {
    let number = entries.count
    entries.append(entry)
    if let comment = entry["comment"] { byComment[comment, default: []].append(number) }
    guard let place else { return order.append(number) }
    let isThere = order.indices.contains(hint) && order[hint] == place
    let position = isThere ? hint : order.firstIndex(of: place) ?? order.count
    order.insert(number, at: position)
    hint = position + 1
  }

  mutating func change(_ number: Int, _ change: (inout RouterOSEntry) -> Void) {
    guard entries.indices.contains(number) else { return }
    change(&entries[number])
    if let comment = entries[number]["comment"], byComment[comment]?.contains(number) != true {
      byComment[comment, default: []].append(number)
    }
  }

  mutating func remove(_ numbers: [Int]) {
    let gone = Set(numbers)
    for number in gone where entries.indices.contains(number) { entries[number].isThere = false }
    order.removeAll { gone.contains($0) }
  }

  mutating func move(_ numbers: [Int], before place: Int?) {
    let moved = Set(numbers)
    if let place, moved.contains(place) { return }
    order.removeAll { moved.contains($0) }
    let position = place.flatMap { order.firstIndex(of: $0) } ?? order.count
    order.insert(contentsOf: numbers, at: position)
  }

  /// The entry at a place in what `print` shows.
  func number(at place: Int) -> Int? { order.indices.contains(place) ? order[place] : nil }

  func named(_ name: String) -> Int? { order.first { entries[$0]["name"] == name } }

  /// The entries that meet all conditions, in their order.
  func find(_ conditions: [RouterOSCondition]) -> [Int] {
    let comment = conditions.first { $0.name == "comment" && $0.sign == "=" }
    let candidates = comment.map { (byComment[$0.value] ?? []).filter { entries[$0].isThere } } ?? order
    return candidates.filter { number in conditions.allSatisfy { $0.holds(for: entries[number]) } }
  }
}

/// A condition of `find`.
struct RouterOSCondition {
  var name: String
  var sign: String
  var value: String

  private static let silent: Set = ["disabled", "dynamic", "invalid", "default", "log"]

  func holds(for entry: RouterOSEntry) -> Bool {
    let own = entry[name] ?? (Self.silent.contains(name) ? "no" : "")
    switch sign {
    case "=": return own == value
    case "!=": return own != value
    default:
      // Expressions without special characters, but for those of the ends.
      var text = value[...]
      let isPrefix = text.first == "^"
      let isSuffix = text.last == "$"
      text = text.dropFirst(isPrefix ? 1 : 0).dropLast(isSuffix ? 1 : 0)
      switch (isPrefix, isSuffix) {
      case (true, true): return own == text
      case (true, false): return own.hasPrefix(text)
      case (false, true): return own.hasSuffix(text)
      case (false, false): return own.contains(text)
      }
    }
  }

  /// Reads what stands between `find` and `]`; `nil` for what is not understood.
  static func read(_ tokens: ArraySlice<RouterOSToken>) -> [Self]? {
    var conditions: [Self] = []
    var rest = tokens
    while let token = rest.popFirst() {
      guard case .word(let name) = token else { return nil }
      if name == "where" || name == "and" || name == "&&" { continue }
      guard case .sign(let sign)? = rest.first, ["=", "~", "!="].contains(sign) else {
        guard name != "or", name != "||" else { return nil }
        let isNegated = name.hasPrefix("!")
        conditions.append(
          Self(name: isNegated ? String(name.dropFirst()) : name, sign: "=", value: isNegated ? "no" : "yes"))
        continue
      }
      rest = rest.dropFirst()
      guard let value = rest.popFirst()?.text else { return nil }
      if sign == "~", value.contains(where: { ".*+?[](){}|\\".contains($0) }) { return nil }
      conditions.append(Self(name: name, sign: sign, value: value))
    }
    return conditions
  }
}
