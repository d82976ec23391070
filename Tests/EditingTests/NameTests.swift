import Compilation
import Diagnostics
import Editing
import PolicySyntax
import Testing

@Suite struct NameTests {
  /// The texts around the places of the name at the mark, and the text with another name.
  private func rename(_ marked: String, to name: String) throws -> String {
    let marked = MarkedText(marked)
    let mention = try #require(marked.scope.mention(at: marked.offset, in: 0))
    var bytes = Array(marked.text.utf8)
    for place in try marked.scope.rename(mention, to: name).sorted(by: { $0.range.lowerBound > $1.range.lowerBound })
    {
      bytes.replaceSubrange(place.range, with: Array(name.utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "every use of a name follows it",
    arguments: [
      (
        "clients ‸a = 192.0.2.1\nclients b = a, 192.0.2.2\npublish p { allow b, a; deny a }\nexpect p { works from a }",
        "clients z = 192.0.2.1\nclients b = z, 192.0.2.2\npublish p { allow b, z; deny z }\nexpect p { works from z }"
      ),
      (
        "gateway edge { behind fro‸nt }\ngateway front { }\npublish front { gateway front }\ndefaults { gateway front }\nreach r { gateway front }",
        "gateway edge { behind z }\ngateway z { }\npublish front { gateway z }\ndefaults { gateway z }\nreach r { gateway z }"
      ),
      (
        "server s { }\npublish p { server s‸ }\npublish s { server s }",
        "server z { }\npublish p { server z }\npublish s { server z }"
      ),
      (
        "publish ‸p { server s }\nreach r { publication p }\nexpect p { works }\nserver p { }",
        "publish z { server s }\nreach r { publication z }\nexpect z { works }\nserver p { }"
      ),
      (
        "publish ‸p { server 10.0.0.1 other }\npublish q { server p }",
        "publish z { server 10.0.0.1 other }\npublish q { server z }"
      ),
      (
        "publish p { server 10.0.0.1 other }\npublish q { server ‸p }",
        "publish z { server 10.0.0.1 other }\npublish q { server z }"
      ),
    ])
  func renames(marked: String, expected: String) throws { #expect(try rename(marked, to: "z") == expected) }

  @Test(
    "a name that would mean something else is refused",
    arguments: ["any", "inside", "b", "Z", "", "two words", "a-\u{e9}"])
  func refused(name: String) {
    #expect(throws: (any Error).self) {
      try rename("clients ‸a = 192.0.2.1\nclients b = a\npublish p { allow a }", to: name)
    }
  }

  @Test("publications and reaches share their names") func shared() {
    #expect(throws: (any Error).self) { try rename("publish ‸p { server s }\nreach r { }", to: "r") }
    #expect(throws: (any Error).self) { try rename("publish ‸p { server 10.0.0.1 other }\nserver s { }", to: "s") }
    #expect(throws: (any Error).self) { try rename("publish p { allow ‸nowhere }", to: "z") }
  }

  @Test("a policy that was renamed means the same") func meaning() throws {
    let before = MarkedText(office).compile()
    let after = MarkedText(
      try rename(office.replacing("allow          partners", with: "allow          part‸ners"), to: "others")
    ).compile()
    #expect(before.diagnostics.map(\.code) == after.diagnostics.map(\.code))
    #expect(
      before.policy.admittedClients(of: before.policy.publications[0])
        == after.policy.admittedClients(of: after.policy.publications[0]))
  }

  @Test("what is named is what the policy resolves") func mentions() {
    let tree = MarkedText(office).tree
    #expect(
      tree.mentions.map { "\($0.isDeclaration ? "+" : "-")\($0.name)" } == [
        "+partners", "+edge", "+exchange", "+files", "-exchange", "-partners",
      ])
    #expect(
      MarkedText("publish a { allow any, 192.0.2.1; server local other }").tree.mentions.filter { !$0.isDeclaration }
        .isEmpty)
  }

  @Test func outline() {
    let tree = MarkedText("include \"a\"\n" + office + "defaults { tls off }\n").tree
    #expect(tree.outline.map(\.name) == ["\"a\"", "partners", "edge", "exchange", "files", "defaults"])
    #expect(
      tree.outline.allSatisfy {
        $0.range.contains($0.selection.lowerBound) && $0.range.upperBound >= $0.selection.upperBound
      })
  }

  @Test func folds() {
    let tree = MarkedText("# one\n# two\n\n# three\npublish a {\n  server 10.0.0.1 other {\n  site \"x\"\n  }\n}\n")
      .tree
    #expect(tree.folds.filter(\.isComment).map { tree.source.text($0.range) } == ["# one\n# two", "# three"])
    #expect(tree.folds.count { !$0.isComment } == 2)
  }

  @Test("hover says what the reference says") func hover() throws {
    let marked = MarkedText(office.replacing("tls            explicit", with: "t‸ls            explicit"))
    let text = try #require(marked.scope.hover(at: marked.offset, in: 0, nil)).text
    #expect(text.contains("Default: `off`, with a warning.") && text.contains(PublishWord.tls.facts.example))
    let name = MarkedText(office.replacing("publish files", with: "publish fi‸les"))
    let table = try #require(name.scope.hover(at: name.offset, in: 0, name.compile())).text
    #expect(table.contains("| PASV | refused | works | refused |") && table.contains("```sally\npublish files {"))
    let code = MarkedText("publish a { tls off # allow: tls‸-off\n}")
    #expect(try #require(code.scope.hover(at: code.offset, in: 0, nil)).text.hasPrefix("**warning[tls-off]**"))
    #expect(MarkedText("‸").scope.hover(at: 0, in: 0, nil) == nil)
  }

  @Test("what a text says cannot end its block in Markdown") func fences() throws {
    let marked = MarkedText("# x\npublish a‸ { # ```` \u{1B}[31m\n}")
    let text = try #require(marked.scope.hover(at: marked.offset, in: 0, nil)).text
    #expect(text.hasPrefix("`````sally\n") && text.hasSuffix("\n`````") && !text.contains("\u{1B}"))
  }

  @Test("defaults are told as they are") func hints() {
    let text =
      "gateway edge { external ip 203.0.113.10 }\ndefaults { log new }\n"
      + "publish a {\n server 10.0.0.1 other\n tls implicit\n passive range 50000-50399\n}\nreach r { server 198.18.0.21 }\n"
    let hints = MarkedText(text).compile().defaultHints(in: SourceID(0), 0..<text.utf8.count)
    #expect(
      hints.map(\.text) == [
        "external ip 203.0.113.10 · control port 990 · helper off · active off · allow any · hairpin off · source keep · log new (defaults)",
        "control port 21 · tls off · helper off · active off · allow any · source keep · log off",
      ])
  }
}
