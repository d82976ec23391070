package import Policy

/// Writes a batch file that sets up an IIS site with `appcmd`; it can be run again.
package struct AppcmdEmitter: ServerEmitter {
  package let software = SoftwareKind.iis
  package let form = "appcmd"
  package let format: any DocumentFormat = CommandFormat()
  package let templates = ["iis-appcmd.cmd.mustache"]

  package var capabilities: Capabilities { .iis }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let text = renderer.render("iis-appcmd.cmd.mustache", IISView(plan))
    return Emission(documents: [
      ServerDocument(name: "iis-appcmd.cmd", text: text.replacing("\n", with: "\r\n"))
    ])
  }
}

/// Text between quotation marks in a batch file of cmd.exe: a percent sign is doubled, and everything else stands for
/// itself while delayed expansion is off. Nothing stands for a quotation mark, an apostrophe ends a name within
/// the argument of appcmd, and a backslash may take away the meaning of the closing mark.
struct CommandFormat: DocumentFormat {
  let name = "CMD"

  func obstacle(in text: String) -> String? {
    if text.unicodeScalars.contains(where: \.breaksLine) { return "has a control character" }
    if text.contains("\"") { return "has a quotation mark" }
    if text.contains("'") { return "has an apostrophe" }
    return text.contains("\\") ? "has a backslash" : nil
  }

  func escapeText(_ text: String) -> String {
    text.replacingScalars { scalar in
      if scalar == "%" { return "%%" }
      return scalar.breaksLine || ["\"", "'", "\\"].contains(scalar) ? "" : nil
    }
  }
}

/// Text behind `rem`, where percent signs are still replaced and a caret may join the next line.
struct CommandCommentFormat: DocumentFormat {
  let name = "CMD-COMMENT"

  func escapeText(_ text: String) -> String {
    text.replacingScalars { scalar in
      if scalar == "%" { return "%%" }
      return scalar.breaksLine || ["^", "&", "|", "<", ">"].contains(scalar) ? "?" : nil
    }
  }
}
