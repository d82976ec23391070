package import Policy

/// Writes the command line of `pure-ftpd`, as a script for a POSIX shell that takes further flags; one for each
/// control port.
package struct PureFTPdFlagsEmitter: ServerEmitter {
  package let software = SoftwareKind.pureFTPd
  package let form = "flags"
  package let format: any DocumentFormat = PureFTPdFlagFormat()
  package let templates = [EmitterTemplate("pure-ftpd-flags.sh.mustache", PureFTPdFlagFormat())]

  package var capabilities: Capabilities { .pureFTPd(binding: .oneAddress) }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    if let diagnostic = pureFTPdSeparateKey(plan) { return Emission(diagnostics: [diagnostic]) }
    let isAlone = plan.services.count == 1
    let documents = plan.services.map { service in
      let view = PureFTPdView(
        plan, service, binding: capabilities.binding, pidFile: isAlone ? nil : service.name)
      return ServerDocument(
        name: isAlone ? "pure-ftpd-flags.sh" : "pure-ftpd-\(service.name)-flags.sh",
        text: renderer.render("pure-ftpd-flags.sh.mustache", view))
    }
    return Emission(documents: documents)
  }
}

/// A word of a shell script that is a value of a flag: a comma separates certificate and key there (source).
struct PureFTPdFlagFormat: DocumentFormat {
  let name = "PURE-FTPD-FLAG"

  func obstacle(in text: String) -> String? {
    if text.unicodeScalars.contains(where: \.breaksLine) { return "has a control character" }
    return text.contains(",") ? "has a comma" : nil
  }

  func escapeText(_ text: String) -> String { ShellFormat().escapeText(text) }
}
