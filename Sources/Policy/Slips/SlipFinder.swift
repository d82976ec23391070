import Diagnostics
import PolicySyntax

/// Finds what beginners bring along from other languages. It knows keywords and the shape of statements, no more.
struct SlipFinder {
  private let bytes: [UInt8]
  var edits: [SlipEdit] = []
  var depth = 0
  /// A comma that ended a line; whether it was one too many is told by the next line.
  private var waitingComma: Range<Int>?
  /// Whether the statement before that comma takes a list, which may end with one before a brace.
  private var isInList = false
  /// The brace that closed the last block, and whether one line ago.
  private var lastClose: Range<Int>?
  /// Where a declaration ended without its brace.
  private var waitingHeader: Int?
  /// Whether a block was opened for which nobody wrote a brace.
  private var hasOpened = false
  /// Braces that were one too many, and wait for theirs.
  var doubled = 0
  /// What ends the block that was opened by another word or bracket.
  var closers: Set<String> = ["end"]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// In the order of the text, none overlapping another.
  var orderedEdits: [SlipEdit] {
    var result: [SlipEdit] = []
    for edit in edits.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      if let last = result.last, edit.range.lowerBound < last.range.upperBound { continue }
      result.append(edit)
    }
    return result
  }

  mutating func run() {
    var lexer = LooseLexer(bytes)
    lexer.run()
    edits = lexer.edits
    for line in lexer.lines where !line.tokens.isEmpty { look(at: line.tokens) }
    if hasOpened, depth > 0 { edits.append(SlipEdit(.braces, bytes.count..<bytes.count, "\n}\n")) }
  }

  /// Whether a brace of the line was written by another word, and counted.
  var isOpenedElsewhere = false

  private mutating func look(at line: [LooseToken]) {
    var tokens = withoutComment(line[...])
    guard !tokens.isEmpty else { return }
    tokens = withoutKind(tokens)
    otherBraces(tokens)
    if isOpenedElsewhere {
      isOpenedElsewhere = false
      (waitingComma, waitingHeader) = (nil, nil)
      return
    }
    // `- key: value`.
    if let first = tokens.first, ["-", "*", "+", "\u{2022}"].contains(first.text), first.kind == .word,
      tokens.count > 1
    {
      edits.append(SlipEdit(.punctuation, first.range, ""))
      tokens = tokens.dropFirst()
    }
    let continues = waitingComma != nil
    settleHeader(before: tokens)
    settleBraces(before: tokens)
    let keyword = keyword(of: tokens)
    let endsBlock = tokens.first?.isMark("}") == true
    if let comma = waitingComma, keyword != nil || endsBlock && !isInList {
      edits.append(SlipEdit(.punctuation, comma, ""))
    }
    if !continues || keyword != nil { isInList = keyword.map { listKeywords.contains($0.text) } ?? false }
    waitingComma = nil
    var isFirst = true
    while let end = tokens.firstIndex(where: { $0.isMark(";", "{", "}") }) {
      statement(
        tokens[..<end], continues: continues && isFirst && keyword == nil, opensBlock: tokens[end].isMark("{"))
      if tokens[end].isMark("{") { depth += 1 }
      if tokens[end].isMark("}") {
        if depth == 0, doubled > 0 {
          doubled -= 1
          edits.append(SlipEdit(.punctuation, tokens[end].range, ""))
        }
        depth = max(0, depth - 1)
        if depth == 0 { lastClose = tokens[end].range }
      }
      tokens = tokens[(end + 1)...]
      isFirst = false
    }
    statement(tokens, continues: continues && isFirst && keyword == nil, opensBlock: false)
    if let last = tokens.last, last.isMark(","), tokens.count > 1 || continues { waitingComma = last.range }
    if tokens.count == 1, tokens.first?.isMark(",") == true {
      edits.append(SlipEdit(.punctuation, tokens[tokens.startIndex].range, ""))
    }
    if depth == 0, isFirst, let keyword, keyword.words + 1 == tokens.count(where: { !$0.isMark(":", "=", ",") }),
      blockKeywords.contains(keyword.text), let last = tokens.last
    {
      waitingHeader = last.range.upperBound
    }
  }

  /// Opens the block of a declaration before its first statement.
  private mutating func settleHeader(before tokens: ArraySlice<LooseToken>) {
    guard let header = waitingHeader else { return }
    waitingHeader = nil
    guard tokens.first?.isMark("{") != true, tokens.last?.isMark("{") != true,
      statementWords.find(tokens) != nil
    else { return }
    // `publish files:`.
    let colon = header > 0 && bytesAt(header - 1) == UInt8(ascii: ":") ? header - 1..<header : nil
    if let colon { edits.removeAll { $0.range == colon } }
    edits.append(SlipEdit(.braces, colon ?? header..<header, " {"))
    hasOpened = true
    depth += 1
  }

  /// Sees that a statement stands in another block than its own: because a brace is missing, or one came too early.
  private mutating func settleBraces(before tokens: ArraySlice<LooseToken>) {
    guard let first = tokens.first, let keyword = statementWords.find(tokens) else { return }
    if depth == 2, !serverWords.contains(keyword.text), publicationWords.contains(keyword.text) {
      edits.append(SlipEdit(.braces, first.range.lowerBound..<first.range.lowerBound, "}\n    "))
      depth = 1
    } else if depth == 0, let close = lastClose, !declarationWords.contains(keyword.text) {
      edits.append(SlipEdit(.braces, close, ""))
      depth = 1
    }
    lastClose = nil
  }

  func keyword(of tokens: ArraySlice<LooseToken>) -> (text: String, words: Int)? {
    depth == 0 ? declarationWords.find(tokens) : statementWords.find(tokens) ?? declarationWords.findBlock(tokens)
  }

  private mutating func statement(_ tokens: ArraySlice<LooseToken>, continues: Bool, opensBlock: Bool) {
    guard !tokens.isEmpty else { return }
    guard !continues, let keyword = keyword(of: tokens) else {
      return values(tokens, of: "", isFirst: false)
    }
    spell(tokens.prefix(keyword.words), keyword.text)
    var rest = tokens.dropFirst(keyword.words)
    dropColon(after: tokens[tokens.startIndex + keyword.words - 1])
    if keyword.text == FileWord.clients.spelling, depth == 0 {
      guard let name = rest.first else { return }
      values(rest.prefix(1), of: keyword.text, isFirst: false)
      if name.kind == .word, bytesAt(name.range.upperBound) == UInt8(ascii: ":") {
        edits.append(SlipEdit(.punctuation, name.range.upperBound..<name.range.upperBound + 1, " ="))
      }
      rest = rest.dropFirst()
      if let mark = rest.first, mark.isMark(":=", "=>", ":", "->") {
        edits.append(SlipEdit(.punctuation, mark.range, "="))
        rest = rest.dropFirst()
      } else if rest.first?.isMark("=") == true {
        rest = rest.dropFirst()
      }
      return values(rest, of: keyword.text, isFirst: true)
    }
    values(rest, of: keyword.text, isFirst: true)
  }

  private func bytesAt(_ offset: Int) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func dropColon(after token: LooseToken) {
    guard bytesAt(token.range.upperBound) == UInt8(ascii: ":") else { return }
    edits.append(SlipEdit(.punctuation, token.range.upperBound..<token.range.upperBound + 1, ""))
  }

  /// Keywords as the language has them.
  private mutating func spell(_ tokens: ArraySlice<LooseToken>, _ keyword: String) {
    guard let first = tokens.first, let last = tokens.last else { return }
    let written = tokens.map(\.text).joined(separator: " ")
    let hasQuotes = tokens.contains { $0.kind == .string }
    guard written != keyword || hasQuotes else { return }
    let kind: SlipKind =
      hasQuotes ? .punctuation : written.lowercased() == keyword ? .capitals : .spelling
    edits.append(SlipEdit(kind, first.range.lowerBound..<last.range.upperBound, keyword))
  }

  private mutating func values(_ tokens: ArraySlice<LooseToken>, of keyword: String, isFirst: Bool) {
    for (position, token) in tokens.enumerated() {
      switch token.kind {
      case .mark:
        let isAfterName = position == 1 && declarationWords.contains(keyword) && keyword != FileWord.clients.spelling
        let isSign = token.isMark("=", ":", ":=", "=>") && isFirst && (position == 0 || isAfterName)
        if isSign { edits.append(SlipEdit(.punctuation, token.range, "")) }
        if token.isMark("[", "]", "(", ")") { dropBracket(token, before: tokens.dropFirst(position + 1).first) }
        if token.isMark("=>"), !isSign { edits.append(SlipEdit(.punctuation, token.range, "->")) }
      case .string:
        if stringKeywords.contains(keyword) || keyword.isEmpty {
          if token.hasForeignQuotes { edits.append(SlipEdit(.quotes, token.range, "\"\(token.text)\"")) }
        } else {
          unquote(token)
        }
      case .word:
        // A name, and a colon that somebody put after it: `publish files: {`.
        if isFirst, position == 0, declarationWords.contains(keyword) { dropColon(after: token) }
        if nameKeywords.contains(keyword), token.text.contains("_"), let name = name(like: token.text) {
          edits.append(SlipEdit(.names, token.range, name))
          continue
        }
        guard lowerCaseKeywords.contains(keyword), token.text.contains(where: \.isUppercase),
          !token.text.contains(where: { ":/.\\".contains($0) })
        else { continue }
        edits.append(SlipEdit(.capitals, token.range, token.text.lowercased()))
      }
    }
  }

  /// A bracket around values; after one around an address its port goes as well, and is certain to be the usual one.
  private mutating func dropBracket(_ bracket: LooseToken, before next: LooseToken?) {
    var range = bracket.range
    var isCertain = true
    if let next, bracket.isMark("]"), next.range.lowerBound == bracket.range.upperBound, next.text.hasPrefix(":") {
      range = range.lowerBound..<next.range.upperBound
      isCertain = next.text == ":21"
    }
    edits.append(SlipEdit(.punctuation, range, "", isCertain: isCertain))
  }

  /// A name with `-` for `_`.
  private func name(like text: String) -> String? {
    let name = String(text.lowercased().map { $0 == "_" ? "-" : $0 })
    return isName(name.utf8) ? name : nil
  }

  private mutating func unquote(_ token: LooseToken) {
    guard token.kind == .string, !token.text.contains(where: { "\"\\#{};".contains($0) }) else { return }
    edits.append(SlipEdit(token.hasForeignQuotes ? .quotes : .punctuation, token.range, token.text))
  }
}

/// The words that begin declarations with a block.
let blockKeywords = Set(FileWord.allCases.filter { $0.ownBlock != nil }.map(\.spelling))
let declarationWords = LooseKeywords(declarationKeywords)
private let statementWords = LooseKeywords(Language.words.filter { $0.block != .file }.map(\.spelling))
private let publicationWords = LooseKeywords(PublishWord.allCases.map(\.spelling))
private let serverWords = LooseKeywords(ServerWord.allCases.map(\.spelling))
/// Keywords that are followed by a list.
private let listKeywords = keywords(.list)
/// Keywords that are followed by names.
private let nameKeywords = keywords(.names)

/// Keywords whose values may be strings.
private let stringKeywords = keywords(.strings)
/// Keywords whose values are words of the language, or names.
private let lowerCaseKeywords = keywords(.lowerCase)

private func keywords(_ trait: ValueTraits) -> Set<String> {
  Set(Language.words.filter { $0.facts.traits.contains(trait) }.map(\.spelling))
}

/// Keywords as somebody may write them: in capitals, joined by other signs, between quotation marks.
struct LooseKeywords {
  private let bySquashed: [String: String]

  init(_ keywords: [String]) {
    bySquashed = Dictionary(keywords.map { (squashed($0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  func contains(_ keyword: String) -> Bool { bySquashed[squashed(keyword)] == keyword }

  /// The keyword that tokens begin with, and how many tokens it takes.
  func find(_ tokens: ArraySlice<LooseToken>) -> (text: String, words: Int)? {
    guard let first = tokens.first, isText(first) else { return nil }
    if let second = tokens.dropFirst().first, isText(second),
      let keyword = bySquashed[squashed(first.text) + squashed(second.text)], keyword.contains(" ")
    {
      return (keyword, 2)
    }
    guard let keyword = bySquashed[squashed(first.text)] else { return nil }
    return (keyword, 1)
  }

  /// The same, where a name and a brace follow.
  func findBlock(_ tokens: ArraySlice<LooseToken>) -> (text: String, words: Int)? {
    guard tokens.contains(where: { $0.isMark("{") }), let found = find(tokens), blockKeywords.contains(found.text)
    else {
      return nil
    }
    return found
  }

  private func isText(_ token: LooseToken) -> Bool { token.kind == .word || token.kind == .string }
}

/// A word without what only its look consists of.
private func squashed(_ text: String) -> String {
  guard text.utf8.count <= 40 else { return text }
  return text.lowercased().filter { !" _-".contains($0) }
}
