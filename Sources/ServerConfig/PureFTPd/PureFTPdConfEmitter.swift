import Addressing
import Diagnostics
package import Policy

/// Writes `pure-ftpd.conf`, the file that `pure-ftpd FILE` reads; one for each control port, because the program
/// has one port, one range and one address in a process.
package struct PureFTPdConfEmitter: ServerEmitter {
  package let software = SoftwareKind.pureFTPd
  package let form = "conf"
  package let format: any DocumentFormat = PureFTPdFormat()
  package let templates = ["pure-ftpd.conf.mustache"]

  package var capabilities: Capabilities {
    var capabilities = Capabilities()
    // Implicit TLS is a build option (`--with-implicittls`) and then excludes explicit TLS (source).
    capabilities.tlsModes = [.off, .explicitOptional, .explicitRequired]
    capabilities.clearControl = .always
    capabilities.isOneProcessPerService = true
    // `Bind ::1,21` is a syntax error up to 1.0.52 (measured: 1.0.50).
    capabilities.bindsBothFamilies = false
    return capabilities
  }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    if let diagnostic = separateKey(plan) { return Emission(diagnostics: [diagnostic]) }
    let isAlone = plan.services.count == 1
    let documents = plan.services.map { service in
      ServerDocument(
        name: isAlone ? "pure-ftpd.conf" : "pure-ftpd-\(service.name).conf",
        text: renderer.render(
          "pure-ftpd.conf.mustache", PureFTPdView(plan, service, pidFile: isAlone ? nil : service.name)))
    }
    return Emission(documents: documents)
  }

  /// Versions that want certificate and key in one file.
  private func separateKey(_ plan: ServerPlan) -> Diagnostic? {
    guard plan.usesTLS, plan.isOlder(than: SoftwareVersion(1, 0, 48)),
      let certificate = plan.server.certificate,
      case .files(_, .some) = certificate.value
    else { return nil }
    return .error(
      "certificate-form-unsupported", "Pure-FTPd before 1.0.48 wants the certificate and its key in one file",
      at: certificate.span,
      help: "put the key and the certificate into one file, and write `certificate \"FILE\"`")
  }
}

/// A value of `pure-ftpd.conf`: printable ASCII without quotation mark or comma, neither beginning nor ending with a
/// blank. There is no escape character, and a comma separates certificate and key in the option that the line
/// becomes (measured: Pure-FTPd 1.0.50).
struct PureFTPdFormat: DocumentFormat {
  let name = "PURE-FTPD"

  func obstacle(in text: String) -> String? {
    if text.unicodeScalars.contains(where: { !$0.isASCII }) { return "has a character outside ASCII" }
    if text.unicodeScalars.contains(where: \.breaksLine) { return "has a control character" }
    if text.contains(",") { return "has a comma" }
    if text.contains("\"") { return "has a quotation mark" }
    return text.hasPrefix(" ") || text.hasSuffix(" ") ? "begins or ends with a blank" : nil
  }

  func escapeText(_ text: String) -> String {
    text.replacingScalars { $0.breaksLine || !$0.isASCII || ["\"", ","].contains($0) ? "" : nil }
  }
}

/// What the template `pure-ftpd.conf.mustache` can name.
struct PureFTPdView {
  var heading: [String]
  /// Empty for all addresses.
  var address = ""
  var port: UInt16
  var ipv4Only: Bool
  var ipv6Only: Bool
  /// Whether the program listens on more addresses than the policy names.
  var listensOnAll: Bool
  /// What makes the name of the PID file unique; `nil` for the program's own default.
  var pidFile: String?
  var range: RangeView?
  var announced: String?
  var tlsLevel: Int
  var usesTLS: Bool
  var certificate: CertificateView
  var maxClients: Int?
  var allowsActive: Bool

  init(_ plan: ServerPlan, _ service: Service, pidFile: String?) {
    heading = plan.heading([service])
    port = service.port
    ipv4Only = service.listensOnly(.ipv4)
    ipv6Only = service.listensOnly(.ipv6)
    listensOnAll = !ipv4Only
    if ipv4Only, let first = service.addresses.first { address = "\(first)" }
    self.pidFile = pidFile
    range = service.passiveRange.map(RangeView.init)
    announced = service.announced.map { "\($0)" }
    // 2 would leave data in clear (measured: 1.0.50).
    tlsLevel = service.tls == .off ? 0 : service.tls == .explicitOptional ? 1 : 3
    usesTLS = service.tls.allowsTLS
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: usesTLS)
    maxClients = plan.server.maxClients?.value
    allowsActive = service.allowsActive
  }
}
