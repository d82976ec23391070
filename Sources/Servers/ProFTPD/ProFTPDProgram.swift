package import Addressing
package import Policy

/// ProFTPD (source and measurements: 1.3.8).
package enum ProFTPDProgram: ServerProgram {
  package static let name = "proftpd"
  package static let title = "ProFTPD"

  /// `TLSMasqueradeAddress`.
  package static var hasTLSMasquerade: Bool { true }
  /// The control port less one, from 1.3.7 on with `RootRevoke off` (measured with 1.3.8).
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { controlPort > 1 ? controlPort - 1 : nil }
  package static var canRefuseActive: Bool { true }
  package static var singlePort: String? { "ProFTPD does not start with a passive range of one port" }
  package static func exhaustion(of range: PortRange) -> String {
    "when the range is exhausted ProFTPD takes a port outside it, and the firewall drops the connection"
  }
  /// Each control port is a virtual host, and ProFTPD does not notice that two share passive ports (source).
  package static var hasHostForEachPort: Bool { true }

  package static var emitters: [any ServerEmitter] { [ProftpdConfEmitter(), ProftpdVirtualHostEmitter()] }
  package static var reader: (any ServerReader)? { ProftpdReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { ProFTPDWords() }
  package static var hasOneSettingForForeignHosts: Bool { true }

  package static func isFile(named name: String) -> Bool { name.hasPrefix("proftpd") }
  package static var usualPlace: String? { "/etc/proftpd/proftpd.conf" }
  /// Directives take any case, and people write what the manual writes.
  package static func isSetting(_ word: String) -> Bool {
    word.hasPrefix("<") || word.first?.isUppercase == true && ProftpdDirectives.modules[word.lowercased()] != nil
  }
  package static var commands: [String] { ["proftpd", "in.proftpd"] }
  package static var images: [String] { ["proftpd"] }
}

extension SoftwareKind {
  package static var proftpd: SoftwareKind { SoftwareKind(ProFTPDProgram.self) }
}

private struct ProFTPDWords: ServerWords {
  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "`Port`"
    case .range: "`PassivePorts`"
    case .announced: "`MasqueradeAddress`"
    case .tlsControl, .tlsData: "`TLSEngine` and `TLSRequired`"
    case .maxClients: "`MaxClients`"
    case .foreign: "`AllowForeignAddress`"
    }
  }

  func line(range: PortRange) -> String? { "PassivePorts \(range.low) \(range.high)" }
  func line(announced address: IPAddress) -> String? { "MasqueradeAddress \(address)" }
  func range(_ range: PortRange) -> String {
    write(["PassivePorts \(range.low) \(range.high)"], then: " before any other `PassivePorts`")
  }
  func announced(_ address: IPAddress) -> String { write(["MasqueradeAddress \(address)"]) }

  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    if mode == .off { return write(["TLSEngine off"]) }
    let level = mode.allowsPlain ? "off" : clearControl ? "auth+data" : "on"
    return write(
      ["TLSEngine on", "TLSRequired \(level)"] + (mode == .implicit ? ["TLSOptions UseImplicitSSL"] : []))
  }

  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    write(["Port \(port)"], then: " before any other `Port`, or a `<VirtualHost>` with it")
  }
  func maxClients(_ count: Int) -> String { write(["MaxClients \(count)"]) }
  func maxPerClient(_ count: Int?) -> String {
    write(["MaxClientsPerHost \(count.map { "\($0)" } ?? "none")"])
  }
  func active(_ isOn: Bool) -> String {
    isOn ? "remove `<Limit PORT EPRT>`" : "write `<Limit PORT EPRT>`, `DenyAll`, `</Limit>`"
  }
  var passiveOn: String { "remove `<Limit PASV EPSV>`" }
  var sessionReuse: String? { "remove `NoSessionReuseRequired` from `TLSOptions`" }
  var pinnedDataPort: String? { write(["RootRevoke off"]) }
  func foreign(port: Bool) -> String? { write(["AllowForeignAddress off"]) }
  var exhaustion: String {
    "F29: when they run out, ProFTPD takes ports outside the range, which the gateway drops"
  }
}
