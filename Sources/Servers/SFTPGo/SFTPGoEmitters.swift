import Addressing
import Diagnostics
package import Policy
import Templates

/// Writes the members of `sftpgo.json` that a policy decides; the file also holds what the policy does not know.
package struct SFTPGoJSONEmitter: ServerEmitter {
  package let software = SoftwareKind.sftpgo
  package let form = "json"
  package let format: any DocumentFormat = SFTPGoJSONFormat()
  package let templates = [EmitterTemplate(.sftpgoJSON, SFTPGoJSONFormat())]
  package var capabilities: Capabilities { Capabilities() }

  package init() {}

  package func documents(for plan: ServerPlan, renderer: TemplateRenderer) throws(EmitError) -> Emission {
    Emission(
      documents: [
        ServerDocument(
          name: "sftpgo-sallyport.json", text: renderer.render("sftpgo.json.mustache", SFTPGoView(plan)))
      ])
  }
}

/// Writes the same as variables of the environment, a file for the folder `env.d`.
package struct SFTPGoEnvironmentEmitter: ServerEmitter {
  package let software = SoftwareKind.sftpgo
  package let form = "env"
  package let format: any DocumentFormat = SFTPGoEnvironmentFormat()
  package let templates = [EmitterTemplate(.sftpgoEnvironment, SFTPGoEnvironmentFormat())]
  package var capabilities: Capabilities { Capabilities() }

  package init() {}

  package func documents(for plan: ServerPlan, renderer: TemplateRenderer) throws(EmitError) -> Emission {
    let view = SFTPGoView(plan)
    guard view.bindings.count <= SFTPGoSettings.mostVariableBindings else {
      return Emission(diagnostics: [tooManyBindings(plan)])
    }
    return Emission(
      documents: [
        ServerDocument(name: "sftpgo-sallyport.env", text: renderer.render("sftpgo.env.mustache", view))
      ])
  }

  private func tooManyBindings(_ plan: ServerPlan) -> Diagnostic {
    let publication = plan.request.publications.last
    return .error(
      "value-not-expressible",
      "SFTPGo cannot be told of more than \(SFTPGoSettings.mostVariableBindings) listeners by variables",
      at: publication?.controlPort.span ?? publication?.header ?? plan.server.header, help: "use the form `json`")
  }
}

/// The inside of a string of JSON.
struct SFTPGoJSONFormat: DocumentFormat {
  let name = "SFTPGO-JSON"

  func escapeText(_ text: String) -> String {
    text.replacingScalars { scalar in
      if scalar.breaksLine { return "?" }
      return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : nil
    }
  }
}

/// The inside of a text in apostrophes, in which nothing is replaced (gotenv).
struct SFTPGoEnvironmentFormat: DocumentFormat {
  let name = "SFTPGO-ENV"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    return text.contains("'") ? "has an apostrophe" : nil
  }

  func escapeText(_ text: String) -> String {
    text.replacingScalars { $0.breaksLine || $0 == "'" ? "" : nil }
  }
}

/// What the templates for SFTPGo can name.
struct SFTPGoView {
  var heading: [String]
  var bindings: [Binding]
  /// 0 for no limit.
  var maxClients: Int
  var allowsActive: Bool
  var takesAnyPort: Bool
  /// 0 for any port.
  var low: UInt16
  var high: UInt16

  /// One listener.
  struct Binding {
    var number: Int
    var port: UInt16
    var address: String
    /// 0 explicit optional or none, 1 explicit required, 2 implicit.
    var mode: Int
    var hasCertificate: Bool
    var certificate: String
    var key: String
    var announced: String?
  }

  init(_ plan: ServerPlan) {
    heading = plan.heading(plan.services)
    maxClients = plan.server.maxClients?.value ?? 0
    allowsActive = plan.services.contains(where: \.allowsActive)
    takesAnyPort = !plan.services.contains(where: \.translatesActive)
    let range = plan.services.lazy.compactMap(\.passiveRange).first
    (low, high) = (range?.low ?? 0, range?.high ?? 0)
    var paths = (certificate: "", key: "")
    if case .files(let certificate, let key)? = plan.server.certificate?.value {
      paths = (certificate, key ?? certificate)
    }
    bindings = []
    for service in plan.services {
      let usesTLS = service.tls.allowsTLS
      // The announced address is that of PASV, which has no part in IPv6.
      let addresses = service.addresses.map { (text: SFTPGoSettings.text($0), isIPv4: $0.family == .ipv4) }
      for address in addresses.isEmpty ? [(text: "", isIPv4: true)] : addresses {
        bindings.append(
          Binding(
            number: bindings.count, port: service.port, address: address.text,
            mode: service.tls == .implicit ? 2 : service.tls == .explicitRequired ? 1 : 0,
            hasCertificate: usesTLS, certificate: usesTLS ? paths.certificate : "", key: usesTLS ? paths.key : "",
            announced: address.isIPv4 ? service.announced.map { "\($0)" } : nil))
      }
    }
  }
}
