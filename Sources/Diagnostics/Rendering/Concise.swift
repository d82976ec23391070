/// One line for each diagnostic, in the form that editors and `grep` know.
func renderConcise(_ diagnostics: [Diagnostic], in sources: SourceSet, style: Style) -> String {
  var locator = Locator(sources)
  var text = ""
  for diagnostic in diagnostics {
    let start = locator.positions(of: diagnostic.primary.span).start
    let name = printable(locator.name(of: diagnostic.primary.span.file))
    text += "\(name):\(start.line):\(start.column): "
    text += style.severity(diagnostic.severity, diagnostic.severity.rawValue)
    text += ": \(printable(diagnostic.message)) [\(diagnostic.code)]\n"
  }
  return text
}

/// A text without control characters.
package func printable(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars { result.append(printable(scalar)) }
  return String(result)
}
