import Diagnostics

/// The text of a file in the one canonical layout, or `nil` when the file has syntax errors.
///
/// Four spaces a level; one statement a line; the values of a block in one column, two spaces behind its longest keyword;
/// comments, and single blank lines between groups, kept; a line break behind a comma kept; trailing commas and `;`
/// dropped.
///
/// - Parameter twoWordKeywords: The keywords of two words, such as `external ip`.
package func format(_ tree: PolicyFileSyntax, twoWordKeywords: Set<String>) -> String? {
  guard !tree.diagnostics.hasErrors else { return nil }
  var formatter = Formatter(tree: tree, twoWordKeywords: twoWordKeywords)
  return formatter.run()
}

/// Whether two texts say the same: the same tokens and comments, whatever the layout. Commas and `;` that only separate are
/// left out of the comparison.
package func haveSameMeaning(_ left: PolicyFileSyntax, _ right: PolicyFileSyntax) -> Bool {
  meaning(of: left) == meaning(of: right)
    && left.comments.map { trimmed(left, $0) } == right.comments.map { trimmed(right, $0) }
}

private func meaning(of tree: PolicyFileSyntax) -> [String] {
  tree.statements.flatMap { statement in
    texts(statement.tokens, of: tree)
      + (statement.block.map { block in
        ["{"] + block.statements.flatMap { texts($0.tokens, of: tree) } + ["}"]
      } ?? [])
  }
}

private func texts(_ tokens: Range<Int>, of tree: PolicyFileSyntax) -> [String] {
  var texts = tokens.map { tree.text(tree.token($0)) }
  if texts.last == "," { texts.removeLast() }
  return texts + [";"]
}

private func trimmed(_ tree: PolicyFileSyntax, _ comment: Comment) -> String {
  var bytes = tree.source.bytes[comment.range.clamped(to: 0..<tree.source.bytes.count)]
  while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0D { bytes = bytes.dropLast() }
  return String(decoding: bytes, as: UTF8.self)
}

/// One line of the result.
private struct FormattedLine {
  var depth: Int
  /// What is padded to the column of values; empty on continuation lines.
  var keyword: String
  var rest: String
  /// Whether `rest` stands in the column of values.
  var isAligned = true
  var comment: String?

  static let blank = FormattedLine(depth: 0, keyword: "", rest: "", isAligned: false)

  var isBlank: Bool { keyword.isEmpty && rest.isEmpty && comment == nil }

  /// The line without its comment, its values in a column.
  func content(valueColumn: Int) -> String {
    let indent = String(repeating: "    ", count: depth)
    guard isAligned else { return indent + keyword + rest }
    guard !rest.isEmpty else { return indent + keyword }
    return indent + keyword + String(repeating: " ", count: max(1, valueColumn - keyword.count)) + rest
  }
}

private struct Formatter {
  let tree: PolicyFileSyntax
  let twoWordKeywords: Set<String>
  var result: [String] = []
  /// Lines of the block at hand, whose values share a column.
  var lines: [FormattedLine] = []
  var nextComment = 0
  /// Byte offset up to which the source has been dealt with.
  var done = 0
  /// Whether the last line written opens a block.
  var isAtBlockStart = false

  init(tree: PolicyFileSyntax, twoWordKeywords: Set<String>) {
    self.tree = tree
    self.twoWordKeywords = twoWordKeywords
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
    while result.last?.isEmpty == true { result.removeLast() }
    return result.map { $0 + "\n" }.joined()
  }

  /// Whether the first thing before a token, a comment or the token itself, has a blank line before it.
  func leadsWithBlankLine(before offset: Int) -> Bool {
    let comment = tree.comments.indices.contains(nextComment) ? Int(tree.comments[nextComment].start) : offset
    return newlines(from: done, to: min(comment, offset)) > 1
  }

  mutating func declaration(_ statement: StatementSyntax) {
    let header = words(statement.tokens)
    guard let block = statement.block else {
      for (number, line) in header.enumerated() {
        add(
          FormattedLine(depth: number == 0 ? 0 : 1, keyword: "", rest: line.text, isAligned: false),
          endingAt: line.end, isLast: number == header.count - 1)
      }
      return
    }
    let text = header.map(\.text).joined(separator: " ") + " {"
    add(FormattedLine(depth: 0, keyword: "", rest: text, isAligned: false), endingAt: Int(tree.token(block.open).end))
    flush()
    isAtBlockStart = true
    for inner in block.statements {
      leading(before: Int(tree.token(inner.tokens.lowerBound).start), depth: 1)
      self.statement(inner)
    }
    let close = tree.token(block.close ?? tree.tokens.count)
    leading(before: Int(close.start), depth: 1)
    while lines.last?.isBlank == true { lines.removeLast() }
    flush()
    add(FormattedLine(depth: 0, keyword: "", rest: "}", isAligned: false), endingAt: Int(close.end))
  }

  mutating func statement(_ statement: StatementSyntax) {
    let first = tree.text(tree.token(statement.tokens.lowerBound))
    let second = statement.tokens.count > 1 ? tree.text(tree.token(statement.tokens.lowerBound + 1)) : ""
    let count = twoWordKeywords.contains("\(first) \(second)") ? 2 : 1
    let keyword = count == 2 ? "\(first) \(second)" : first
    let arguments = statement.tokens.dropFirst(count)
    let values = words(arguments.startIndex..<arguments.endIndex)
    let end = Int(tree.token(statement.tokens.lowerBound + count - 1).end)
    guard !values.isEmpty else {
      return add(FormattedLine(depth: 1, keyword: keyword, rest: ""), endingAt: end)
    }
    for (number, line) in values.enumerated() {
      add(
        FormattedLine(depth: 1, keyword: number == 0 ? keyword : "", rest: line.text), endingAt: line.end,
        isLast: number == values.count - 1)
    }
  }

  /// Tokens as text, one entry for each line that a comma ends.
  func words(_ tokens: Range<Int>) -> [(text: String, end: Int)] {
    var lines: [(text: String, end: Int)] = []
    var range = tokens
    if !range.isEmpty, tree.token(range.upperBound - 1).kind == .comma { range = range.dropLast() }
    for index in range {
      let token = tree.token(index)
      let text = tree.text(token)
      if lines.isEmpty || token.startsLine && index > range.lowerBound {
        lines.append((text, Int(token.end)))
      } else {
        let last = lines.removeLast()
        lines.append((last.text + (token.kind == .comma ? "" : " ") + text, Int(token.end)))
      }
    }
    return lines
  }

  /// Adds a line and the comment that stands behind it in the source.
  mutating func add(_ line: FormattedLine, endingAt end: Int, isLast: Bool = true) {
    var line = line
    done = max(done, end)
    if tree.comments.indices.contains(nextComment) {
      let comment = tree.comments[nextComment]
      let standsBehind = end <= Int(comment.start) && Int(comment.start) < nextTokenStart(behind: end)
      if standsBehind, !comment.startsLine, newlines(from: end, to: Int(comment.start)) == 0 {
        line.comment = trimmed(tree, comment)
        done = max(done, Int(comment.end))
        nextComment += 1
      }
    }
    lines.append(line)
    if !isLast { leading(before: nextTokenStart(behind: done), depth: 1) }
  }

  func nextTokenStart(behind offset: Int) -> Int {
    var low = 0
    var high = tree.tokens.count
    while low < high {
      let middle = (low + high) / 2
      if Int(tree.tokens[middle].start) < offset { low = middle + 1 } else { high = middle }
    }
    return Int(tree.token(low).start)
  }

  /// Adds the comments and the blank line that stand before a place.
  mutating func leading(before offset: Int, depth: Int) {
    while tree.comments.indices.contains(nextComment), Int(tree.comments[nextComment].start) < offset {
      let comment = tree.comments[nextComment]
      blankLine(before: Int(comment.start))
      lines.append(
        FormattedLine(depth: depth, keyword: "", rest: trimmed(tree, comment), isAligned: false))
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
      if !last.isBlank { lines.append(.blank) }
    } else if let last = result.last, !last.isEmpty, !isAtBlockStart {
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
    let column = (lines.filter(\.isAligned).map(\.keyword.count).max() ?? 0) + 2
    let contents = lines.map { $0.isBlank ? "" : $0.content(valueColumn: column) }
    var index = 0
    while index < lines.count {
      let run = lines[index...].prefix { $0.comment != nil }
      let width = contents[run.indices].map(\.count).max() ?? 0
      for position in run.indices {
        let padding = String(repeating: " ", count: width - contents[position].count + 2)
        result.append(contents[position] + padding + (lines[position].comment ?? ""))
      }
      index = run.endIndex
      if index < lines.count {
        result.append(contents[index])
        index += 1
      }
    }
    lines = []
  }
}
