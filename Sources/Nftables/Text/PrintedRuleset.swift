package import Diagnostics

/// A ruleset that nft printed for people, or that stands in a script for `nft -f`, as tables of this module.
///
/// Statements come to what the same ruleset comes to as JSON. One that is not known becomes a statement that was not
/// read, in its place: a packet that meets it makes the verdict undecided, and no other packet does.
package struct PrintedRuleset: Sendable {
  /// Each rule bears the line in which it begins.
  package internal(set) var ruleset = Ruleset([])
  /// Where chains with a policy are declared, by `FAMILY TABLE CHAIN`.
  package internal(set) var declarations: [String: SourceSpan] = [:]
  /// Lines that break a table, and commands of which nobody can tell here what they do.
  package private(set) var faults: [(message: String, span: SourceSpan)] = []

  private let spans: [SourceSpan]
  private var tokens: ArraySlice<TextToken> = []
  var variables: [String: [TextToken]] = [:]
  var positions: [TableName: Int] = [:]
  /// The chains of each table by their names.
  var chainPositions: [Int: [String: Int]] = [:]

  struct TableName: Hashable {
    var family: TableFamily
    var name: String
  }

  package init(_ lines: [(text: String, span: SourceSpan)]) {
    spans = lines.map(\.span)
    let lexer = TextLexer(lines.map(\.text))
    for fault in lexer.faults { fail(fault.message, fault.line) }
    tokens = lexer.tokens[...]
    while faults.isEmpty, let statement = nextStatement() { read(command: statement) }
    if faults.isEmpty, let token = tokens.first { fail("this brace closes nothing", token.line) }
  }

  mutating func fail(_ message: String, _ line: Int) {
    guard spans.indices.contains(line) else { return }
    faults.append((message, spans[line]))
  }

  mutating func fail(_ message: String, _ tokens: [TextToken]) { fail(message, tokens.first?.line ?? 0) }

  func span(_ line: Int) -> SourceSpan { spans.indices.contains(line) ? spans[line] : .none }

  // MARK: - Statements and blocks

  /// The tokens to the end of the line or to `;`, with what stands in braces on the way, and with variables replaced;
  /// `nil` at the end and where a block ends.
  ///
  /// - Parameter opensBlocks: Words after which a brace opens a block: there the statement ends, brace included.
  private mutating func nextStatement(_ opensBlocks: Bool = true) -> [TextToken]? {
    var result: [TextToken] = []
    var depth = 0
    while let token = tokens.first {
      if depth == 0, token.isSign("}") {
        return result.isEmpty ? nil : result
      }
      tokens.removeFirst()
      if token.kind == .endOfLine || token.isSign(";") {
        if depth > 0 { continue }
        if result.isEmpty { continue }
        return result
      }
      if token.kind == .word, token.text.hasPrefix("$") {
        guard let value = variables[String(token.text.dropFirst())] else {
          fail("the variable `\(token.text)` is not defined before this line", token.line)
          return nil
        }
        result += value.map { TextToken(kind: $0.kind, text: $0.text, line: token.line, isApart: true) }
        continue
      }
      result.append(token)
      if token.isSign("{") {
        if depth == 0, opensBlocks, Self.opensBlock(result) { return result }
        depth += 1
      }
      if token.isSign("}") { depth -= 1 }
    }
    if depth > 0 {
      fail("a brace that opens on this line is not closed, so rules may be missing", result.first?.line ?? 0)
    }
    return result.isEmpty ? nil : result
  }

  static let blocks: Set = [
    "table", "chain", "set", "map", "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy",
  ]

  /// Whether the brace at the end of tokens opens the block of a table, a chain or an object: it stands after names
  /// alone.
  private static func opensBlock(_ tokens: [TextToken]) -> Bool {
    let words = tokens.dropLast()
    guard let first = words.first, words.allSatisfy({ $0.kind == .word || $0.kind == .quoted }) else { return false }
    let verb = ["add", "create"].contains(first.text) ? words.dropFirst().first : first
    guard let verb, verb.kind == .word, blocks.contains(verb.text) else { return false }
    // `counter { ... }` is none, and neither are rules that begin so.
    return words.count >= 2
  }

  /// The statements of a block, of which the brace is read.
  ///
  /// - Parameter hasBlocks: Whether there are blocks in it.
  mutating func block(
    _ opening: [TextToken], hasBlocks: Bool = false, _ body: (inout Self, [TextToken]) -> Void
  ) {
    while faults.isEmpty {
      if let statement = nextStatement(hasBlocks) {
        body(&self, statement)
        continue
      }
      guard faults.isEmpty else { return }
      guard tokens.first?.isSign("}") == true else {
        return fail("this block has no end, so rules may be missing", opening)
      }
      tokens.removeFirst()
      return
    }
  }
}
