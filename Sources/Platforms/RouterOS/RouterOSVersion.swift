/// A version of RouterOS, as a policy writes it: `6.38`, `7`, `7.16.2`.
struct RouterOSVersion: Comparable, Sendable {
  private let parts: [UInt16]

  /// The oldest one that the texts are for. There is no command tree of 6 to check them with; its manual stands for
  /// that.
  static let oldest = Self(parts: [6, 38])

  /// From here on `/ipv6 firewall nat` is said to exist; the command tree of 7.9 has it.
  static let ipv6Translation = Self(parts: [7, 1])

  private init(parts: [UInt16]) { self.parts = parts }

  /// `nil` for what is no version, and for those that no text is for.
  init?(_ text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = words.compactMap { word in
      word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(word) : nil
    }
    guard (1...3).contains(words.count), numbers.count == words.count, let major = numbers.first else { return nil }
    guard major == 6 || major == 7 else { return nil }
    let version = Self(parts: numbers)
    // `6` alone is one of those.
    guard numbers == [6] || version >= Self.oldest else { return nil }
    parts = numbers
  }

  static func < (left: Self, right: Self) -> Bool { left.parts.lexicographicallyPrecedes(right.parts) }
}
