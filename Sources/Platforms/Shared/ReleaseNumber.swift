/// The first two numbers of a version as makers of devices count them, for example 9.12 of `9.12(4)`.
struct ReleaseNumber: Comparable {
  var major: Int
  var minor: Int

  /// - Parameter text: A version as a policy writes it; `nil` when it is none. Without a second number it is taken for
  ///   the first release.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || [0x2E, 0x28, 0x29].contains($0) }) else { return nil }
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
      part.prefix { $0 != "(" }
    }
    guard let first = numbers.first, let major = Int(first) else { return nil }
    self.major = major
    minor = 0
    guard numbers.count > 1 else { return }
    guard let minor = Int(numbers[1]) else { return nil }
    self.minor = minor
  }

  init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

  static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
