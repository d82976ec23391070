import ArgumentParser
import Compilation
import Diagnostics

/// How `diff --policy` reports.
enum ComparisonFormat: String, ExpressibleByArgument, CaseIterable {
  case text, markdown
}

/// What changes between two policies, for people and for programs.
struct ComparisonView {
  private let comparison: PolicyComparison

  init(_ comparison: PolicyComparison) { self.comparison = comparison }

  /// What is said about a change besides its headline.
  private func details(_ change: PolicyComparison.Change) -> [String] {
    var lines = (change.formerName.map { ["was `\($0)`"] } ?? []) + change.statements
    if !change.admitted.isEmpty {
      lines.append("\(change.kind == .added ? "admits" : "lets in") \(change.admitted.joined(separator: ", "))")
    }
    if !change.shutOut.isEmpty { lines.append("shuts out \(change.shutOut.joined(separator: ", "))") }
    return lines + change.sessions
  }

  private func what(_ change: PolicyComparison.Change) -> String {
    change.isReach ? "reach " : change.machine.map { "\($0.rawValue) " } ?? ""
  }

  private var conclusion: String? {
    guard comparison.machines.count > 1, comparison.breaks.isEmpty else { return nil }
    return "in this order no session breaks in between that works before and after"
  }

  /// For a terminal.
  func text(_ style: Style) -> String {
    var lines = comparison.changes.flatMap { change -> [String] in
      let mark =
        switch change.kind {
        case .added: style.green("added:")
        case .removed: style.red("removed:")
        case .changed: style.yellow("changed:")
        }
      return ["\(mark) \(what(change))`\(change.name)`"] + details(change).map { "  \($0)" }
    }
    if !comparison.machines.isEmpty {
      if !lines.isEmpty { lines.append("") }
      lines.append(style.bold("to be touched"))
      lines += comparison.machines.enumerated().map { number, machine in
        "  \(number + 1). \(machine.title): \(machine.files.joined(separator: ", "))"
      }
      lines += comparison.breaks.map { "  \(style.red("breaks:")) \($0)" }
      if let conclusion { lines.append("  \(conclusion)") }
    }
    return lines.map { printable($0) + "\n" }.joined()
  }

  /// For a merge request.
  var markdown: String {
    func code(_ text: String) -> String {
      printable(text).replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
    var lines: [String] = []
    if !comparison.changes.isEmpty {
      lines += ["| | publication | what changes |", "|---|---|---|"]
      lines += comparison.changes.map { change in
        "| \(change.kind.rawValue) | \(what(change))`\(code(change.name))` | "
          + "\(details(change).map(code).joined(separator: "<br>")) |"
      }
      lines.append("")
    }
    if !comparison.machines.isEmpty {
      lines += ["To be touched:", ""]
      lines += comparison.machines.enumerated().map { number, machine in
        "\(number + 1). \(code(machine.title)): \(machine.files.map { "`\(code($0))`" }.joined(separator: ", "))"
      }
      lines.append("")
      lines += comparison.breaks.map { "**Breaks:** \(code($0))" }
      if let conclusion { lines.append(conclusion.prefix(1).uppercased() + conclusion.dropFirst() + ".") }
    }
    while lines.last == "" { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }

  var json: JSON { JSON(comparison, details) }

  struct JSON: Encodable {
    struct Change: Encodable {
      var kind: String
      var publication: String
      var summary: String
      /// Left out where the name is the same.
      var formerName: String?
      /// Left out where it is a publication.
      var reach: Bool?
      /// `gateway` or `server` where it is one of these; left out otherwise.
      var machine: String?
      var statements: [String]
      var admitted: [String]
      var shutOut: [String]
      var sessions: [String]
    }

    struct Machine: Encodable {
      var kind: String
      var name: String
      var files: [String]
    }

    var formatVersion = 1
    var same: Bool
    var changes: [Change]
    /// The machines to be touched, in their order.
    var machines: [Machine]
    /// What breaks between two of them, or is not known.
    var breaks: [String]

    fileprivate init(_ comparison: PolicyComparison, _ details: (PolicyComparison.Change) -> [String]) {
      same = comparison.isSame
      changes = comparison.changes.map { change in
        Change(
          kind: change.kind.rawValue, publication: change.name, summary: details(change).joined(separator: "; "),
          formerName: change.formerName, reach: change.isReach ? true : nil,
          machine: change.machine?.rawValue, statements: change.statements,
          admitted: change.admitted,
          shutOut: change.shutOut, sessions: change.sessions)
      }
      machines = comparison.machines.map { Machine(kind: $0.kind.rawValue, name: $0.name, files: $0.files) }
      breaks = comparison.breaks
    }
  }
}
