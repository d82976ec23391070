package import Policy
import Templates
import WindowsFirewall

/// Writes a batch file that sets up an IIS site with `appcmd`, which can be run again, and one that takes it back.
package struct AppcmdEmitter: ServerEmitter {
  package let software = SoftwareKind.iis
  package let form = "appcmd"
  package let format: any DocumentFormat = CommandFormat()
  package let templates = [
    Template.iisAppcmd, .iisAppcmdUndo,
  ].map { EmitterTemplate($0, CommandFormat()) }

  package var capabilities: Capabilities { .iis }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = IISView(plan)
    return Emission(
      documents: ["iis-appcmd.cmd", "iis-appcmd-undo.cmd"].map { name in
        ServerDocument(name: name, text: renderer.renderForWindows("\(name).mustache", view))
      }, diagnostics: iisSeparateDownload(plan))
  }
}

extension TemplateRenderer {
  /// A rendered text with the line ends of Windows.
  func renderForWindows(_ name: String, _ view: some Any) -> String {
    render(name, view).replacing("\n", with: "\r\n")
  }
}

/// Text between quotation marks in a batch file of cmd.exe.
struct CommandFormat: DocumentFormat {
  let name = "CMD"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    if text.contains("\"") { return "has a quotation mark" }
    if text.contains("'") { return "has an apostrophe" }
    if text.contains("\\") { return "has a backslash" }
    // A line has at most 8191 characters (documented), and no name of IIS comes near.
    return text.utf16.count > 1000 ? "is longer than a batch file can hold" : nil
  }

  func escapeText(_ text: String) -> String { batchText(text) }
}

/// Text after `rem`, where percent signs are still replaced and a caret may join the next line.
struct CommandCommentFormat: DocumentFormat {
  let name = "CMD-COMMENT"

  func escapeText(_ text: String) -> String {
    text.replacingScalars { scalar in
      if scalar == "%" { return "%%" }
      return scalar.breaksLine || ["^", "&", "|", "<", ">"].contains(scalar) ? "?" : nil
    }
  }
}
