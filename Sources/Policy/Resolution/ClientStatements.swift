import Addressing
import Diagnostics
import PolicySyntax

/// What `allow`, `deny` and `clients` list.
private let clientValue = PublishWord.allow.facts.value

extension StatementReader {
  /// Client names, addresses and prefixes.
  mutating func clientTerms() -> [ClientTerm]? {
    if !failed, isAtEnd, let block, index > tokens.lowerBound {
      fail(
        "`\(keyword)` takes a list, not a block", at: tree.span(tree.token(block.open)),
        help: "write the clients after `\(keyword)`, separated by `,`", fixes: listFix(of: block))
      return nil
    }
    let terms = list { $0.clientTerm() }
    guard !failed, let next, next.kind == .word, !beginsStatement else { return terms }
    let isJoiner = ["and", "or", "und", "&", "+"].contains(nextText)
    if isJoiner {
      fail("items of a list are separated by `,`", fixes: [FixIt("write `,`", .safe, [TextEdit(nextSpan, ",")])])
    } else if let length = Meant.prefixLength(ofNetmask: nextText) {
      // A list of the two would be two single addresses.
      let mask = SourceSpan(file: tree.file, Int(tree.token(index - 1).end)..<nextSpan.range.upperBound)
      fail(
        "the length of a prefix is written after its address, not a netmask", code: "invalid-address", at: nextSpan,
        help: "write `/\(length)` after the address",
        fixes: [.replace(mask, with: "/\(length)", "write the length", .unsafe)])
    } else if tree.read(next, { addressAndPrefix($0) != nil }) {
      fail(
        "items of a list are separated by `,`", fixes: [FixIt("write `,`", .safe, [TextEdit(insertionPoint, ", ")])])
    } else {
      fail(
        "expected `,` or the end of the statement, found `\(nextText)`",
        help: "a list has names, addresses and prefixes, separated by `,`; who is kept out stands in `deny`")
    }
    return nil
  }

  private mutating func clientTerm() -> ClientTerm? {
    if let any = accept("any") { return ClientTerm(.any, any) }
    // No word that means something else begins as addresses do, and none of them is meant where a list has its name.
    if !failed, let next, next.kind == .word, !tree.read(next, { (0x30...0x39).contains($0.first ?? 0x30) }),
      names.find(nextText, .clients) == nil
    {
      if Meant.isEveryone(nextText) {
        fail(
          .error(
            "unknown-name", "every client is called `any`, not `\(nextText)`", at: nextSpan,
            fixes: fix(nextSpan, "any")
          ).from(.undeclaredName))
        return nil
      }
      if reportsMeantClients(next) { return nil }
    }
    if let next, next.kind == .word, tree.read(next, isName) {
      let span = tree.span(next)
      return reference(.clients).map { ClientTerm(.list($0), span) }
    }
    guard let word = token(clientValue) else { return nil }
    guard let (address, prefix) = tree.read(word.value, addressAndPrefix) else {
      let text = tree.text(word.value)
      if names.isUnread(text) {
        failSilently()
        return nil
      }
      let meant = Meant.clients(text)
      fail(
        "`\(text)` is not \(clientValue)", code: "invalid-address", at: word.span,
        help: meant?.reason ?? (text.contains(".") ? "names of hosts are not resolved: write their addresses" : nil),
        fixes: meant?.replacement.map { fix(word.span, $0, isCertain: meant?.isCertain ?? false) } ?? [])
      return nil
    }
    if case .v6(let six) = address, let four = six.mapped, prefix.length >= 96 {
      failMapped(prefix.length == 128 ? "\(four)" : "\(four)/\(prefix.length - 96)", at: word.span, "invalid-address")
      return nil
    }
    guard prefix.isCanonical else {
      fail(
        "`\(tree.text(word.value))` has bits set after its prefix length", code: "prefix-host-bits", at: word.span,
        fixes: [
          .replace(word.span, with: "\(prefix.canonical)", "write the network", .unsafe),
          .replace(word.span, with: "\(address)", "write the one address", .unsafe),
        ])
      return nil
    }
    return ClientTerm(.prefix(prefix), word.span)
  }

  /// Reports words before clients that say nothing here, and words for no clients. Returns whether there are any.
  private mutating func reportsMeantClients(_ next: Token) -> Bool {
    let hasMore = index + 1 < tokens.upperBound && tree.token(index + 1).kind == .word
    switch nextText {
    case "from", "only", "host", "hosts", "net", "network", "ip", "clients", "to", "for":
      guard hasMore else { return false }
      let word = SourceSpan(
        file: tree.file, nextSpan.range.lowerBound..<tree.span(tree.token(index + 1)).range.lowerBound)
      fail(
        "clients stand after `\(keyword)` without `\(nextText)`", fixes: [.replace(word, with: "", "remove it")])
    case "not", "except", "no", "but":
      guard hasMore else { return false }
      fail("a list has no exceptions", help: "who is kept out stands in `deny`")
    case "none", "nobody":
      fail(
        "a list is never empty",
        help: "whoever is not in `allow` is kept out; leave the publication out if nobody may use it")
    case "localhost":
      fail("names of hosts are not resolved", help: "write the address, for example `127.0.0.1`")
    case let text where text.hasPrefix("@") && names.find(String(text.dropFirst()), .clients) != nil:
      fail("a list is named without `@`", fixes: fix(nextSpan, String(text.dropFirst())))
    default: return false
    }
    return true
  }
}

/// `ADDRESS` or `ADDRESS/LENGTH`.
func addressAndPrefix(_ bytes: TokenBytes) -> (IPAddress, Prefix)? {
  let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
  let length = slash.map { decimal(bytes[($0 + 1)...]).map { Int($0) } ?? -1 }
  guard let address = IPAddress(bytes[..<(slash ?? bytes.endIndex)]),
    let prefix = Prefix(address, length: length ?? address.family.bits)
  else { return nil }
  return (address, prefix)
}
