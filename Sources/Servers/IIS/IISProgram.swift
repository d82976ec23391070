import Addressing
package import Policy

/// IIS 7.0 with FTP 7.5, to 10 (documented; nothing here was measured).
package enum IISProgram: ServerProgram {
  package static let name = "iis"
  package static let title = "IIS"
  package static var otherNames: [String] { ["microsoftiis"] }

  package static var implicitPort: UInt16? { 990 }
  package static var hasImplicitBesideExplicit: Bool { true }
  package static var certificateForm: CertificateForm { .thumbprint }
  /// Documented. Commands can be filtered, but whether that holds for PORT and EPRT was never seen, so that the gateway
  /// enforces it too.
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { 20 }
  /// Documented. Only the service will do: it shares its process with others, and no rule for a program would match.
  package static var windowsService: String? { "ftpsvc" }
  package static var leavesRangeInClear: Bool { true }
  package static var hasSites: Bool { true }
  package static func isOfServer(_ subject: ServerSubject) -> Bool {
    subject == .range || subject == .masquerade || subject == .tls
  }
  package static func isOfMachine(_ subject: ServerSubject) -> Bool { subject == .range }
  package static func separation(of subject: ServerSubject) -> String? {
    subject == .range ? nil : "declare a second `server` with a site and a control port of its own"
  }

  package static var emitters: [any ServerEmitter] { [AppcmdEmitter(), PowerShellEmitter(), IISXMLEmitter()] }
  package static var reader: (any ServerReader)? { IISReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { IISWords() }

  package static func isFile(named name: String) -> Bool { name == "applicationhost.config" }
  package static func isWritten(_ text: String) -> Bool { text.contains("<configuration") }
}

extension SoftwareKind {
  package static var iis: SoftwareKind { SoftwareKind(IISProgram.self) }
}

private struct IISWords: ServerWords {
  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "a `binding` with protocol `ftp`"
    case .range: "`lowDataChannelPort` and `highDataChannelPort`"
    case .announced: "`externalIp4Address`"
    case .tlsControl: "`controlChannelPolicy` with `serverCertHash`"
    case .tlsData: "`dataChannelPolicy`"
    case .maxClients: "`maxConnections`"
    case .foreign: "`dataChannelSecurity`"
    }
  }

  func range(_ range: PortRange) -> String {
    write(
      [#"<firewallSupport lowDataChannelPort="\#(range.low)" highDataChannelPort="\#(range.high)" />"#],
      then: " in `system.ftpServer`, and restart the service `ftpsvc`")
  }
  func announced(_ address: IPAddress) -> String {
    write([#"<firewallSupport externalIp4Address="\#(address)" />"#], then: " in the `ftpServer` of the site")
  }

  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    let data = mode.allowsPlain ? "SslAllow" : "SslRequire"
    // `SslRequire` refuses CCC.
    let control = !mode.allowsPlain && clearControl ? "SslRequireCredentialsOnly" : data
    let attributes = #"controlChannelPolicy="\#(control)" dataChannelPolicy="\#(data)""#
    if mode == .off { return write(["<ssl \(attributes) />"], then: " without `serverCertHash`") }
    return write([#"<ssl \#(attributes) serverCertHash="THUMBPRINT" />"#])
  }

  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    let address = addresses.first { $0.family == .ipv4 }.map { "\($0)" } ?? "*"
    return write([#"<binding protocol="ftp" bindingInformation="\#(address):\#(port):" />"#])
  }
  func maxClients(_ count: Int) -> String { write([#"<connections maxConnections="\#(count)" />"#]) }
  func active(_ isOn: Bool) -> String {
    let refusals = ["PORT", "EPRT"].map { #"<add command="\#($0)" allowed="false" />"# }
    if isOn { return "remove " + refusals.map { "`\($0)`" }.joined(separator: " and ") + " from `commandFiltering`" }
    return write(refusals, then: " in `commandFiltering` of `security`")
  }
  var passiveOn: String { "remove PASV and EPSV from `commandFiltering`" }
  func foreign(port: Bool) -> String? {
    write([#"<dataChannelSecurity matchClientAddressForPort="true" matchClientAddressForPasv="true" />"#])
  }
  func withoutRange(_ range: PortRange) -> String {
    "F52: without a range Windows gives ports from 49152 on, which the gateway drops"
  }
}
