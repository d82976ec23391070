import Addressing
package import Policy
import Templates
import WindowsFirewall

/// Writes what `FileZillaXMLEmitter` does, and for a server on Windows scripts for the rules of its firewall and for
/// the way back.
package struct FileZillaWindowsEmitter: ServerEmitter {
  package let software = SoftwareKind.filezilla
  package let form = "windows"
  package let format: any DocumentFormat = XMLFormat()
  package let templates =
    FileZillaXMLEmitter().templates
    + [Template.fileZillaFirewall, .fileZillaFirewallUndo].map { EmitterTemplate($0, PowerShellFormat()) }

  package let capabilities = Capabilities()

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    var emission = try FileZillaXMLEmitter().documents(for: plan, renderer: renderer)
    let view = FileZillaFirewallView(plan)
    emission.documents += ["filezilla-firewall.ps1", "filezilla-firewall-undo.ps1"].map { name in
      ServerDocument(name: name, text: renderer.renderForWindows("\(name).mustache", view))
    }
    return emission
  }
}

/// What the templates for Windows' firewall can name.
private struct FileZillaFirewallView {
  var heading: [String]
  var firewall: HostFirewallView

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    let title = hostRuleTitle(plan)
    var seen: Set<UInt16> = []
    let services = plan.unguarded
    var rules = services.map(\.port).filter { seen.insert($0).inserted }.map { port in
      WindowsRule(title, ports: "\(port)")
    }
    for range in Set(services.compactMap(\.passiveRange)).sorted() {
      rules.append(WindowsRule(title, ports: range.words))
    }
    // Data connections of active mode leave from any port (source: 1.7.3).
    if services.contains(where: \.allowsActive) {
      rules.append(WindowsRule(title, isOutbound: true, remotePorts: "1024-65535"))
    }
    firewall = HostFirewallView(
      WindowsRules(title: title, rules: rules, inspection: plan.usesTLS ? .off : .asItIs), isOld: false,
      isGuarded: services.isEmpty)
  }
}
