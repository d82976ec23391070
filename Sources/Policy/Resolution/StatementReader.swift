import Addressing
import Diagnostics
import PolicySyntax

/// Reads the arguments of statements, token by token, and reports the first of each statement that does not fit.
///
/// Every reading method returns `nil` when the statement went wrong, there or before; each statement reports at most
/// one mistake of its own shape. One reader reads many statements, so that what they share is not copied for each.
struct StatementReader {
  private(set) var tree: PolicyFileSyntax
  /// Names that the policy declares.
  let names: DeclaredNames
  /// Server programs that the policy can name.
  let programs: ServerNames
  /// Tokens of the statement.
  private(set) var tokens = 0..<0
  /// The keywords of the block in which the statement stands.
  private var siblings: (block: String, keywords: Keywords)?
  /// The block of the statement that nothing has read yet.
  private(set) var block: BlockSyntax?
  /// The keyword as the language spells it, for messages.
  private(set) var keyword = ""
  /// What its value is, for messages.
  private(set) var wanted = ""
  var index = 0
  /// Of all statements that were read.
  private(set) var diagnostics: [Diagnostic] = []
  /// Names in the statements that nobody declared, to be reported.
  private(set) var unknownNames: [UnknownName] = []
  private(set) var failed = false
  private var recentStrings = RecentStrings()

  init(tree: PolicyFileSyntax, names: DeclaredNames, programs: ServerNames) {
    self.tree = tree
    self.names = names
    self.programs = programs
  }

  /// Goes to a statement of the same tree.
  ///
  /// - Parameter words: How many words its keyword has.
  mutating func begin(
    _ statement: Range<Int>, keyword: String, words: Int, wanted: String = "", block: BlockSyntax? = nil
  ) {
    self.keyword = keyword
    self.wanted = wanted
    self.block = block
    tokens = statement
    index = min(statement.lowerBound + words, statement.upperBound)
    failed = tree.hasInvalidTokens && statement.contains { tree.token($0).kind == .invalid }
  }

  /// Says in which kind of block the next statements stand. Most often it is the kind of the last, and nothing is
  /// copied.
  mutating func enter(_ block: String, _ keywords: @autoclosure () -> Keywords) {
    if siblings?.block != block { siblings = (block, keywords()) }
  }

  /// Reads the statements of the block after the statement, and comes back to where the statement goes on.
  ///
  /// - Parameter read: Reads them with this reader.
  mutating func readBlock<Result>(_ read: (BlockSyntax, inout StatementReader) -> Result) -> Result? {
    guard !failed, let block else { return nil }
    let (tokens, keyword, wanted, index, siblings) = (tokens, keyword, wanted, index, siblings)
    let result = read(block, &self)
    begin(tokens, keyword: keyword, words: 0, wanted: wanted)
    self.siblings = siblings
    self.index = index
    return result
  }

  /// Reads what was read before, and forgets what is wrong with it, which was reported then.
  mutating func readAgain<Result>(_ read: (inout StatementReader) -> Result) -> Result {
    let (diagnostics, unknownNames) = (diagnostics.count, unknownNames.count)
    let result = read(&self)
    self.diagnostics.removeLast(self.diagnostics.count - diagnostics)
    self.unknownNames.removeLast(self.unknownNames.count - unknownNames)
    return result
  }

  /// Goes to the tree of another file.
  mutating func turn(to file: SourceID, of treeOfFile: [SourceID: PolicyFileSyntax]) {
    if tree.file != file, let other = treeOfFile[file] { tree = other }
    tokens = 0..<0
  }

  /// Whether what is left begins with a keyword of the same block.
  var beginsStatement: Bool {
    index > tokens.lowerBound && siblings?.keywords.find(tree, index..<tokens.upperBound) != nil
  }

  /// After the last token that was read.
  private var afterLast: SourceSpan {
    let end = Int(tree.token(index - 1).end)
    return SourceSpan(file: tree.file, end..<end)
  }

  /// The whole statement, keyword included.
  var span: SourceSpan { tree.span(tokens) }

  /// The span of the next token; the end of the statement after the last.
  var nextSpan: SourceSpan {
    if let next { return tree.span(next) }
    return SourceSpan(file: tree.file, Int(span.end)..<Int(span.end))
  }

  /// Before the next token.
  var insertionPoint: SourceSpan {
    let start = Int(nextSpan.start)
    return SourceSpan(file: tree.file, start..<start)
  }

  /// The next token, `nil` at the end of the statement.
  var next: Token? { index < tokens.upperBound ? tree.token(index) : nil }

  var isAtEnd: Bool { next == nil }

  /// The text of the next token; empty at the end.
  var nextText: String { next.map(tree.text) ?? "" }

  // MARK: - Tokens

  /// Takes the next token when it is of that kind.
  mutating func accept(_ kind: TokenKind) -> Token? {
    guard !failed, let next, next.kind == kind else { return nil }
    index += 1
    return next
  }

  /// Takes the next token when it is that word.
  mutating func accept(_ word: String) -> SourceSpan? {
    guard !failed, let next, next.kind == .word, tree.read(next, { $0.elementsEqual(word.utf8) }) else { return nil }
    index += 1
    return tree.span(next)
  }

  /// The next token, which must be that word.
  mutating func expect(_ word: String) -> SourceSpan? {
    if let span = accept(word) { return span }
    fail("expected `\(word)`\(foundText)")
    return nil
  }

  /// A word of any shape, as a token.
  mutating func token(_ what: @autoclosure () -> String) -> Located<Token>? {
    guard let token = accept(.word) else {
      fail("expected \(what())\(foundText)")
      return nil
    }
    return Located(token, tree.span(token))
  }

  /// A word of any shape.
  mutating func word(_ what: @autoclosure () -> String) -> Located<String>? {
    token(what()).map { Located(tree.text($0.value), $0.span) }
  }

  /// A double quoted string that is not empty.
  mutating func string(_ what: String) -> Located<String>? {
    let help = "write it in double quotes"
    guard let token = accept(.string) else {
      let fix: [FixIt] =
        next?.kind == .word
        ? [.replace(nextSpan, with: "\"\(nextText)\"", "put it into double quotes")] : []
      fail("expected \(what) in double quotes\(foundText)", help: help, fixes: fix)
      return nil
    }
    let value = recentStrings.value(of: token, in: tree)
    guard !value.isEmpty else {
      fail("\(what) is empty", at: tree.span(token))
      return nil
    }
    return Located(value, tree.span(token))
  }

  /// One or more items between commas; a comma after the last is allowed.
  mutating func list<Item>(_ item: (inout StatementReader) -> Item?) -> [Item]? {
    var items: [Item] = []
    repeat {
      if isAtEnd, !items.isEmpty { break }
      guard let next = item(&self) else { return nil }
      items.append(next)
    } while accept(.comma) != nil
    return items
  }

  /// The rest of the statement as the end of a name, when it consists of words alone.
  var nameRest: (text: String, span: SourceSpan)? {
    let rest = index..<tokens.upperBound
    guard !rest.isEmpty, rest.count <= 6, rest.allSatisfy({ tree.token($0).kind == .word }) else { return nil }
    let text = rest.map { tree.text(tree.token($0)) }.joined(separator: "-").lowercased()
    return isName(text.utf8) ? (text, tree.span(rest)) : nil
  }

  /// The rest of the statement as a name, when it consists of several strings, as the labels of a block of HCL do.
  var quotedName: (text: String, span: SourceSpan)? {
    let rest = index..<tokens.upperBound
    guard (2...6).contains(rest.count), rest.allSatisfy({ tree.token($0).kind == .string }) else { return nil }
    let text = rest.map { tree.stringValue(tree.token($0)) }.joined(separator: "-").lowercased()
      .replacing("_", with: "-")
    return isName(text.utf8) ? (text, tree.span(rest)) : nil
  }

  /// Reports whatever is left of the statement. Returns whether the statement was in order.
  mutating func finish() -> Bool {
    if !failed, let next {
      let rest = tree.span(index..<tokens.upperBound)
      if beginsStatement {
        fail(
          "`\(tree.text(next))` begins another statement, which stands on a line of its own, or after `;`",
          fixes: [FixIt("write `;`", .safe, [TextEdit(afterLast, ";")])])
      } else if let (message, fixes) = unneeded(next) {
        fail(message, at: rest, fixes: fixes)
      } else if next.kind == .word || next.kind == .string, index > tokens.lowerBound {
        fail(
          "unexpected `\(tree.text(next))` after `\(keyword)`", at: rest,
          help: "end the statement before it, or separate list items with `,`")
      } else {
        fail("unexpected `\(tree.text(next))`", at: rest, help: "`\(keyword)` takes one value")
      }
    }
    if let block {
      fail(
        "`\(keyword)` has no block of its own", code: "unexpected-block", at: tree.span(tree.token(block.open)),
        help: "end the statement before the `{`, or close the block around it first")
    }
    return !failed
  }

  /// What a word is there for that the statement does without, and how it is written.
  private func unneeded(_ next: Token) -> (message: String, fixes: [FixIt])? {
    let isLast = index + 1 == tokens.upperBound
    let text = tree.text(next)
    if keyword == ServerWord.maxClients.spelling, isLast,
      ["sessions", "clients", "connections", "users"].contains(text)
    {
      let span = SourceSpan(file: tree.file, afterLast.range.lowerBound..<tree.span(next).range.upperBound)
      return ("`max clients` counts sessions, and needs no unit", [.replace(span, with: "", "remove it")])
    }
    guard keyword == GatewayWord.outside.spelling || keyword == GatewayWord.inside.spelling, next.kind == .word,
      isLast, index > tokens.lowerBound
    else {
      return nil
    }
    let before = tree.token(index - 1)
    if ["interface", "iface", "dev", "device", "nic"].contains(tree.text(before)) {
      let span = SourceSpan(file: tree.file, tree.span(before).range.lowerBound..<tree.span(next).range.lowerBound)
      return ("`\(keyword)` is followed by the name of an interface", [.replace(span, with: "", "remove it")])
    }
    return ("items of a list are separated by `,`", [FixIt("write `,`", .safe, [TextEdit(afterLast, ",")])])
  }

  /// A block in the place of a list, as one: what stands in it with commas between; none where comments would be lost.
  func listFix(of block: BlockSyntax) -> [FixIt] {
    guard let close = block.close else { return [] }
    let span = tree.span(tree.token(block.open)).joined(with: tree.span(tree.token(close)))
    let statements = tree.statements(of: block)
    guard !statements.isEmpty, statements.count < 1000, !tree.source.bytes[span.range].contains(UInt8(ascii: "#")),
      statements.allSatisfy({ $0.block == nil })
    else { return [] }
    let items = statements.map { statement in
      var tokens = statement.tokens
      while let last = tokens.last, tree.token(last).kind == .comma { tokens = tokens.dropLast() }
      return tree.source.text(tree.span(tokens).range)
    }
    return [.replace(span, with: items.joined(separator: ", "), "write a list")]
  }

  // MARK: - Reporting

  /// Reports a mistake at the next token, once a statement.
  mutating func fail(
    _ message: String, code: String = "syntax-error", at span: SourceSpan? = nil, label: String = "",
    related: [Label] = [], help: String? = nil, fixes: [FixIt] = []
  ) {
    // The parser says where a value is missing.
    if span == nil, let next, next.kind.onlySeparates, tree.token(index - 1).kind.onlySeparates {
      return failSilently()
    }
    var help = help
    // Where other languages have one.
    if span == nil, help == nil, fixes.isEmpty, next?.kind == .equals {
      help = "a statement is its keyword and its values, without `=`"
    }
    fail(.error(code, message, at: span ?? nextSpan, label: label, related: related, help: help, fixes: fixes))
  }

  /// Reports a mistake that is worded elsewhere, once a statement.
  mutating func fail(_ diagnostic: Diagnostic) {
    guard !failed else { return }
    failed = true
    report(diagnostic)
  }

  /// Reports a name that nobody declared, once a statement.
  mutating func failUnknown(_ name: UnknownName) {
    guard !failed else { return }
    failed = true
    unknownNames.append(name)
  }

  /// Gives a statement up whose mistake is told elsewhere.
  mutating func failSilently() { failed = true }

  /// Reports what is wrong about a statement as a whole.
  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// `, found X` for messages.
  var foundText: String { next.map { ", found `\(tree.text($0))`" } ?? " at the end of the statement" }
}
