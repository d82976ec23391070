import Addressing
import Diagnostics
import Policy

/// Ranges that the program would leave when they are used up, because nothing limits its sessions: it then takes any
/// port, and says so in its log only (measured: 1.3.8).
func proftpdUnguardedRanges(_ plan: ServerPlan) -> [Diagnostic] {
  guard plan.server.maxClients == nil else { return [] }
  return plan.services.compactMap { service in
    guard let publication = service.publications.first, let range = publication.passiveRange else { return nil }
    return Diagnostic(
      .note, "range-not-guarded",
      "ProFTPD takes ports outside \(range.value) when all of them are in use, and nothing limits its sessions",
      at: range.span, help: "write `max clients N` in the `server` block, with N half the number of ports or less")
  }
}

/// What the templates `proftpd.conf.mustache` and `proftpd-virtualhost.conf.mustache` can name.
struct ProftpdView {
  var heading: [String]
  var usesIPv6: Bool
  var usesTLS: Bool
  var isSeveral: Bool
  /// Processes at once over all services.
  var maxInstances: Int?
  /// The service that is the main server; none when every service is a virtual host.
  var main: [ProftpdServiceView]
  var virtual: [ProftpdServiceView]

  /// - Parameter allVirtual: whether the main server stays as it is.
  init(_ plan: ServerPlan, allVirtual: Bool = false) {
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
    let first = allVirtual ? nil : plan.services.firstIndex { $0.port == 21 } ?? 0
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
