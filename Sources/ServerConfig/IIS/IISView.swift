import Addressing
import Policy

extension Capabilities {
  /// IIS 7.5 to 10, in every form (documented; nothing here was measured).
  static var iis: Capabilities {
    var capabilities = Capabilities()
    capabilities.implicitPort = 990
    capabilities.certificate = .thumbprint
    // The range belongs to the whole server, external address and TLS policy to the site.
    capabilities.shared = [.range, .masquerade, .tls]
    capabilities.hasSites = true
    return capabilities
  }
}

/// What the templates for IIS can name.
struct IISView {
  var heading: [String]
  /// Whether the site's name needs a code page of its own.
  var needsUTF8: Bool
  var server: String
  var site: String
  var ports: [UInt16]
  /// 0 and 0 stand for the ports that Windows hands out.
  var low: UInt16
  var high: UInt16
  var range: RangeView?
  /// Empty for the server's own address.
  var announced: String
  var controlPolicy: String
  var dataPolicy: String
  var isOff: Bool
  var certificate: CertificateView
  /// 4294967295, the default, for no limit.
  var maxConnections: Int
  var allowsActive: Bool

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    server = plan.server.name.value
    site = plan.server.site?.value ?? ""
    needsUTF8 = !site.unicodeScalars.allSatisfy(\.isASCII)
    var seen: Set<UInt16> = []
    ports = plan.services.map(\.port).filter { seen.insert($0).inserted }
    range = plan.services.first?.passiveRange.map(RangeView.init)
    low = range?.low ?? 0
    high = range?.high ?? 0
    announced = plan.services.compactMap(\.announced).first.map { "\($0)" } ?? ""
    // Implicit TLS comes from the port, so the policy for explicit TLS decides where there are both.
    let explicit = plan.services.first { $0.tls != .implicit }
    let mode = explicit?.tls ?? .implicit
    isOff = mode == .off
    let isRequired = mode == .explicitRequired || mode == .implicit
    let allowsClearControl = explicit?.allowsClearControl ?? false
    // SslRequire refuses CCC, SslRequireCredentialsOnly allows it (documented).
    controlPolicy =
      !isRequired ? "SslAllow" : allowsClearControl ? "SslRequireCredentialsOnly" : "SslRequire"
    dataPolicy = isRequired ? "SslRequire" : "SslAllow"
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: plan.usesTLS)
    maxConnections = plan.server.maxClients?.value ?? Int(UInt32.max)
    allowsActive = plan.services.contains(where: \.allowsActive)
  }
}
