import Diagnostics
import Policy
import PolicySyntax
import Testing

@Suite struct FormatterTests {
  private func formatted(_ text: String) -> String? { format(tree(text)) }

  @Test func layout() {
    let text = """


      # head
         include "x.sally"   # inc
      clients partners = 198.51.100.0/24 ,192.0.2.7,   # two
         # inner
         2001:db8:beef::/48   # three
      server a { address 10.0.0.1; software proftpd   1.3.8 ; }
      publish files {   # open


         server a


         # about ip
         external   ip 203.0.113.10 # ext
         control port 2121->21   # ctl
         allow partners,
           192.0.2.0/24,


         # end
      }
      # last
      """
    let expected = """
      # head
      include "x.sally"                               # inc
      clients partners = 198.51.100.0/24, 192.0.2.7,  # two
          # inner
          2001:db8:beef::/48  # three

      server a {
          address   10.0.0.1
          software  proftpd 1.3.8
      }

      publish files {  # open
          server        a

          # about ip
          external ip   203.0.113.10  # ext
          control port  2121 -> 21    # ctl
          allow         partners,
                        192.0.2.0/24

          # end
      }
      # last

      """
    #expect(formatted(text) == expected)
    #expect(formatted(expected) == expected)
  }

  @Test func syntaxErrorsAreNotTouched() {
    #expect(formatted("publish a {\n") == nil)
  }

  @Test func emptyFile() {
    #expect(formatted("") == "")
    #expect(formatted("\n\n") == "")
    #expect(formatted("# only\r\n") == "# only\r\n")
    #expect(formatted("# one\r\n# two\n# three\n") == "# one\n# two\n# three\n")
  }

  /// Whatever the white space, the layout is the same after one pass, and the compiled bytes never change.
  @Test(arguments: 0..<60)
  func idempotentAndMeaningKept(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let messy = mess(up: everyStatement, &random)
    let once = try #require(formatted(messy))
    #expect(formatted(once) == once)
    #expect(haveSameMeaning(tree(messy), tree(once)))
    #expect(compile(messy).script == compile(once).script)
    #expect(compile(messy).diagnostics.map(\.code) == compile(once).diagnostics.map(\.code))
  }

  /// Whatever the words are and wherever lines end, what the formatter writes says the same and has no mistakes.
  @Test(arguments: 0..<40)
  func anyTokens(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let words = [
      "publish", "server", "gateway", "clients", "include", "a", "b", "\"x\"", "=", ",", "->", "tls", "external",
      "ip",
      "10.0.0.1", "#c", "# d\n", "\n", "\n", "\n\n", ";", "{", "{", "}", "}", "{ a b\n}", "publish a {", "}\n",
    ]
    for _ in 0..<3_000 {
      let count = Int.random(in: 1...14, using: &random)
      let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }
        .joined(separator: Bool.random(using: &random) ? " " : "\t ")
      let read = tree(text)
      guard let once = format(read) else { continue }
      let again = tree(once)
      #expect(again.diagnostics.isEmpty && haveSameMeaning(read, again), "\(text.debugDescription)")
      #expect(format(again) == once, "\(text.debugDescription)")
    }
  }

  /// A comment stays with the statement that it follows, so `# allow:` keeps its line.
  @Test func commentsStayWithTheirStatement() {
    #expect(
      formatted("publish a { server b # one\n tls off; log all # two\n} # three\n") == """
        publish a {
            server  b  # one
            tls     off
            log     all  # two
        }  # three

        """)
  }

  /// Adds blanks, blank lines and comments, and joins statements with `;`.
  private func mess(up text: String, _ random: inout SeededGenerator) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = String(line)
      if Int.random(in: 0...3, using: &random) == 0 { line = line.replacing("  ", with: "\t ") }
      if Int.random(in: 0...5, using: &random) == 0 { line += "   # note \(Int.random(in: 0...99, using: &random))" }
      if Int.random(in: 0...6, using: &random) == 0 { line += "\n\n\n" }
      if Int.random(in: 0...6, using: &random) == 0 { line = "      " + line }
      return line
    }.joined(separator: "\n")
  }
}
