import Addressing
import Diagnostics
import Policy

/// What the program says to the values of the directives that decide about sessions (measured: 1.3.8).
enum ProftpdValues {
  /// Where a directive may stand: letters for the server config, `<VirtualHost>`, `<Global>`, `<Anonymous>`.
  private static let contexts: [String: String] = [
    "port": "svg", "passiveports": "svg", "masqueradeaddress": "svg", "tlsmasqueradeaddress": "sv",
    "tlsengine": "svg",
    "tlsrequired": "svga", "tlsoptions": "svg", "tlsprotocol": "svg", "allowforeignaddress": "svga",
    "maxclients": "svga",
    "maxclientsperhost": "svga", "maxinstances": "s", "rootrevoke": "svga", "useipv6": "s", "defaultaddress": "s",
    "socketbindtight": "s", "servertype": "s", "sftpengine": "svg", "defaultserver": "sv", "usereversedns": "s",
    "tlsrsacertificatefile": "svg", "tlsrsacertificatekeyfile": "svg",
    "tlseccertificatefile": "svg", "tlseccertificatekeyfile": "svg",
    "maxconnectionsperhost": "svg", "maxhostsperuser": "svga", "maxclientsperuser": "svga", "maxloginattempts": "svg",
    "tlsciphersuite": "svg",
  ]

  static let tlsOptions: Set = [
    "AllowClientRenegotiation", "AllowClientRenegotiations", "AllowDotLogin", "AllowPerUser", "AllowWeakDH",
    "AllowWeakSecurity", "CommonNameRequired", "dNSNameRequired", "iPAddressRequired", "EnableDiags",
    "ExportCertData",
    "IgnoreSNI", "NoAutoECDH", "NoEmptyFragments", "NoSessionReuseRequired", "StdEnvVars", "UseImplicitSSL",
  ]

  /// What `TLSRequired` takes besides `on` and `off`.
  static let required: Set = [
    "ctrl", "control", "data", "auth", "auth+data", "ctrl+data", "both", "!data", "ctrl+!data", "auth+!data",
  ]

  private static let protocols: Set = ["all", "sslv3", "sslv23", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3"]

  /// `true` and `false` in the spellings of the program.
  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "on", "yes", "true", "1": true
    case "off", "no", "false", "0": false
    default: nil
    }
  }

  /// A number as `atoi` takes it.
  static func number(_ text: String) -> Int {
    var digits = text.utf8.drop(while: \.isBlank)
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    let value = Int(String(decoding: digits.prefix(while: \.isDigit).prefix(18), as: UTF8.self)) ?? 0
    return isNegative ? -value : value
  }

  /// A limit: `none` or a number of at least 1; `nil` for anything else.
  static func limit(_ text: String) -> Int?? {
    if text.lowercased() == "none" { return .some(nil) }
    guard text.utf8.allSatisfy(\.isDigit), let count = Int(text), count > 0 else { return nil }
    return .some(count)
  }

  /// Whether a directive, by its name in lower case, decides about sessions.
  static func decides(_ key: String) -> Bool { contexts[key] != nil }

  /// - Parameter section: the key of the innermost section.
  static func check(_ line: ProftpdLine, in section: String) throws(ProftpdMistake) {
    guard let allowed = contexts[line.key] else { return }
    let letter = ["": "s", "virtualhost": "v", "global": "g", "anonymous": "a"][section]
    let isRuntime = section.hasPrefix("if") && section != "ifmodule"
    guard isRuntime || letter.map({ allowed.contains($0) }) ?? false else {
      throw ProftpdMistake(
        message: "`\(line.name.value)` is not allowed "
          + (section.isEmpty ? "in the server config" : "in `<\(section)>`"),
        span: line.span)
    }
    let words = line.arguments.map(\.value)
    guard let first = words.first, !first.isEmpty else {
      throw ProftpdMistake(message: "`\(line.name.value)` wants a value", span: line.span)
    }
    if line.isOpen { return }
    if let reason = reason(line.key, first, words) {
      let span = line.arguments.first.map { $0.span.joined(with: line.arguments.last?.span ?? $0.span) } ?? line.span
      throw ProftpdMistake(message: reason, span: span)
    }
  }

  private static func reason(_ key: String, _ first: String, _ words: [String]) -> String? {
    switch key {
    case "port":
      return (0...65535).contains(number(first)) ? nil : "`\(first)` is not between 0 and 65535"
    case "passiveports":
      guard words.count > 1 else { return "`PassivePorts` wants two ports" }
      let (low, high) = (number(words[0]), number(words[1]))
      guard (1024...65535).contains(low), (1024...65535).contains(high) else {
        return "the ports of `PassivePorts` have to be between 1024 and 65535"
      }
      return low < high ? nil : "the first port of `PassivePorts` has to be less than the second"
    case "tlsengine", "rootrevoke", "defaultserver", "sftpengine", "useipv6", "usereversedns", "socketbindtight":
      return flag(first) == nil ? "`\(first)` is neither `on` nor `off`" : nil
    case "tlsrequired":
      return flag(first) == nil && !required.contains(first) ? "`\(first)` is no value of `TLSRequired`" : nil
    case "tlsoptions": return words.first { !tlsOptions.contains($0) }.map { "there is no TLS option `\($0)`" }
    case "tlsprotocol":
      let bare = { (word: String) in word.lowercased().drop { $0 == "-" } }
      let isList = first.lowercased() == "all"
      return words.first { !protocols.contains(String(isList ? bare($0) : $0.lowercased()[...])) }
        .map { "there is no protocol `\($0)`" }
    case "servertype":
      return ["inetd", "standalone"].contains(first.lowercased())
        ? nil : "`\(first)` is neither `standalone` nor `inetd`"
    case "tlsciphersuite":
      let list = words.last ?? first
      return CipherList.outcome(list) == .nothing ? "`\(list)` leaves no cipher" : nil
    case "maxclients", "maxclientsperhost", "maxinstances", "maxconnectionsperhost", "maxhostsperuser",
      "maxclientsperuser", "maxloginattempts":
      return limit(first) == nil ? "`\(first)` is neither `none` nor a number of at least 1" : nil
    default: return nil
    }
  }
}

extension ProftpdValues {
  /// The versions that `TLSProtocol` leaves, in capitals; `SSLv23` and `ALL` are all of them.
  static func protocols(_ line: ProftpdLine) -> Set<String> {
    let every: Set = ["SSLV3", "TLSV1", "TLSV1.1", "TLSV1.2", "TLSV1.3"]
    var left: Set<String> = []
    for word in line.arguments.map({ $0.value.uppercased() }) {
      let name = word.hasPrefix("+") || word.hasPrefix("-") ? String(word.dropFirst()) : word
      let names = ["ALL", "SSLV23"].contains(name) ? every : [name]
      if word.hasPrefix("-") { left.subtract(names) } else { left.formUnion(names) }
    }
    return left
  }

  /// Whether a filter lets through what every session sends: names, `TLS`, `0`, `P`, and nothing at all.
  static func isHarmless(_ line: ProftpdLine) -> Bool {
    let pattern = line.arguments.first?.value ?? ""
    if line.key == "allowfilter" { return ["", ".*", "^.*$"].contains(pattern) }
    guard !pattern.contains(where: { "|?[({".contains($0) }) else { return false }
    // One character that has to be there and is in none of these is enough.
    let characters = Array(pattern)
    for (index, character) in characters.enumerated() {
      let isEscaped = index > 0 && characters[index - 1] == "\\"
      guard character == "/" || character == "%" || character == "*" && isEscaped else { continue }
      if index + 1 == characters.count || characters[index + 1] != "*" { return true }
    }
    return false
  }
}
