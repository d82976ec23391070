import Diagnostics
package import Policy

/// FileZilla Server 1.x. Its settings are not written yet: `settings.xml` also holds what the policy does not know,
/// so it has to be changed and cannot be replaced.
package struct FileZillaXMLEmitter: ServerEmitter {
  package let software = SoftwareKind.filezilla
  package let form = "xml"
  package let format: any DocumentFormat = CommentFormat()
  package let templates: [String] = []

  package var capabilities: Capabilities {
    var capabilities = Capabilities()
    // AUTH TLS is always offered, if need be with a certificate of its own making (source).
    capabilities.tlsModes = [.explicitOptional, .explicitRequired, .implicit]
    capabilities.clearControl = .unsupported
    capabilities.limitsClients = false
    capabilities.shared = [.range, .masquerade]
    return capabilities
  }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let software = plan.server.software?.span ?? plan.server.header
    return Emission(diagnostics: [
      .error(
        "emit-not-supported", "settings for FileZilla Server cannot be written yet", at: software,
        help: "write `software other` to get a checklist of the values to enter in its administration window")
    ])
  }
}
