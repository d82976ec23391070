package import Diagnostics
import Parallel

/// Parses one policy file. Never fails: the tree holds whatever could be understood, its diagnostics the rest.
///
/// The parser knows tokens, statements and braces; what a statement means is decided by `Policy`. After a mistake it
/// goes on at the next statement or brace. A block may hold statements with blocks, and no deeper, so no nesting can
/// exhaust the stack.
package func parse(_ source: SourceFile, as file: SourceID) -> PolicyFileSyntax {
  let lexed = lex(source, as: file)
  return parsed(PolicyFileSyntax(source, file, lexed), lexed)
}

/// The tree of a file whose tokens are known.
///
/// - Parameter unread: The same without statements.
func parsed(_ unread: PolicyFileSyntax, _ lexed: LexedFile) -> PolicyFileSyntax {
  let whole = inParallel(lexed.tokens.count, least: 1 << 16) { part, room in
    var parser = Parser(tree: unread, from: unread.declaration(atOrAfter: part.lowerBound))
    parser.statements.reserveCapacity(room / 16)
    parser.innerStatements.reserveCapacity(room / 4)
    parser.run(until: unread.declaration(atOrAfter: part.upperBound))
    return parser
  } joinedBy: {
    $0.goOn(with: $1)
  }
  return PolicyFileSyntax(
    unread.source, unread.file, lexed, statements: whole.statements, innerStatements: whole.innerStatements,
    nestedStatements: whole.nestedStatements,
    diagnostics: whole.diagnostics)
}

extension PolicyFileSyntax {
  /// Where the first declaration with a block seems to begin, not before a token; the end of the file when there is
  /// none. What seems so may lie in a block whose brace is missing.
  fileprivate func declaration(atOrAfter index: Int) -> Int {
    index == 0 ? 0 : tokens.indices.dropFirst(index).first { beginsDeclaration($0) } ?? tokens.count
  }

  /// Whether a line looks like a declaration: `publish NAME {`. A server in place has an address where that has a name.
  fileprivate func beginsDeclaration(_ index: Int) -> Bool { token(index).startsLine && looksLikeDeclaration(index) }

  /// Whether what begins with a token would look like a declaration at the beginning of a line, where the formatter
  /// puts it.
  fileprivate func looksLikeDeclaration(_ index: Int) -> Bool {
    let second = token(index + 1)
    guard token(index).kind == .word, !second.startsLine else { return false }
    if second.kind == .leftBrace { return unnamedKeywords.find(self, index..<index + 1) != nil }
    guard second.kind == .word, token(index + 2).kind == .leftBrace else { return isListDeclaration(index) }
    return blockKeywords.find(self, index..<index + 1) != nil && read(second, beginsWithLetter)
  }

  /// Whether tokens on one line are `clients NAME =` or `include "PATH"`.
  fileprivate func isListDeclaration(_ index: Int) -> Bool {
    let (second, third) = (token(index + 1), token(index + 2))
    guard !second.startsLine else { return false }
    let isList = second.kind == .word && third.kind == .equals && !third.startsLine
    guard isList || second.kind == .string else { return false }
    return (isList ? clientsKeyword : includeKeyword).find(self, index..<index + 1) != nil
  }

  /// Whether a statement in a block looks like a declaration; the parser reported it.
  package func isMisplacedDeclaration(_ statement: StatementSyntax) -> Bool {
    !diagnostics.isEmpty && looksLikeDeclaration(statement.tokens.lowerBound)
  }
}

private func beginsWithLetter(_ bytes: TokenBytes) -> Bool {
  bytes.first.map { (0x61...0x7A).contains($0 | 0x20) } ?? false
}

private let clientsKeyword = Keywords([FileWord.clients.spelling])
private let includeKeyword = Keywords([FileWord.include.spelling])

/// The words that have a block and no name.
private let unnamedKeywords = Keywords(
  FileWord.allCases.filter { $0.ownBlock != nil && !$0.isNamed }.map(\.spelling))

/// The words that begin a declaration with a block.
private let blockKeywords = Keywords(FileWord.allCases.filter { $0.ownBlock != nil }.map(\.spelling))

/// Reads declarations one after the other. What it does at the top of a file depends on its position alone.
struct Parser {
  /// The tokens, without statements yet.
  let tree: PolicyFileSyntax
  let start: Int
  var diagnostics: [Diagnostic] = []
  var statements: [StatementSyntax] = []
  var innerStatements: [StatementSyntax] = []
  var nestedStatements: [StatementSyntax] = []
  /// Lists and includes in the block of the declaration at hand, which were reported. They are read as if they stood
  /// after it, so that nothing else is said of the names in them; the file of an include is not.
  var misplaced: [StatementSyntax] = []
  var index: Int
  /// Where it was to end; it may have gone beyond.
  var end = 0

  init(tree: PolicyFileSyntax, from start: Int) {
    self.tree = tree
    self.start = start
    index = start
  }

  var current: Token { tree.token(index) }

  /// Reads to that token, and beyond it to the end of the last declaration.
  mutating func run(until end: Int) {
    self.end = end
    while index < end, current.kind != .endOfFile {
      if current.kind == .rightBrace {
        diagnostics.append(
          .error(
            "stray-brace", "this `}` closes nothing", at: tree.span(current), help: "remove it",
            fixes: [.replace(tree.span(current), with: "", "remove it", .unsafe)]))
        index += 1
      } else if let statement = statement(depth: 0) {
        statements.append(statement)
        statements += misplaced
        misplaced.removeAll()
      }
    }
  }

  /// Takes what was read after this, if that began where this ended; otherwise reads on by itself.
  mutating func goOn(with next: Parser) {
    guard index == next.start else { return run(until: next.end) }
    let (inner, nested) = (innerStatements.count, nestedStatements.count)
    nestedStatements += next.nestedStatements
    innerStatements += nested == 0 ? next.innerStatements : next.innerStatements.map { $0.moved(by: nested) }
    for statement in next.statements { statements.append(statement.moved(by: inner)) }
    diagnostics += next.diagnostics
    index = next.index
  }

  /// One statement and its terminator; `nil` when only punctuation was found and passed over.
  ///
  /// - Parameter depth: How many blocks are open.
  mutating func statement(depth: Int) -> StatementSyntax? {
    let first = index
    skipHeader()
    let header = first..<index
    if header.isEmpty {
      if current.kind == .leftBrace {
        report("syntax-error", "a block needs a declaration before its `{`", at: current)
        skipBlock()
      } else {
        index += 1
      }
      return nil
    }
    let beginning = tree.token(first)
    if beginning.kind.onlySeparates {
      report(
        "syntax-error", "a statement begins with its keyword, not with `\(tree.text(beginning))`", at: beginning,
        help: beginning.kind == .comma ? "a list goes on after a comma at the end of its line" : nil)
    }
    // One at the beginning of a line ended the block.
    if depth > 0, !tree.token(first).startsLine, tree.looksLikeDeclaration(first) {
      return misplacedDeclaration(header)
    }
    var block: BlockSyntax?
    if current.kind == .leftBrace {
      reportBraceOnOwnLine()
      if depth < 2 {
        block = self.block(depth: depth + 1)
      } else {
        report(
          "unexpected-block", "a statement inside two blocks has no block of its own", at: current,
          help: "end the statement before the `{`, or close the blocks around it first")
        skipBlock()
      }
    }
    if current.kind == .semicolon { index += 1 }
    return StatementSyntax(tokens: header, block: block)
  }

  /// What is left in a block of a declaration on the line of something else in it: `server NAME` and the like.
  mutating func misplacedDeclaration(_ header: Range<Int>) -> StatementSyntax? {
    let keyword = tree.token(header.lowerBound)
    report(
      "syntax-error", "`\(tree.text(keyword))` begins a declaration here, and a declaration stands in no block",
      at: keyword, help: "write it on a line of its own, before or after this block")
    if current.kind == .leftBrace { skipBlock() }
    if current.kind == .semicolon { index += 1 }
    guard tree.isListDeclaration(header.lowerBound) else { return StatementSyntax(tokens: header, block: nil) }
    misplaced.append(StatementSyntax(tokens: header, block: nil, isMisplaced: true))
    return nil
  }

  /// Passes over words, strings and list punctuation, up to what ends a statement. A newline after a comma or
  /// before an opening brace does not end it.
  mutating func skipHeader() {
    let first = index
    var continues = true
    while true {
      let token = current
      switch token.kind {
      case .word, .string, .equals, .comma, .arrow, .invalid:
        if token.startsLine, index > first, !continues || beginsDeclaration { return }
        if token.kind.onlySeparates, index > first, tree.token(index - 1).kind.onlySeparates {
          report("syntax-error", "a value is missing before this `\(tree.text(token))`", at: token)
        }
        continues = token.kind == .comma
        index += 1
      case .leftBrace, .rightBrace, .semicolon, .endOfFile:
        return
      }
    }
  }

  mutating func block(depth: Int) -> BlockSyntax {
    let open = index
    let isNested = depth > 1
    let first = isNested ? nestedStatements.count : innerStatements.count
    var close: Int?
    index += 1
    reading: while close == nil {
      switch current.kind {
      case .rightBrace:
        close = index
        index += 1
      case .endOfFile:
        break reading
      case .word where beginsDeclaration:
        break reading
      default:
        guard let statement = statement(depth: depth) else { continue }
        if isNested { nestedStatements.append(statement) } else { innerStatements.append(statement) }
      }
    }
    if close == nil { reportUnclosed(open) }
    let end = isNested ? nestedStatements.count : innerStatements.count
    return BlockSyntax(open: open, statements: first..<end, close: close, isNested: isNested)
  }

  /// Whether a line inside a block looks like the next declaration, so that one forgotten brace is reported once, where
  /// it is missing.
  var beginsDeclaration: Bool { tree.beginsDeclaration(index) }

  /// Passes over a balanced `{ ... }`, however deep.
  mutating func skipBlock() {
    var depth = 0
    while current.kind != .endOfFile {
      if current.kind == .leftBrace { depth += 1 }
      if current.kind == .rightBrace { depth -= 1 }
      index += 1
      if depth == 0 { return }
    }
  }

  mutating func reportBraceOnOwnLine() {
    guard current.startsLine, index > 0 else { return }
    let end = Int(tree.token(index - 1).end)
    let gap = SourceSpan(file: tree.file, end..<Int(current.start))
    let hasComment = tree.source.bytes[gap.range].contains(UInt8(ascii: "#"))
    diagnostics.append(
      .error(
        "syntax-error", "`{` stands on the line of its declaration", at: tree.span(current),
        fixes: hasComment ? [] : [.replace(gap, with: " ", "move the brace up")]))
  }

  mutating func reportUnclosed(_ open: Int) {
    let bytes = tree.source.bytes
    let last = Int(tree.token(index - 1).end)
    let end = last < bytes.count ? bytes[last...].firstIndex(of: 0x0A) ?? bytes.count : bytes.count
    diagnostics.append(
      .error(
        "unclosed-block", "this block is never closed", at: tree.span(tree.token(open)),
        help: "close it with `}` on a line of its own",
        fixes: [.replace(SourceSpan(file: tree.file, end..<end), with: "\n}", "add `}`")]))
  }

  mutating func report(_ code: String, _ message: String, at token: Token, help: String? = nil) {
    diagnostics.append(.error(code, message, at: tree.span(token), help: help))
  }
}
