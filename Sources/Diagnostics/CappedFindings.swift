/// As many findings as somebody reads, and how many more there are.
package struct CappedFindings: Sendable {
  /// Findings that are shown unless somebody asks for another number.
  package static let usual = 100

  /// In the order in which they were; where not all fit, errors come before the others.
  package let shown: [Diagnostic]
  /// How many are not among them.
  package let leftOut: Int

  /// - Parameter most: How many are shown at most; 0 for all.
  package init(_ all: [Diagnostic], most: Int) {
    guard most > 0, all.count > most else {
      (shown, leftOut) = (all, 0)
      return
    }
    var room = most
    var isShown = [Bool](repeating: false, count: all.count)
    for severity in [Severity.error, .warning, .note] {
      for index in all.indices where room > 0 && all[index].severity == severity {
        isShown[index] = true
        room -= 1
      }
    }
    shown = all.indices.filter { isShown[$0] }.map { all[$0] }
    leftOut = all.count - shown.count
  }

  /// What is said about the rest, for people; `nil` when there is none.
  var remark: String? {
    leftOut == 0 ? nil : "and \(leftOut) more finding\(leftOut == 1 ? "" : "s"); `--max-findings 0` shows all"
  }
}
