import Diagnostics

/// The mark that an `apply` leaves in the table: the one element of the set `sp_gen`.
///
/// A transaction that begins by deleting the element it expects fails as a whole once another one has replaced it: nft
/// itself offers no such comparison (measured, nft 1.0.6).
package struct Generation: Hashable, Sendable {
  /// Random, so that no two tables have the same; never 0.
  package let number: UInt32

  /// - Parameter number: `nil` comes back for 0.
  package init?(_ number: UInt32) {
    guard number != 0 else { return nil }
    self.number = number
  }

  /// Eight hexadecimal digits, as nft lists a mark, without `0x`.
  package var name: String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// The inverse of `name`.
  package init?(name: String) {
    guard name.utf8.count == 8, name.utf8.first != UInt8(ascii: "+"), let number = UInt32(name, radix: 16) else {
      return nil
    }
    self.init(number)
  }

  static let setName = "sp_gen"

  /// The set that holds the mark.
  var set: NamedSet {
    var elements = ElementList()
    elements.append(key: [value], provenance: .none)
    return NamedSet(Self.setName, key: [.meta("mark")], elements: elements)
  }

  /// The mark as nft takes it.
  var value: Value { .symbol("0x\(name)") }

  /// `nil` for any other set, and for one that holds no mark or several.
  init?(_ set: NamedSet) {
    guard set.name == Self.setName, !set.isMap, set.key == [.dataType("mark")], set.elements.count == 1,
      case .number(let number)? = set.elements.first?.key.first
    else { return nil }
    self.init(UInt32(exactly: number) ?? 0)
  }
}

extension Generation: Codable {
  /// As its name.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let generation = Generation(name: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "eight hexadecimal digits, not all 0")
    }
    self = generation
  }
}
