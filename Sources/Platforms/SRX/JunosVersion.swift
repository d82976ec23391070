/// A release of Junos: `MAJOR.MINOR`, and for old ones of the SRX series what follows, such as `X49-D10`.
struct JunosVersion {
  let major: Int
  let minor: Int
  /// The number of a release of 15.1X49; `nil` for what is none, or says no number.
  private let maintenance: Int?

  /// The release that a text names; `nil` for a text that names none.
  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Self.number(parts[0]) else { return nil }
    let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
    guard let minor = Self.number(digits) else { return nil }
    let rest = parts[1].dropFirst(digits.count).uppercased()
    guard rest.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }) else {
      return nil
    }
    (self.major, self.minor) = (major, minor)
    let train = "X49-D"
    maintenance = rest.hasPrefix(train) ? Self.number(rest.dropFirst(train.count).prefix { $0.isNumber }) : nil
  }

  private static func number(_ digits: some StringProtocol) -> Int? {
    digits.count <= 4 && digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
  }

  /// Whether the text can be right for it. Junos 12.2 allows one destination port in a NAT rule and no range
  /// (documented); 15.1 is the next one of which anything is known.
  var isKnown: Bool { (major, minor) >= (15, 1) }

  /// Whether what is written is in the published schema of a release as old: 18.1R1 has ranges and protocols in
  /// destination NAT rules. Those between have no schema that could be read.
  var isDescribed: Bool { (major, minor) >= (18, 1) }

  /// Whether the FTP ALG lets the commands of TLS pass: from 15.1X49-D10 on (documented, JSA10706). Before, `AUTH` may
  /// be blocked. All releases from 16.1 on are younger.
  var letsTLSPass: Bool { major >= 16 || (maintenance ?? 0) >= 10 }
}
