import Addressing
import Diagnostics
import Nftables

/// A set or map, named or written in a rule, in the form in which packets look things up.
struct Lookup: Sendable {
  struct Entry: Sendable {
    var key: [FieldPattern]
    /// The data of a map as a listing has it.
    var data: JSONValue?
    /// The statement of the policy that asked for the element; `nil` for an element of somebody else.
    var provenance: SourceSpan?
  }

  enum Answer {
    case found(Entry)
    case missing
    case unknown(String)
  }

  private var entries: [Entry] = []
  /// Positions of the entries whose first field is one number.
  private var byNumber: [UInt128: [Int]] = [:]
  private var others: [Int] = []

  init(_ set: NamedSet) {
    let domains = set.key.map { Domain(typeName: $0.typeName) }
    for element in set.elements {
      add(
        Entry(
          key: Self.patterns(element.key, domains), data: element.data.isEmpty ? nil : Self.data(element.data),
          provenance: element.provenance == .none ? nil : element.provenance))
    }
  }

  /// The members of an anonymous set or map, `domains` being those of the key that is looked up.
  init(members: [JSONValue], domains: [Domain]) {
    for member in members {
      var key = member
      var data: JSONValue?
      if case .array(let pair) = member, pair.count == 2, let first = pair.first, let last = pair.last {
        (key, data) = (first, last)
      }
      if let inner = key["elem"]?["val"] { key = inner }
      let fields = key["concat"]?.list ?? [key]
      guard fields.count == domains.count else {
        add(Entry(key: [.unknown(key.text)], data: data))
        continue
      }
      add(Entry(key: zip(fields, domains).map { FieldPattern($0, $1) }, data: data))
    }
  }

  private mutating func add(_ entry: Entry) {
    if case .range(let range)? = entry.key.first, range.lowerBound == range.upperBound {
      byNumber[range.lowerBound, default: []].append(entries.count)
    } else {
      others.append(entries.count)
    }
    entries.append(entry)
  }

  /// The element under a key. Sets with disjoint elements have at most one.
  func find(_ key: [Datum]) -> Answer {
    var candidates = others
    if case .number(let number)? = key.first, let more = byNumber[number] {
      candidates = others.isEmpty ? more : (more + others).sorted()
    }
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

  private static func patterns(_ key: FieldValues, _ domains: [Domain]) -> [FieldPattern] {
    guard key.count == domains.count else {
      // An element with statements or timeouts of its own keeps its value under `val`.
      guard case .foreign(let listed)? = key.first, key.count == 1 else { return [.unknown("an element")] }
      let value = listed["val"] ?? listed
      let fields = value["concat"]?.list ?? [value]
      guard fields.count == domains.count else { return [.unknown(listed.text)] }
      return zip(fields, domains).map { FieldPattern($0, $1) }
    }
    return zip(key, domains).map { value, domain in
      switch value {
      case .address(let address): .range(address.value...address.value)
      case .addresses(let low, let high): .range(low.value...max(low.value, high.value))
      case .port(let port): .range(UInt128(port)...UInt128(port))
      case .ports(let range): .range(UInt128(range.low)...UInt128(range.high))
      case .foreign(let listed): FieldPattern(listed["val"] ?? listed, domain)
      case .interface, .symbol, .string, .verdict: FieldPattern(value.json, domain)
      }
    }
  }

  private static func data(_ values: FieldValues) -> JSONValue {
    guard let only = values.first, values.count == 1 else { return ["concat": .array(values.map(\.json))] }
    return only.json
  }
}

extension FieldPattern {
  /// What is not understood about it.
  fileprivate var doubt: String? {
    guard case .unknown(let text) = self else { return nil }
    return text
  }
}
