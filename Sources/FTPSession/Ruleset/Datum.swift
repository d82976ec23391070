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

  init(_ expression: Expression, _ domain: Domain) {
    if let datum = domain.datum(expression) {
      switch datum {
      case .number(let value): self = .range(value...value)
      case .word(let word) where word == "*": self = .any
      case .word(let word):
        self = domain == .interface && word.hasSuffix("*") ? .prefix(String(word.dropLast())) : .word(word)
      }
      return
    }
    switch expression {
    case .value(.addresses(let low, let high)): self = .range(low.value...max(low.value, high.value))
    case .value(.ports(let ports)): self = .range(UInt128(ports.low)...UInt128(ports.high))
    case .value(.symbol("*")), .value(.interface("*")): self = .any
    case .prefix(let base, let length):
      self = domain.bounds(ofPrefix: base, length).map { .range($0) } ?? .unknown(expression.text)
    case .range(let first, let last):
      if let low = domain.number(first), let high = domain.number(last), low <= high {
        self = .range(low...high)
      } else {
        self = .unknown(expression.text)
      }
    default: self = .unknown(expression.text)
    }
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
