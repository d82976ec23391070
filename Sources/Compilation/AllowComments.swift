package import Diagnostics
import Policy
import PolicySyntax

/// Applies `# allow: CODE, CODE (REASON)`: takes out the warnings that a comment allows on its line, and reports the
/// allowed codes that silenced nothing. Errors cannot be silenced.
func applyAllowComments(_ diagnostics: [Diagnostic], to trees: [PolicyFileSyntax]) -> [Diagnostic] {
  let (kept, unused) = silence(diagnostics, in: trees)
  return kept + unused.map { unusedAllowance($0, diagnostics) }
}

extension Compilation {
  /// What is left of later findings after the `# allow:` comments of the policy.
  package func withoutAllowed(_ findings: [Diagnostic]) -> [Diagnostic] { silence(findings, in: trees).kept }
}

/// What comments leave of diagnostics, and the codes in comments that silenced none.
private func silence(
  _ diagnostics: [Diagnostic], in trees: [PolicyFileSyntax]
) -> (kept: [Diagnostic], unused: [Located<String>]) {
  var kept = diagnostics
  var unused: [Located<String>] = []
  for tree in trees {
    let allowances = tree.comments.compactMap { allowedCodes(in: $0, of: tree) }.flatMap(\.self)
    guard !allowances.isEmpty else { continue }
    var lines = Allowances(allowances, LineIndex(tree.source))
    kept = kept.filter { diagnostic in
      guard diagnostic.severity != .error, let span = place(of: diagnostic, in: tree.file) else { return true }
      return !lines.silence(diagnostic.code, at: span)
    }
    unused += lines.unused
  }
  return (kept, unused.filter { !isAboutMachines($0.value) })
}

/// The codes that the comments of one file allow, by line.
private struct Allowances {
  private let codes: [Located<String>]
  private let index: LineIndex
  /// The line of each code, in order.
  private let lines: [Int]
  private var isUsed: [Bool]

  /// - Parameter codes: In the order of the text.
  init(_ codes: [Located<String>], _ index: LineIndex) {
    self.codes = codes
    self.index = index
    lines = codes.map { index.line(of: $0.span.range.lowerBound) }
    isUsed = codes.map { _ in false }
  }

  var unused: [Located<String>] { codes.indices.filter { !isUsed[$0] }.map { codes[$0] } }

  /// Whether a comment on the first or the last line of a span allows a code, which is used then.
  mutating func silence(_ code: String, at span: SourceSpan) -> Bool {
    let first = index.line(of: span.range.lowerBound)
    let last = index.line(of: max(span.range.lowerBound, span.range.upperBound - 1))
    let isAllowed = silence(code, onLine: first)
    return first == last ? isAllowed : silence(code, onLine: last) || isAllowed
  }

  private mutating func silence(_ code: String, onLine line: Int) -> Bool {
    var isAllowed = false
    var position = lines.indices.partitionPoint { lines[$0] < line }
    while position < lines.count, lines[position] == line {
      if codes[position].value == code {
        isUsed[position] = true
        isAllowed = true
      }
      position += 1
    }
    return isAllowed
  }
}

/// Whether a code is a warning about a machine or the files of a server, which a policy may allow and which is not always
/// looked for.
private func isAboutMachines(_ code: String) -> Bool {
  rulePages.contains {
    $0.code == code && ($0.origin == .kernel || $0.origin == .audit) && $0.severity != .error
  }
}

/// Where a diagnostic is about a file: what it blames; for what stands in another file, the statement of this one that takes
/// part.
private func place(of diagnostic: Diagnostic, in file: SourceID) -> SourceSpan? {
  if diagnostic.primary.span.file == file { return diagnostic.primary.span }
  return diagnostic.code.hasPrefix("audit") ? diagnostic.related.first { $0.span.file == file }?.span : nil
}

/// The codes of one comment with their places; `nil` when it allows nothing.
private func allowedCodes(in comment: Comment, of tree: PolicyFileSyntax) -> [Located<String>]? {
  let bytes = tree.source.bytes[comment.range.clamped(to: 0..<tree.source.bytes.count)]
  let body = bytes.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
  let marker = "allow:"
  guard body.starts(with: marker.utf8) else { return nil }
  let list = body.dropFirst(marker.utf8.count).prefix { $0 != UInt8(ascii: "(") }
  return list.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }).map {
    Located(String(decoding: $0, as: UTF8.self), SourceSpan(file: tree.file, $0.startIndex..<$0.endIndex))
  }
}

private func unusedAllowance(_ code: Located<String>, _ diagnostics: [Diagnostic]) -> Diagnostic {
  let page = rulePages.first { $0.code == code.value }
  let suggestion = page == nil ? nearest(to: code.value, among: rulePages.map(\.code)) : nil
  var message = "there is no warning `\(code.value)` on this line"
  var help = "remove the comment"
  if page?.severity == .error {
    message = "`\(code.value)` is an error, which cannot be silenced"
  } else if page == nil {
    message = "no diagnostic is called `\(code.value)`"
    help = suggestion.map { "did you mean `\($0)`?" } ?? "`sallyport rules` lists the codes"
  }
  return .warning(
    "unused-allow", message, at: code.span, help: help,
    fixes: suggestion.map { [.replace(code.span, with: $0, "write `\($0)`", .unsafe)] } ?? [])
}
