import Addressing
import Diagnostics
import Policy

extension Capabilities {
  /// Pure-FTPd in every form.
  static func pureFTPd(binding: Binding) -> Capabilities {
    var capabilities = Capabilities()
    capabilities.binding = binding
    return capabilities
  }
}

/// One document for each process, named for its service where there are several.
func pureFTPdProcesses(
  _ plan: ServerPlan, suffix: String, binding: Capabilities.Binding, _ render: (PureFTPdView) -> String
) -> Emission {
  if let diagnostic = separateKey(plan) { return Emission(diagnostics: [diagnostic]) }
  return Emission(
    documents: plan.services.map { service in
      let name = plan.services.count == 1 ? nil : service.name
      let view = PureFTPdView(plan, service, binding: binding, pidFile: name)
      return ServerDocument(name: "pure-ftpd\(name.map { "-\($0)" } ?? "")\(suffix)", text: render(view))
    })
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

/// What the templates for Pure-FTPd can name.
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
  /// The value of the flag `-2`.
  var certificateFlag: String?
  var maxClients: Int?
  var allowsActive: Bool

  init(_ plan: ServerPlan, _ service: Service, binding: Capabilities.Binding, pidFile: String?) {
    heading = plan.heading([service])
    port = service.port
    ipv4Only = service.listensOnly(.ipv4)
    ipv6Only = service.listensOnly(.ipv6)
    let canBind = service.addresses.count == 1 && (ipv4Only || binding == .oneAddress)
    listensOnAll = !canBind
    if canBind, let first = service.addresses.first { address = "\(first)" }
    self.pidFile = pidFile
    range = service.passiveRange.map(RangeView.init)
    announced = service.announced.map { "\($0)" }
    // 2 would leave data in clear (measured: 1.0.50).
    tlsLevel = service.tls == .off ? 0 : service.tls == .explicitOptional ? 1 : 3
    usesTLS = service.tls.allowsTLS
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: usesTLS)
    certificateFlag = certificate.pair.map { "\($0.certificate),\($0.key)" } ?? certificate.bundle
    maxClients = plan.server.maxClients?.value
    allowsActive = service.allowsActive
  }
}
