import Diagnostics
import PolicySyntax

extension Publication {
  /// The `control port` statement, or the first line of the block when the default is in force.
  var controlSpan: SourceSpan { controlPort.span ?? header }
  /// The `tls` statement, or the first line of the block.
  var tlsSpan: SourceSpan { tls.span ?? header }
  /// The `active` statement, or the first line of the block.
  var activeSpan: SourceSpan { active.span ?? header }
  /// The `helper` statement, or the first line of the block.
  var helperSpan: SourceSpan { helper.span ?? header }

  /// Whether one of these statements was reported as wrong, so that nothing is known about what it sets.
  func cannotTell(_ word: PublishWord, _ second: PublishWord? = nil, _ third: PublishWord? = nil) -> Bool {
    guard !unreadable.isEmpty else { return false }
    return [word, second, third].contains { $0.map(unreadable.contains) ?? false }
  }
}

extension [Label] {
  /// A label, when there is a place for it.
  static func place(_ span: SourceSpan?, _ message: String) -> [Label] {
    span.map { [Label($0, message)] } ?? []
  }
}

/// "1 port", "2 ports".
func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

/// `a`, `b` and `c`.
func joined(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}
