import Addressing

/// Part of a script: words that stand in the source of this program, and between them names and numbers.
///
/// A text of any other origin cannot become one: what comes from a listing is written as a name, which is no command
/// whatever it holds, or between quotes.
package struct ScriptPhrase: ExpressibleByStringInterpolation {
  let text: String

  package init(stringLiteral value: StaticString) { text = value.description }

  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    package mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

    /// A name of a table or of an object in one, as `ScriptName.written` has it.
    package mutating func appendInterpolation(name: String) { text += ScriptName.written(name) }

    /// Words of nft with single spaces between them; a text that is anything else, like a name that is none.
    mutating func appendInterpolation(words: String) {
      let parts = words.split(separator: " ", omittingEmptySubsequences: false)
      text += parts.allSatisfy { ScriptName.isWord(String($0)) } ? words : ScriptName.quoted(words)
    }

    package mutating func appendInterpolation(_ number: some BinaryInteger) { text += String(number) }

    mutating func appendInterpolation(_ address: IPAddress) { text += address.description }

    /// One of the words of an enumeration.
    package mutating func appendInterpolation<Word: RawRepresentable<String>>(_ word: Word) { text += word.rawValue }
  }
}

/// A name that can stand in a command of nft and end none: what somebody else named, through JSON or netlink, may be
/// any text.
package struct ScriptName: Hashable, Sendable {
  package let text: String

  /// `nil` for a name that no command can hold.
  package init?(_ text: String) {
    guard text.utf8.allSatisfy(\.isInNames), let first = text.utf8.first, !(0x30...0x39).contains(first),
      first != UInt8(ascii: "-"), text.utf8.count <= Self.longest, !Self.words.contains(text)
    else { return nil }
    self.text = text
  }

  /// The text of a name or word: as it stands where nothing in it can end a command, otherwise between quotes, where
  /// nft takes no name, so that a script with it does not load.
  static func written(_ text: String) -> String {
    isWord(text) ? text : quoted(text)
  }

  fileprivate static func quoted(_ text: String) -> String { "\"\(ScriptWriter.quotable(text, limit: longest))\"" }

  /// Whether nothing in a text can end a command; nft may still take it for another word than a name.
  static func isWord(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(\.isInNames) }

  /// Bytes of a name at most (`NFT_NAME_MAXLEN`).
  static let longest = 255

  /// Words that nft 1.0.6 takes for no name of a chain (measured), and two that came later.
  private static let words = Set(
    """
    accept add ah all and arp auto-merge bridge cgroup chain comment comp constant continue counter cpu create ct day dccp
    define delete describe destroy device devices dnat drop dst dup dynamic ecn element elements eq esp ether exists expires
    export exthdr fib flags flow flowtable flush frag fwd gc-interval ge get goto gt handle hbh hook hour ibriport ibrname
    icmp icmpv6 igmp iif iifgroup iifname iiftype import include index inet insert interval ip ip6 ipsec jhash jump last le
    limit list log lt map mark masquerade meta meter mh missing monitor ne netdev nftrace not notrack numgen obriport
    obrname offload oif oifgroup oifname oiftype or osf pkttype policy position priority queue quota random redefine
    redirect reject rename replace reset return rt rt0 rt2 rtclassid rule ruleset sctp secmark set size skgid skuid snat
    socket srh symhash synproxy table tcp th time timeout tproxy type typeof udp udplite undefine update vlan vmap xor xt
    """.split { $0 == " " || $0 == "\n" }.map(String.init))
}

extension UInt8 {
  /// Whether it may stand in a name of ours: a letter, a digit, `_`, `.` or `-`.
  fileprivate var isInNames: Bool {
    (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) || self == 0x5F || self == 0x2E
      || self == 0x2D
  }
}
