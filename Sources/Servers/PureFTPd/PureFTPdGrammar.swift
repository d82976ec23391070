import Diagnostics
import Policy

/// What may stand after the name of an option of Pure-FTPd.
enum PureFTPdShape {
  /// `yes on true 1`, `no off false 0`.
  case flag
  /// Decimal numbers with white space between them; as many as one of the counts says.
  case numbers([Int])
  /// Two decimal numbers with a colon between them.
  case colonPair
  /// Visible characters.
  case word
  /// Letters and digits.
  case alphanumeric
  /// Anything up to the end of the line; quotation marks have no meaning.
  case text
  /// Two words, each of them quoted or not.
  case twoTexts
}

/// The options of `pure-ftpd.conf` (table of its source, 1.0.50; builds with LDAP, MySQL, PostgreSQL and Bonjour
/// have four more, which are taken as known).
enum PureFTPdGrammar {
  static let flags = [
    "AllowAnonymousFXP", "AllowDotFiles", "AllowUserFXP", "AnonymousCanCreateDirs", "AnonymousCantUpload",
    "AnonymousOnly",
    "AntiWarez", "AutoRename", "BrokenClientsCompatibility", "ChrootEveryone", "CreateHomeDir", "CustomerProof",
    "Daemonize",
    "DisplayDotFiles", "DontResolve", "IPV4Only", "IPV6Only", "KeepAllFiles", "PAMAuthentication",
    "UnixAuthentication",
    "LogPID", "NATmode", "NoAnonymous", "NoChmod", "NoRename", "NoTruncate", "ProhibitDotFilesWrite",
    "ProhibitDotFilesRead", "CallUploadScript", "VerboseLog",
  ]

  /// The options that are no flags.
  static let valued: [(name: String, shape: PureFTPdShape)] = [
    ("AltLog", .text), ("AnonymousBandwidth", .numbers([2, 1])), ("AnonymousRatio", .numbers([2])), ("Bind", .word),
    ("Bonjour", .word), ("CertFileAndKey", .twoTexts), ("CertFile", .text), ("ExtCert", .text),
    ("ForcePassiveIP", .word),
    ("FortunesFile", .text), ("LimitRecursion", .numbers([2])), ("ExtAuth", .text), ("LDAPConfigFile", .text),
    ("MySQLConfigFile", .text), ("PGSQLConfigFile", .text), ("PureDB", .text), ("MaxClientsNumber", .numbers([1])),
    ("MaxClientsPerIP", .numbers([1])), ("MaxDiskUsage", .numbers([1])), ("MaxIdleTime", .numbers([1])),
    ("MaxLoad", .numbers([1])), ("MinUID", .numbers([1])), ("PassivePortRange", .numbers([2])),
    ("PerUserLimits", .colonPair), ("PIDFile", .text), ("Quota", .colonPair), ("SyslogFacility", .alphanumeric),
    ("TLSCipherSuite", .word), ("TLS", .numbers([1])), ("TrustedGID", .numbers([1])), ("TrustedIP", .word),
    ("Umask", .colonPair), ("UserBandwidth", .numbers([2, 1])), ("UserRatio", .numbers([2])),
  ]

  /// The options of which only builds with a database know, and the database.
  static let databases = ["LDAPConfigFile": "LDAP", "MySQLConfigFile": "MySQL", "PGSQLConfigFile": "PostgreSQL"]

  /// Every option by its name in lower case.
  static let shapes: [String: (name: String, shape: PureFTPdShape)] = {
    let all = flags.map { (name: $0, shape: PureFTPdShape.flag) } + valued + [(name: "Include", shape: .text)]
    return Dictionary(all.map { ($0.name.lowercased(), $0) }) { first, _ in first }
  }()

  /// `true` and `false` in the spellings of the program.
  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "on", "true", "1": true
    case "no", "off", "false", "0": false
    default: nil
    }
  }
}

/// One option with its values, from a line of the file or from a file of Debian's folder.
struct PureFTPdOption {
  /// As the program's table spells it.
  var name: String
  var values: [Located<String>]
  /// The whole option.
  var span: SourceSpan
}

/// Why a line is no option.
struct PureFTPdMistake: Error {
  var message: String
  var span: SourceSpan
  var help: String?
}

extension PureFTPdGrammar {
  /// The option on a line; `nil` for a comment, an empty line, or a flag that is not set.
  static func option(_ line: ConfigurationLine) throws(PureFTPdMistake) -> PureFTPdOption? {
    let bytes = line.bytes.trimmed
    guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
    let nameEnd = bytes.firstIndex { $0.isBlank || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
    let name = line.word(bytes[bytes.startIndex..<(nameEnd ?? bytes.endIndex)])
    guard let entry = shapes[name.value.lowercased()] else {
      let known = nearest(to: name.value, among: shapes.values.map(\.name).sorted())
      throw PureFTPdMistake(
        message: "Pure-FTPd does not start: there is no option `\(name.value)`", span: name.span,
        help: known.map { "did you mean `\($0)`?" })
    }
    var rest = bytes[(nameEnd ?? bytes.endIndex)...].drop(while: \.isBlank)
    if let separator = rest.first, separator == UInt8(ascii: "=") || separator == UInt8(ascii: ":") {
      rest = rest.dropFirst().drop(while: \.isBlank)
    }
    guard let start = rest.first, start != UInt8(ascii: "="), start != UInt8(ascii: ":") else {
      throw PureFTPdMistake(
        message: "Pure-FTPd does not start: `\(entry.name)` has no value that it understands", span: line.span(bytes))
    }
    guard let values = values(rest, entry.shape, line) else {
      throw PureFTPdMistake(
        message: "Pure-FTPd does not start: `\(line.word(rest).value)` is no value for `\(entry.name)`",
        span: line.span(rest), help: help(rest, entry))
    }
    return PureFTPdOption(name: entry.name, values: values, span: line.span(bytes))
  }

  private static func help(_ rest: ArraySlice<UInt8>, _ entry: (name: String, shape: PureFTPdShape)) -> String? {
    if rest.contains(UInt8(ascii: "#")) { return "a comment needs a line of its own" }
    switch entry.shape {
    case .numbers([2]) where rest.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }):
      return "write the two numbers with a blank between them"
    case .numbers([2]): return "write two numbers with a blank between them"
    case .numbers: return "write a number"
    case .colonPair: return "write two numbers with a colon between them"
    case .flag: return "write `yes` or `no`"
    default: return nil
    }
  }

  private static func values(
    _ bytes: ArraySlice<UInt8>, _ shape: PureFTPdShape, _ line: ConfigurationLine
  ) -> [Located<String>]? {
    let words = bytes.split(whereSeparator: \.isBlank)
    switch shape {
    case .flag:
      let word = line.word(bytes)
      return flag(word.value).map { _ in [word] }
    case .numbers(let counts):
      guard counts.contains(words.count), words.allSatisfy({ $0.allSatisfy(\.isDigit) }) else { return nil }
      return words.map(line.word)
    case .colonPair:
      let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }) else { return nil }
      return parts.map(line.word)
    case .word: return bytes.allSatisfy(\.isGraphic) ? [line.word(bytes)] : nil
    case .alphanumeric:
      let isPlain = bytes.allSatisfy { $0.isDigit || (0x61...0x7A).contains($0 | 0x20) }
      return isPlain ? [line.word(bytes)] : nil
    case .text: return bytes.allSatisfy(\.isPrintable) ? [line.word(bytes)] : nil
    case .twoTexts: return twoTexts(bytes, line)
    }
  }

  private static func twoTexts(_ bytes: ArraySlice<UInt8>, _ line: ConfigurationLine) -> [Located<String>]? {
    var values: [Located<String>] = []
    var rest = bytes
    while let first = rest.first {
      guard values.count < 2 else { return nil }
      let quote = UInt8(ascii: "\"")
      let body = first == quote ? rest.dropFirst() : rest
      let end = body.firstIndex { first == quote ? $0 == quote || !$0.isPrintable : !$0.isGraphic } ?? body.endIndex
      let value = body[..<end].trimmed
      rest = body[end...]
      if first == quote {
        guard rest.first == quote else { return nil }
        rest = rest.dropFirst()
      }
      guard !value.isEmpty, rest.first.map(\.isBlank) ?? true else { return nil }
      values.append(line.word(value))
      rest = rest.drop(while: \.isBlank)
    }
    return values.count == 2 ? values : nil
  }
}
