import Addressing
import Diagnostics
package import Policy
import Templates

/// Writes the parts of `settings.xml` of FileZilla Server 1.x that a policy decides. The file also holds what the
/// policy does not know, such as the administrator's password, so they are a fragment.
package struct FileZillaXMLEmitter: ServerEmitter {
  package let software = SoftwareKind.filezilla
  package let form = "xml"
  package let format: any DocumentFormat = XMLFormat()
  package let templates = [EmitterTemplate(.fileZillaSettings, XMLFormat())]

  package let capabilities = Capabilities()

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = FileZillaView(plan)
    let text = renderer.render("filezilla-settings.xml.mustache", view)
    return Emission(
      documents: [ServerDocument(name: "filezilla-settings.xml", text: text)],
      diagnostics: view.certificateByHand ? [certificateByHand(plan)] : [])
  }

  private func certificateByHand(_ plan: ServerPlan) -> Diagnostic {
    Diagnostic(
      .note, "certificate-by-hand",
      "how FileZilla Server writes its certificate changed after 1.7, so it has to be chosen in its administration window",
      at: plan.server.certificate?.span ?? plan.server.header,
      help: "for a server up to 1.7, write its version after `software filezilla`")
  }
}

/// What the template `filezilla-settings.xml.mustache` can name.
struct FileZillaView {
  var heading: [String]
  var listeners: [Listener]
  var range: RangeView?
  var announced: String?
  var certificate: CertificateView
  /// Whether the policy names a certificate that is not written.
  var certificateByHand: Bool
  /// Whether the layout of the element for TLS is that of 1.0 to 1.7.
  var writesCertificate: Bool

  struct Listener {
    var address: String
    var port: UInt16
    /// 0 explicit optional, 1 implicit, 2 explicit required (source: 1.7.3).
    var mode: Int

    static func all(_ service: Service) -> [Listener] {
      let mode = service.tls == .implicit ? 1 : service.tls == .explicitRequired ? 2 : 0
      return service.addresses.map { Listener(address: "\($0)", port: service.port, mode: mode) }
    }
  }

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    listeners = plan.services.flatMap(Listener.all)
    range = plan.services.lazy.compactMap(\.passiveRange).first.map(RangeView.init)
    announced = plan.services.lazy.compactMap(\.announced).first.map { "\($0)" }
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: plan.usesTLS)
    let isKnown =
      plan.isOlder(than: SoftwareVersion(1, 8)) && !plan.isOlder(than: SoftwareVersion(1, 0))
    writesCertificate = isKnown && !certificate.isMissing
    certificateByHand = !isKnown && plan.usesTLS && !certificate.isMissing
  }
}
