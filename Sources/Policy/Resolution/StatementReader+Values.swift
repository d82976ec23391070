import Addressing
import Diagnostics
import PolicySyntax

extension StatementReader {
  /// A name: `[a-z][a-z0-9-]*`, at most 48 characters.
  mutating func name(_ what: @autoclosure () -> String) -> Located<String>? {
    guard let word = word(what()) else { return nil }
    if isName(word.value.utf8) { return word }
    if names.isUnread(word.value) {
      failSilently()
      return nil
    }
    let fixed = String(word.value.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 })
    let fixes: [FixIt] =
      fixed != word.value && isName(fixed.utf8)
      ? [.replace(word.span, with: fixed, "write `\(fixed)`", .unsafe)] : []
    fail(
      "`\(word.value)` is not a name", code: "invalid-name", at: word.span,
      help: "names are `[a-z][a-z0-9-]*`, at most 48 characters", fixes: fixes)
    return nil
  }

  /// A decimal number within bounds.
  mutating func number(_ what: String, in bounds: ClosedRange<UInt32>) -> Located<UInt32>? {
    guard let word = token(what) else { return nil }
    if let value = tree.read(word.value, decimal), bounds.contains(value) { return Located(value, word.span) }
    let text = tree.text(word.value)
    // `0200`, `1.000`, `1_000`.
    let digits = text.filter { !"._'".contains($0) }.drop { $0 == "0" }
    let plain = UInt32(digits).flatMap { bounds.contains($0) && String($0) != text ? "\($0)" : nil }
    fail(
      "`\(text)` is not \(what) from \(bounds.lowerBound) to \(bounds.upperBound)",
      code: "invalid-number", at: word.span,
      help: text.contains(where: \.isNumber)
        ? "write digits alone" : "write digits; leave the statement out where there is no limit",
      fixes: plain.map { fix(word.span, $0, isCertain: false) } ?? [])
    return nil
  }

  /// A TCP port: 1 to 65535.
  mutating func port(_ what: String = "a port") -> Located<UInt16>? {
    guard let number = number(what, in: 1...65535) else { return nil }
    return Located(UInt16(truncatingIfNeeded: number.value), number.span)
  }

  /// A port range, `low-high`. Numbers above 65535 are `passive-range-out-of-bounds`, a reversed pair is
  /// `range-reversed`.
  mutating func portRange(_ what: String) -> Located<PortRange>? {
    if !failed, index < tokens.upperBound, reportsMeantRange(what) { return nil }
    guard let word = token("\(what) such as `50000-50399`") else { return nil }
    let ends = tree.read(word.value) { bytes -> (first: UInt32?, last: UInt32?) in
      let dash = bytes.firstIndex(of: UInt8(ascii: "-")) ?? bytes.endIndex
      return (decimal(bytes[..<dash]), decimal(dash < bytes.endIndex ? bytes[(dash + 1)...] : bytes))
    }
    guard let first = ends.first, let last = ends.last else {
      fail(
        "`\(tree.text(word.value))` is not \(what)", code: "invalid-number", at: word.span,
        help: "write it as `low-high`, for example `50000-50399`")
      return nil
    }
    guard first <= 65535, last <= 65535, first > 0, last > 0 else {
      fail(
        "\(what) `\(tree.text(word.value))` lies outside the TCP ports", code: "passive-range-out-of-bounds",
        at: word.span,
        help: "choose ports from 1025 to 65535")
      return nil
    }
    guard let range = PortRange(low: UInt16(first), high: UInt16(last)) else {
      fail(
        "\(what) `\(tree.text(word.value))` is reversed", code: "range-reversed", at: word.span,
        fixes: [.replace(word.span, with: "\(last)-\(first)", "swap the ends")])
      return nil
    }
    return Located(range, word.span)
  }

  /// Reports a range that is written another way, such as `50000 to 50399`. Returns whether it was.
  private mutating func reportsMeantRange(_ what: String) -> Bool {
    let isPlain = index + 1 == tokens.upperBound && next.map { tree.read($0) { $0.allSatisfy(isRangeByte) } } ?? false
    guard !isPlain, let (first, last) = Meant.range(restText) else { return false }
    // What goes from one range to another is told where it is read.
    let text = "\(min(first, last))-\(max(first, last))"
    fail(
      "\(what) is written `\(text)`, not `\(tree.source.text(restSpan.range))`", code: "invalid-number", at: restSpan,
      fixes: fix(restSpan, text, isCertain: first <= last))
    return true
  }

  /// An IPv4 or IPv6 literal.
  mutating func address(_ what: String, code: String = "invalid-address") -> Located<IPAddress>? {
    if let next, next.kind == .string {
      let fix = FixIt.replace(nextSpan, with: tree.stringValue(next), "remove the quotes")
      fail("\(what) stands without quotes", code: code, fixes: [fix])
      return nil
    }
    guard let word = token(what) else { return nil }
    if let address = tree.read(word.value, { IPAddress($0) }) {
      if case .v6(let six) = address, let four = six.mapped {
        failMapped("\(four)", at: word.span, code)
        return nil
      }
      return Located(address, word.span)
    }
    let text = tree.text(word.value)
    let meant = Meant.address(text)
    let help = "write an IPv4 or IPv6 literal; names are not resolved, because each server does so at another time"
    fail(
      "`\(text)` is not an IP address", code: code, at: word.span, help: meant?.reason ?? help,
      fixes: meant?.replacement.map { fix(word.span, $0, isCertain: meant?.isCertain ?? false) } ?? [])
    return nil
  }

  /// Reports an IPv4 address in the form of IPv6 (RFC 4291 section 2.5.5.2), which programs use among themselves.
  mutating func failMapped(_ address: String, at span: SourceSpan, _ code: String) {
    fail(
      "this is \(address) in the form of IPv6, which is never on the wire", code: code, at: span,
      fixes: fix(span, address))
  }

  /// Addresses of a server or of the outside: one, or one of each family.
  mutating func addressPair(_ what: String, code: String = "invalid-address") -> [Located<IPAddress>]? {
    guard let addresses = list({ $0.address(what, code: code) }) else { return nil }
    return areOfDifferentFamilies(addresses) ? addresses : nil
  }

  /// `A [at B]`, one or one of each family.
  mutating func externalAddresses() -> [ExternalAddress]? {
    let code = "external-ip-not-an-address"
    let addresses = list { reader -> ExternalAddress? in
      guard let dialled = reader.address(reader.wanted, code: code) else { return nil }
      if reader.reportsMeantArrival(after: dialled) { return nil }
      guard reader.accept("at") != nil else { return ExternalAddress(dialled) }
      guard let arrival = reader.address("the address for which packets arrive", code: code) else { return nil }
      guard arrival.value.family == dialled.value.family else {
        reader.fail(
          "packets for \(dialled.value) cannot arrive for the \(arrival.value.family.title) address `\(arrival.value)`",
          code: "address-family-mismatch", at: arrival.span,
          help: "write the \(dialled.value.family.title) address to which the box before the gateway translates")
        return nil
      }
      guard arrival.value == dialled.value else { return ExternalAddress(dialled, at: arrival) }
      var address = ExternalAddress(dialled)
      address.atItself = arrival
      return address
    }
    guard let addresses, areOfDifferentFamilies(addresses.map(\.dialled)) else { return nil }
    return addresses
  }

  /// Reports an address for which packets arrive after another word than `at`. Returns whether it did.
  private mutating func reportsMeantArrival(after dialled: Located<IPAddress>) -> Bool {
    guard !failed, let next, index + 2 == tokens.upperBound,
      next.kind == .arrow || ["@", "via", "behind", "on", "to", "nat", "dnat"].contains(tree.text(next)),
      tree.read(tree.token(index + 1), { IPAddress($0) }) != nil
    else { return false }
    // The arrow may mean the server as well, whose address stands elsewhere.
    fail(
      "the address for which packets arrive stands after `at`", at: restSpan,
      help: "that is where a box before the gateway sends them; the server's address stands in `server`",
      fixes: fix(tree.span(next), "at", isCertain: false))
    return true
  }

  /// Whether there is at most one address of each family; reports the second otherwise.
  private mutating func areOfDifferentFamilies(_ addresses: [Located<IPAddress>]) -> Bool {
    guard addresses.count > 1 else { return true }
    for (position, address) in addresses.enumerated() {
      if let first = addresses[..<position].first(where: { $0.value.family == address.value.family }) {
        fail(
          "two \(address.value.family.title) addresses stand here, and at most one is possible",
          code: "address-family-mismatch", at: address.span,
          related: [Label(first.span, "the first")],
          help: "write one publication for each address")
        return false
      }
    }
    return true
  }

  /// One of a few words. Several words make one value when the language spells it so (`explicit required`).
  mutating func choice<Value>(_ choices: Choices<Value>) -> Located<Value>? {
    if !failed, let (value, words) = choices.find(tree, index..<tokens.upperBound) {
      index += words
      return Located(value, tree.span(index - words..<index))
    }
    let all = failed ? [] : choices.words
    let names = listed(choices.words)
    guard let word = word(choices.title == names ? names : "\(choices.title): \(names)") else { return nil }
    if all.contains(where: { $0.hasPrefix(word.value + " ") }), let next, next.kind == .word {
      let rest = all.compactMap { $0.hasPrefix(word.value + " ") ? String($0.dropFirst(word.value.count + 1)) : nil }
      let follower = tree.text(next)
      unknownValue(
        Located(follower, tree.span(next)), "what follows `\(word.value)`", rest, Meant.choice(follower, of: rest))
    } else {
      let meant =
        choices.takesVersion
        ? Meant.program(word.value, of: choices.words, choices.otherWords) : Meant.choice(word.value, of: all)
      unknownValue(word, choices.title, all, meant)
    }
    return nil
  }

  /// Reports a word that is none of the possible ones, with the nearest of them.
  mutating func unknownValue(_ word: Located<String>, _ what: String, _ all: [String], _ meant: Meant.Word?) {
    if let meant {
      // What follows may be said already: `required explicit`.
      var end = index
      let parts = meant.text.split(separator: " ")
      while end < tokens.upperBound,
        parts.contains(Substring(tree.text(tree.token(end))))
          || tree.token(end).kind == .comma && end + 1 < tokens.upperBound
            && parts.contains(Substring(tree.text(tree.token(end + 1))))
      { end += 1 }
      let place = end > index ? word.span.joined(with: tree.span(index..<end)) : word.span
      fail(
        "`\(word.value)` is not \(what)", code: "unknown-value", at: place,
        help: meant.isCertain ? "write `\(meant.text)`" : "did you mean `\(meant.text)`? It is one of \(listed(all))",
        fixes: fix(place, meant.text, isCertain: meant.isCertain))
      return
    }
    let words = all.compactMap { $0.contains(" ") ? $0.split(separator: " ").first.map(String.init) : nil }
    let nearest = nearest(to: word.value, among: all + words)
    fail(
      "`\(word.value)` is not \(what)", code: "unknown-value", at: word.span,
      help: nearest.map { "did you mean `\($0)`?" } ?? "it is one of \(listed(all))",
      fixes: nearest.map { [.replace(word.span, with: $0, "write `\($0)`", .unsafe)] } ?? [])
  }

  /// `on` or `off`.
  mutating func toggle() -> Bool? { choice(toggles).map { $0.value == .on } }
}

private func isRangeByte(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || byte == 0x2D }

private enum Toggle: String, CaseIterable {
  case on, off
}

private let toggles = Choices<Toggle>(PublishWord.helper)

extension IPv6Address {
  /// The IPv4 address that it stands for, where it is mapped.
  var mapped: IPAddress? { value >> 32 == 0xFFFF ? IPAddress(family: .ipv4, value: value & 0xFFFF_FFFF) : nil }
}

/// `a`, `b` or `c` in backticks.
func listed(_ words: [String]) -> String {
  let quoted = words.map { "`\($0)`" }
  guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
  return quoted.dropLast().joined(separator: ", ") + " or " + last
}

/// A decimal number of at most nine digits, without sign.
func decimal(_ text: some Collection<UInt8>) -> UInt32? {
  guard (1...9).contains(text.count) else { return nil }
  var value: UInt32 = 0
  for byte in text {
    guard (0x30...0x39).contains(byte) else { return nil }
    value = value * 10 + UInt32(byte - 0x30)
  }
  return value
}

/// Whether a text is a name of the language.
package func isName(_ text: some Collection<UInt8>) -> Bool {
  guard text.count <= 48, let first = text.first, (0x61...0x7A).contains(first) else { return false }
  return text.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
}
