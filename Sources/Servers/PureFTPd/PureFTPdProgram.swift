package import Addressing
package import Policy

/// Pure-FTPd (source and measurements: 1.0.50).
package enum PureFTPdProgram: ServerProgram {
  package static let name = "pure-ftpd"
  package static let title = "Pure-FTPd"
  package static var otherNames: [String] { ["pureftp", "pure"] }

  /// Implicit TLS is a build option (`--with-implicittls`) and then excludes explicit TLS (source).
  package static func gap(at mode: TLSMode) -> TLSGap? {
    guard mode == .implicit else { return nil }
    return TLSGap(
      "Pure-FTPd has no implicit TLS, except in special builds that have nothing else", instead: .explicitRequired)
  }
  package static var clearControl: ClearControlSupport { .always }
  /// Started as root (measured).
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { 20 }
  /// Its limit of clients is half the range, and half of one port is 0, which it takes for no limit (source).
  package static var singlePort: String? {
    "Pure-FTPd admits any number of clients when its passive range has one port"
  }
  package static func exhaustion(of range: PortRange) -> String {
    "Pure-FTPd admits half as many clients as the range has ports, \(range.count / 2), and does not say so"
  }
  /// Everything is a setting of the daemon (source).
  package static func isOfServer(_ subject: ServerSubject) -> Bool { subject != .program && subject != .addresses }
  package static func separation(of subject: ServerSubject) -> String? {
    "declare a second `server` for a second daemon with its own `Bind` port"
  }

  package static var emitters: [any ServerEmitter] {
    [PureFTPdConfEmitter(), PureFTPdDebianEmitter(), PureFTPdFlagsEmitter()]
  }
  package static var reader: (any ServerReader)? { PureFTPdReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { PureFTPdWords(form: form) }
  package static var capsClientsByRange: Bool { true }
  package static var isOneProcessPerService: Bool { true }

  package static func isFile(named name: String) -> Bool {
    name.hasPrefix("pure-ftpd") || name.hasPrefix("pureftpd")
  }
  package static var usualPlace: String? { "/etc/pure-ftpd" }
  /// Debian's service has a part of its settings in `/etc/default`.
  package static func foldersBeside(_ folder: String) -> [String] {
    guard folder.hasSuffix("/pure-ftpd") else { return [] }
    return [folder.dropLast("pure-ftpd".count) + "default"]
  }
  /// Debian's folder of options.
  package static func isFolder(_ path: String, _ files: ServerFiles) -> Bool {
    files.kind("\(path)/conf") == .folder || path.hasSuffix("/conf")
  }
  /// Options take any case, and people write what the manual writes.
  package static func isSetting(_ word: String) -> Bool {
    word.first?.isUppercase == true && PureFTPdGrammar.shapes[word.lowercased()] != nil
  }
  package static var commands: [String] {
    ["pure-ftpd", "pure-ftpd-ldap", "pure-ftpd-mysql", "pure-ftpd-postgresql"]
  }
  package static var images: [String] { ["pure-ftpd", "pureftpd"] }
}

extension SoftwareKind {
  package static var pureFTPd: SoftwareKind { SoftwareKind(PureFTPdProgram.self) }
}

/// Debian's folder has the name of an option as that of a file; a command line has flags in their place.
private struct PureFTPdWords: ServerWords {
  let form: SettingsForm

  func name(_ setting: SettingName) -> String {
    let isFlags = form == .flags
    return switch setting {
    case .port: isFlags ? "`-S`" : "`Bind`"
    case .range: isFlags ? "`-p`" : "`PassivePortRange`"
    case .announced: isFlags ? "`-P`" : "`ForcePassiveIP`"
    case .tlsControl, .tlsData: isFlags ? "`-Y`" : "`TLS`"
    case .maxClients: isFlags ? "`-c`" : "`MaxClientsNumber`"
    case .foreign: isFlags ? "`-w`" : "`AllowUserFXP`"
    }
  }

  /// `write X and Y`, or for a folder of options `write V into the file F`.
  func write(_ lines: [String], then more: String) -> String {
    switch form {
    case .flags: return flags(lines)
    case .file, .environment: return "write " + lines.map { "`\($0)`" }.joined(separator: " and ") + more
    case .folder:
      return lines.map { line in
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        return "write `\(parts.last ?? "")` into the file `\(parts.first ?? "")`"
      }.joined(separator: " and ") + more
    }
  }

  /// The same as flags of a command line.
  private func flags(_ lines: [String]) -> String {
    let steps = lines.compactMap { line in PureFTPdFlags.words(for: line) }
    let (unset, set) = (steps.filter(\.isRemoved), steps.filter { !$0.isRemoved })
    let list = { (steps: [PureFTPdFlags.Step]) in steps.map { "`\($0.text)`" }.joined(separator: " and ") }
    return [set.isEmpty ? nil : "write \(list(set))", unset.isEmpty ? nil : "remove \(list(unset))"]
      .compactMap(\.self).joined(separator: ", and ")
  }

  func line(range: PortRange) -> String? {
    switch form {
    case .folder: "\(range.low) \(range.high)"
    case .flags: "-p \(range.low):\(range.high)"
    case .file, .environment: "PassivePortRange \(range.low) \(range.high)"
    }
  }

  func line(announced address: IPAddress) -> String? {
    switch form {
    case .folder: "\(address)"
    case .flags: "-P \(address)"
    case .file, .environment: "ForcePassiveIP \(address)"
    }
  }

  func range(_ range: PortRange) -> String {
    write(["PassivePortRange \(range.low) \(range.high)"], then: ", and restart the daemon")
  }
  func announced(_ address: IPAddress) -> String { write(["ForcePassiveIP \(address)"]) }
  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    write(["TLS \(mode == .off ? 0 : mode.allowsPlain ? 1 : 3)"])
  }
  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    write(["Bind \(addresses.first { $0.family == .ipv4 }.map { "\($0)" } ?? ""),\(port)"])
  }
  func maxClients(_ count: Int) -> String { write(["MaxClientsNumber \(count)"]) }
  func maxPerClient(_ count: Int?) -> String {
    count.map { write(["MaxClientsPerIP \($0)"]) } ?? "remove \(form == .flags ? "`-C`" : "`MaxClientsPerIP`")"
  }
  var passiveOn: String {
    "remove `\(form == .flags ? "-N" : "NATmode")`: in spite of its name it takes PASV and EPSV away"
  }
  var extendedOn: String { write(["BrokenClientsCompatibility no"]) }
  func foreign(port: Bool) -> String? { write(["AllowUserFXP no", "AllowAnonymousFXP no"]) }
  var listen: String {
    "give it that address; where each family has a daemon of its own, audit the folder with all their files"
  }
  var exhaustion: String { "F28: when they run out, Pure-FTPd answers 425" }
}
