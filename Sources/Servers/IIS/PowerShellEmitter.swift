package import Policy
import Templates
import WindowsFirewall

/// Writes a script that sets up an IIS site with the module WebAdministration, which can be run again, and one that
/// takes it back.
package struct PowerShellEmitter: ServerEmitter {
  package let software = SoftwareKind.iis
  package let form = "powershell"
  package let format: any DocumentFormat = PowerShellFormat()
  package let templates = [
    Template.iisPowerShell, .iisPowerShellUndo,
  ].map { EmitterTemplate($0, PowerShellFormat()) }

  package var capabilities: Capabilities { .iis }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = IISView(plan)
    return Emission(
      documents: ["iis-powershell.ps1", "iis-powershell-undo.ps1"].map { name in
        let text = renderer.renderForWindows("\(name).mustache", view)
        // Windows PowerShell takes a script without the mark for the code page of the machine (documented).
        let mark = text.unicodeScalars.allSatisfy(\.isASCII) ? "" : "\u{FEFF}"
        return ServerDocument(name: name, text: mark + text)
      }, diagnostics: iisSeparateDownload(plan))
  }
}

/// A value of a PowerShell script.
struct PowerShellFormat: DocumentFormat {
  let name = "POWERSHELL"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    // The name stands in quotation marks of one kind or the other in a path of WebAdministration.
    return text.contains("\"") ? "has a quotation mark" : nil
  }

  func escapeText(_ text: String) -> String { powerShellLiteral(text) }
}
