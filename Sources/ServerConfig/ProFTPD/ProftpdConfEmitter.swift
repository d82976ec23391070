import Addressing
import Diagnostics
package import Policy

/// Writes one file to include in `proftpd.conf`: the first control port as the main server, every other one as a
/// `<VirtualHost>` with a range, an address and TLS settings of its own.
package struct ProftpdConfEmitter: ServerEmitter {
  package let software = SoftwareKind.proftpd
  package let form = "conf"
  package let format: any DocumentFormat = ProftpdFormat()
  package let templates = ["proftpd.conf.mustache", "proftpd-service.conf.mustache"]

  package var capabilities: Capabilities {
    var capabilities = Capabilities()
    capabilities.hasTLSMasquerade = true
    return capabilities
  }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = ProftpdView(plan)
    let text = renderer.render("proftpd.conf.mustache", view)
    return Emission(
      documents: [ServerDocument(name: "proftpd-sallyport.conf", text: text)],
      diagnostics: view.main.compactMap { portLine(plan, main: $0.port) })
  }

  /// The first `Port` line wins, and the one of Debian's `proftpd.conf` comes before the files of conf.d: unless it is
  /// removed, the service stays on port 21 (measured: 1.3.8).
  private func portLine(_ plan: ServerPlan, main port: UInt16) -> Diagnostic? {
    guard port != 21, let publication = plan.services.first(where: { $0.port == port })?.publications.first
    else {
      return nil
    }
    return Diagnostic(
      .note, "proftpd-port-line",
      "ProFTPD takes the first `Port` line it reads, so port \(port) holds only after any other is removed from "
        + "proftpd.conf",
      at: publication.controlPort.span ?? publication.header)
  }
}

/// A word of `proftpd.conf`: in quotation marks unless plain. Between them a backslash takes away the meaning of the
/// character behind it, and `%{env:NAME}` is replaced, for which there is no escape (measured: ProFTPD 1.3.8).
struct ProftpdFormat: DocumentFormat {
  let name = "PROFTPD"

  func obstacle(in text: String) -> String? {
    if text.unicodeScalars.contains(where: \.breaksLine) { return "has a control character" }
    return text.contains("%{") ? "has `%{`, which stands for a variable there" : nil
  }

  func escapeText(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789./:_+-".unicodeScalars.contains(scalar))
    }
    if isPlain, !text.isEmpty { return text }
    let inner = text.replacingScalars { scalar in
      if scalar.breaksLine { return "" }
      return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : nil
    }
    return "\"\(inner.replacing("%{", with: "%"))\""
  }
}

/// What the template `proftpd.conf.mustache` can name.
struct ProftpdView {
  var heading: [String]
  var usesIPv6: Bool
  var usesTLS: Bool
  var isSeveral: Bool
  /// Processes at once over all services.
  var maxInstances: Int?
  var main: [ProftpdServiceView]
  var virtual: [ProftpdServiceView]

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    usesIPv6 = plan.services.contains { !$0.listensOnly(.ipv4) }
    usesTLS = plan.usesTLS
    isSeveral = plan.services.count > 1
    // Each service counts its own clients, so with several the processes are what keeps to the limit; with one
    // there is room for clients that have not logged in yet, who can then be told why they are refused.
    maxInstances = plan.server.maxClients.map { clients in
      plan.services.count > 1 ? clients.value : clients.value.addingClamped(max(10, clients.value / 5))
    }
    // The main server is the one on port 21, because proftpd.conf may say so and the first line wins; a virtual host
    // on the same address and port crashes the daemon (measured: 1.3.8).
    let first = plan.services.firstIndex { $0.port == 21 } ?? 0
    let views = plan.services.enumerated().map { (index: $0, view: ProftpdServiceView(plan, $1)) }
    main = views.filter { $0.index == first }.map(\.view)
    virtual = views.filter { $0.index != first }.map(\.view)
  }
}

extension Int {
  /// The sum, or the greatest number when it does not fit.
  fileprivate func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// What the template `proftpd-service.conf.mustache` can name.
struct ProftpdServiceView {
  var name: String
  var addresses: [String]
  var hasAddresses: Bool
  var port: UInt16
  var range: RangeView?
  /// The address for every session, or for those in clear text when there is one for TLS.
  var announced: String?
  var announcedWithTLS: String?
  var announcesOwn: Bool
  var maxClients: Int?
  var allowsActive: Bool
  /// Whether data connections of active mode must come from the control port less one.
  var pinsDataPort: Bool
  var usesTLS: Bool
  var isImplicit: Bool
  /// The value of `TLSRequired`.
  var required: String
  var protocols: [String]
  var certificate: CertificateView

  init(_ plan: ServerPlan, _ service: Service) {
    name = service.name
    addresses = service.addresses.map { "\($0)" }
    hasAddresses = !addresses.isEmpty
    port = service.port
    range = service.passiveRange.map(RangeView.init)
    let separate = service.masquerade.plainMayBeOwn && !plan.isOlder(than: SoftwareVersion(1, 3, 5))
    announced = separate ? nil : service.announced.map { "\($0)" }
    announcedWithTLS = separate ? service.masquerade.encrypted.map { "\($0)" } : nil
    announcesOwn = service.announced == nil
    maxClients = plan.server.maxClients?.value
    allowsActive = service.allowsActive
    pinsDataPort = service.translatesActive
    usesTLS = service.tls.allowsTLS
    isImplicit = service.tls == .implicit
    // `on` refuses CCC, `auth+data` allows it, and both refuse data in clear (measured: 1.3.8).
    required = service.tls == .explicitOptional ? "off" : service.allowsClearControl ? "auth+data" : "on"
    // 1.3.7 was the first to know TLS 1.3 (documented); unwritten, TLS 1.0 is allowed.
    protocols = plan.isOlder(than: SoftwareVersion(1, 3, 7)) ? ["TLSv1.2"] : ["TLSv1.2", "TLSv1.3"]
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: usesTLS)
  }
}
