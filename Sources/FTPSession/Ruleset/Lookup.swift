import Addressing
import Diagnostics
import Nftables

/// A set or map, named or written in a rule, in the form in which packets look things up.
final class Lookup: Sendable {
  /// What a map holds under a key.
  enum Data: Sendable {
    /// The element is one of a set.
    case none
    case verdict(Verdict)
    /// Addresses and ports, and how they are written.
    case values([Datum], [Value])
    /// Anything else.
    case other(Expression)
  }

  struct Entry: Sendable {
    var key: [FieldPattern]
    var data = Data.none
    /// The statement of the policy that asked for the element; `nil` for an element of somebody else.
    var provenance: SourceSpan?
  }

  enum Answer {
    case found(Entry)
    case missing
    case unknown(String)
  }

  private let entries: [Entry]
  /// Whether elements hold no data.
  let isSet: Bool
  /// Why nobody knows what it holds when a packet comes.
  let doubt: String?
  /// The entries whose first field is one number, sorted by it, those of one number by their position.
  private let numbered: [(number: UInt128, position: Int)]
  /// Positions of all others.
  private let others: [Int]

  private init(_ entries: [Entry], isSet: Bool = true, doubt: String? = nil) {
    self.entries = entries
    self.isSet = isSet
    self.doubt = doubt
    var numbered: [(number: UInt128, position: Int)] = []
    var others: [Int] = []
    numbered.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() {
      if case .range(let range)? = entry.key.first, range.lowerBound == range.upperBound {
        numbered.append((range.lowerBound, position))
      } else {
        others.append(position)
      }
    }
    numbered.sort { ($0.number, $0.position) < ($1.number, $1.position) }
    self.numbered = numbered
    self.others = others
  }

  /// - Parameter isChanged: Whether rules add or delete elements as packets pass. What the listing shows is not enough
  ///   then.
  convenience init(_ set: NamedSet, isChanged: Bool) {
    let domains = set.key.map { Domain(typeName: $0.typeName) }
    self.init(
      set.elements.map { element in
        Entry(
          key: Self.patterns(element.key, domains), data: Data(element.data),
          provenance: element.provenance == .none ? nil : element.provenance)
      },
      isSet: set.data.isEmpty,
      doubt: isChanged
        ? "whether it is in `\(set.name)`, whose elements rules add or delete as packets pass" : nil)
  }

  /// The members of an anonymous set or map, `domains` being those of the key that is looked up.
  convenience init(members: [Member], domains: [Domain]) {
    self.init(
      members.map { member in
        let key = member.key.plainKey
        return Entry(
          key: Self.patterns(key, domains) ?? [.unknown(key.text)], data: member.data.map { Data($0) } ?? .none)
      })
  }

  /// `nil` for a key of another number of fields.
  private static func patterns(_ key: Expression, _ domains: [Domain]) -> [FieldPattern]? {
    let fields: [Expression]
    if case .concatenation(let parts) = key { fields = parts } else { fields = [key] }
    guard fields.count == domains.count else { return nil }
    return zip(fields, domains).map { FieldPattern($0, $1) }
  }

  /// The element under a key, as the listing shows it. Sets with disjoint elements have at most one.
  func find(_ key: [Datum]) -> Answer {
    var candidates = others
    if case .number(let number)? = key.first { candidates = (positions(of: number) + others).sorted() }
    var doubt: String?
    for position in candidates where entries.indices.contains(position) {
      let entry = entries[position]
      guard entry.key.count == key.count else {
        doubt = doubt ?? entry.key.compactMap(\.doubt).first
        continue
      }
      var isMatch = true
      for (pattern, value) in zip(entry.key, key) {
        guard let fits = pattern.matches(value) else {
          doubt = doubt ?? pattern.doubt
          isMatch = false
          break
        }
        if !fits {
          isMatch = false
          break
        }
      }
      if isMatch { return .found(entry) }
    }
    return doubt.map { .unknown($0) } ?? .missing
  }

  func forEachEntry(_ use: (Entry) -> Void) { entries.forEach(use) }

  /// The element under which all values of a range are; unknown where only some are under one.
  func find(all values: ClosedRange<UInt128>) -> Answer {
    if let doubt { return .unknown(doubt) }
    var answer = Answer.missing
    for entry in entries {
      guard let pattern = entry.key.first, entry.key.count == 1, let fits = pattern.matches(values) else {
        answer = .unknown("an element for some of the values that are possible")
        continue
      }
      if fits { return .found(entry) }
    }
    return answer
  }

  /// The positions of the entries whose first field is that number, sorted.
  private func positions(of number: UInt128) -> [Int] {
    let first = numbered.indices.partitionPoint { numbered[$0].number < number }
    return numbered[first...].prefix { $0.number == number }.map(\.position)
  }

  private static func patterns(_ key: FieldValues, _ domains: [Domain]) -> [FieldPattern] {
    guard key.count == domains.count else {
      // An element with statements or timeouts of its own keeps its value under `val`.
      guard case .foreign(let listed)? = key.first, key.count == 1 else { return [.unknown("an element")] }
      return patterns(Expression(listed: listed["val"] ?? listed), domains) ?? [.unknown(listed.text)]
    }
    return zip(key, domains).map { value, domain in
      switch value {
      case .address(let address): .range(address.value...address.value)
      case .addresses(let low, let high): .range(low.value...max(low.value, high.value))
      case .port(let port): .range(UInt128(port)...UInt128(port))
      case .ports(let range): .range(UInt128(range.low)...UInt128(range.high))
      case .foreign(let listed): FieldPattern(Expression(listed: listed["val"] ?? listed), domain)
      case .interface, .symbol, .string, .number, .boolean, .verdict: FieldPattern(.value(value), domain)
      }
    }
  }
}

extension Lookup.Data {
  init(_ data: FieldValues) {
    let values = Array(data)
    guard let first = values.first else {
      self = .none
      return
    }
    if case .verdict(let verdict) = first, values.count == 1 {
      self = .verdict(verdict)
      return
    }
    let known = values.compactMap(\.datum)
    self = known.count == values.count ? .values(known, values) : .other(values.expression)
  }

  init(_ data: Expression) {
    if case .value(.verdict(let verdict)) = data { self = .verdict(verdict) } else { self = .other(data) }
  }

  /// As nft writes it.
  var text: String {
    switch self {
    case .none: ""
    case .verdict(let verdict): Value.verdict(verdict).text
    case .values(_, let values): values.expression.text
    case .other(let data): data.text
    }
  }

  /// The range of addresses that is the data, from a prefix or a range; `nil` for anything else.
  var addresses: ClosedRange<UInt128>? {
    switch self {
    case .none, .verdict: return nil
    case .values(let known, _):
      guard known.count == 1, case .number(let value)? = known.first else { return nil }
      return value...value
    case .other(let data):
      guard case .range(let range) = FieldPattern(data, .address) else { return nil }
      return range
    }
  }

  /// The name that is the data; `nil` for anything else.
  var word: String? {
    guard case .other(.value(let value)) = self else { return nil }
    switch value {
    case .symbol(let word), .string(let word): return word
    case .address(let address): return address.description
    default: return nil
    }
  }

  /// The fields of the data; `nil` where one of them is no constant.
  var fields: [Datum]? {
    switch self {
    case .none, .verdict: return nil
    case .values(let known, _): return known
    case .other(let data):
      let fields: [Expression]
      if case .concatenation(let parts) = data { fields = parts } else { fields = [data] }
      let known = fields.compactMap { Domain.constant($0) }
      return known.count == fields.count ? known : nil
    }
  }
}

extension Value {
  /// An address or a port.
  fileprivate var datum: Datum? {
    switch self {
    case .address(let address): .number(address.value)
    case .port(let port): .number(UInt128(port))
    default: nil
    }
  }
}

extension [Value] {
  /// One field, or several.
  fileprivate var expression: Expression {
    let fields = map { value -> Expression in
      guard case .foreign(let listed) = value else { return .value(value) }
      return Expression(listed: listed)
    }
    guard let only = fields.first, count == 1 else { return .concatenation(fields) }
    return only
  }
}

extension FieldPattern {
  /// What is not understood about it.
  fileprivate var doubt: String? {
    guard case .unknown(let text) = self else { return nil }
    return text
  }
}
