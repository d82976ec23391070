import Addressing
import Diagnostics
import PolicySyntax

/// What people write for the words and numbers of the language, and what they mean.
enum Meant {
  /// What a word stands for.
  struct Word {
    var text: String
    /// Whether nothing else could be meant.
    var isCertain: Bool
  }

  private static let on: Set<String> = ["yes", "true", "1", "enable", "enabled", "y"]
  private static let off: Set<String> = ["no", "false", "0", "disable", "disabled", "none", "never", "n"]
  private static let required: Set<String> = [
    "required", "require", "mandatory", "force", "forced", "always", "ftpes", "explicitrequired",
  ]
  private static let optional: Set<String> = ["optional", "allowed", "allow", "explicitoptional"]
  private static let everyone: Set<String> = [
    "all", "*", "everyone", "everybody", "anyone", "anybody", "world", "internet", "everything",
  ]

  /// A value of a statement that takes one of a few words.
  static func choice(_ word: String, of all: [String]) -> Word? {
    let written = word.lowercased()
    let word = written.filter { $0 != "-" && $0 != "_" }
    if all.contains("on"), on.contains(word) { return Word(text: "on", isCertain: true) }
    if all.contains("off"), off.contains(word) { return Word(text: "off", isCertain: true) }
    if all.contains("explicit required") {
      if required.contains(word) { return Word(text: "explicit required", isCertain: true) }
      if optional.contains(word) { return Word(text: "explicit optional", isCertain: true) }
      if on.contains(word)
        || ["on", "explicit", "ftps", "ssl", "tls", "starttls", "authtls"].contains(word)
      {
        return Word(text: "explicit required", isCertain: false)
      }
      if ["plain", "clear", "cleartext"].contains(word) { return Word(text: "off", isCertain: true) }
    }
    if all.contains("required") {
      if required.contains(word) || on.contains(word) || word == "must" {
        return Word(text: "required", isCertain: true)
      }
      if optional.contains(word) || word == "may" { return Word(text: "optional", isCertain: true) }
    }
    if all.contains("gateway"), ["masquerade", "snat", "nat", "rewrite"].contains(word) {
      return Word(text: "gateway", isCertain: false)
    }
    if all.contains("denied"), word == "drop" || word == "dropped" || word == "refused" {
      return Word(text: "denied", isCertain: true)
    }
    if all.contains("denied"), word == "on" || on.contains(word) { return Word(text: "all", isCertain: false) }
    return alike(written, all)
  }

  /// A word that differs in case and hyphens alone.
  private static func alike(_ written: String, _ all: [String]) -> Word? {
    let word = written.filter { $0 != "-" && $0 != "_" }
    return all.first { $0 != written && $0.filter { $0 != "-" } == word }.map { Word(text: $0, isCertain: true) }
  }

  /// The name of a program, from another name of it, or with its version joined to it as in `NAME-1.3.8`.
  static func program(_ word: String, of names: [String], _ otherNames: [String: String]) -> Word? {
    let written = word.lowercased()
    if let alike = alike(written, names) { return alike }
    if let name = otherNames[written.filter { $0 != "-" && $0 != "_" }] { return Word(text: name, isCertain: true) }
    guard let name = names.first(where: { written.hasPrefix($0) && written != $0 }) else { return nil }
    let version = written.dropFirst(name.count).drop { "-_/v".contains($0) }
    return version.first.map(\.isNumber) == true ? Word(text: "\(name) \(version)", isCertain: true) : nil
  }

  static func isEveryone(_ word: String) -> Bool { everyone.contains(word.lowercased()) }

  /// Two numbers of a range, however they are kept apart: `50000 to 50399`, `50000..50399`.
  static func range(_ written: String) -> (UInt32, UInt32)? {
    let introductions: Set<Substring> = ["from", "between", "tcp", "port", "ports", "range"]
    let words = written.lowercased().split(separator: " ").drop { introductions.contains($0) }
    let text = withoutGroups(words.joined(separator: " "))
    let parts = text.split { !$0.isASCII || !$0.isNumber }
    guard parts.count == 2, let low = UInt32(parts[0]), let high = UInt32(parts[1]),
      let start = text.first, start.isNumber, let end = text.last, end.isNumber
    else { return nil }
    let between = String(text.drop { $0.isNumber }.reversed().drop { $0.isNumber }.reversed())
      .filter { $0 != " " }.lowercased()
    return ["", "to", "-", ":", "..", "...", "/", "through", "thru", "until", "~", "--", ",", "->", "bis", "and"]
      .contains(between)
      ? (low, high) : nil
  }

  /// A text without what people put between thousands, where every group has three digits: `50,000-50,399`.
  private static func withoutGroups(_ text: String) -> String {
    for separator in [",", ".", "_", "'"] where text.contains(separator) {
      let tight = text.split(separator: " ").joined()
      let numbers = tight.split { !$0.isNumber && String($0) != separator }
      let isGrouped = numbers.allSatisfy { number in
        let groups = number.split(separator: separator, omittingEmptySubsequences: false)
        return groups.count == 2 && (1...3).contains(groups[0].count) && groups[1].count == 3
      }
      if isGrouped, numbers.count == 2 { return tight.filter { String($0) != separator } }
    }
    return text
  }

  /// How an address is better written, with the reason; `nil` where that is not known.
  static func address(_ text: String) -> (reason: String, replacement: String?, isCertain: Bool)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, IPAddress(String(parts[0])) != nil {
      let isHost = Int(parts[1]) == IPAddress(String(parts[0]))?.family.bits
      return ("one address is wanted here, without a prefix length", String(parts[0]), isHost)
    }
    let link = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if link.count > 2, link[0].hasSuffix(":"), link[1].isEmpty {
      let rest = link[2]
      if IPAddress(rest) != nil { return ("an address is wanted here, not a link", rest, true) }
      let host = rest.split(separator: ":").first.map(String.init) ?? ""
      guard IPAddress(host) != nil else { return nil }
      return ("an address is wanted here, not a link; the port stands in `control port`", host, rest == host + ":21")
    }
    let pair = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    if pair.count == 2, pair.allSatisfy({ IPAddress($0) != nil }) {
      return ("the address for which packets arrive stands after `at`", pair.joined(separator: " at "), false)
    }
    if text.contains("%") { return ("leave out the zone after `%`", String(text.prefix { $0 != "%" }), true) }
    let colon = text.split(separator: ":", omittingEmptySubsequences: false)
    if colon.count == 2, v4(String(colon[0])) != nil {
      return ("the port stands in `control port`", String(colon[0]), colon[1] == "21")
    }
    if let address = oneNumber(text) { return ("write its four numbers with dots between them", "\(address)", false) }
    return ipv4(text).map { ($0.reason, $0.replacement, false) }
  }

  /// The IPv4 address that C's `inet_aton` makes of a text that has hexadecimal numbers, or that is one number:
  /// `0xC0A80001`, `0xC0.0xA8.0.1`, `3232235521`.
  private static func oneNumber(_ text: String) -> IPv4Address? {
    let parts = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.hasPrefix("0x") ? UInt32(part.dropFirst(2), radix: 16) : part.hasPrefix("+") ? nil : UInt32(part)
    }
    guard numbers.count == parts.count else { return nil }
    if let only = numbers.first, numbers.count == 1 {
      // A smaller number is no address that anybody has.
      return only >= 1 << 24 ? IPv4Address(only) : nil
    }
    guard numbers.count == 4, numbers.allSatisfy({ $0 < 256 }), parts.contains(where: { $0.hasPrefix("0x") }) else {
      return nil
    }
    return IPv4Address(numbers.reduce(0) { $0 << 8 | $1 })
  }

  private static func v4(_ text: String) -> IPv4Address? {
    if case .v4(let address)? = IPAddress(text) { return address }
    return nil
  }

  /// What is wrong with four numbers and dots.
  static func ipv4(_ text: String) -> (reason: String, replacement: String?)? {
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count > 1, numbers.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }) else { return nil }
    if let big = numbers.first(where: { (Int($0) ?? 256) > 255 && !$0.isEmpty }) {
      return ("`\(big)` is more than 255, the most that one of the four numbers can be", nil)
    }
    guard numbers.count == 4, !numbers.contains("") else {
      return ("an IPv4 address has four numbers, and this has \(numbers.count { !$0.isEmpty })", nil)
    }
    let plain = numbers.compactMap { Int($0).map(String.init) }.joined(separator: ".")
    return ("write the numbers without leading zeros, which some programs read as octal", plain)
  }

  /// The length of the prefix that a netmask stands for, or a mask of Cisco's access lists, which has the bits the
  /// other way round; `nil` for every other text, and for masks of nothing and of everything.
  static func prefixLength(ofNetmask text: String) -> Int? {
    guard let mask = v4(text)?.value else { return nil }
    for value in [mask, ~mask] {
      let length = value.leadingOnes
      if (1...31).contains(length), value == UInt32.max << (32 - length) { return length }
    }
    return nil
  }

  /// Prefixes that are meant by another way to write a set of clients.
  static func clients(_ text: String) -> (reason: String, replacement: String?, isCertain: Bool)? {
    let pairs = text.split { $0 == ":" || $0 == "-" }
    if pairs.count == 6, pairs.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isHexDigit) }) {
      return ("clients are told apart by their addresses of IP, not by those of their hardware", nil, false)
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, let address = v4(parts[0]), let mask = v4(parts[1]) {
      let length = mask.value.leadingOnes
      guard mask.value == (length == 0 ? 0 : UInt32.max << (32 - length)) else {
        return ("`\(parts[1])` is no netmask: its ones are not all on the left", nil, false)
      }
      return ("write the netmask as a length", "\(address)/\(length)", true)
    }
    if parts.count == 2, let length = Int(parts[1]), let address = IPAddress(parts[0]), length > address.family.bits {
      return ("the length of a prefix of \(address.family.title) is at most \(address.family.bits)", nil, false)
    }
    if parts.count == 2, let address = oneNumber(parts[0]), let length = Int(parts[1]), (0...32).contains(length) {
      return ("write its four numbers with dots between them", "\(address)/\(length)", false)
    }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    if ends.count == 2, let first = v4(ends[0]), let last = v4(ends[1]) {
      guard first.value <= last.value else { return ("the first address comes after the last", nil, false) }
      let prefixes = cover(first.value, last.value)
      return ("clients are addresses and prefixes, no ranges", prefixes.joined(separator: ", "), prefixes.count <= 64)
    }
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if numbers.count == 4 || numbers.count < 4 && numbers.last == "*" || numbers.last == "" {
      let known = numbers.prefix { $0 != "*" && !$0.isEmpty && $0 != "x" }
      if (1..<4).contains(known.count),
        numbers.dropFirst(known.count).allSatisfy({ $0 == "*" || $0.isEmpty || $0 == "x" }),
        known.allSatisfy({ UInt8($0) != nil })
      {
        let network = (Array(known) + Array(repeating: "0", count: 4 - known.count)).joined(separator: ".")
        return ("write a prefix", "\(network)/\(8 * known.count)", true)
      }
    }
    if parts.count == 2, parts[0].allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }) {
      let numbers = parts[0].split(separator: ".").map(String.init)
      guard numbers.count < 4, let length = Int(parts[1]), length <= 8 * numbers.count else { return nil }
      let network = (numbers + Array(repeating: "0", count: 4 - numbers.count)).joined(separator: ".")
      return ("an IPv4 prefix has four numbers", "\(network)/\(length)", true)
    }
    return parts.count == 1 ? address(text) : nil
  }

  /// The prefixes that together are a range of IPv4 addresses.
  private static func cover(_ first: UInt32, _ last: UInt32) -> [String] {
    var prefixes: [String] = []
    var next = UInt64(first)
    let end = UInt64(last)
    while next <= end {
      var size = UInt64(1)
      while next % (2 * size) == 0, next + 2 * size - 1 <= end { size *= 2 }
      let length = 32 - size.trailingZeroBitCount
      prefixes.append("\(IPv4Address(UInt32(truncatingIfNeeded: next)))\(length == 32 ? "" : "/\(length)")")
      next += size
    }
    return prefixes
  }
}

extension UInt32 {
  fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}

extension StatementReader {
  /// The text of the rest of the statement, tokens apart by one space.
  var restText: String { (index..<tokens.upperBound).map { tree.text(tree.token($0)) }.joined(separator: " ") }

  /// The rest of the statement.
  var restSpan: SourceSpan { index < tokens.upperBound ? tree.span(index..<tokens.upperBound) : nextSpan }

  /// A fix that writes something else in place of a stretch of the statement.
  func fix(_ span: SourceSpan, _ text: String, isCertain: Bool = true) -> [FixIt] {
    [.replace(span, with: text, "write `\(text)`", isCertain ? .safe : .unsafe)]
  }
}
