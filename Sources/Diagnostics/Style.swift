/// Whether output carries ANSI colour, and the few styles in use.
package struct Style: Sendable {
  package var isColored: Bool

  package init(isColored: Bool) { self.isColored = isColored }

  /// No escape sequences at all.
  package static let plain = Style(isColored: false)

  package func bold(_ text: String) -> String { wrap(text, "1") }
  package func red(_ text: String) -> String { wrap(text, "1;31") }
  package func yellow(_ text: String) -> String { wrap(text, "1;33") }
  package func green(_ text: String) -> String { wrap(text, "32") }
  package func blue(_ text: String) -> String { wrap(text, "1;34") }
  package func cyan(_ text: String) -> String { wrap(text, "36") }

  /// The colour of a severity.
  package func severity(_ severity: Severity, _ text: String) -> String {
    switch severity {
    case .error: red(text)
    case .warning: yellow(text)
    case .note: cyan(text)
    }
  }

  /// What stands between `ESC [` and `m` in the sequences that are written, and no other.
  static let codes: Set<String> = ["1", "1;31", "1;33", "32", "1;34", "36", "0"]

  private func wrap(_ text: String, _ code: String) -> String {
    isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
