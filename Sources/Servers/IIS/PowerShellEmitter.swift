package import Policy
import Templates

/// Writes a script that sets up an IIS site with the module WebAdministration, which can be run again, and one that
/// takes it back.
package struct PowerShellEmitter: ServerEmitter {
  package let software = SoftwareKind.iis
  package let form = "powershell"
  package let format: any DocumentFormat = PowerShellFormat()
  package let templates = [
    Template.iisPowerShell, .iisPowerShellUndo, .iisPowerShellFirewallUndo,
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

/// A value of a PowerShell script: a number as it is, anything else between apostrophes, in which only an apostrophe
/// has a meaning and is doubled. PowerShell takes four other quotation marks for apostrophes (documented).
struct PowerShellFormat: DocumentFormat {
  let name = "POWERSHELL"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    // The name stands in quotation marks of one kind or the other in a path of WebAdministration.
    return text.contains("\"") ? "has a quotation mark" : nil
  }

  func escapeText(_ text: String) -> String {
    // Up to nine digits are an Int32.
    if !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return text }
    let inner = text.replacingScalars { scalar in
      if scalar.breaksLine { return "" }
      return ["'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"].contains(scalar) ? "\(scalar)\(scalar)" : nil
    }
    return "'\(inner)'"
  }
}
