import Addressing
package import Policy

/// SFTPGo 2 (docs/full-configuration.md and internal/ftpd of its repository, and ftpserverlib; never run).
package enum SFTPGoProgram: ServerProgram {
  package static let name = "sftpgo"
  package static let title = "SFTPGo"

  /// ftpserverlib does not implement CCC (source).
  package static var clearControl: ClearControlSupport { .unsupported }
  /// With `active_transfers_port_non_20` false, which needs the right to bind it.
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { 20 }
  package static var canRefuseActive: Bool { true }
  package static var hasOneActiveSwitch: Bool { true }
  /// A range counts only when its end is above its start (source).
  package static var singlePort: String? {
    "SFTPGo drops a passive range of one port, and takes passive ports from everywhere"
  }
  /// Each binding has its TLS, its certificate and the address that it announces; the rest is of the whole server.
  package static func isOfServer(_ subject: ServerSubject) -> Bool { subject == .range || subject == .active }
  package static func separation(of subject: ServerSubject) -> String? {
    isOfServer(subject) ? nil : OtherProgram.separation(of: subject)
  }

  package static var emitters: [any ServerEmitter] { [SFTPGoJSONEmitter(), SFTPGoEnvironmentEmitter()] }
  package static var reader: (any ServerReader)? { SFTPGoReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { SFTPGoWords(form: form) }
  package static var needsCertificate: Bool { true }
  package static var isOneServerForAllAddresses: Bool { true }

  package static func isFile(named name: String) -> Bool {
    name.hasPrefix("sftpgo") && (name.hasSuffix(".json") || name.hasSuffix(".env"))
  }
  package static func isWritten(_ text: String) -> Bool {
    text.first { !$0.isWhitespace } == "{" && text.contains("\"ftpd\"")
  }
  package static var commands: [String] { ["sftpgo"] }
  package static var images: [String] { ["sftpgo"] }
  package static func isSetting(_ word: String) -> Bool { word.hasPrefix(SFTPGoSettings.prefix) }
}

extension SoftwareKind {
  package static var sftpgo: SoftwareKind { SoftwareKind(SFTPGoProgram.self) }
}

/// Members of the file, or variables of the environment.
private struct SFTPGoWords: ServerWords {
  let form: SettingsForm

  /// The start of the names of a binding's variables; `nil` where members are written.
  private var binding: String? {
    if case .environment(let prefix) = form { return prefix }
    return nil
  }

  /// - Parameters:
  ///   - member: below `ftpd`, or in the binding.
  ///   - value: as JSON has it.
  private func setting(_ member: String, _ value: String, ofBinding: Bool = false) -> String {
    let isText = value.hasPrefix("\"")
    guard let binding else { return "`\"\(member.split(separator: ".").last ?? "")\": \(value)`" }
    let name = member.uppercased().split(separator: ".").joined(separator: "__")
    let text = isText ? "'\(value.dropFirst().dropLast())'" : value
    return "`\(ofBinding ? binding : SFTPGoSettings.prefix + "FTPD__")\(name)=\(text)`"
  }

  private func write(_ settings: [String], in place: String) -> String {
    "write " + settings.joined(separator: " and ") + (binding == nil ? " in \(place)" : "")
  }

  private let inBinding = "its member of `bindings`"

  init(form: SettingsForm) { self.form = form }

  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "`port`"
    case .range: "`passive_port_range`"
    case .announced: "`force_passive_ip`"
    case .tlsControl, .tlsData: "`tls_mode` and a certificate"
    case .maxClients: "`max_total_connections`"
    case .foreign: "`passive_connections_security`"
    }
  }

  func range(_ range: PortRange) -> String {
    write(
      [
        setting("passive_port_range.start", "\(range.low)"), setting("passive_port_range.end", "\(range.high)"),
      ], in: "`passive_port_range`")
  }
  func announced(_ address: IPAddress) -> String {
    write([setting("force_passive_ip", "\"\(address)\"", ofBinding: true)], in: inBinding)
  }
  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    let number = mode == .implicit ? 2 : mode == .explicitRequired ? 1 : 0
    var settings = [setting("tls_mode", "\(number)", ofBinding: true)]
    guard mode.allowsTLS else {
      settings.append(setting("certificate_file", "\"\"", ofBinding: true))
      return write(settings, in: inBinding) + ", and name no certificate for the whole server"
    }
    if case .files(let path, let key)? = certificate {
      settings.append(setting("certificate_file", "\"\(path)\"", ofBinding: true))
      settings.append(setting("certificate_key_file", "\"\(key ?? path)\"", ofBinding: true))
    }
    return write(settings, in: inBinding)
  }
  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    write(
      [
        setting("port", "\(port)", ofBinding: true),
        setting("address", "\"\(addresses.first.map(SFTPGoSettings.text) ?? "")\"", ofBinding: true),
      ], in: "a member of `bindings`")
  }
  func maxClients(_ count: Int) -> String { common("max_total_connections", count) }
  func maxPerClient(_ count: Int?) -> String { common("max_per_host_connections", count ?? 0) }

  private func common(_ member: String, _ count: Int) -> String {
    binding == nil
      ? "write `\"\(member)\": \(count)` in `common`"
      : "write `\(SFTPGoSettings.prefix)COMMON__\(member.uppercased())=\(count)`"
  }
  func active(_ isOn: Bool) -> String {
    write([setting("disable_active_mode", isOn ? "false" : "true")], in: "`ftpd`")
  }
  var pinnedDataPort: String? { write([setting("active_transfers_port_non_20", "false")], in: "`ftpd`") }
  func foreign(port: Bool) -> String? {
    write(
      [setting("\(port ? "active" : "passive")_connections_security", "0", ofBinding: true)], in: inBinding)
  }
}
