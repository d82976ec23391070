import Diagnostics

/// Says what is wrong, once for each kind of slip in a file.
struct SlipWords {
  let source: SourceFile
  let file: SourceID

  func finding(_ kind: SlipKind, _ edits: [SlipEdit]) -> Diagnostic? {
    guard let first = edits.first(where: { $0.kind == kind }) else { return nil }
    let written = source.text(first.range)
    let fix = FixIt(
      title(of: kind, first), edits.allSatisfy(\.isCertain) ? .safe : .unsafe,
      edits.map { TextEdit(SourceSpan(file: file, $0.range), $0.replacement) })
    let notes =
      edits.count > 1 && kind != .braces ? ["the same holds for \(edits.count - 1) more places in this file"] : []
    let (code, message, help) = words(kind, first, written)
    return .error(code, message, at: place(of: first), notes: notes, help: help, fixes: [fix])
  }

  /// What an edit is about; where it only inserts, the line up to there.
  private func place(of edit: SlipEdit) -> SourceSpan {
    if edit.range.isEmpty, edit.replacement.hasPrefix("}") {
      let end =
        source.bytes[min(edit.range.lowerBound, source.bytes.count)...].firstIndex(of: 0x0A) ?? source.bytes.count
      return SourceSpan(file: file, edit.range.lowerBound..<max(edit.range.lowerBound, end))
    }
    guard edit.range.isEmpty else { return SourceSpan(file: file, edit.range) }
    if edit.kind == .strings {
      let start = source.bytes[..<edit.range.lowerBound].lastIndex(of: UInt8(ascii: "\"")) ?? edit.range.lowerBound
      return SourceSpan(file: file, start..<edit.range.lowerBound)
    }
    let before = source.bytes[..<min(edit.range.lowerBound, source.bytes.count)]
    var start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    while start < before.count, before[start] == 0x20 || before[start] == 0x09 { start += 1 }
    return SourceSpan(file: file, start..<max(start, before.count))
  }

  private func title(of kind: SlipKind, _ first: SlipEdit) -> String {
    switch kind {
    case .comments: "write `#`"
    case .strings: "write `\"` at its end"
    case .quotes: first.replacement.hasPrefix("\"") ? "write `\"`" : "remove the quotes"
    case .punctuation: first.replacement.isEmpty ? "remove it" : "write `\(first.replacement)`"
    case .capitals, .spelling, .names: "write `\(first.replacement)`"
    case .braces: first.replacement.isEmpty ? "remove the brace" : "add the brace"
    }
  }

  private func words(_ kind: SlipKind, _ first: SlipEdit, _ written: String) -> (String, String, String) {
    switch kind {
    case .comments:
      (
        "foreign-comment", "a comment begins with `#`, not with `\(written)`",
        "write `#`; a comment goes to the end of its line"
      )
    case .quotes:
      (
        "foreign-quotes", "`\(written)` has quotation marks of another kind",
        first.replacement.hasPrefix("\"") ? "strings stand between two `\"`" : "write it without quotes"
      )
    case .strings:
      ("unterminated-string", "this string is never closed", "close it with `\"` on the same line")
    case .punctuation:
      (
        "foreign-punctuation", punctuation(first, written),
        "a statement is its keyword and its values, and ends with its line"
      )
    case .capitals:
      ("keyword-case", "`\(written)` is written in lower case", "write `\(first.replacement)`")
    case .spelling:
      (
        "unknown-statement", "`\(written)` is not how the language spells `\(first.replacement)`",
        "write `\(first.replacement)`"
      )
    case .names:
      ("invalid-name", "`\(written)` is not a name", "names are `[a-z][a-z0-9-]*`, at most 48 characters")
    case .braces where first.replacement.isEmpty:
      ("stray-brace", "this `}` ends a block whose statements go on", "remove it")
    case .braces where first.replacement.hasPrefix("}"):
      ("unclosed-block", "the block before this line is never closed", "close it with `}` on a line of its own")
    case .braces where !first.range.isEmpty:
      (
        "missing-brace", "`\(written)` stands here for `\(first.replacement.trimmed)`",
        "a block begins with `{`, and ends with `}` on a line of its own"
      )
    case .braces:
      (
        "missing-brace", "the block of `\(source.text(place(of: first).range))` does not begin with `{`",
        "write `{` at the end of this line, and `}` on a line of its own after the block"
      )
    }
  }

  private func punctuation(_ edit: SlipEdit, _ written: String) -> String {
    switch written {
    case ",": "this `,` ends no list: the next line is another statement"
    case "=", ":", ":=", "=>":
      edit.replacement.isEmpty
        ? "`\(written)` does not belong between a keyword and its values"
        : "`\(written)` stands here for `\(edit.replacement.trimmed)`"
    case "[", "]", "(", ")": "values stand without brackets"
    case _ where written.hasPrefix("]:"): "values stand without brackets, and ports in `control port`"
    case "{", "}": "one `\(written)` is enough"
    case _ where written.hasPrefix("\\"): "a list goes on in the next line after a comma, not after `\\`"
    case "-", "*", "+", "\u{2022}": "a statement begins with its keyword, not with `\(written)`"
    default:
      if written.hasPrefix("\"") {
        "`\(edit.replacement)` stands without quotes"
      } else if written.unicodeScalars.allSatisfy({
        $0.properties.isWhitespace || $0.properties.generalCategory == .format
      }) {
        "a character that looks like a space stands here"
      } else {
        "`\(written)` stands here for `\(edit.replacement)`"
      }
    }
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
