import Addressing
import Diagnostics
import Nftables

/// What sections of several types ask for beside addresses and ports.
extension OpenWrtLowering {
  func conditions(_ options: inout OpenWrtOptions) -> [Statement] {
    var statements: [Statement] = []
    for option in ["src_mac", "start_date", "stop_date", "start_time", "stop_time", "weekdays", "dscp"] {
      guard let found = options.section.options[option] else { continue }
      statements.append(.unread("\(option) \(found.values.joined(separator: " "))"))
    }
    if let text = options.single("mark") {
      let match = mark(text)
      if match == nil { options.fail("`\(text)` is no value of `mark`") }
      statements += match.map { [$0] } ?? []
    }
    if let text = options.single("helper") {
      let name = text.hasPrefix("!") ? String(text.dropFirst().drop { $0 == " " }) : text
      statements.append(
        .match(.conntrack("helper"), text.hasPrefix("!") ? .notEqual : .equal, .value(.string(name))))
    }
    if let rate = options.limit(burst: "limit_burst") { statements.append(.limit(rate)) }
    for option in ["counter", "utc_time"] { _ = options.flag(option) }
    return statements
  }

  /// `VALUE` or `VALUE/MASK`, perhaps after `!`.
  private func mark(_ text: String) -> Statement? {
    let isInverted = text.hasPrefix("!")
    let value = isInverted ? text.dropFirst().drop { $0 == " " } : text[...]
    let numbers = value.split(separator: "/", omittingEmptySubsequences: false).map { Self.number($0) }
    guard numbers.count <= 2, !numbers.contains(nil), let number = numbers.first.flatMap(\.self) else { return nil }
    let mask = numbers.count == 2 ? numbers.last.flatMap(\.self) ?? 0 : 0xFFFF_FFFF
    let field = Expression.meta("mark")
    let left = mask == 0xFFFF_FFFF ? field : .arithmetic(.and, [field, .value(.number(mask))])
    return .match(left, isInverted ? .notEqual : .equal, .value(.number(number)))
  }

  static func number(_ text: Substring) -> Int64? {
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    let number = isHexadecimal ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    return number.flatMap { (0...0xFFFF_FFFF).contains($0) ? $0 : nil }
  }

  // MARK: - Sets

  /// The set that `option ipset 'NAME DIRECTIONS'` asks for; `nil` where there is none.
  func set(_ options: inout OpenWrtOptions) -> OpenWrtSetMatch? {
    guard let text = options.single("ipset") else { return nil }
    let isInverted = text.hasPrefix("!")
    let words = text.drop { $0 == "!" || $0 == " " }.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
    guard let name = words.first, let set = sets[name] else {
      options.fail("there is no set `\(words.first ?? "")`")
      return nil
    }
    var directions = set.directions
    for (index, word) in words.dropFirst().enumerated() where directions.indices.contains(index) {
      directions[index] = word == "dst" || word == "dest"
    }
    return OpenWrtSetMatch(set: set, directions: directions, isInverted: isInverted)
  }

  mutating func addSet(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    guard let name = options.single("name"), options.flag("enabled", true) else { return }
    let family = options.family(.only(.ipv4)).only
    var set = OpenWrtSet(name: name, family: family, types: [], directions: [], span: section.span)
    for choice in options.names("match") {
      let parts = choice.value.split(separator: "_", maxSplits: 1).map(String.init)
      let hasDirection = parts.count == 2
      set.types.append(hasDirection ? parts[1] : choice.value)
      set.directions.append(hasDirection && parts[0] != "src")
    }
    guard !set.types.isEmpty, options.fault == nil else { return }
    set.isComplete = !options.has("loadfile") && options.has("entry") && set.types.allSatisfy { $0 != "mac" }
    let span = options.span("entry") ?? section.span
    for entry in section.options["entry"]?.values ?? [] {
      let words = entry.split { $0 == " " || $0 == "\t" }.map(String.init)
      let values = zip(words, set.types).compactMap { set.value($0, $1) }
      // fw4 passes over an entry that it does not understand.
      guard words.count == set.types.count, values.count == words.count else { continue }
      set.elements.append(key: values, comment: nil, provenance: span)
    }
    sets[name] = set
  }
}

/// A section `ipset`.
struct OpenWrtSet: Sendable {
  var name: String
  var family: AddressFamily?
  /// `ip`, `net`, `port` or `mac`.
  var types: [String]
  /// Whether each field is of the destination.
  var directions: [Bool]
  var span: SourceSpan
  var elements = ElementList()
  /// Whether the section tells all elements, and other programs add none: those without an entry are filled by others.
  var isComplete = true

  func value(_ text: String, _ type: String) -> Value? {
    if type == "port" { return UInt16(text).map { .port($0) } }
    guard case .addresses(let value, let own)? = OpenWrtNetwork(text), own == family else { return nil }
    return value
  }

  var named: NamedSet {
    let key = types.map {
      Expression.dataType($0 == "port" ? "inet_service" : family == .ipv6 ? "ipv6_addr" : "ipv4_addr")
    }
    return NamedSet(name, key: key, flags: types.contains("net") ? [.interval] : [], elements: elements)
  }
}

/// A set that a section asks for.
struct OpenWrtSetMatch {
  var set: OpenWrtSet
  var directions: [Bool]
  var isInverted: Bool

  func statement(_ proto: String) -> Statement {
    guard set.isComplete, let family = set.family, set.types.count == directions.count else {
      return .unread("the set \(set.name), whose elements the file does not tell")
    }
    let fields = zip(set.types, directions).map { type, isDestination -> Expression in
      type == "port"
        ? .payload(proto, isDestination ? "dport" : "sport")
        : isDestination ? .destination(family) : .source(family)
    }
    let left = fields.count == 1 ? fields.first ?? .concatenation(fields) : .concatenation(fields)
    return .match(left, isInverted ? .notEqual : .equal, .set(set.name))
  }
}
