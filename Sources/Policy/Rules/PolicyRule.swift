package import Diagnostics

/// What a diagnostic means: the page that `sallyport rules CODE` shows. Its samples run as tests.
package struct RulePage: Sendable {
  /// What has to run for the bad sample to raise its code.
  package enum Origin: Sendable {
    /// Parsing, resolving and validating it.
    case policy
    /// The same, after U+FFFD in it was replaced by the byte FF, which no text in UTF-8 has.
    case bytes
    /// The whole pipeline: comments with `allow:`, and what servers can be told.
    case compilation
    /// The whole pipeline, which reads a policy with errors once more, as it was meant.
    case meant
    /// Validating it with room for very little: its limit is beyond any sample.
    case limits
    /// Writing the settings of its server.
    case emission
    /// The whole pipeline, with files that it includes: one that is itself, and one that does not exist.
    case includes
    /// `check --kernel` on a machine with that state.
    case kernel
    /// `audit`, with the files of the server that stand in comments above the policy.
    case audit
  }

  package var code: String
  package var severity: Severity
  /// One line: what is wrong.
  package var summary: String
  /// Why it matters, in a few sentences.
  package var explanation: String
  /// The numbers of the failure catalogue that the rule catches, for example `F04`.
  package var failureModes: [String]
  /// A policy that raises the diagnostic.
  package var bad: String
  /// The same policy without the mistake.
  package var good: String
  package var origin: Origin

  package init(
    _ severity: Severity, _ code: String, _ summary: String, explanation: String, failureModes: [String] = [],
    origin: Origin = .policy, bad: String, good: String
  ) {
    self.code = code
    self.severity = severity
    self.summary = summary
    self.explanation = explanation
    self.failureModes = failureModes
    self.bad = bad
    self.good = good
    self.origin = origin
  }
}

/// One check of the meaning of a policy, in a file of its own, with its messages.
///
/// A rule sees policies in which other things may be wrong: what could not be resolved is `nil`, and the rule
/// passes over it.
package protocol PolicyRule: Sendable {
  var page: RulePage { get }

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
    publications.compactMap { check($0, in: context) }
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    check(each: context.policy.publications[...], in: context)
  }
}

extension PublishedRule {
  package func check(each published: ArraySlice<Published>, in context: RuleContext) -> [Diagnostic] {
    published.compactMap { check($0, in: context) }
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
      page.severity, page.code, message, at: span, label: label, related: related, notes: notes, help: help,
      fixes: fixes)
  }
}
