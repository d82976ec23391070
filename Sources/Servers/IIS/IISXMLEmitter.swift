package import Policy
import Templates

/// Writes the parts of `applicationHost.config` that a policy decides, and batch files for what cannot stand there:
/// Windows' own firewall and the restart of the service.
package struct IISXMLEmitter: ServerEmitter {
  package let software = SoftwareKind.iis
  package let form = "xml"
  package let format: any DocumentFormat = XMLFormat()
  package let templates =
    [EmitterTemplate(.iisXML, XMLFormat())]
    + [Template.iisXMLFirewall, .iisXMLFirewallUndo].map { EmitterTemplate($0, CommandFormat()) }

  package var capabilities: Capabilities { .iis }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = IISView(plan)
    return Emission(
      documents: [
        ServerDocument(
          name: "iis-applicationHost.config",
          text: renderer.renderForWindows("iis-applicationHost.config.mustache", view)),
        ServerDocument(
          name: "iis-firewall.cmd", text: renderer.renderForWindows("iis-xml-firewall.cmd.mustache", view)),
        ServerDocument(
          name: "iis-firewall-undo.cmd",
          text: renderer.renderForWindows("iis-xml-firewall-undo.cmd.mustache", view)),
      ], diagnostics: iisSeparateDownload(plan))
  }
}
