package import Policy
import Templates

/// Writes `pure-ftpd.conf`, the file that `pure-ftpd FILE` reads; one for each control port, because the program
/// has one port, one range and one address in a process.
package struct PureFTPdConfEmitter: ServerEmitter {
  package let software = SoftwareKind.pureFTPd
  package let form = "conf"
  package let format: any DocumentFormat = PureFTPdFormat()
  package let templates = [EmitterTemplate(.pureFTPd, PureFTPdFormat())]

  // `Bind ::1,21` is a syntax error up to 1.0.52 (measured: 1.0.50).
  package var capabilities: Capabilities { .pureFTPd(binding: .ipv4Address) }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    pureFTPdProcesses(plan, suffix: ".conf", binding: capabilities.binding) {
      renderer.render("pure-ftpd.conf.mustache", $0)
    }
  }
}

/// A value of `pure-ftpd.conf`: printable ASCII without quotation mark or comma, neither beginning nor ending with a
/// blank. There is no escape character, and a comma separates certificate and key in the option that the line
/// becomes (measured: Pure-FTPd 1.0.50).
struct PureFTPdFormat: DocumentFormat {
  let name = "PURE-FTPD"

  func obstacle(in text: String) -> String? {
    if text.unicodeScalars.contains(where: { !$0.isASCII }) { return "has a character outside ASCII" }
    if text.hasLineBreak { return "has a control character" }
    if text.contains(",") { return "has a comma" }
    if text.contains("\"") { return "has a quotation mark" }
    return text.hasPrefix(" ") || text.hasSuffix(" ") ? "begins or ends with a blank" : nil
  }

  func escapeText(_ text: String) -> String {
    text.replacingScalars { $0.breaksLine || !$0.isASCII || ["\"", ","].contains($0) ? "" : nil }
  }
}
