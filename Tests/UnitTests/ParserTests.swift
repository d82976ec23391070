import Diagnostics
import PolicySyntax
import Testing

@Suite struct ParserTests {
  @Test func tokensAndGapsMakeUpTheFile() {
    let text = published("allow 192.0.2.0/24, # one\n 192.0.2.7;; log all # two")
    let tree = tree(text)
    #expect(tree.diagnostics.isEmpty)
    var end = 0
    for token in tree.tokens {
      #expect(token.range.lowerBound >= end)
      let gap = tree.source.text(end..<token.range.lowerBound)
      #expect(gap.allSatisfy { $0.isWhitespace } || gap.contains("#"))
      end = token.range.upperBound
    }
    #expect(end == tree.source.bytes.count)
  }

  @Test(arguments: [
    ("publish a {\n helper on\n", "unclosed-block", "{"),
    ("}\n", "stray-brace", "}"),
    ("publish a { server { helper { on } } }\n", "unexpected-block", "{"),
    ("{ }\n", "syntax-error", "{"),
    ("publish a\n{\n}\n", "syntax-error", "{"),
    ("include \"x.sally\n", "unterminated-string", "\"x.sally"),
    ("include \"a\\b\"\n", "invalid-escape", "\\b"),
    ("include \"a\u{1B}b\"\n", "control-character", "\u{1B}"),
    ("publish a { tls $off }\n", "invalid-character", "$"),
    ("# \u{7}\n", "control-character", "\u{7}"),
  ])
  func mistakes(text: String, code: String, underlined: String) {
    let tree = tree(text)
    #expect(tree.diagnostics.map(\.code) == [code])
    #expect(tree.diagnostics.first.map { tree.source.text($0.primary.span.range) } == underlined)
  }

  @Test func oneForgottenBraceIsOneError() {
    let compilation = compile(
      """
      publish one {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required

      publish two {
          server         10.10.20.201 proftpd
          external ip    203.0.113.11
          passive range  50000-50399
          tls            explicit required
      }
      """)
    #expect(compilation.errorCodes == ["unclosed-block"])
    #expect(compilation.policy.publications.map(\.name.value) == ["one", "two"])
  }

  /// Bytes that are no policy give diagnostics, never a trap.
  @Test(arguments: 0..<40)
  func randomBytes(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let bytes = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    expectRefused(bytes)
  }

  /// Policies with bytes changed, cut and repeated: near misses reach further than noise.
  @Test(arguments: 0..<200)
  func mutations(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var bytes = Array(everyStatement.utf8)
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0...3, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: at)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + 40))
      default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 30)], at: at)
      }
      if bytes.isEmpty { bytes = [0x7B] }
    }
    let compilation = compile(bytes)
    let tree = parse(SourceFile(name: "policy.sally", bytes: bytes), as: SourceID(0))
    _ = format(tree, twoWordKeywords: ["external ip"])
    if compilation.isAccepted { #expect(!compilation.script.isEmpty) }
    for format in DiagnosticFormat.allCases {
      _ = render(compilation.diagnostics, in: compilation.sources, as: format, style: .plain, version: "")
    }
  }

  @Test func deepNesting() {
    expectRefused(Array(("publish a " + String(repeating: "{", count: 10_000)).utf8))
    expectRefused(Array(String(repeating: "a {\n", count: 10_000).utf8))
    expectRefused(Array((String(repeating: "{", count: 10_000) + String(repeating: "}", count: 9_999)).utf8))
  }

  @Test func manyMistakesOnOneLine() {
    expectRefused(Array(String(repeating: "@@ ! ", count: 4_000).utf8))
  }

  private func expectRefused(_ bytes: [UInt8]) {
    let compilation = compile(bytes)
    #expect(!compilation.isAccepted)
    let text = render(compilation.diagnostics, in: compilation.sources, as: .full, style: .plain, version: "")
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F })
  }
}
