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
  switch format {
  case .full: FullRenderer(sources: sources, style: style).render(diagnostics)
  case .concise: renderConcise(diagnostics, in: sources, style: style)
  case .json: renderJSON(diagnostics, in: sources)
  case .github: renderGitHub(diagnostics, in: sources)
  case .sarif: renderSARIF(diagnostics, in: sources, version: version, describe)
  }
}
