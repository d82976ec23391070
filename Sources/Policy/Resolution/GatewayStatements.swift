import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `gateway` block.
let gatewayForms = StatementForms<GatewayWord, Gateway> { word in
  switch word {
  case .outside:
    StatementForm {
      $0.interfaces()
    } set: {
      $0.outside = $1.value
    }
  case .inside:
    StatementForm {
      $0.interfaces()
    } set: {
      $0.inside = $1.value
    }
  case .platform:
    StatementForm {
      $0.platform()
    } set: {
      $0.platform = $1.value
    }
  case .externalIP:
    StatementForm {
      $0.externalAddresses()
    } set: {
      $0.externalAddresses = $1.value
    }
  case .behind:
    StatementForm {
      $0.reference(.gateway)
    } set: {
      $0.behind = $1
    }
  case .mark:
    StatementForm {
      $0.mark()
    } set: {
      $0.mark = $1.value
    }
  case .accessList:
    StatementForm {
      $0.givenName()
    } set: {
      $0.inputs.accessList = $1.value
    }
  case .externalIs:
    StatementForm {
      $0.choice(interfaceWord)
    } set: {
      $0.inputs.externalIsInterface = $1.span
    }
  case .unitOutside:
    StatementForm {
      $0.givenName()
    } set: {
      $0.inputs.unitOutside = $1.value
    }
  case .unitInside:
    StatementForm {
      $0.givenName()
    } set: {
      $0.inputs.unitInside = $1.value
    }
  case .before:
    StatementForm {
      $0.givenName()
    } set: {
      $0.inputs.before = $1.value
    }
  case .numbers:
    StatementForm {
      $0.numberRange()
    } set: {
      $0.inputs.numbers = $1.value
    }
  case .helperScope:
    StatementForm {
      $0.choice(helperScopes)
    } set: {
      $0.inputs.helperScope = $1.value
    }
  }
}

private let helperScopes = Choices<HelperScope>(GatewayWord.helperScope)
private let interfaceWord = Choices(GatewayWord.externalIs.facts.value, [("interface", true)])

extension StatementReader {
  /// Names of network interfaces, or of what a platform has in their place.
  mutating func interfaces() -> [Located<String>]? {
    list { reader in
      guard let name = reader.givenName() else { return nil }
      if IPAddress(name.value) != nil {
        reader.fail(
          "`\(name.value)` is an address, and an interface is wanted", code: "invalid-interface", at: name.span,
          help: "write its name, for example `eth0`; `ip -brief address` shows which one has this address")
        return nil
      }
      return name
    }
  }
}

extension StatementReader {
  /// What something is called on a device, in quotes or as one word: 1 to 128 characters, without control characters.
  mutating func givenName() -> Located<String>? {
    let what = wanted
    let quoted = accept(.string).map { Located(tree.stringValue($0), tree.span($0)) }
    guard let name = quoted ?? word(what) else { return nil }
    let isTrimmed = name.value.first?.isWhitespace == false && name.value.last?.isWhitespace == false
    if (1...128).contains(name.value.count), isTrimmed,
      name.value.unicodeScalars.allSatisfy({ !isInvisible($0) && $0 != "`" })
    {
      return name
    }
    fail(
      "this is not \(what)", code: "invalid-interface", at: name.span,
      help: "write 1 to 128 characters in quotes, as the device has them; no backtick, and no blank at either end")
    return nil
  }

  /// `LOW-HIGH`, of numbers that a device gives to rules.
  mutating func numberRange() -> Located<ClosedRange<UInt32>>? {
    let what = wanted
    guard let word = token("\(what) such as `9001-9010`") else { return nil }
    let ends = tree.read(word.value) { bytes -> [UInt32?] in
      bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map { decimal($0) }
    }
    guard let low = ends.first, let low, let high = ends.last, let high, ends.count <= 2, low > 0 else {
      fail(
        "`\(tree.text(word.value))` is not \(what)", code: "invalid-number", at: word.span,
        help: "write it as `low-high`, for example `9001-9010`, of numbers from 1 to 999999999")
      return nil
    }
    guard low <= high else {
      fail(
        "\(what) `\(tree.text(word.value))` is reversed", code: "range-reversed", at: word.span,
        fixes: [.replace(word.span, with: "\(high)-\(low)", "swap the ends")])
      return nil
    }
    return Located(low...high, word.span)
  }

  /// One bit of the connection mark, in hexadecimal.
  mutating func mark() -> Located<UInt32>? {
    let what = wanted
    guard let word = token("\(what) such as `0x10000`") else { return nil }
    let text = tree.text(word.value)
    let isHex = text.lowercased().hasPrefix("0x")
    if isHex, let value = UInt32(text.dropFirst(2), radix: 16), value.nonzeroBitCount == 1 {
      return Located(value, word.span)
    }
    let meant = (isHex ? nil : UInt32(text)).flatMap { $0.nonzeroBitCount == 1 ? "0x" + String($0, radix: 16) : nil }
    fail(
      "`\(text)` is not one bit of a mark", code: "invalid-number", at: word.span,
      help: "write one of 32 bits in hexadecimal, from `0x1` to `0x80000000`, such as `0x10000`",
      fixes: meant.map { fix(word.span, $0, isCertain: true) } ?? [])
    return nil
  }

  /// `NAME [VERSION]`. Which platforms there are is not known here.
  mutating func platform() -> PlatformChoice? {
    let wanted = wanted
    guard let name = word(wanted) else { return nil }
    guard !isAtEnd else { return PlatformChoice(name: name) }
    return word("a version").map { PlatformChoice(name: name, version: $0) }
  }
}

/// Whether a character is a control character, or one that nobody sees.
private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
  default: false
  }
}

extension Gateway {
  /// The interfaces that Linux could not have; nothing of a gateway whose platform says what is right there.
  var impossibleInterfaces: [Diagnostic] {
    guard platform == nil, !unreadable.contains(.platform) else { return [] }
    return (outside + inside).filter { !isInterfaceName($0.value) }.map(invalidInterface)
  }
}

/// The error about a name that no interface of Linux has.
private func invalidInterface(_ name: Located<String>) -> Diagnostic {
  .error(
    "invalid-interface", "`\(name.value)` is not the name of an interface", at: name.span,
    help: "a name has 1 to 15 characters, without `/`, `:`, `*`, quotes and spaces")
}

/// Whether the kernel could give an interface that name: at most 15 bytes (`IFNAMSIZ` in `linux/if.h`, `dev_valid_name`
/// in `net/core/dev.c`); `*` is left out because nft takes it for a wildcard, quotes and backslash because nft cannot
/// write them.
package func isInterfaceName(_ name: String) -> Bool {
  guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
  return name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("/:*\"\\".utf8).contains($0) }
}
