import Diagnostics
package import Policy
import Templates

/// Writes in words what a server must be set to, for programs that nothing is known about.
package struct ChecklistEmitter: ServerEmitter {
  package let software = SoftwareKind.other
  package let form = "checklist"
  package let format: any DocumentFormat = CommentFormat()
  package let templates = [EmitterTemplate(.checklist, CommentFormat())]

  package var capabilities: Capabilities { Capabilities() }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let text = renderer.render("checklist.txt.mustache", ChecklistView(plan))
    return Emission(documents: [ServerDocument(name: "checklist.txt", text: text)])
  }
}

/// What the template `checklist.txt.mustache` can name.
struct ChecklistView {
  var heading: [String]
  var services: [ServiceView]
  var maxClients: Int?
  var usesTLS: Bool
  var certificate: CertificateView

  struct ServiceView {
    var name: String
    var addresses: [String]
    var hasAddresses: Bool
    var port: UInt16
    var range: RangeView?
    var announced: String?
    /// Whether sessions in clear text should rather be told the server's own address.
    var plainMayBeOwn: Bool
    var allowsActive: Bool
    var pinsDataPort: Bool
    var isOff: Bool
    var isOptional: Bool
    var isRequired: Bool
    var isImplicit: Bool
    var allowsClearControl: Bool

    init(_ service: Service) {
      name = service.name
      addresses = service.addresses.map { "\($0)" }
      hasAddresses = !addresses.isEmpty
      port = service.port
      range = service.passiveRange.map(RangeView.init)
      announced = service.announced.map { "\($0)" }
      plainMayBeOwn = service.masquerade.plainMayBeOwn
      allowsActive = service.allowsActive
      pinsDataPort = service.translatesActive
      isOff = service.tls == .off
      isOptional = service.tls == .explicitOptional
      isRequired = service.tls == .explicitRequired
      isImplicit = service.tls == .implicit
      allowsClearControl = service.allowsClearControl
    }
  }

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    services = plan.services.map(ServiceView.init)
    maxClients = plan.server.maxClients?.value
    usesTLS = plan.usesTLS
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: usesTLS)
  }
}
