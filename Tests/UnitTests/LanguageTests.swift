import Diagnostics
import Foundation
import Policy
import PolicySyntax
import Servers
import Testing

/// The words of the language are declared once, in `Sources/PolicySyntax/Words`, and everything follows that list.
@Suite struct LanguageTests {
  /// A policy in which every word of the language can stand: its lines in each kind of block, but for what `word` says.
  private func policy(with statement: String, of spelling: String, in block: BlockKind) -> String {
    var lines: [BlockKind: [(String, String)]] = [
      .file: [
        ("clients", "clients partners = 198.51.100.0/24"),
        ("gateway front", "gateway front { external ip 192.0.2.1 }"),
      ],
      .gateway: [("outside", "outside eth0"), ("inside", "inside eth1")],
      .server: [("address", "address 10.10.20.200"), ("software", "software proftpd")],
      .publish: [
        ("server", "server files"), ("gateway", "gateway edge"), ("external ip", "external ip 203.0.113.10"),
        ("passive range", "passive range 50000-50399"), ("tls", "tls explicit required"), ("allow", "allow partners"),
      ],
      .reach: [("server", "server 198.18.0.21"), ("passive range", "passive range 50000-50399")],
      .defaults: [], .expect: [],
    ]
    lines[block]?.removeAll { $0.0 == spelling && block != .file }
    lines[block]?.append((spelling, statement))
    func text(_ kind: BlockKind) -> String { (lines[kind] ?? []).map { $0.1 + "\n" }.joined() }
    return """
      \(text(.file))
      gateway edge {
      \(text(.gateway))}
      server files {
      \(text(.server))}
      publish shop {
      \(text(.publish))}
      reach elsewhere {
      \(text(.reach))}
      \(block == .defaults ? "defaults {\n\(text(.defaults))}" : "")
      expect shop {
      \(text(.expect))}

      """
  }

  private func expectUnderstood(_ statement: String, _ word: Word) throws {
    let read = tree(policy(with: statement, of: word.spelling, in: word.block))
    let found = read.diagnostics + resolve([read], programs: ServerPrograms.all).diagnostics
    #expect(found.isEmpty, "\(statement): \(found.map(\.message))")
    let formatted = try #require(format(read))
    #expect(haveSameMeaning(read, tree(formatted)) && format(tree(formatted)) == formatted, "\(statement)")
    let words = formatted.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains(statement.replacing(";", with: "")), "\(statement) is not how the layout has it")
  }

  @Test("every word has an example that is understood and is in the canonical layout, and says what it is")
  func examples() throws {
    for word in Language.words {
      let facts = word.facts
      try expectUnderstood(facts.example, word)
      #expect(facts.example == word.spelling || facts.example.hasPrefix(word.spelling + " "), "\(word.spelling)")
      #expect(!facts.description.isEmpty && !facts.description.hasSuffix("."), "\(word.spelling)")
      #expect(facts.description.first?.isUppercase == false, "\(word.spelling)")
      #expect(!facts.value.isEmpty && !facts.forms.isEmpty, "\(word.spelling)")
      #expect(facts.isRequired == false || facts.standard == nil, "\(word.spelling): what is required has no default")
    }
    #expect(Set(Language.words.map { "\($0.block) \($0.spelling)" }).count == Language.words.count)
  }

  /// What stands for the words in capitals.
  private static let values = [
    "NAME": "edge", "ADDRESS": "10.10.20.201", "SOFTWARE": "vsftpd", "VERSION": "3.0.5", "INTERFACE": "eth5",
    "CLIENT": "192.0.2.7", "PORT": "2121", "LOW-HIGH": "50000-50399", "N": "10", "\"PATH\"": "\"/a.pem\"",
    "\"SITE\"": "\"ftp\"", "HEX": String(repeating: "0f", count: 20), "BIT": "0x400",
    "TLS": "explicit", "MODE": "epsv", "FAMILY": "ipv4",
  ]

  /// A form with values, once without what may be left out and once with.
  private func statements(_ word: Word, _ form: String) -> [String] {
    var form = form
    // Of two addresses each has a family of its own.
    form = form.replacing(", ADDRESS", with: ", 2001:db8::1").replacing(
      "2001:db8::1 [at ADDRESS]", with: "2001:db8::1")
    form = form.replacing(", ...", with: "").replacing("{ ... }", with: block(word))
    form = form.replacing(/"?[A-Z][A-Z-]*"?/) { name in
      let name = String(name.output)
      return name == "NAME" && word.block == .file ? "second" : Self.values[name] ?? name
    }
    if word.spelling == "expect" { form = form.replacing("second", with: "shop") }
    if word.spelling == "publication" { form = form.replacing("edge", with: "shop") }
    if word.block == .publish, word.spelling == "server" { form = form.replacing("edge", with: "files") }
    var without = form
    while let optional = without.firstMatch(of: /\[[^\[\]]*\]/) { without.removeSubrange(optional.range) }
    return [without, form.filter { $0 != "[" && $0 != "]" }].map {
      "\(word.spelling) \($0)".split(separator: " ").joined(separator: " ")
    }
  }

  private func block(_ word: Word) -> String {
    let kind = BlockKind(rawValue: word.spelling)
    let statements = (kind?.words ?? []).filter(\.facts.isRequired).map { $0.facts.example + "; " }
    return "{ \(statements.joined())}"
  }

  @Test("every form that a value is said to have is understood")
  func forms() throws {
    for word in Language.words where word.spelling != "include" {
      for form in word.facts.forms { for text in statements(word, form) { try expectUnderstood(text, word) } }
    }
  }

  @Test("what a block accepts is what the list has, in the order of the list")
  func messagesNameTheList() {
    for kind in BlockKind.allCases {
      let text = policy(with: "qqqqqqqqqq", of: "qqqqqqqqqq", in: kind)
      let found = resolve([tree(text)], programs: ServerPrograms.all).diagnostics
      #expect(found.map(\.code) == ["unknown-statement"])
      let named = found.first?.help?.matches(of: /`([a-z ]+)`/).map { String($0.output.1) }
      #expect(named == kind.words.map(\.spelling), "\(kind)")
    }
  }

  @Test("a word that may stand once is refused twice, and one that repeats is not")
  func repeats() {
    for word in Language.words where word.block != .file {
      let text = policy(with: "\(word.facts.example)\n\(word.facts.example)", of: word.spelling, in: word.block)
      let codes = resolve([tree(text)], programs: ServerPrograms.all).diagnostics.map(\.code)
      #expect(codes == (word.facts.isRepeatable ? [] : ["duplicate-statement"]), "\(word.spelling)")
    }
  }

  @Test("a block without a required word is refused, and without any other it is not")
  func required() {
    for word in Language.words where word.block != .file {
      let text = policy(with: "", of: word.spelling, in: word.block)
      let codes = resolve([tree(text)], programs: ServerPrograms.all).diagnostics.map(\.code)
      #expect(codes == (word.facts.isRequired ? ["missing-statement"] : []), "\(word.spelling)")
    }
  }

  @Test("synonyms lead to their word") func synonyms() {
    for word in Language.words {
      for synonym in word.facts.synonyms {
        #expect(synonym == synonym.lowercased() && Language.blocks(of: synonym).isEmpty, "\(synonym)")
        let text = policy(with: "\(synonym) 1", of: word.spelling, in: word.block)
        let found = resolve([tree(text)], programs: ServerPrograms.all).diagnostics.filter {
          $0.code == "unknown-statement"
        }
        #expect(found.map(\.help) == ["did you mean `\(word.spelling)`?"], "\(synonym)")
      }
    }
  }

  /// The values of Policy are those that the list spells.
  @Test func choices() {
    #expect(PublishWord.tls.facts.choices == TLSMode.allCases.map(\.rawValue))
    #expect(PublishWord.source.facts.choices == SourceMode.allCases.map(\.rawValue))
    #expect(PublishWord.log.facts.choices == LogMode.allCases.map(\.rawValue))
    // The programs are told by `Servers`.
    #expect(ServerWord.software.facts.choices.isEmpty)
    #expect(ServerWord.address.facts.choices == ["local"] && PublishWord.controlPort.facts.choices.isEmpty)
  }

  /// The words of values that are read one by one stand in forms.
  @Test("every word that a value may hold stands in a form") func wordsOfValues() throws {
    let inForms = Set(
      Language.words.flatMap(\.facts.forms).flatMap { $0.matches(of: /[a-z][a-z-]*/).map { String($0.output) } })
    let folder = repository.appending(path: "Sources/Policy/Resolution")
    var count = 0
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in text.matches(of: /(?:accept|expect)\("([^"]+)"\)/) {
        count += 1
        #expect(inForms.contains(String(match.output.1)), "\(file) reads `\(match.output.1)`, which no form has")
      }
    }
    #expect(count > 8)
  }

  /// What must happen to traffic for a word stands in the file of its aspect.
  @Test func aspects() throws {
    let folder = repository.appending(path: "Sources/Flows/Aspects").path
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
      let name = file.dropLast(6).lowercased()
      let aspect = try #require(Aspect(rawValue: name), "\(file)")
      #expect(Language.words.contains { $0.facts.aspect == aspect }, "no word of the language asks for \(file)")
    }
    for aspect in Aspect.allCases { #expect(Language.words.contains { $0.facts.aspect == aspect }, "\(aspect)") }
  }

  /// Keywords are compared as numbers of 16 bytes.
  @Test func keywordsAreShort() {
    for word in Language.words {
      let parts = word.spelling.split(separator: " ")
      #expect((1...2).contains(parts.count) && parts.allSatisfy { ShortWord($0) != nil }, "\(word.spelling)")
    }
    for kind in BlockKind.allCases { #expect(kind.words.count <= 64) }
  }

  /// Invariant 8: a word is a case and its facts.
  private enum TrialWord: String, BlockWord {
    case before
    case trialOutside = "trial outside"

    static let block = BlockKind.gateway
    var blocks: [BlockKind] { self == .before ? [.gateway, .server] : [.gateway] }

    var facts: WordFacts {
      WordFacts(
        "what | comes", value: "a text", forms: ["\"TEXT\""], example: "\(spelling) \"untrust\"", aspect: .machines)
    }
  }

  @Test("8: a new word is in the layout and in the reference once it is in the list")
  func aNewWord() {
    let new = TrialWord.words(in: .gateway)
    #expect(TrialWord.words(in: .server).map(\.spelling) == ["before"] && TrialWord.words(in: .file).isEmpty)
    let text = "gateway edge {\n    trial outside  \"a\"\n    before         \"b\"\n}\n"
    #expect(format(tree(text)) != text)
    #expect(format(tree(text), twoWordKeywords: Keywords(ofTwoWordsAmong: Language.words + new)) == text)
    let page = LanguagePage(words: Language.words + new).text
    #expect(
      page.contains("| `trial outside` | `\"TEXT\"` | none |  | what \\| comes | `trial outside \"untrust\"` |"))
  }

  @Test func thePageIsThatOfTheList() throws {
    let file = repository.appending(path: "docs/language.md")
    let wanted = LanguagePage(words: Language.words).text
    let page = try? String(contentsOf: file, encoding: .utf8)
    if wanted != page, ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" {
      try wanted.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(wanted == page, "UPDATE_EXPECTED=1 swift test --filter LanguageTests writes docs/language.md anew")
  }
}

/// The reference of the language, from the list of its words.
private struct LanguagePage {
  let words: [Word]

  var text: String {
    """
    # The words of the language

    `LanguageTests` write this page from the list of the words in `Sources/PolicySyntax/Words`. What they mean together is told, with
    rules and settings that come of it, in `Tests/Corpus`.

    A policy is UTF-8 text. A statement is a word and its values, and ends with its line or with `;`. Items of a list are separated by
    commas, and a list goes on in the next line after a comma. Names are `[a-z][a-z0-9-]*`, at most 48 characters; strings stand between
    `"`, with `\\"` and `\\\\`. Comments go from `#` to the end of their line. The order of statements and declarations carries no meaning.

    In the tables words in lower case are written as they stand, those in capitals stand for names, numbers, addresses and paths. What
    stands between `[` and `]` may be left out; `...` says that a list goes on. A word stands once in its block unless it repeats.
    INTERFACE and VERSION are words, and an interface may be a string as well; CLIENT is an address, a prefix or the name of a list.

    """ + BlockKind.allCases.reversed().map(section).joined()
  }

  private func section(_ kind: BlockKind) -> String {
    let form = FileWord(rawValue: kind.rawValue)?.declaration(of: "NAME")
    let title = form.map { "`\($0)`" } ?? "Declarations"
    return """

      ## \(title)

      \(kind.description)

      | word | values | default | repeats | meaning | example |
      |---|---|---|---|---|---|
      \(words.filter { $0.block == kind }.map(row).joined(separator: "\n"))

      """
  }

  private func row(_ word: Word) -> String {
    let facts = word.facts
    let standard = facts.isRequired ? "required" : facts.standard ?? (word.block == .file ? "" : "none")
    let cells = [
      "`\(word.spelling)`", facts.forms.map { "`\($0)`" }.joined(separator: ", "), standard,
      facts.isRepeatable ? "yes" : "", facts.description, "`\(facts.example)`",
    ]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }
}
