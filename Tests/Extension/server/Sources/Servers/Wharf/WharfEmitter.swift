package import Policy
import Templates

package struct WharfEmitter: ServerEmitter {
  package let software = SoftwareKind.wharf
  package let form = "conf"
  package let format: any DocumentFormat = WharfFormat()
  package let templates = [EmitterTemplate(.wharf, WharfFormat())]
  package var capabilities: Capabilities { Capabilities() }

  package func documents(for plan: ServerPlan, renderer: TemplateRenderer) throws(EmitError) -> Emission {
    Emission(
      documents: [ServerDocument(name: "wharf.conf", text: renderer.render("wharf.conf.mustache", WharfView(plan)))])
  }
}

struct WharfFormat: DocumentFormat {
  let name = "WHARF"

  func escapeText(_ text: String) -> String { text.replacingScalars { $0.breaksLine ? "" : nil } }
}

/// What the template `wharf.conf.mustache` can name.
struct WharfView {
  struct ServiceView {
    var port: UInt16
    var range: RangeView?
    var announced: String?
  }

  var services: [ServiceView]

  init(_ plan: ServerPlan) {
    services = plan.services.map { service in
      ServiceView(
        port: service.port, range: service.passiveRange.map(RangeView.init),
        announced: service.announced.map { "\($0)" })
    }
  }
}
