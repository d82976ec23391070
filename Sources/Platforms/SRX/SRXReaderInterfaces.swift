/// Which interfaces of a device something switches off.
///
/// `disable` takes an interface or a unit down; what is deactivated is not there at all (documented). Ranges of
/// interfaces hand both on to their members.
struct SRXInterfaces {
  /// The line that switches all of them off.
  private var everything: Int?
  /// Those lines of interfaces, such as `ge-0/0/0`, and of units, such as `ge-0/0/0.0`.
  private var lines: [String: Int] = [:]
  private var ranges: [Range] = []

  fileprivate struct Range {
    var patterns: [[Character]]
    var ends: [(low: Place, high: Place)]
    /// The line for the interface itself, and those for some of its units.
    var line: Int?
    var units: [String: Int]
  }

  /// An interface by its kind and its numbers: `ge-0/0/3`.
  fileprivate struct Place {
    var kind: Substring
    var numbers: [Int]

    init?(_ name: String) {
      guard let sign = name.firstIndex(of: "-") else { return nil }
      kind = name[..<sign]
      let parts = name[name.index(after: sign)...].split(separator: "/").map { Int($0) }
      numbers = parts.compactMap(\.self)
      guard !parts.isEmpty, numbers.count == parts.count else { return nil }
    }

    func isBelow(_ other: Place) -> Bool { !other.numbers.lexicographicallyPrecedes(numbers) }
  }

  init(_ root: JunosNode) {
    guard let all = root.any("interfaces") else { return }
    if all.isInactive { everything = all.lineOff }
    for node in all.all {
      if node.word == "interface-range" {
        for range in node.all where !node.isInactive && !range.isInactive { add(range) }
        continue
      }
      if let line = Self.line(of: node) { lines[node.word] = line }
      for unit in node.any("unit")?.all ?? [] {
        if let line = Self.line(of: unit) { lines["\(node.word).\(unit.word)"] = line }
      }
    }
  }

  /// The line that switches an interface or a unit off.
  private static func line(of node: JunosNode) -> Int? {
    node.isInactive ? node.lineOff : node["disable"]?.line
  }

  private mutating func add(_ range: JunosNode) {
    var units: [String: Int] = [:]
    for unit in range["unit"]?.active ?? [] {
      if let line = unit["disable"]?.line { units[unit.word] = line }
    }
    let line = range["disable"]?.line
    guard line != nil || !units.isEmpty else { return }
    var patterns: [[Character]] = []
    for member in range["member"]?.active ?? [] {
      if member.word.contains(where: { "*?[".contains($0) }) {
        patterns.append(Array(member.word))
        continue
      }
      if let line { lines[member.word] = lines[member.word] ?? line }
      for (unit, line) in units { lines["\(member.word).\(unit)"] = lines["\(member.word).\(unit)"] ?? line }
    }
    let ends = (range["member-range"]?.active ?? []).compactMap { low -> (Place, Place)? in
      guard let first = Place(low.word), let last = low["to"]?.value.flatMap({ Place($0.word) }) else { return nil }
      return (first, last)
    }
    guard !patterns.isEmpty || !ends.isEmpty else { return }
    ranges.append(Range(patterns: patterns, ends: ends, line: line, units: units))
  }

  /// The line that switches a logical interface off, such as `ge-0/0/0.0`; `nil` where nothing does.
  func lineOff(of name: String) -> Int? {
    if let everything { return everything }
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let interface = parts.first ?? name
    let unit = parts.count > 1 ? parts.last ?? "0" : "0"
    if let line = lines[interface] ?? lines["\(interface).\(unit)"] { return line }
    for range in ranges {
      guard let line = range.line ?? range.units[unit], range.holds(interface) else { continue }
      return line
    }
    return nil
  }
}

extension SRXInterfaces.Range {
  fileprivate func holds(_ name: String) -> Bool {
    if !patterns.isEmpty {
      let letters = Array(name)
      if patterns.contains(where: { Self.matches($0[...], letters[...]) }) { return true }
    }
    guard !ends.isEmpty, let place = SRXInterfaces.Place(name) else { return false }
    return ends.contains { $0.low.kind == place.kind && $0.low.isBelow(place) && place.isBelow($0.high) }
  }

  /// Whether a name is one of a pattern with `*`, `?`, and `[1-3]`.
  private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let sign = pattern.first else { return name.isEmpty }
    let rest = pattern.dropFirst()
    if sign == "*" {
      return matches(rest, name) || !name.isEmpty && matches(pattern, name.dropFirst())
    }
    guard let letter = name.first else { return false }
    if sign == "[", let end = rest.firstIndex(of: "]") {
      return contains(rest[..<end], letter) && matches(pattern[(end + 1)...], name.dropFirst())
    }
    return (sign == "?" || sign == letter) && matches(rest, name.dropFirst())
  }

  private static func contains(_ choice: ArraySlice<Character>, _ letter: Character) -> Bool {
    var rest = choice
    while let low = rest.popFirst() {
      guard rest.first == "-", let high = rest.dropFirst().first else {
        if low == letter { return true }
        continue
      }
      if low <= letter, letter <= high { return true }
      rest = rest.dropFirst(2)
    }
    return false
  }
}
