import Addressing
import Diagnostics
import Policy

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

/// One rule of Windows' own firewall, for TCP.
struct WindowsFirewallRule {
  /// Whether it is about connections that the server opens.
  var isOutbound = false
  /// A port, or two joined by a hyphen; `nil` for every port of the FTP service.
  var port: String?

  /// What `netsh advfirewall firewall add rule` takes after the name.
  var netsh: [String] {
    let whose = port.map { "localport=\($0)" } ?? "service=ftpsvc"
    return ["dir=\(isOutbound ? "out" : "in")", "action=allow", "protocol=TCP", whose]
  }
  /// What `New-NetFirewallRule` calls the direction.
  var direction: String { isOutbound ? "Outbound" : "Inbound" }
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
  /// The name of the rules of Windows' own firewall, and the same as a word for netsh.
  var firewallRule: String
  var netshName: String
  var rules: [RuleView]
  /// Whether Windows must not inspect FTP, because it cannot read what is encrypted.
  var stopsInspection: Bool
  /// Whether Windows has to inspect FTP, because nothing else opens ports.
  var needsInspection: Bool
  var changesInspection: Bool
  /// Whether Windows is older than 8 and Server 2012, which were the first with cmdlets for the firewall.
  var isOldFirewall: Bool
  var isSeparateDownload: Bool

  /// A rule as templates see it, who do not find computed properties.
  struct RuleView {
    var port: String?
    var netsh: [String]
    var direction: String

    init(_ rule: WindowsFirewallRule) {
      port = rule.port
      netsh = rule.netsh
      direction = rule.direction
    }
  }

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
    firewallRule = "Sallyport \(server)"
    netshName = "name=\(firewallRule)"
    stopsInspection = machine.usesTLS
    needsInspection = !machine.usesTLS && range == nil
    changesInspection = stopsInspection || needsInspection
    isOldFirewall = plan.isOlder(than: SoftwareVersion(8, 0))
    isSeparateDownload = plan.isOlder(than: SoftwareVersion(7, 5))
    var rules = ports.map { WindowsFirewallRule(port: "\($0)") }
    if let range { rules.append(WindowsFirewallRule(port: "\(range.low)-\(range.high)")) }
    // Only after CCC is there anything to inspect, and inspection is off: the service as a whole is let in.
    if range == nil, machine.usesTLS { rules.append(WindowsFirewallRule()) }
    if allowsActive { rules.append(WindowsFirewallRule(isOutbound: true, port: "20")) }
    self.rules = rules.map(RuleView.init)
  }
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
