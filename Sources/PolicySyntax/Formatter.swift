import Diagnostics

/// The text of a file in the one canonical layout, or `nil` when the file has syntax errors.
///
/// Four spaces a level; one statement a line; the values of a block in one column, two spaces after its longest
/// keyword; comments, and single blank lines between groups, kept; a line break after a comma kept; trailing commas
/// and `;` dropped.
///
/// - Parameter twoWordKeywords: Those of the language.
package func format(
  _ tree: PolicyFileSyntax, twoWordKeywords: Keywords = Language.twoWordKeywords
) -> String? {
  guard !tree.diagnostics.hasErrors else { return nil }
  var formatter = Formatter(tree: tree, twoWordKeywords: twoWordKeywords)
  let text = formatter.run()
  return endsWithCRLF(tree.source.bytes) ? text.replacing("\n", with: "\r\n") : text
}

/// Whether most lines of a file end with CR LF, as editors of Windows write them.
private func endsWithCRLF(_ bytes: [UInt8]) -> Bool {
  guard bytes.contains(0x0D) else { return false }
  let pairs = zip(bytes, bytes.dropFirst()).count { $0 == 0x0D && $1 == 0x0A }
  return pairs * 2 > bytes.count { $0 == 0x0A }
}

/// Whether two texts say the same: the same tokens and comments, whatever the layout. Commas and `;` that only separate
/// are left out of the comparison.
package func haveSameMeaning(_ left: PolicyFileSyntax, _ right: PolicyFileSyntax) -> Bool {
  left.comments.count == right.comments.count
    && zip(left.comments, right.comments).allSatisfy { trimmed(left, $0).elementsEqual(trimmed(right, $1)) }
    && areSame(left.statements[...], left, right.statements[...], right)
}

/// Does not recurse far: blocks are two deep.
private func areSame(
  _ statements: ArraySlice<StatementSyntax>, _ left: PolicyFileSyntax, _ others: ArraySlice<StatementSyntax>,
  _ right: PolicyFileSyntax
) -> Bool {
  statements.count == others.count
    && zip(statements, others).allSatisfy { statement, other in
      guard haveSameTokens(statement, left, other, right) else { return false }
      guard let block = statement.block, let otherBlock = other.block else {
        return statement.block == nil && other.block == nil
      }
      return areSame(left.statements(of: block), left, right.statements(of: otherBlock), right)
    }
}

private func haveSameTokens(
  _ statement: StatementSyntax, _ left: PolicyFileSyntax, _ other: StatementSyntax, _ right: PolicyFileSyntax
) -> Bool {
  let tokens = withoutTrailingComma(statement, of: left)
  let otherTokens = withoutTrailingComma(other, of: right)
  return tokens.count == otherTokens.count
    && zip(tokens, otherTokens).allSatisfy {
      left.bytes(left.token($0)).elementsEqual(right.bytes(right.token($1)))
    }
}

/// The tokens of a statement but for a comma at its end. Before a block that is a mistake, which stays: without it
/// the line could say something else.
private func withoutTrailingComma(_ statement: StatementSyntax, of tree: PolicyFileSyntax) -> Range<Int> {
  let tokens = statement.tokens
  guard statement.block == nil, tokens.count > 1, tree.token(tokens.upperBound - 1).kind == .comma else {
    return tokens
  }
  return tokens.dropLast()
}

private func trimmed(_ tree: PolicyFileSyntax, _ comment: Comment) -> ArraySlice<UInt8> {
  var bytes = tree.source.bytes[comment.range.clamped(to: 0..<tree.source.bytes.count)]
  while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0D { bytes = bytes.dropLast() }
  return bytes
}

/// One line of the result. Its texts are ranges of `Formatter.texts`.
private struct FormattedLine {
  var depth: Int
  /// What is padded to the column of values; empty on continuation lines.
  var keyword = 0..<0
  var rest: Range<Int>
  /// Whether `rest` stands in the column of values.
  var isAligned = true
  var opensBlock = false
  var comment: Range<Int>?

  static let blank = FormattedLine(depth: 0, rest: 0..<0, isAligned: false)

  var isBlank: Bool { keyword.isEmpty && rest.isEmpty && comment == nil }
}

private struct Formatter {
  let tree: PolicyFileSyntax
  let twoWordKeywords: Keywords
  var result: [UInt8] = []
  /// Lines of the block at hand, whose values share a column.
  var lines: [FormattedLine] = []
  /// What these lines consist of, one text after the other.
  var texts: [UInt8] = []
  var nextComment = 0
  /// Byte offset up to which the source has been dealt with.
  var done = 0
  /// Whether the last line written opens a block.
  var isAtBlockStart = false

  init(tree: PolicyFileSyntax, twoWordKeywords: Keywords) {
    self.tree = tree
    self.twoWordKeywords = twoWordKeywords
    result.reserveCapacity(tree.source.bytes.count)
    if tree.source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { done = 3 }
  }

  mutating func run() -> String {
    var afterBlock = false
    for statement in tree.statements {
      let start = Int(tree.token(statement.tokens.lowerBound).start)
      let isFirst = result.isEmpty && lines.isEmpty
      if !isFirst, afterBlock || statement.block != nil, !leadsWithBlankLine(before: start) {
        lines.append(.blank)
      }
      leading(before: start, depth: 0)
      declaration(statement)
      afterBlock = statement.block != nil
    }
    leading(before: tree.source.bytes.count, depth: 0)
    flush()
    while endsWithBlankLine { result.removeLast() }
    return String(decoding: result, as: UTF8.self)
  }

  /// Whether the last line written is blank.
  var endsWithBlankLine: Bool {
    result.last == 0x0A && (result.count == 1 || result[result.count - 2] == 0x0A)
  }

  /// Whether the first thing before a token, a comment or the token itself, has a blank line before it.
  func leadsWithBlankLine(before offset: Int) -> Bool {
    let comment = tree.comments.indices.contains(nextComment) ? Int(tree.comments[nextComment].start) : offset
    return newlines(from: done, to: min(comment, offset)) > 1
  }

  mutating func declaration(_ statement: StatementSyntax) {
    guard let block = statement.block else {
      let header = words(withoutTrailingComma(statement, of: tree))
      for (number, line) in header.enumerated() {
        add(
          FormattedLine(depth: number == 0 ? 0 : 1, rest: line.text, isAligned: false),
          endingAt: line.end, isLast: number == header.count - 1)
      }
      return
    }
    let start = texts.count
    for index in statement.tokens { addText(index, isFirst: texts.count == start) }
    addText(block.open, isFirst: false)
    add(
      FormattedLine(depth: 0, rest: start..<texts.count, isAligned: false), endingAt: Int(tree.token(block.open).end))
    flush()
    self.block(block, depth: 1)
  }

  /// The statements of a block and its brace. Blocks are two deep.
  mutating func block(_ block: BlockSyntax, depth: Int) {
    if lines.isEmpty { isAtBlockStart = true } else { lines[lines.count - 1].opensBlock = true }
    for inner in tree.statements(of: block) {
      leading(before: Int(tree.token(inner.tokens.lowerBound).start), depth: depth)
      statement(inner, depth: depth)
    }
    let close = tree.token(block.close ?? tree.tokens.count)
    leading(before: Int(close.start), depth: depth)
    while lines.last?.isBlank == true { lines.removeLast() }
    if depth == 1 { flush() }
    let brace = addText("}".utf8)
    add(FormattedLine(depth: depth - 1, rest: brace, isAligned: false), endingAt: Int(close.end))
  }

  mutating func statement(_ statement: StatementSyntax, depth: Int) {
    let start = statement.tokens.lowerBound
    let count = twoWordKeywords.find(tree, statement.tokens)?.words ?? 1
    let keywordStart = texts.count
    for index in start..<start + count { addText(index, isFirst: index == start) }
    let keyword = keywordStart..<texts.count
    let values = words(start + count..<withoutTrailingComma(statement, of: tree).upperBound)
    var lines = values.isEmpty ? [(text: 0..<0, end: Int(tree.token(start + count - 1).end))] : values
    if let block = statement.block, let last = lines.popLast() {
      let brace = addText(block.open, isFirst: last.text.isEmpty)
      let text = last.text.isEmpty ? brace : last.text.lowerBound..<brace.upperBound
      lines.append((text, Int(tree.token(block.open).end)))
    }
    for (number, line) in lines.enumerated() {
      add(
        FormattedLine(depth: depth, keyword: number == 0 ? keyword : 0..<0, rest: line.text), endingAt: line.end,
        isLast: number == lines.count - 1, depth: depth)
    }
    if let block = statement.block { self.block(block, depth: depth + 1) }
  }

  /// Tokens as text, one entry for each line that a comma ends.
  mutating func words(_ tokens: Range<Int>) -> [(text: Range<Int>, end: Int)] {
    var lines: [(text: Range<Int>, end: Int)] = []
    for index in tokens {
      let token = tree.token(index)
      if lines.isEmpty || token.startsLine && index > tokens.lowerBound {
        lines.append((addText(index, isFirst: true), Int(token.end)))
      } else {
        let last = lines.removeLast()
        lines.append((last.text.lowerBound..<addText(index, isFirst: false).upperBound, Int(token.end)))
      }
    }
    return lines
  }

  @discardableResult
  mutating func addText(_ bytes: some Collection<UInt8>) -> Range<Int> {
    let start = texts.count
    texts.append(contentsOf: bytes)
    return start..<texts.count
  }

  /// Adds a token, with a space between it and the one before it on its line.
  @discardableResult
  mutating func addText(_ index: Int, isFirst: Bool) -> Range<Int> {
    let token = tree.token(index)
    if !isFirst, token.kind != .comma || token.startsLine { texts.append(0x20) }
    return addText(tree.bytes(token))
  }

  /// Adds a line and the comment that stands after it in the source.
  mutating func add(_ line: FormattedLine, endingAt end: Int, isLast: Bool = true, depth: Int = 1) {
    var line = line
    done = max(done, end)
    if tree.comments.indices.contains(nextComment) {
      let comment = tree.comments[nextComment]
      let standsAfter = end <= Int(comment.start) && Int(comment.start) < nextTokenStart(after: end)
      if standsAfter, !comment.startsLine, newlines(from: end, to: Int(comment.start)) == 0 {
        line.comment = addText(trimmed(tree, comment))
        done = max(done, Int(comment.end))
        nextComment += 1
      }
    }
    lines.append(line)
    if !isLast { leading(before: nextTokenStart(after: done), depth: depth) }
  }

  func nextTokenStart(after offset: Int) -> Int {
    Int(tree.token(tree.tokens.indices.partitionPoint { Int(tree.tokens[$0].start) < offset }).start)
  }

  /// Adds the comments and the blank line that stand before a place.
  mutating func leading(before offset: Int, depth: Int) {
    while tree.comments.indices.contains(nextComment), Int(tree.comments[nextComment].start) < offset {
      let comment = tree.comments[nextComment]
      blankLine(before: Int(comment.start))
      let text = addText(trimmed(tree, comment))
      lines.append(FormattedLine(depth: depth, rest: text, isAligned: false))
      done = max(done, Int(comment.end))
      nextComment += 1
    }
    blankLine(before: offset)
  }

  /// Keeps one blank line where the source has any, but not at the beginning of a file or block.
  mutating func blankLine(before offset: Int) {
    guard newlines(from: done, to: offset) > 1 else { return }
    done = max(done, offset)
    if let last = lines.last {
      if !last.isBlank, !last.opensBlock { lines.append(.blank) }
    } else if !result.isEmpty, !endsWithBlankLine, !isAtBlockStart {
      lines.append(.blank)
    }
  }

  /// Line ends between two places of the source; none when they are not in order.
  func newlines(from start: Int, to end: Int) -> Int {
    guard start < end else { return 0 }
    return tree.source.bytes[(start..<end).clamped(to: 0..<tree.source.bytes.count)].count { $0 == 0x0A }
  }

  /// Writes the collected lines: values in a column, comments of neighbouring lines in a column.
  mutating func flush() {
    if !lines.isEmpty { isAtBlockStart = false }
    var columns: [Int: Int] = [:]
    for line in lines where line.isAligned {
      columns[line.depth] = max(columns[line.depth] ?? 2, 2 + width(line.keyword))
    }
    var index = 0
    while index < lines.count {
      let run = lines[index...].prefix { $0.comment != nil }
      let commentColumn = 2 + run.reduce(0) { max($0, contentWidth($1, columns)) }
      for line in run {
        write(line, columns)
        write(spaces: commentColumn - contentWidth(line, columns))
        result += texts[line.comment ?? 0..<0]
        result.append(0x0A)
      }
      index = run.endIndex
      guard index < lines.count else { break }
      write(lines[index], columns)
      result.append(0x0A)
      index += 1
    }
    lines.removeAll(keepingCapacity: true)
    texts.removeAll(keepingCapacity: true)
  }

  /// Columns that a text takes.
  func width(_ text: Range<Int>) -> Int {
    let bytes = texts[text]
    return bytes.allSatisfy { $0 < 0x80 } ? bytes.count : String(decoding: bytes, as: UTF8.self).count
  }

  /// Spaces between keyword and value, where the columns of values are known by their depth.
  func gap(_ line: FormattedLine, _ columns: [Int: Int]) -> Int {
    line.isAligned && !line.rest.isEmpty ? max(1, (columns[line.depth] ?? 0) - width(line.keyword)) : 0
  }

  /// Columns of a line without its comment.
  func contentWidth(_ line: FormattedLine, _ columns: [Int: Int]) -> Int {
    4 * line.depth + width(line.keyword) + gap(line, columns) + width(line.rest)
  }

  /// Writes a line without its comment and its end.
  mutating func write(_ line: FormattedLine, _ columns: [Int: Int]) {
    guard !line.isBlank else { return }
    write(spaces: 4 * line.depth)
    result += texts[line.keyword]
    write(spaces: gap(line, columns))
    result += texts[line.rest]
  }

  mutating func write(spaces count: Int) { result.append(contentsOf: repeatElement(0x20, count: max(0, count))) }
}
