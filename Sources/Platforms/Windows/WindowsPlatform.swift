package import Addressing
package import Diagnostics
package import Flows
import WindowsFirewall

/// Windows as the host of a server, with its own firewall and no gateway before it that a policy describes: permits for
/// the ports of the host, and no translation.
package struct WindowsPlatform: DevicePlatform {
  package var name: String { "windows" }
  package var forms: [String] { ["powershell", "netsh"] }
  package var guardsServerHost: Bool { true }
  package var outgoingPorts: OutgoingPorts? {
    OutgoingPorts(range: Self.outgoingPorts, reservation: "netsh int ipv4 add excludedportrange")
  }
  /// From which Windows since Vista takes the ports of its own connections (documented: KB929851).
  static let outgoingPorts: ClosedRange<UInt16> = 49_152...65_535

  /// Servers and clients from Vista on, which have this firewall.
  package var versions: String? { "vista, 7, 8, 8.1, 10, 11, or 2008, 2008r2, 2012, 2012r2, 2016, 2019, 2022, 2025" }
  package func knows(version: String) -> Bool { Self.old.contains(version) || Self.new.contains(version) }

  /// Without the cmdlets of NetSecurity, which came with Windows 8 and Server 2012 (documented).
  private static let old: Set<String> = ["vista", "7", "2008", "2008r2", "2008-r2"]
  private static let new: Set<String> = [
    "8", "8.1", "10", "11", "2012", "2012r2", "2012-r2", "2016", "2019", "2022", "2025",
  ]

  package var capabilities: Set<FlowFeature> {
    [
      .ipv6, .localServer, .routedServer, .clients, .helper, .activeThroughHelper, .activeRouted,
    ]
  }

  /// The inspection of FTP is a switch of the whole machine.
  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    plan.mayUseDeviceSwitch ? capabilities : capabilities.subtracting([.helper, .activeThroughHelper])
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .translation, .ipv6Translation:
      "the firewall of Windows guards the host on which it runs: write `address local` for a server there"
    case .controlPortTranslation: "have the server listen on the port that clients dial, and write one number"
    case .helper, .activeThroughHelper:
      "its inspection of FTP is a switch of the whole host: write `helper scope device` into the `gateway` block where "
        + "it may be set, or publish a passive range and leave `helper on` out"
    case .helperBesideTLS:
      "leave `helper on` out: the inspection of FTP has to be off where TLS is used, and the passive range alone "
        + "carries every session"
    case .hairpin: "leave it out: clients that reach the address are met by the same rules, wherever they are"
    case .reach:
      "the firewall of Windows guards the host on which it runs and decides nothing about what the host forwards; connections "
        + "of programs on the host itself go out without a rule, so for a single host nothing has to be written"
    case .gatewaySource: "leave it out: nothing is between the clients and the host"
    case .limitPerClient, .limitTotal, .limitNewPerMinute:
      "leave it out, and limit sessions by `max clients` of the server"
    case .logNew, .logDenied: "leave it out: its log is a setting of each profile of the whole host"
    default: nil
    }
  }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    input == .helperScope ? .optional : .useless
  }

  /// One switch cannot be on for one publication and off for another.
  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    guard let encrypted = plan.services.first(where: \.mayBeEncrypted) else { return [] }
    var told: Set<String> = []
    return plan.services.filter { $0.wantsHelper && !$0.mayBeEncrypted && told.insert($0.name).inserted }.map {
      service in
      .error(
        "platform-unsupported",
        "`\(service.name)` needs the inspection of FTP on this host, and `\(encrypted.name)` needs it to be off",
        at: service.provenance(of: .helper),
        related: [Label(encrypted.header, "sessions may be encrypted here")],
        help: "publish a passive range for `\(service.name)` and leave `helper on` out")
    }
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let script = WindowsFirewallScript(plan, script(for: plan, form))
    return [script.configuration(version)]
  }

  /// The way back in every form, because `build` writes one and people may have run another one.
  package func companions(of plan: FlowPlan) -> [Artifact] {
    forms.map { WindowsFirewallScript(plan, script(for: plan, $0)).wayBack() }
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { windowsGuide(to: plan, isOld: isOld(plan)) }

  private func script(for plan: FlowPlan, _ form: String) -> WindowsScript {
    if form == "netsh" { return .batch }
    return isOld(plan) ? .powerShellWithNetsh : .powerShell
  }

  private func isOld(_ plan: FlowPlan) -> Bool { plan.platformVersion.map(Self.old.contains) ?? false }
}

extension WindowsPlatform {
  /// On servers StatefulFtp is off by default (Microsoft, dd421710).
  package func helperType(for plan: FlowPlan) -> String { "windows-ftp" }
}
