import Addressing
import Diagnostics
import Policy
import WindowsFirewall

extension Capabilities {
  /// IIS 7.0 with FTP 7.5, to 10, in every form (documented; nothing here was measured).
  static var iis: Capabilities {
    var capabilities = Capabilities()
    // The FTP service of IIS 6 keeps its settings in the metabase.
    capabilities.oldestVersion = SoftwareVersion(7, 0)
    return capabilities
  }
}

/// IIS 7.0 itself has the FTP service of IIS 6, which none of the forms configures (documented).
func iisSeparateDownload(_ plan: ServerPlan) -> [Diagnostic] {
  guard plan.isOlder(than: SoftwareVersion(7, 5)), let software = plan.server.software else { return [] }
  return [
    Diagnostic(
      .note, "iis-separate-download",
      "IIS 7.0 itself has the FTP service of IIS 6, and these settings are for FTP 7.5, a separate download",
      at: software.span)
  ]
}

/// What the templates for IIS can name.
struct IISView {
  var heading: [String]
  /// Whether the site's name needs a code page of its own.
  var needsUTF8: Bool
  var site: String
  /// The site in the manner of `-Filter`.
  var sitePath: String
  var missingSite: String
  /// The name of the backup of IIS from before the first run, and its folder below the folder of Windows.
  var backup: String
  var backupPath: String
  var missingBackup: String
  var ports: [UInt16]
  /// The value of `bindingInformation` for each port.
  var bindings: [String]
  /// 0 and 0 stand for the ports that Windows hands out.
  var low: UInt16
  var high: UInt16
  var hasRange: Bool
  /// Empty for the server's own address.
  var announced: String
  var hasAnnounced: Bool
  var controlPolicy: String
  var dataPolicy: String
  var isOff: Bool
  var certificate: CertificateView
  /// 4294967295, the default, for no limit.
  var maxConnections: Int
  var allowsActive: Bool
  var activeCommands = ["PORT", "EPRT"]
  /// What Windows' own firewall has to be told, and how that is taken back, in each kind of script.
  var firewall: HostFirewallView
  var isSeparateDownload: Bool

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    let server = plan.server.name.value
    site = plan.server.site?.value ?? ""
    let quote = site.contains("'") ? "\"" : "'"
    sitePath = "system.applicationHost/sites/site[@name=\(quote)\(site)\(quote)]"
    missingSite = "IIS has no site with the name \(site)"
    backup = "sallyport-\(server)"
    backupPath = "System32\\inetsrv\\backup\\\(backup)"
    missingBackup = "there is no backup with the name \(backup): nothing was done, or it was taken back"
    needsUTF8 = !site.unicodeScalars.allSatisfy(\.isASCII)
    var seen: Set<UInt16> = []
    ports = plan.services.map(\.port).filter { seen.insert($0).inserted }
    bindings = ports.map { "*:\($0):" }
    // The range belongs to the machine: a site without one must not take away that of another.
    let machine = plan.request.machine
    let range = machine.passiveRange
    low = range?.low ?? 0
    high = range?.high ?? 0
    hasRange = range != nil
    announced = plan.services.lazy.compactMap(\.announced).first.map { "\($0)" } ?? ""
    hasAnnounced = !announced.isEmpty
    let policy = IISTLSPolicy(plan)
    isOff = policy.isOff
    controlPolicy = policy.control
    dataPolicy = policy.data
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: plan.usesTLS)
    maxConnections = plan.server.maxClients?.value ?? Int(UInt32.max)
    allowsActive = plan.services.contains(where: \.allowsActive)
    isSeparateDownload = plan.isOlder(than: SoftwareVersion(7, 5))
    firewall = HostFirewallView(
      hostRules(plan, range: range), isOld: plan.isOlder(than: SoftwareVersion(8, 0)),
      isGuarded: plan.unguarded.isEmpty)
  }
}

/// What Windows' own firewall has to let through for the sites of a server.
///
/// - Parameter range: The passive range of the machine.
private func hostRules(_ plan: ServerPlan, range: PortRange?) -> WindowsRules {
  let title = hostRuleTitle(plan)
  let services = plan.unguarded
  var seen: Set<UInt16> = []
  var rules = services.map(\.port).filter { seen.insert($0).inserted }.map { port in
    WindowsRule(title, ports: "\(port)")
  }
  // Without the service any program that takes a port of the range would be open.
  if let range { rules.append(WindowsRule(title, ports: range.words, service: IISProgram.windowsService)) }
  let usesTLS = plan.request.machine.usesTLS
  // Only after CCC is there anything to inspect, and inspection is off: the service as a whole is let in.
  if range == nil, usesTLS { rules.append(WindowsRule(title, service: IISProgram.windowsService)) }
  if services.contains(where: \.allowsActive) { rules.append(WindowsRule(title, isOutbound: true, ports: "20")) }
  return WindowsRules(
    title: title, rules: rules, inspection: usesTLS ? .off : range == nil ? .on : .asItIs)
}

/// The policies for the two channels of a site.
private struct IISTLSPolicy {
  var isOff: Bool
  var control: String
  var data: String

  init(_ plan: ServerPlan) {
    // Implicit TLS comes from the port, so the policy for explicit TLS decides where there are both.
    let explicit = plan.services.first { $0.tls != .implicit }
    let mode = explicit?.tls ?? .implicit
    isOff = mode == .off
    let isRequired = mode == .explicitRequired || mode == .implicit
    let allowsClearControl = explicit?.allowsClearControl ?? false
    // SslRequire refuses CCC, SslRequireCredentialsOnly allows it (documented).
    control = !isRequired ? "SslAllow" : allowsClearControl ? "SslRequireCredentialsOnly" : "SslRequire"
    data = isRequired ? "SslRequire" : "SslAllow"
  }
}
