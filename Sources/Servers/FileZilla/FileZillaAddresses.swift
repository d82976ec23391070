import Addressing
import Diagnostics
import Policy

/// Lists of addresses in filters of both generations of FileZilla Server: with blanks, commas or semicolons between
/// addresses, networks and ranges (source: 1.9); 0.9 also takes `*`.
enum FileZillaAddresses {
  /// The clients that a list names; of an entry that is not understood it is said so.
  static func clients(_ text: String, at span: SourceSpan, _ context: inout ReadingContext) -> AddressSet {
    var sets: [AddressSet] = []
    for word in words(text) {
      if let set = clients(word) {
        sets.append(set)
      } else {
        context.leaveOpen(
          "`\(word)` in a filter of addresses is not followed here", at: span,
          help: "write addresses, or networks such as 198.51.100.0/24")
      }
    }
    return AddressSet(unionOf: sets)
  }

  static func words(_ text: String) -> [String] {
    text.split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(String.init)
  }

  private static func clients(_ word: String) -> AddressSet? {
    if word == "*" { return .any }
    if let address = IPAddress(word) { return AddressSet([Prefix(address)]) }
    let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress(String($0)) }
    if ends.count == 2, let low = ends[0], let high = ends[1] { return range(low, high) }
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) else { return nil }
    return Prefix(address, length: length).map { AddressSet([$0]) }
  }

  private static func range(_ low: IPAddress, _ high: IPAddress) -> AddressSet? {
    guard low.family == high.family, low.value <= high.value else { return nil }
    var set = AddressSet()
    switch low.family {
    case .ipv4:
      set.ipv4 = IntervalSet([UInt32(truncatingIfNeeded: low.value)...UInt32(truncatingIfNeeded: high.value)])
    case .ipv6: set.ipv6 = IntervalSet([low.value...high.value])
    }
    return set
  }
}

extension ReadingContext {
  /// Says that a user is kept to some addresses, where others are not.
  mutating func leaveOpen(user: String, at span: SourceSpan) {
    diagnostics.append(
      Diagnostic(
        .note, "server-undecided", "user `\(user)` logs in from some addresses only, others from everywhere",
        at: span,
        notes: ["which users a policy is about is not known here"]))
  }
}
