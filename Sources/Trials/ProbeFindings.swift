import Compilation
package import Diagnosis
package import Diagnostics
package import Evidence

/// What sessions come to: each beside its promise, and the causes that their evidence shows.
package struct ProbeFindings: Sendable {
  package var results: [TrialResult]
  package var diagnosis: Diagnosis

  /// - Parameters:
  ///   - replies: What replies of known servers tell.
  ///   - publication: What a policy says, where there is one.
  package init(_ results: [TrialResult], replies: [KnownReply], publication: PublishedFacts? = nil) {
    self.results = results
    // Sessions that are refused as they should be are no evidence of a failure. The one to be drawn is one that fails.
    let told = results.filter { !$0.isAsPromised } + results.filter { $0.isAsPromised && $0.outcome == .works }
    let files = told.enumerated().map { index, result in
      result.report?.evidence(named: result.trial.title, source: index) ?? EvidenceFile(name: result.trial.title)
    }
    diagnosis = Diagnosis(files, replies: replies, publication: publication)
  }

  package var hasPolicy: Bool { results.contains { $0.trial.promise != nil } }

  /// Whether everything is as promised; without a policy, whether some session works, and those that do not are
  /// refused.
  package var isFine: Bool {
    results.allSatisfy(\.isAsPromised) && (hasPolicy || results.contains { $0.outcome == .works })
  }

  /// Causes are told where something is not as it should be.
  package var causes: [Found] { results.contains { !$0.isAsPromised } ? diagnosis.causes : [] }

  /// What to fetch next; a session of which nobody can tell tells nothing that more evidence would.
  package var next: [String] { isDrawn ? diagnosis.next : [] }

  private var isDrawn: Bool { results.contains { !$0.isAsPromised && $0.outcome != .undecided } }

  /// Without a policy, one that fits what was seen.
  package var policy: String? { hasPolicy ? nil : fittingPolicy(results) }

  /// Everything, for people.
  ///
  /// - Parameters:
  ///   - title: What was probed, and from where.
  ///   - statement: The statement of the policy that a cause is about.
  package func text(title: String, style: Style, statement: @escaping (Found) -> String? = { _ in nil }) -> String {
    var parts = [TrialText(results, title: title, style: style).text]
    let view = DiagnosisText(diagnosis, style: style, statement: statement)
    if !causes.isEmpty { parts.append(view.causesText) }
    if isDrawn { parts += [view.nextText, view.ladderText] }
    if let policy { parts.append("a policy that fits what was seen:\n\n\(policy)") }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
