/// How bad a diagnostic is. Errors refuse the policy; warnings and notes do not.
package enum Severity: String, Sendable, Comparable {
  case note, warning, error

  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }

  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// A stretch of text with what there is to say about it.
package struct Label: Hashable, Sendable {
  package var span: SourceSpan
  /// Shown after the underline; empty for none.
  package var message: String

  package init(_ span: SourceSpan, _ message: String = "") {
    self.span = span
    self.message = message
  }
}

/// One mistake or remark about a source text.
///
/// Messages are lower case, one sentence, without a final period, user text in backticks.
package struct Diagnostic: Hashable, Sendable {
  /// What it rests on, where that decides when it counts.
  package enum Origin: Sendable {
    /// The text of the policy.
    case policy
    /// That no file declares a name: one that was not read might.
    case undeclaredName
    /// That no file uses a name: another policy that includes the declaration might.
    case unusedName
    /// That two declarations have one name.
    case duplicateName
    /// The files of a server, held against the policy.
    case audit
    /// What a platform asks for or cannot do: it keeps a configuration from being written, and nothing else.
    case writing
  }

  /// Stable kebab-case name, for example `passive-range-overlap`; reads well after "allow".
  package var code: String
  package var severity: Severity
  package var message: String
  /// The text to blame.
  package var primary: Label
  /// Other places that take part, for example the first of two statements that collide.
  package var related: [Label]
  /// Sentences that explain the cause.
  package var notes: [String]
  /// The way out, as an imperative sentence.
  package var help: String?
  package var fixes: [FixIt]
  package var origin = Origin.policy

  package init(
    _ severity: Severity, _ code: String, _ message: String, at span: SourceSpan, label: String = "",
    related: [Label] = [], notes: [String] = [], help: String? = nil, fixes: [FixIt] = []
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.primary = Label(span, label)
    self.related = related
    self.notes = notes
    self.help = help
    self.fixes = fixes
  }

  /// The same with another origin.
  package func from(_ origin: Origin) -> Diagnostic {
    var diagnostic = self
    diagnostic.origin = origin
    return diagnostic
  }

  /// An error that refuses the policy.
  package static func error(
    _ code: String, _ message: String, at span: SourceSpan, label: String = "", related: [Label] = [],
    notes: [String] = [], help: String? = nil, fixes: [FixIt] = []
  ) -> Diagnostic {
    Diagnostic(
      .error, code, message, at: span, label: label, related: related, notes: notes, help: help,
      fixes: fixes)
  }

  /// A warning, which `# allow: CODE` at the end of its line silences.
  package static func warning(
    _ code: String, _ message: String, at span: SourceSpan, label: String = "", related: [Label] = [],
    notes: [String] = [], help: String? = nil, fixes: [FixIt] = []
  ) -> Diagnostic {
    Diagnostic(
      .warning, code, message, at: span, label: label, related: related, notes: notes, help: help,
      fixes: fixes)
  }
}

extension Array where Element == Diagnostic {
  /// Whether any of them refuses the policy.
  package var hasErrors: Bool { contains { $0.severity == .error } }

  /// In the order of the text; same place: errors first, then by code and message. Equal ones are kept once.
  package func inSourceOrder() -> [Diagnostic] {
    guard count > 1 else { return self }
    let order = indices.sorted { self[$0].precedes(self[$1]) }
    var result: [Diagnostic] = []
    result.reserveCapacity(count)
    // Where the diagnostics begin that are equal in what they are sorted by.
    var start = 0
    for index in order {
      let next = self[index]
      if let last = result.last, last.precedes(next) { start = result.count }
      if !result[start...].contains(next) { result.append(next) }
    }
    return result
  }
}

extension Diagnostic {
  fileprivate func precedes(_ other: Diagnostic) -> Bool {
    if primary.span != other.primary.span { return primary.span < other.primary.span }
    return (other.severity, code, message) < (severity, other.code, other.message)
  }
}
