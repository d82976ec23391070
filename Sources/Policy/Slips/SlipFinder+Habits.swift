import Diagnostics

/// What other languages have in the place of `#` and of braces.
extension SlipFinder {
  /// The line without a comment in the manner of another language, which becomes one of ours.
  mutating func withoutComment(_ tokens: ArraySlice<LooseToken>) -> ArraySlice<LooseToken> {
    guard let first = tokens.first else { return tokens }
    let rest = tokens.dropFirst()
    var mark: Range<Int>?
    if first.isMark(";"), !rest.isEmpty, keyword(of: rest) == nil, rest.first?.isMark("}") != true {
      mark = first.range
    } else if first.isMark("("), rest.first?.text.hasPrefix("*") == true {
      mark = first.range.lowerBound..<first.range.upperBound + 1
    } else if first.kind == .word {
      let text = first.text
      let head = ["<!--", "--"].first { text.hasPrefix($0) }
      let isWord = ["rem", "'", "%", "!"].contains(text.lowercased()) && !rest.isEmpty
      mark =
        head.map { first.range.lowerBound..<first.range.lowerBound + $0.utf8.count } ?? (isWord ? first.range : nil)
    }
    if let mark {
      edits.append(SlipEdit(.comments, mark, "#"))
      return []
    }
    // After a statement, and not between two numbers.
    let dashes = tokens.indices.dropFirst().first { index in
      tokens[index].text == "--" && tokens[index].kind == .word
        && tokens.dropFirst(index + 1 - tokens.startIndex).first?.text.first?.isLetter == true
    }
    guard let dashes else { return tokens }
    edits.append(SlipEdit(.comments, tokens[dashes].range, "#"))
    return tokens[..<dashes]
  }

  /// The line without what HCL has before the kind of a declaration: `resource "publish" "files" {`.
  mutating func withoutKind(_ tokens: ArraySlice<LooseToken>) -> ArraySlice<LooseToken> {
    guard depth == 0, tokens.count > 2, let first = tokens.first, first.kind == .word,
      declarationWords.find(tokens) == nil,
      let kind = tokens.dropFirst().first, kind.kind == .string, blockKeywords.contains(kind.text)
    else { return tokens }
    edits.append(SlipEdit(.punctuation, first.range.lowerBound..<kind.range.upperBound, kind.text))
    return tokens.dropFirst()
  }

  /// Blocks between other words and brackets: `publish files begin`, `end`, `(`, `)`, and braces that stand twice.
  mutating func otherBraces(_ tokens: ArraySlice<LooseToken>) {
    guard let first = tokens.first, let last = tokens.last else { return }
    if depth == 0, tokens.count == 3, let keyword = declarationWords.find(tokens),
      blockKeywords.contains(keyword.text)
    {
      let pairs = ["begin": "end", "do": "end", "is": "end", "then": "end", "(": ")", "[": "]"]
      if let closer = pairs[last.text.lowercased()], last.kind != .string {
        edits.append(SlipEdit(.braces, last.range, "{"))
        closers.insert(closer)
        depth += 1
        isOpenedElsewhere = true
      }
    }
    if depth > 0, tokens.count(where: { !$0.isMark(";") }) == 1, closers.contains(first.text.lowercased()),
      first.kind != .string
    {
      edits.append(SlipEdit(.braces, first.range, "}"))
      depth -= 1
      isOpenedElsewhere = true
    }
    for index in tokens.indices.dropFirst() where tokens[index].isMark("{") && tokens[index - 1].isMark("{") {
      edits.append(SlipEdit(.punctuation, tokens[index].range, ""))
      doubled += 1
      depth -= 1
    }
  }
}
