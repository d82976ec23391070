import Addressing
import Nftables

/// A value while a rule is evaluated: a number, or a name.
enum Datum: Hashable, Sendable {
  case number(UInt128)
  case word(String)

  /// The bits of flags; 0 for a name.
  var bits: UInt128 {
    guard case .number(let value) = self else { return 0 }
    return value
  }
}

/// The values that one field of an element stands for.
enum FieldPattern: Hashable, Sendable {
  case range(ClosedRange<UInt128>)
  case word(String)
  /// An interface name that ends in `*`.
  case prefix(String)
  /// Everything: the element `*` of a map.
  case any
  /// Something that is not understood.
  case unknown(String)

  init(_ listed: JSONValue, _ domain: Domain) {
    if let datum = domain.datum(listed) {
      switch datum {
      case .number(let value): self = .range(value...value)
      case .word(let word) where word == "*": self = .any
      case .word(let word):
        self = domain == .interface && word.hasSuffix("*") ? .prefix(String(word.dropLast())) : .word(word)
      }
      return
    }
    if let prefix = listed["prefix"], let bounds = domain.bounds(ofPrefix: prefix) {
      self = .range(bounds)
      return
    }
    if let ends = listed["range"]?.list, ends.count == 2, case .number(let low)? = ends.first.flatMap(domain.datum),
      case .number(let high)? = ends.last.flatMap(domain.datum), low <= high
    {
      self = .range(low...high)
      return
    }
    self = listed == .string("*") ? .any : .unknown(listed.text)
  }

  /// Whether it stands for a value; `nil` when that cannot be said.
  func matches(_ value: Datum) -> Bool? {
    switch (self, value) {
    case (.unknown, _): nil
    case (.any, _): true
    case (.range(let range), .number(let number)): range.contains(number)
    case (.word(let word), .word(let other)): word == other
    case (.prefix(let prefix), .word(let other)): other.hasPrefix(prefix)
    default: false
    }
  }
}
