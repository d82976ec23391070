package import Diagnostics
import Parallel
import Policy
import PolicySyntax

/// Applies `# allow: CODE, CODE (REASON)`: takes out the warnings that a comment allows on its line, and reports the
/// allowed codes that silenced nothing. Errors cannot be silenced.
func applyAllowComments(to diagnostics: inout [Diagnostic], of trees: [PolicyFileSyntax]) {
  let unused = silence(&diagnostics, in: trees)
  // Many comments may allow the same.
  let pages = Set(unused.map(\.value)).compactMap { code in RulePage(of: code).map { (code, $0) } }
  let pageOf = Dictionary(pages, uniquingKeysWith: { first, _ in first })
  // What has errors is not looked at whole, so a warning that is not there may still come.
  let isWhole = !diagnostics.hasErrors
  diagnostics += unused.compactMap { code in
    let page = pageOf[code.value]
    return isWhole || page?.severity == .error || page == nil ? unusedAllowance(code, page) : nil
  }
}

extension Compilation {
  /// What is left of later findings after the `# allow:` comments of the policy.
  package func withoutAllowed(_ findings: [Diagnostic]) -> [Diagnostic] {
    var kept = findings
    silence(&kept, in: trees)
    return kept
  }
}

/// Takes out the diagnostics that comments allow; returns the codes in comments that silenced none.
@discardableResult
private func silence(_ diagnostics: inout [Diagnostic], in trees: [PolicyFileSyntax]) -> [Located<String>] {
  var unused: [Located<String>] = []
  for tree in trees {
    var allowances = Allowances(tree)
    // A policy may have many files, and most of them allow nothing.
    guard !allowances.isEmpty else { continue }
    diagnostics.removeAll { diagnostic in
      guard diagnostic.severity != .error, let span = place(of: diagnostic, in: tree.file) else { return false }
      return allowances.silence(diagnostic.code, at: span)
    }
    unused += allowances.unused
  }
  return unused
}

/// The codes that the comments of one file allow, by line.
private struct Allowances {
  /// One code in a comment.
  private struct Allowance {
    let code: Located<String>
    /// The line of the comment.
    let line: Range<Int>
    var isUsed = false
  }

  /// In the order of the text.
  private var allowances: [Allowance]

  init(_ tree: PolicyFileSyntax) {
    let parts = inParallel(tree.comments.count, least: 500) { part in
      var allowances: [Allowance] = []
      for comment in tree.comments[part] {
        guard let list = allowedCodes(in: comment, of: tree) else { continue }
        let line = tree.source.bytes.line(around: comment.range)
        for code in list.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }) {
          let span = SourceSpan(file: tree.file, code.startIndex..<code.endIndex)
          allowances.append(Allowance(code: Located(String(decoding: code, as: UTF8.self), span), line: line))
        }
      }
      return allowances
    }
    allowances = parts.flatMap(\.self)
  }

  var isEmpty: Bool { allowances.isEmpty }

  var unused: [Located<String>] { allowances.filter { !$0.isUsed }.map(\.code) }

  /// Whether a comment on the first or the last line of a span allows a code, which is used then.
  mutating func silence(_ code: String, at span: SourceSpan) -> Bool {
    let isAllowedFirst = silence(code, onLineOf: span.range.lowerBound)
    let isAllowedLast = silence(code, onLineOf: max(span.range.lowerBound, span.range.upperBound - 1))
    return isAllowedFirst || isAllowedLast
  }

  private mutating func silence(_ code: String, onLineOf offset: Int) -> Bool {
    var isAllowed = false
    var position = allowances.indices.partitionPoint { allowances[$0].line.upperBound <= offset }
    while position < allowances.count, allowances[position].line.lowerBound <= offset {
      if allowances[position].code.value == code {
        allowances[position].isUsed = true
        isAllowed = true
      }
      position += 1
    }
    return isAllowed
  }
}

extension [UInt8] {
  /// The line that holds a comment, its end included; of the last line what is after it as well.
  fileprivate func line(around comment: Range<Int>) -> Range<Int> {
    let comment = comment.clamped(to: indices)
    let start = self[..<comment.lowerBound].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = self[comment.upperBound...].firstIndex(of: 0x0A).map { $0 + 1 } ?? Int.max
    return start..<end
  }
}

extension RulePage {
  /// Whether it is a warning about a machine or the files of a server, which a policy may allow and which is not always
  /// looked for.
  fileprivate var isAboutMachines: Bool { [.kernel, .audit, .gateway].contains(origin) && severity != .error }
}

/// Where a diagnostic is about a file: what it blames; for what stands in another file, the statement of this one that
/// takes part.
private func place(of diagnostic: Diagnostic, in file: SourceID) -> SourceSpan? {
  if diagnostic.primary.span.file == file { return diagnostic.primary.span }
  return diagnostic.origin == .audit ? diagnostic.related.first { $0.span.file == file }?.span : nil
}

/// The list of codes in a comment; `nil` when it allows nothing.
private func allowedCodes(in comment: Comment, of tree: PolicyFileSyntax) -> ArraySlice<UInt8>? {
  let bytes = tree.source.bytes[comment.range.clamped(to: 0..<tree.source.bytes.count)]
  let body = bytes.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
  let marker = "allow:"
  guard body.starts(with: marker.utf8) else { return nil }
  return body.dropFirst(marker.utf8.count).prefix { $0 != UInt8(ascii: "(") }
}

/// What is said of an allowed code that silenced nothing; `nil` when that says nothing.
private func unusedAllowance(_ code: Located<String>, _ page: RulePage?) -> Diagnostic? {
  if page?.isAboutMachines == true { return nil }
  let suggestion = page == nil ? nearest(to: code.value, among: RulePage.codes) : nil
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
