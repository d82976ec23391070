import Diagnostics
import Policy

/// The flags of `pure-ftpd` (`--help` of 1.0.50) and the options of `pure-ftpd.conf` that they are; the program turns
/// the latter into the former.
enum PureFTPdFlags {
  struct Flag {
    var short: Character
    var long: String
    /// As `pure-ftpd.conf` has it; empty for a flag that has no part in the audit.
    var option: String
    var takesValue: Bool
  }

  private static let table = """
    0 notruncate NoTruncate|1 logpid LogPID|2 certfile= CertFile|3 extcert= ExtCert|4 ipv4only IPV4Only|\
    6 ipv6only IPV6Only|A chrooteveryone ChrootEveryone|a trustedgid= TrustedGID|b brokenclientscompatibility \
    BrokenClientsCompatibility|B daemonize Daemonize|C maxclientsperip= MaxClientsPerIP|c maxclientsnumber= \
    MaxClientsNumber|d verboselog VerboseLog|D displaydotfiles DisplayDotFiles|e anonymousonly AnonymousOnly|\
    E noanonymous NoAnonymous|f syslogfacility= SyslogFacility|F fortunesfile= FortunesFile|g pidfile= PIDFile|\
    G norename NoRename|h help -|H dontresolve DontResolve|I maxidletime= MaxIdleTime|i anonymouscantupload \
    AnonymousCantUpload|j createhomedir CreateHomeDir|K keepallfiles KeepAllFiles|k maxdiskusagepct= MaxDiskUsage|\
    l login= -|L limitrecursion= LimitRecursion|M anonymouscancreatedirs AnonymousCanCreateDirs|m maxload= MaxLoad|\
    N natmode NATmode|n quota= Quota|o uploadscript CallUploadScript|O altlog= AltLog|p passiveportrange= \
    PassivePortRange|P forcepassiveip= ForcePassiveIP|q anonymousratio= AnonymousRatio|Q userratio= UserRatio|\
    r autorename AutoRename|R nochmod NoChmod|s antiwarez AntiWarez|S bind= Bind|t anonymousbandwidth= \
    AnonymousBandwidth|T userbandwidth= UserBandwidth|U umask= Umask|u minuid= MinUID|v bonjour= Bonjour|V trustedip= \
    TrustedIP|w allowuserfxp AllowUserFXP|W allowanonymousfxp AllowAnonymousFXP|x prohibitdotfileswrite \
    ProhibitDotFilesWrite|X prohibitdotfilesread ProhibitDotFilesRead|y peruserlimits= PerUserLimits|Y tls= TLS|\
    J tlsciphersuite= TLSCipherSuite|z allowdotfiles AllowDotFiles|Z customerproof CustomerProof
    """

  static let all: [Flag] = table.split(separator: "|").compactMap { entry in
    let words = entry.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 3, let short = words[0].first else { return nil }
    let takesValue = words[1].hasSuffix("=")
    return Flag(
      short: short, long: takesValue ? String(words[1].dropLast()) : words[1],
      option: words[2] == "-" ? "" : words[2],
      takesValue: takesValue)
  }

  private static let byShort = Dictionary(all.map { ($0.short, $0) }) { first, _ in first }
  private static let byOption = Dictionary(all.map { ($0.option, $0) }) { first, _ in first }

  // MARK: For help

  /// A flag to write, or one to remove.
  struct Step {
    var text: String
    var isRemoved = false
  }

  /// The flag for a line of `pure-ftpd.conf`.
  static func words(for line: String) -> Step? {
    let words = line.split(separator: " ").map(String.init)
    guard let name = words.first, let flag = byOption[name] else { return nil }
    guard flag.takesValue else { return Step(text: "-\(flag.short)", isRemoved: words.last == "no") }
    let separator = name == "PassivePortRange" ? ":" : ","
    return Step(text: "-\(flag.short) \(words.dropFirst().joined(separator: separator))")
  }

  // MARK: Reading

  /// Whether the next word is the value of this one.
  static func awaitsValue(_ word: String) -> Bool {
    if word.hasPrefix("--") { return all.contains { $0.takesValue && word == "--\($0.long)" } }
    guard word.hasPrefix("-"), word.count > 1 else { return false }
    let letters = word.dropFirst()
    let first = letters.firstIndex { byShort[$0]?.takesValue ?? false }
    return first.map { letters.index(after: $0) == letters.endIndex } ?? false
  }

  /// The options of a command line, in its order.
  static func options(_ arguments: [Located<String>], _ context: inout ReadingContext) -> [PureFTPdOption] {
    var options: [PureFTPdOption] = []
    var rest = arguments[...]
    while let word = rest.first {
      rest = rest.dropFirst()
      if word.value.hasPrefix("--"), word.value.count > 2 {
        long(word, &rest, &options, &context)
      } else if word.value.hasPrefix("-"), word.value.count > 1 {
        short(word, &rest, &options, &context)
      } else {
        context.refuse(
          "Pure-FTPd does not start: `\(word.value)` is no flag", at: word.span,
          help: "a configuration file stands alone after the name of the program")
      }
    }
    return options
  }

  /// `--name`, `--name=value` or `--name value`; a beginning that only one name has will do (`getopt_long`).
  private static func long(
    _ word: Located<String>, _ rest: inout ArraySlice<Located<String>>, _ options: inout [PureFTPdOption],
    _ context: inout ReadingContext
  ) {
    let parts = word.value.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    let name = parts.first ?? ""
    let matches = all.filter { $0.long == name }.first.map { [$0] } ?? all.filter { $0.long.hasPrefix(name) }
    guard let flag = matches.first, matches.count == 1 else {
      let known = nearest(to: name, among: all.map(\.long))
      return context.refuse(
        "Pure-FTPd does not start: there is no flag `--\(name)`", at: word.span,
        help: known.map { "did you mean `--\($0)`?" })
    }
    add(flag, parts.count == 2 ? Located(parts[1], word.span) : nil, word, &rest, &options, &context)
  }

  /// `-a`, several in one word, the last of which may have its value after it.
  private static func short(
    _ word: Located<String>, _ rest: inout ArraySlice<Located<String>>, _ options: inout [PureFTPdOption],
    _ context: inout ReadingContext
  ) {
    var letters = word.value.dropFirst()
    while let letter = letters.first {
      letters = letters.dropFirst()
      guard let flag = byShort[letter] else {
        return context.refuse("Pure-FTPd does not start: there is no flag `-\(letter)`", at: word.span)
      }
      let attached = flag.takesValue && !letters.isEmpty ? Located(String(letters), word.span) : nil
      add(flag, attached, word, &rest, &options, &context)
      if flag.takesValue { return }
    }
  }

  private static func add(
    _ flag: Flag, _ attached: Located<String>?, _ word: Located<String>, _ rest: inout ArraySlice<Located<String>>,
    _ options: inout [PureFTPdOption], _ context: inout ReadingContext
  ) {
    guard flag.takesValue else {
      if !flag.option.isEmpty {
        options.append(PureFTPdOption(name: flag.option, values: [Located("yes", word.span)], span: word.span))
      }
      return
    }
    guard let value = attached ?? rest.first else {
      return context.refuse("Pure-FTPd does not start: `-\(flag.short)` has no value", at: word.span)
    }
    if attached == nil { rest = rest.dropFirst() }
    guard flag.short != "l" else {
      if let option = method(value, word) { options.append(option) }
      return
    }
    guard !flag.option.isEmpty else { return }
    let isPair = flag.option == "PassivePortRange"
    let parts =
      isPair ? value.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init) : [value.value]
    let span = word.span.file == value.span.file ? word.span.joined(with: value.span) : value.span
    options.append(
      PureFTPdOption(name: flag.option, values: parts.map { Located($0, value.span) }, span: span))
  }

  /// The option that `-l METHOD:FILE` is; `nil` for methods without a file.
  private static func method(_ value: Located<String>, _ word: Located<String>) -> PureFTPdOption? {
    let parts = value.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let names = [
      "ldap": "LDAPConfigFile", "mysql": "MySQLConfigFile", "pgsql": "PGSQLConfigFile", "puredb": "PureDB",
    ]
    guard parts.count == 2, let path = parts.last, let name = parts.first.flatMap({ names[$0.lowercased()] }) else {
      return nil
    }
    let span = word.span.file == value.span.file ? word.span.joined(with: value.span) : value.span
    return PureFTPdOption(name: name, values: [Located(path, value.span)], span: span)
  }
}
