/// How far an edit may be trusted.
package enum Applicability: String, Sendable {
  /// Keeps the meaning, or is certainly what was meant: `check --fix` applies it.
  case safe
  /// Probably what was meant; a person decides.
  case unsafe
  /// Shown as an example, not complete as it stands.
  case displayOnly = "display-only"
}

/// One replacement in one file; an empty span inserts.
package struct TextEdit: Hashable, Sendable {
  package var span: SourceSpan
  package var replacement: String

  package init(_ span: SourceSpan, _ replacement: String) {
    self.span = span
    self.replacement = replacement
  }
}

/// A change of the source text that mends a diagnostic.
package struct FixIt: Hashable, Sendable {
  /// What the edits do, as an imperative phrase.
  package var message: String
  package var applicability: Applicability
  /// Edits that do not overlap.
  package var edits: [TextEdit]

  package init(_ message: String, _ applicability: Applicability, _ edits: [TextEdit]) {
    self.message = message
    self.applicability = applicability
    self.edits = edits
  }

  /// A fix that replaces one stretch of text.
  package static func replace(
    _ span: SourceSpan, with text: String, _ message: String, _ applicability: Applicability = .safe
  ) -> FixIt {
    FixIt(message, applicability, [TextEdit(span, text)])
  }
}
