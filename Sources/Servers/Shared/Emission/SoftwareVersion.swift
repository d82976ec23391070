/// The numbers at the start of a version, for example 1, 3 and 8 of `1.3.8` and of `1.3.8rc2`; a single letter after
/// them is one more: `1.3.8c`, which Debian writes `1.3.8.c`, is 1, 3, 8, 3.
package struct SoftwareVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var numbers: [Int]

  package var description: String { numbers.map(String.init).joined(separator: ".") }

  package init(_ numbers: Int...) { self.numbers = numbers }

  /// Reads a version; `nil` when there is none or when it does not begin with a number.
  package init?(_ text: String?) {
    var numbers: [Int] = []
    for piece in (text ?? "").split(separator: ".", omittingEmptySubsequences: false) {
      let digits = piece.prefix { ("0"..."9").contains($0) }
      if let number = Int(digits) { numbers.append(number) } else if numbers.isEmpty || !digits.isEmpty { break }
      let rest = piece.dropFirst(digits.count).utf8
      if let letter = rest.first, (0x61...0x7A).contains(letter),
        rest.dropFirst().first.map({ !(0x30...0x39).contains($0) && !(0x61...0x7A).contains($0 | 0x20) }) ?? true
      {
        numbers.append(Int(letter) - 0x60)
      }
      if digits.count < piece.count || piece.isEmpty { break }
    }
    guard !numbers.isEmpty else { return nil }
    self.numbers = numbers
  }

  /// By number; a missing number counts as zero.
  package static func < (left: Self, right: Self) -> Bool {
    let count = max(left.numbers.count, right.numbers.count)
    let padded = { (version: Self) in
      version.numbers + Array(repeating: 0, count: count - version.numbers.count)
    }
    return padded(left).lexicographicallyPrecedes(padded(right))
  }
}
