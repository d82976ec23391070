/// Workflow commands that GitHub Actions turns into annotations. Data is escaped as the runner unescapes it:
/// `%`, CR and LF everywhere, `:` and `,` in properties as well.
func renderGitHub(_ diagnostics: [Diagnostic], in sources: SourceSet) -> String {
  var locator = Locator(sources)
  var text = ""
  for diagnostic in diagnostics {
    let (start, end) = locator.positions(of: diagnostic.primary.span)
    let command = diagnostic.severity == .note ? "notice" : diagnostic.severity.rawValue
    let properties = [
      "file=\(escapeProperty(locator.name(of: diagnostic.primary.span.file)))", "line=\(start.line)",
      "col=\(start.column)", "endLine=\(end.line)", "endColumn=\(end.column)",
      "title=sallyport (\(escapeProperty(diagnostic.code)))",
    ]
    let message = [diagnostic.message, diagnostic.help.map { "help: \($0)" }].compactMap(\.self)
    text += "::\(command) \(properties.joined(separator: ","))::\(escapeData(message.joined(separator: "\n")))\n"
  }
  return text
}

private func escapeData(_ text: String) -> String { escape(text, ["%", "\r", "\n"]) }

private func escapeProperty(_ text: String) -> String { escape(text, ["%", "\r", "\n", ":", ","]) }

private func escape(_ text: String, _ special: Set<Unicode.Scalar>) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    if special.contains(scalar) {
      let hex = String(scalar.value, radix: 16, uppercase: true)
      result += "%" + (hex.count == 1 ? "0" : "") + hex
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}
