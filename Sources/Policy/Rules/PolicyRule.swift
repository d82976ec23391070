package import Diagnostics

/// One check of the meaning of a policy, in a file of its own, with its messages.
///
/// A rule sees policies in which other things may be wrong: what could not be resolved is `nil`, and the rule
/// passes over it.
package protocol PolicyRule: Sendable {
  /// As `docs/rules/CODE.md` has it.
  var code: String { get }
  /// As the page has it.
  var severity: Severity { get }

  /// What the rule finds, in any order.
  func check(_ context: RuleContext) -> [Diagnostic]
}

/// A rule that looks at one publication at a time, so that many rules can share one pass.
package protocol PublicationRule: PolicyRule {
  /// What the rule finds in a publication; its server may be unknown.
  func check(_ publication: Publication, in context: RuleContext) -> Diagnostic?
  /// What it finds in several.
  func check(each publications: ArraySlice<Publication>, in context: RuleContext) -> [Diagnostic]
}

/// A rule that looks at one publication with its server at a time.
package protocol PublishedRule: PolicyRule {
  /// What the rule finds in a publication.
  func check(_ published: Published, in context: RuleContext) -> Diagnostic?
  /// What it finds in several.
  func check(each published: ArraySlice<Published>, in context: RuleContext) -> [Diagnostic]
}

extension PublicationRule {
  package func check(each publications: ArraySlice<Publication>, in context: RuleContext) -> [Diagnostic] {
    publications.compactMap { publication in
      check(publication, in: context).map { context.policy.told($0, of: publication) }
    }
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    check(each: context.policy.publications[...], in: context)
  }
}

extension PublishedRule {
  package func check(each published: ArraySlice<Published>, in context: RuleContext) -> [Diagnostic] {
    published.compactMap { published in
      check(published, in: context).map { context.policy.told($0, of: published.publication) }
    }
  }

  package func check(_ context: RuleContext) -> [Diagnostic] { check(each: context.published[...], in: context) }
}

extension PolicyRule {
  /// A diagnostic with the code and severity of the rule.
  func diagnostic(
    _ message: String, at span: SourceSpan, label: String = "", related: [Label] = [], notes: [String] = [],
    help: String? = nil, fixes: [FixIt] = []
  ) -> Diagnostic {
    Diagnostic(
      severity, code, message, at: span, label: label, related: related, notes: notes, help: help,
      fixes: fixes)
  }
}
