/// A list of ciphers as OpenSSL takes it, `ECDHE+AESGCM:!aNULL`. A list that leaves none is an error of the library,
/// and no session with TLS comes about (measured: OpenSSL 3.0).
enum CipherList {
  /// What a list leaves.
  enum Outcome {
    case some
    /// Nothing, whatever the version.
    case nothing
    /// Nothing that versions of today have in them, or what only some builds know.
    case doubtful
  }

  static func outcome(_ list: String) -> Outcome {
    var found = Outcome.nothing
    for word in list.split(whereSeparator: { ":,; ".contains($0) || $0.isWhitespace }) {
      guard let first = word.first, !"!-+@".contains(first) else {
        // Only this takes all away again for certain.
        if word == "!ALL" { return .nothing }
        continue
      }
      switch outcome(word: word) {
      case .some: found = .some
      case .doubtful: if found == .nothing { found = .doubtful }
      case .nothing: break
      }
    }
    return found
  }

  private static func outcome(word: Substring) -> Outcome {
    // All parts have to hold; a name that is not known makes the word say nothing.
    let outcomes = word.split(separator: "+").map(outcome(part:))
    if outcomes.contains(.nothing) || outcomes.isEmpty { return .nothing }
    return outcomes.contains(.doubtful) ? .doubtful : .some
  }

  private static func outcome(part: Substring) -> Outcome {
    if keywords.contains(String(part)) { return .some }
    if former.contains(String(part)) || part.contains("=") { return .doubtful }
    // The ciphers of TLS 1.3 have a list of their own; with `_WITH_` they are those of TLS 1.2 under their standard
    // names.
    if part.hasPrefix("TLS_") { return part.contains("_WITH_") ? .some : .doubtful }
    let pieces = part.split(separator: "-").map(String.init)
    guard pieces.count > 1, pieces.contains(where: pieceNames.contains) else { return .nothing }
    return pieces.contains(where: former.contains) || !pieces.allSatisfy(pieceNames.contains) ? .doubtful : .some
  }

  /// Words for groups (ciphers(1)).
  private static let keywords: Set = [
    "DEFAULT", "COMPLEMENTOFDEFAULT", "ALL", "COMPLEMENTOFALL", "HIGH", "aNULL", "eNULL", "NULL", "kRSA", "aRSA",
    "RSA",
    "kDHE", "kEDH", "DH", "DHE", "EDH", "ADH", "kEECDH", "kECDHE", "ECDH", "ECDHE", "EECDH", "AECDH", "aDSS", "DSS",
    "aECDSA",
    "ECDSA", "TLSv1.2", "TLSv1.0", "TLSv1", "SSLv3", "AES128", "AES256", "AES", "AESGCM", "AESCCM", "AESCCM8",
    "ARIA128",
    "ARIA256", "ARIA", "ARIAGCM", "CAMELLIA128", "CAMELLIA256", "CAMELLIA", "CHACHA20", "SHA1", "SHA", "SHA256",
    "SHA384",
    "PSK", "kPSK", "aPSK", "kECDHEPSK", "kDHEPSK", "kRSAPSK", "SUITEB128", "SUITEB128ONLY", "SUITEB192", "SRP",
    "aSRP", "kSRP",
    "CBC", "FIPS",
  ]
  /// Words and pieces that libraries of today have no cipher for.
  private static let former: Set = [
    "LOW", "MEDIUM", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "3DES", "DES", "RC4", "RC2", "IDEA", "SEED", "MD5",
    "SSLv2",
    "TLSv1.3", "kDHr", "kDHd", "kDH", "kECDHr", "kECDHe", "kECDH", "GOST", "GOST94", "GOST89MAC", "kGOST", "aGOST",
    "aECDH",
    "DES-CBC3-SHA", "CBC3", "KRB5", "FZA", "SYSTEM",
  ]
  /// What names of single ciphers are made of.
  private static let pieceNames: Set = [
    "ECDHE", "DHE", "EDH", "RSA", "ECDSA", "DSS", "PSK", "SRP", "ADH", "AECDH", "DH", "ECDH", "anon", "AES128",
    "AES256",
    "AES", "128", "256", "GCM", "CCM", "CCM8", "CBC", "SHA", "SHA256", "SHA384", "CHACHA20", "POLY1305",
    "CAMELLIA128",
    "CAMELLIA256", "ARIA128", "ARIA256", "NULL", "RC4", "MD5", "DES", "CBC3", "EXP", "SEED", "IDEA", "3DES", "NULL",
  ]
}
