import Diagnostics

extension Policy {
  /// Whether a span lies in a `defaults` block.
  private func isDefault(_ span: SourceSpan) -> Bool {
    defaultBlocks.contains {
      $0.file == span.file && $0.range.lowerBound <= span.range.lowerBound
        && span.range.upperBound <= $0.range.upperBound
    }
  }

  /// A finding about a publication, which names both places where the statement is one of `defaults`.
  func told(_ diagnostic: Diagnostic, of publication: Publication) -> Diagnostic {
    guard !defaultBlocks.isEmpty, isDefault(diagnostic.primary.span) else { return diagnostic }
    var diagnostic = diagnostic
    diagnostic.related.append(Label(publication.header, "this publication takes it from `defaults`"))
    return diagnostic.ofDefaults
  }

  /// Findings of rules about several publications, with the other place where a statement is one of `defaults`.
  func told(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    guard !defaultBlocks.isEmpty else { return diagnostics }
    return diagnostics.map { diagnostic in
      guard isDefault(diagnostic.primary.span) else { return diagnostic }
      guard diagnostic.related.allSatisfy({ isDefault($0.span) }) else { return diagnostic.ofDefaults }
      var diagnostic = diagnostic
      diagnostic.notes.append("the statement is one of `defaults`, and holds for publications without their own")
      return diagnostic.ofDefaults
    }
  }
}

extension Diagnostic {
  /// The same without fixes: what is wrong for one publication may be right for the others.
  fileprivate var ofDefaults: Diagnostic {
    var diagnostic = self
    diagnostic.fixes = []
    return diagnostic
  }
}
