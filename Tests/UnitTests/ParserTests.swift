import Compilation
import Diagnostics
import Policy
import PolicySyntax
import Testing

/// What a publication needs but for its first line.
private let rest = "server 10.0.0.1 iis\nexternal ip 203.0.113.1\npassive range 50000-50399\ntls explicit required\n"

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

  /// A declaration on the line of something in a block would be one of its own in the canonical layout.
  @Test(arguments: [
    ("publish files {include \"x.sally\"\n\(rest)}\n", "include"),
    (
      "publish files { server 10.0.0.1 iis; include \"x.sally\"; external ip 203.0.113.1;passive range 50000-50399\ntls explicit required\n}\n",
      "include"
    ),
    ("publish files { clients a = 192.0.2.1\nallow a\n\(rest)}\n", "clients"),
    ("publish files { publish b { tls off }\n\(rest)}\n", "publish"),
    (
      "server files { address 10.0.0.1; software iis }\npublish files { server files { max clients 3 }\n\(rest.dropFirst(20))}\n",
      "server"
    ),
    (
      "gateway g { outside eth0; gateway h { outside eth1 }; inside eth2 }\npublish files { gateway g\n\(rest)}\n",
      "gateway"
    ),
    (
      "publish files { server 10.0.0.1 iis { include \"x.sally\" }; external ip 203.0.113.1; passive range 50000-50399; tls explicit required }\n",
      "include"
    ),
  ])
  func declarationOnALineOfABlock(text: String, underlined: String) {
    let found = compile(text, including: ["x.sally": ""]).diagnostics.filter { $0.severity == .error }
    #expect(found.map(\.code) == ["syntax-error"], "\(found.map(\.message))")
    let read = tree(text)
    #expect(read.diagnostics.map { read.source.text($0.primary.span.range) } == [underlined])
    #expect(format(read) == nil)
  }

  @Test("the file of an include in a block is not read, and what it may declare is not missed")
  func misplacedInclude() {
    let policy = "publish files {include \"x.sally\"\nallow partners\n\(rest)}\n"
    var asked: [String] = []
    let loaded = loadSources([SourceFile(name: "policy.sally", text: policy)]) { path in
      asked.append(path)
      return .success(Array("clients partners = 192.0.2.1\nnonsense\n".utf8))
    }
    #expect(asked.isEmpty)
    #expect(Compilation(loaded).errorCodes == ["syntax-error"])
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
    _ = format(tree)
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
