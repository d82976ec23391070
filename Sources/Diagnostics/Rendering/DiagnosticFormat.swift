/// The forms in which diagnostics are shown.
package enum DiagnosticFormat: String, CaseIterable, Sendable {
  /// Source text with underlines, for people.
  case full
  /// One line each: `file:line:column: severity: message [code]`.
  case concise
  /// One object, for programs.
  case json
  /// Workflow commands of GitHub Actions.
  case github
  /// SARIF 2.1.0 (OASIS standard), for code scanning.
  case sarif

  /// Whether the text is data for a program, which goes to standard output even when there is nothing to report.
  package var isMachineReadable: Bool { self != .full && self != .concise }
}

/// Renders diagnostics in the order given.
///
/// - Parameters:
///   - version: That of the program.
///   - describe: What a code means; `nil` where nothing more is known. SARIF says it.
package func render(
  _ diagnostics: [Diagnostic], in sources: SourceSet, as format: DiagnosticFormat, style: Style, version: String,
  describe: (String) -> RuleDescription? = { _ in nil }
) -> String {
  render(
    CappedFindings(diagnostics, most: 0), in: sources, as: format, style: style, version: version, describe: describe)
}

/// Renders diagnostics in the order given; every format says how many are left out.
package func render(
  _ findings: CappedFindings, in sources: SourceSet, as format: DiagnosticFormat, style: Style, version: String,
  describe: (String) -> RuleDescription? = { _ in nil }
) -> String {
  let diagnostics = findings.shown
  switch format {
  case .full:
    return FullRenderer(sources: sources, style: style).render(diagnostics)
      + (findings.remark.map { "\n\($0)\n" } ?? "")
  case .concise:
    return renderConcise(diagnostics, in: sources, style: style) + (findings.remark.map { $0 + "\n" } ?? "")
  case .json: return renderJSON(diagnostics, in: sources, leftOut: findings.leftOut)
  case .github:
    return renderGitHub(diagnostics, in: sources)
      + (findings.remark.map { "::notice title=sallyport::\($0)\n" } ?? "")
  case .sarif: return renderSARIF(diagnostics, in: sources, version: version, leftOut: findings.leftOut, describe)
  }
}
