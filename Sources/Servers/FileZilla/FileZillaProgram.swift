package import Addressing
package import Policy

/// FileZilla Server 1.x (source: 1.7.3 and 1.9; never run).
package enum FileZillaProgram: ServerProgram {
  package static let name = "filezilla"
  package static let title = "FileZilla Server"
  package static var otherNames: [String] { ["filezillaserver", "fzs"] }
  /// 0.9 has the same name, and everything else is different.
  package static func isMeant(byVersion version: String?) -> Bool {
    SoftwareVersion(version).map { $0 >= SoftwareVersion(1, 0) } ?? true
  }

  /// AUTH TLS is always offered, if need be with a certificate of its own making (source).
  package static func gap(at mode: TLSMode) -> TLSGap? {
    guard mode == .off else { return nil }
    return TLSGap("FileZilla Server always offers TLS, and `tls off` cannot be set", instead: .explicitOptional)
  }
  package static var clearControl: ClearControlSupport { .unsupported }
  /// Any (source: 1.7.3).
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { nil }
  package static func exhaustion(of range: PortRange) -> String {
    "when no port is free FileZilla Server answers 425 to PASV and EPSV"
  }
  package static var adminPort: UInt16? { 14148 }
  /// Listeners have addresses, ports and TLS of their own (source).
  package static func isOfServer(_ subject: ServerSubject) -> Bool { subject == .range || subject == .masquerade }
  package static func separation(of subject: ServerSubject) -> String? {
    isOfServer(subject) ? nil : OtherProgram.separation(of: subject)
  }

  package static var emitters: [any ServerEmitter] { [FileZillaXMLEmitter(), FileZillaWindowsEmitter()] }
  package static var reader: (any ServerReader)? { FileZillaReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { FileZillaWords() }
  package static var limitsClients: Bool { false }
  package static var isOneServerForAllAddresses: Bool { true }
  package static var mayChooseCertificateElsewhere: Bool { true }

  package static func isFile(named name: String) -> Bool { name == "settings.xml" }
  package static func isWritten(_ text: String) -> Bool {
    text.lowercased().contains("<filezilla") && !FileZillaLegacyProgram.isWritten(text)
  }
}

extension SoftwareKind {
  package static var filezilla: SoftwareKind { SoftwareKind(FileZillaProgram.self) }
}

private struct FileZillaWords: ServerWords {
  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "a `listener`"
    case .range: "`port_range`"
    case .announced: "`host_override`"
    case .tlsControl, .tlsData: "`tls_mode`"
    case .maxClients: "`Maximum user count`"
    case .foreign: "it"
    }
  }

  func range(_ range: PortRange) -> String {
    write(["<port_range><min>\(range.low)</min><max>\(range.high)</max></port_range>"], then: " in `pasv`")
  }
  func announced(_ address: IPAddress) -> String {
    write(["<host_override>\(address)</host_override>"], then: " in `pasv`")
  }
  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    let number = mode == .implicit ? 1 : mode.allowsPlain ? 0 : 2
    return write(["<tls_mode>\(number)</tls_mode>"], then: " in the `listener`")
  }
  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    let address = addresses.first { $0.family == .ipv4 }.map { "\($0)" } ?? "0.0.0.0"
    return write(["<listener><address>\(address)</address><port>\(port)</port></listener>"])
  }
  var privatePeers: String {
    "write `<do_not_override_host_if_peer_is_local>false</do_not_override_host_if_peer_is_local>` in `pasv`"
  }
}
