import Addressing
import Compilation
package import Diagnostics
import FTPSession

/// What sessions have shown, for people.
package struct TrialText {
  package var results: [TrialResult]
  /// What was probed, and from where: `files, from the office`.
  package var title: String
  package var style: Style

  package init(_ results: [TrialResult], title: String, style: Style) {
    (self.results, self.title, self.style) = (results, title, style)
  }

  /// The table, then what is not as promised, what else was seen, and what was not tried.
  package var text: String {
    [table, findings, certificates, summary].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  package var table: String {
    var lines: [String] = []
    for family in AddressFamily.allCases {
      let block = results.filter { $0.trial.kind.family == family }
      guard let first = block.first else { continue }
      let address = "\(first.trial.address)"
      let head = title.contains(address) ? title : "\(title), \(address)"
      lines.append(
        style.bold(padded(printable(head), 42)) + Encryption.allCases.map { padded($0.title, 15) }.joined())
      // What stands for all modes stands in the rows of those that were tried.
      let tried = Set(block.filter { !$0.trial.standsForAllModes }.map(\.trial.kind.mode))
      for mode in DataMode.allCases where tried.isEmpty || tried.contains(mode) {
        let row = Encryption.allCases.map { cell(block, $0, mode) }
        guard row.contains(where: { !$0.isEmpty }) else { continue }
        lines.append("  " + padded(mode.command, 40) + row.map { $0.isEmpty ? padded("-", 15) : $0 }.joined())
      }
      lines.append("")
    }
    while lines.last == "" { lines.removeLast() }
    return lines.map { withoutBlanks($0) + "\n" }.joined()
  }

  private func cell(_ block: [TrialResult], _ encryption: Encryption, _ mode: DataMode) -> String {
    let result = block.first { result in
      result.trial.kind.encryption == encryption && (result.trial.kind.mode == mode || result.trial.standsForAllModes)
    }
    guard let result else { return "" }
    let word = padded(result.outcome.rawValue + (result.isAsPromised ? "" : " !"), 15)
    return result.isAsPromised ? (result.outcome == .works ? style.green(word) : word) : style.red(word)
  }

  package var findings: String {
    let wrong = results.filter { !$0.isAsPromised }
    guard !wrong.isEmpty else { return "" }
    let groups = grouped(wrong, \.complaint)
    let head = results.contains { $0.trial.promise != nil } ? "not as the policy promises" : "does not work"
    return style.red(head) + "\n"
      + groups.map { "  \($0.titles.joined(separator: "; ")): \(printable($0.reason))\n" }.joined()
  }

  /// What else was seen: certificates, and sessions that the server does not want.
  package var certificates: String {
    let unwanted = results.filter { $0.isAsPromised && $0.outcome == .refused && $0.trial.promise == nil }
    var lines = grouped(unwanted, \.reason).map { "refused: \($0.titles.joined(separator: "; ")): \($0.reason)" }
    var seen: Set<String> = []
    for result in results {
      guard let certificate = result.report?.certificate else { continue }
      let problem = result.report?.certificateProblem.map { "nobody vouches for it: \($0)" } ?? "verified"
      let line = "certificate: \(certificate.subject), until \(certificate.expires); \(problem)"
      if seen.insert(line).inserted { lines.append(line) }
    }
    let resumed = Set(results.compactMap(\.resumesTLS))
    if let first = resumed.first {
      lines.append(
        "TLS of data connections: "
          + (resumed.count > 1
            ? "some resume the session of the control connection"
            : first ? "it resumes the session of the control connection" : "a new session each time"))
    }
    return lines.map { printable($0) + "\n" }.joined()
  }

  package var summary: String {
    let wrong = results.count { !$0.isAsPromised }
    let hasPolicy = results.contains { $0.trial.promise != nil }
    let tried = "\(results.count) session\(results.count == 1 ? "" : "s") tried"
    if wrong > 0 {
      return "\(tried): \(wrong) \(hasPolicy ? "not as promised" : wrong == 1 ? "does not work" : "do not work")\n"
    }
    if hasPolicy { return "\(tried): all as the policy promises\n" }
    let working = results.count { $0.outcome == .works }
    return "\(tried): \(working == 0 ? "none works" : working == results.count ? "all work" : "\(working) work")\n"
  }

  /// Sessions of which one thing is to be said, together.
  private func grouped(
    _ results: [TrialResult], _ reason: (TrialResult) -> String
  ) -> [(reason: String, titles: [String])] {
    var groups: [(reason: String, titles: [String])] = []
    for result in results {
      let words = reason(result)
      if let index = groups.firstIndex(where: { $0.reason == words }) {
        groups[index].titles.append(result.trial.title)
      } else {
        groups.append((words, [result.trial.title]))
      }
    }
    return groups
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func withoutBlanks(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
