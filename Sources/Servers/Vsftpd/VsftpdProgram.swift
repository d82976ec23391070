package import Addressing
package import Policy

/// vsftpd (source and measurements: 3.0.3 and 3.0.5).
package enum VsftpdProgram: ServerProgram {
  package static let name = "vsftpd"
  package static let title = "vsftpd"

  /// It answers 500 to CCC (measured).
  package static var clearControl: ClearControlSupport { .unsupported }
  /// With `connect_from_port_20=YES`.
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { 20 }
  package static var canRefuseActive: Bool { true }
  package static func exhaustion(of range: PortRange) -> String {
    "when vsftpd finds no free port it ends the session"
  }
  /// Everything is a setting of the daemon (source).
  package static func isOfServer(_ subject: ServerSubject) -> Bool { subject != .program && subject != .addresses }
  package static func separation(of subject: ServerSubject) -> String? {
    "declare a second `server` for a second daemon with its own `listen_port`"
  }

  package static var emitters: [any ServerEmitter] { [VsftpdConfEmitter()] }
  package static var reader: (any ServerReader)? { VsftpdReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { VsftpdWords(form: form) }
  package static var isOneProcessPerService: Bool { true }
  /// Measured: 3.0.3.
  package static var leavesLimitsToSpawner: Bool { true }

  package static func isFile(named name: String) -> Bool { name.hasPrefix("vsftpd") }
  package static var usualPlace: String? { "/etc/vsftpd.conf" }
  /// `key=value` in lower case.
  package static func isSetting(_ word: String) -> Bool { VsftpdGrammar.shapes[word] != nil }
  package static var commands: [String] { ["vsftpd"] }
  package static var images: [String] { ["vsftpd"] }
}

extension SoftwareKind {
  package static var vsftpd: SoftwareKind { SoftwareKind(VsftpdProgram.self) }
}

private struct VsftpdWords: ServerWords {
  let form: SettingsForm

  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "`listen_port`"
    case .range: "`pasv_min_port` and `pasv_max_port`"
    case .announced: "`pasv_address`"
    case .tlsControl, .tlsData: "`ssl_enable`"
    case .maxClients: "`max_clients`"
    case .foreign: "`pasv_promiscuous`"
    }
  }

  func line(announced address: IPAddress) -> String? { form == .flags ? nil : "pasv_address=\(address)" }
  func range(_ range: PortRange) -> String { write(["pasv_min_port=\(range.low)", "pasv_max_port=\(range.high)"]) }
  func announced(_ address: IPAddress) -> String {
    write(["pasv_address=\(address)"], then: " without quotation marks")
  }

  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    if mode == .off { return write(["ssl_enable=NO"]) }
    let value = mode.allowsPlain ? "NO" : "YES"
    let keys = ["local_logins", "local_data", "anon_logins", "anon_data"].map { "force_\($0)_ssl=\(value)" }
    return write(["ssl_enable=YES", "implicit_ssl=\(mode == .implicit ? "YES" : "NO")"] + keys)
  }

  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String { write(["listen=YES", "listen_port=\(port)"]) }
  func maxClients(_ count: Int) -> String { write(["max_clients=\(count)"]) }
  func maxPerClient(_ count: Int?) -> String { write(["max_per_ip=\(count ?? 0)"]) }
  func active(_ isOn: Bool) -> String { write(["port_enable=\(isOn ? "YES" : "NO")"]) }
  var passiveOn: String { write(["pasv_enable=YES"]) }
  var sessionReuse: String? { write(["require_ssl_reuse=YES"]) }
  var pinnedDataPort: String? { write(["connect_from_port_20=YES", "ftp_data_port=20"]) }
  func foreign(port: Bool) -> String? { write([port ? "port_promiscuous=NO" : "pasv_promiscuous=NO"]) }
  var listen: String {
    "give it that address; where each family has a daemon of its own, audit the folder with all their files"
  }
  var exhaustion: String { "F30: when they run out, vsftpd ends the session" }
}
