import Foundation
import LiveSupport
import Platforms
import Policy
import PolicySyntax
import Servers
import Testing

/// What editors make of policies, against the list of the words and the reader of policies.
@Suite(.serialized) struct EditorTests {
  /// What a place of a policy is.
  enum Kind: String { case keyword, value, string, comment }

  struct Place {
    var file: String
    /// From 1.
    var line: Int
    /// In bytes, from 1.
    var column: Int
    var kind: Kind
    var text: String
  }

  /// An editor, or what runs its grammar, and how it calls the kinds.
  enum Editor: String, CaseIterable {
    case textMate, vim, emacs

    var command: [String] {
      let folder = repository.appending(path: "editors").path
      return switch self {
      case .textMate:
        ["python3", "\(folder)/test/classes.py", "\(folder)/vscode/syntaxes/sallyport.tmLanguage.json"]
      case .vim:
        [
          "vim", "-Nesu", "NONE", "-i", "NONE", "--cmd", "set rtp^=\(folder)/vim enc=utf-8", "-c", "syntax on", "-S",
          "\(folder)/test/classes.vim",
        ]
      case .emacs: ["emacs", "--batch", "-Q", "-L", "\(folder)/emacs", "-l", "\(folder)/test/classes.el"]
      }
    }

    /// The beginnings of the names that it gives to a kind.
    func names(of kind: Kind) -> [String] {
      switch (self, kind) {
      case (.textMate, .keyword): ["keyword.control.declaration", "keyword.other.statement"]
      case (.textMate, .value): ["constant.language", "support.constant"]
      case (.textMate, .string): ["string.quoted", "constant.character.escape"]
      case (.textMate, .comment): ["comment.line"]
      case (.vim, .keyword): ["sallyportDeclaration", "sallyportStatement"]
      case (.vim, .value): ["sallyportValue", "sallyportProgram"]
      case (.vim, .string): ["sallyportString", "sallyportEscape"]
      case (.vim, .comment): ["sallyportComment"]
      case (.emacs, .keyword): ["font-lock-keyword-face"]
      case (.emacs, .value): ["font-lock-constant-face", "font-lock-type-face"]
      case (.emacs, .string): ["font-lock-string-face"]
      case (.emacs, .comment): ["font-lock-comment"]
      }
    }

    /// What it needs and this machine lacks.
    var missing: String? {
      switch self {
      case .textMate:
        if case .failure(let error) = LiveSupport.folder(ofScript: "format-readers") { error.reason } else { nil }
      case .vim, .emacs: LiveRequirements.hasProgram(rawValue) ? nil : "\(rawValue) is missing"
      }
    }

    var environment: [String: String] {
      guard self == .textMate, case .success(let folder) = LiveSupport.folder(ofScript: "format-readers") else {
        return ["HOME": NSTemporaryDirectory()]
      }
      return ["PYTHONPATH": folder]
    }
  }

  private static func places(of tokens: Range<Int>, _ kind: Kind, in bytes: [UInt8], file: String) -> Place {
    let before = bytes[..<tokens.lowerBound]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return Place(
      file: file, line: line, column: tokens.lowerBound - lineStart + 1, kind: kind,
      text: String(decoding: bytes[tokens], as: UTF8.self))
  }

  /// Every keyword, string and comment of a text; none when something about it is no policy at all.
  private static func places(in text: String, file: String) -> [Place] {
    let syntax = tree(text)
    guard syntax.diagnostics.isEmpty else { return [] }
    func place(_ range: Range<Int>, _ kind: Kind) -> Place {
      places(of: range, kind, in: syntax.source.bytes, file: file)
    }
    var found = syntax.comments.map { place($0.range, .comment) }
    found += syntax.tokens.filter { $0.kind == .string }.map { place($0.range, .string) }
    func add(_ statement: StatementSyntax) {
      let words = statement.tokens.prefix(2).map { syntax.token($0) }
      let spelling = words.map { syntax.text($0) }.joined(separator: " ")
      let first = words.first.map { syntax.text($0) } ?? ""
      let count = !Language.blocks(of: spelling).isEmpty ? 2 : Language.blocks(of: first).isEmpty ? 0 : 1
      found += words.prefix(count).map { place($0.range, .keyword) }
      if let block = statement.block { syntax.statements(of: block).forEach(add) }
    }
    syntax.statements.forEach(add)
    return found
  }

  /// A statement with a word of the language, and every word of its values in lower case.
  private static func places(of word: Word) -> (text: String, places: [Place]) {
    let file = "\(word.block)-\(word.spelling)".replacing(" ", with: "-")
    let named: [String] =
      switch word.spelling {
      case "software": ServerPrograms.named.map(\.name)
      case "platform": Platforms.all.map(\.name)
      case "works", "refused", "broken":
        ExpectedEncryption.allCases.map(\.rawValue) + ExpectedMode.allCases.map(\.rawValue) + [
          "over ipv4", "over ipv6",
        ]
      default: []
      }
    let lines = (word.facts.forms + named).map { form in
      let plain = form.replacing(/"[^"]*"/, with: "\"x\"").replacing(/[A-Z][A-Z-]*/, with: "9").filter {
        !"[].".contains($0)
      }
      return "\(word.spelling) \(plain)".trimmingCharacters(in: .whitespaces)
    }
    let text = lines.joined(separator: "\n") + "\n"
    var offset = 0
    var found: [Place] = []
    for line in lines {
      for match in line.matches(of: /[a-z][a-z0-9-]*/) where line[..<match.range.lowerBound].last != "\"" {
        let start = offset + line.utf8.distance(from: line.startIndex, to: match.range.lowerBound)
        let end = start + match.output.utf8.count
        let isKeyword = start - offset < word.spelling.utf8.count
        found.append(places(of: start..<end, isKeyword ? .keyword : .value, in: Array(text.utf8), file: file))
      }
      offset += line.utf8.count + 1
    }
    return (text, found)
  }

  /// The policies of the repository and of the corpus.
  private static func policies() throws -> [String: String] {
    var texts: [String: String] = [:]
    for folder in ["policies", "policies/shared"] {
      let path = repository.appending(path: folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.hasSuffix(".sally") {
        texts[name] = try String(contentsOf: path.appending(path: name), encoding: .utf8)
      }
    }
    let corpus = repository.appending(path: "Tests/Corpus")
    for name in try FileManager.default.contentsOfDirectory(atPath: corpus.path) where name.hasSuffix(".md") {
      let text = try String(contentsOf: corpus.appending(path: name), encoding: .utf8)
      for (index, fence) in text.matches(of: /(?ms)^```sally[^\n]*\n(.*?)^```/).enumerated() {
        texts["\(name.dropLast(3))-\(index).sally"] = String(fence.output.1)
      }
    }
    return texts
  }

  /// What an editor says of places, which are in the order of files.
  private func answers(of editor: Editor, _ texts: [String: String], _ places: [Place]) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-editor-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ file: String) -> String {
      folder.appending(path: file.hasSuffix(".sally") ? file : "\(file).sally").path
    }
    for (file, text) in texts { try Data(text.utf8).write(to: URL(filePath: path(file))) }
    let lines = places.map { "\(path($0.file))\t\($0.line)\t\($0.column)\n" }.joined()
    try Data(lines.utf8).write(to: folder.appending(path: "places"))
    let output = folder.appending(path: "answers")
    let run = try ExternalTool(
      editor.command,
      environment: editor.environment.merging([
        "PLACES": folder.appending(path: "places").path, "ANSWERS": output.path,
      ]) { $1 })
    #expect(run.status == 0, "\(editor): \(run.errors)")
    return try String(contentsOf: output, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
  }

  private func check(_ editor: Editor, _ texts: [String: String], _ places: [Place]) throws {
    if let missing = editor.missing {
      #expect(!LiveRequirements.isCI, "\(missing)")
      return
    }
    let answers = try answers(of: editor, texts, places)
    #expect(answers.count == places.count + 1)
    for (place, answer) in zip(places, answers)
    where !editor.names(of: place.kind).contains(where: { answer.hasPrefix($0) }) {
      Issue.record(
        "\(editor): \(place.file):\(place.line):\(place.column): `\(place.text)` is \(answer), no \(place.kind)")
    }
  }

  @Test("every word of the language, and every word of its values, is known", arguments: Editor.allCases)
  func words(editor: Editor) throws {
    var texts: [String: String] = [:]
    var places: [Place] = []
    for word in Language.words {
      let (text, found) = Self.places(of: word)
      if let place = found.first { texts[place.file] = text }
      places += found
    }
    #expect(places.count { $0.kind == .keyword } > 60 && places.count { $0.kind == .value } > 100)
    try check(editor, texts, places)
  }

  @Test("keywords, strings and comments of all policies are what they are", arguments: Editor.allCases)
  func policies(editor: Editor) throws {
    let texts = try Self.policies()
    let places = texts.sorted { $0.key < $1.key }.flatMap { Self.places(in: $0.value, file: $0.key) }
    #expect(places.count > 2000)
    try check(editor, texts, places)
  }

  /// The tree-sitter grammar has no list of words; its queries do.
  @Test func queriesNameEveryWord() throws {
    let file = repository.appending(path: "editors/tree-sitter/queries/highlights.scm")
    let known = Set(try String(contentsOf: file, encoding: .utf8).matches(of: /"([a-z0-9-]+)"/).map { $0.output.1 })
    let wanted =
      Language.words.flatMap { $0.spelling.split(separator: " ") }
      + Language.words.flatMap(\.facts.choices).flatMap { $0.split(separator: " ") }
      + (ServerPrograms.named.map(\.name) + Platforms.all.map(\.name)).map { Substring($0) }
    for word in Set(wanted) { #expect(known.contains(word), "\(word)") }
  }
}
