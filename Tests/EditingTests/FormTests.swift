import PolicySyntax
import Testing

@testable import Editing

/// What completion, names and colours know of a statement is what the list of words says of it.
@Suite struct FormTests {
  @Test("the example of every word fits one of its forms to the end") func examples() throws {
    for word in Language.words where word.block != .file || !word.facts.example.contains("{") {
      let text = word.block == .file ? word.facts.example : "\(word.block.rawValue) x {\n\(word.facts.example)\n}\n"
      let tree = MarkedText(text).tree
      let declaration = try #require(tree.statements.first)
      let statement = try #require(declaration.block.map { tree.statements(of: $0).first } ?? declaration)
      let (found, pattern, count) = try #require(BlockForms.of(word.block).find(tree, statement.tokens), "\(text)")
      let values = statement.tokens.lowerBound + count..<statement.tokens.upperBound
      #expect(
        found.spelling == word.spelling && pattern.read(values, of: tree).labels.count == values.count, "\(text)")
    }
  }

  @Test("forms tell what each token is, and what may follow") func labels() throws {
    func read(_ forms: [String], _ text: String) -> (labels: [FormSymbol], next: [FormSymbol]) {
      let tree = MarkedText(text).tree
      return FormPattern(forms).read(0..<tree.tokens.count - 1, of: tree)
    }
    let address = "ADDRESS [at ADDRESS][, ADDRESS [at ADDRESS]]"
    #expect(read([address], "1.2.3.4 at 1.2.3.5, 2001:db8::1").labels.count == 5)
    #expect(read([address], "1.2.3.4").next == [.literal("at"), .comma])
    #expect(read(["PORT [-> PORT]"], "21 ->").next == [.placeholder("PORT")])
    #expect(read(["A, ..."], "x, y,").next == [.placeholder("A")])
    #expect(read(["on", "off"], "maybe").labels.isEmpty && read(["on", "off"], "maybe").next.isEmpty)
    #expect(read([], "x").labels.isEmpty && read(["[", "]", "...", ", ..."], "x, y").next.isEmpty)
  }

  @Test("every word of a policy has a colour, in order and within its line") func colours() {
    let tree = MarkedText(office + "# end\nexpect files { works explicit pasv over ipv4 from partners }\n").tree
    let tokens = tree.colored(in: 0..<tree.source.bytes.count)
    #expect(zip(tokens, tokens.dropFirst()).allSatisfy { $0.range.upperBound <= $1.range.lowerBound })
    let words = tree.tokens.filter { $0.kind == .word || $0.kind == .string }
    #expect(tokens.filter { $0.meaning != .comment && $0.meaning != .symbol }.count == words.count)
    func meaning(_ text: String) -> TokenMeaning? { tokens.first { tree.source.text($0.range) == text }?.meaning }
    #expect(meaning("passive") == .keyword && meaning("explicit") == .value && meaning("203.0.113.10") == .number)
    #expect(meaning("partners") == .name && meaning("# end") == .comment && meaning("proftpd") == .value)
    let part = tree.colored(in: 100..<140)
    #expect(part == tokens.filter { $0.range.overlaps(100..<140) })
  }
}
