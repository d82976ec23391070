import PolicySyntax

/// The last strings that were read. Many servers name the same certificate, and then have one string for it.
struct RecentStrings {
  /// What stands in the text, and what it says.
  private var strings: [(bytes: [UInt8], value: String)] = []
  /// The position of the next one, which takes the place of the oldest.
  private var next = 0

  private static let most = 4

  /// What a string token says.
  mutating func value(of token: Token, in tree: PolicyFileSyntax) -> String {
    let known = tree.read(token) { bytes in
      strings.first { $0.bytes.count == bytes.count && bytes.elementsEqual($0.bytes) }
    }
    if let known { return known.value }
    let string = (bytes: Array(tree.bytes(token)), value: tree.stringValue(token))
    if strings.count < Self.most { strings.append(string) } else { strings[next] = string }
    next = (next + 1) % Self.most
    return string.value
  }
}
