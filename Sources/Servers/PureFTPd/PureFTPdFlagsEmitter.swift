package import Policy
import Templates

/// Writes the command line of `pure-ftpd`, as a script for a POSIX shell that takes further flags; one for each
/// control port.
package struct PureFTPdFlagsEmitter: ServerEmitter {
  package let software = SoftwareKind.pureFTPd
  package let form = "flags"
  package let format: any DocumentFormat = PureFTPdFlagFormat()
  package let templates = [EmitterTemplate(.pureFTPdFlags, PureFTPdFlagFormat())]

  package var capabilities: Capabilities { .pureFTPd(binding: .oneAddress) }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    pureFTPdProcesses(plan, suffix: "-flags.sh", binding: capabilities.binding) {
      renderer.render("pure-ftpd-flags.sh.mustache", $0)
    }
  }
}

/// A word of a shell script that is a value of a flag: a comma separates certificate and key there (source).
struct PureFTPdFlagFormat: DocumentFormat {
  let name = "PURE-FTPD-FLAG"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    return text.contains(",") ? "has a comma" : nil
  }

  func escapeText(_ text: String) -> String { ShellFormat().escapeText(text) }
}
