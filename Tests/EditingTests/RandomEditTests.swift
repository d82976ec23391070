import Compilation
import Diagnostics
import Foundation
import LiveSupport
import PolicySyntax
import Testing

@testable import Editing
@testable import LanguageServer

/// Whatever somebody types, the server says in the end what a fresh `check` says: `SALLYPORT_PROVE_EDITS` sets how many
/// edits there are, 500 otherwise.
@Suite struct RandomEditTests {
  static let count = ProcessInfo.processInfo.environment["SALLYPORT_PROVE_EDITS"].flatMap { Int($0) } ?? 500

  private static let pieces = [
    "\n", " ", "{", "}", "\"", ";", ",", "# ", "tls off", "allow partners\n", "publish x {\n", "}\n",
    "server exchange",
    "clients q = 192.0.2.0/24\n", "passive range 50000-50010\n", "\u{1F600}", "\u{e9}", "\r\n", "\r", "\t",
    "helper on\n", "50399",
    "include \"names.sally\"\n", "# allow: tls-off", "=", "->", "explicit", "$", "\u{7}", "gateway edge { }\n",
  ]

  @Test("random edits end in what a fresh check says", arguments: [PositionEncoding.utf16, .utf8], [UInt64(1), 2])
  func edits(encoding: PositionEncoding, seed: UInt64) throws {
    let names = "clients friends = 203.0.113.0/24\n"
    let server = TestServer(["/p/names.sally": names])
    try server.begin(encodings: [encoding.rawValue])
    var generator = SeededGenerator(state: seed)
    var bytes = Array(office.utf8)
    try server.open("/p/a.sally", office)
    for version in 2...(Self.count / 4 + 2) {
      var changes: [[String: Any]] = []
      for _ in 0..<generator.number(1...3) {
        let lines = TextLines(bytes)
        func place(_ offset: Int) -> TextPosition { lines.position(of: offset, in: bytes, encoding) }
        // Some places are none: in the middle of a pair, after the end of a line, or of the text.
        var start = place(generator.number(0...bytes.count))
        var end = place(
          min(
            bytes.count,
            lines.offset(of: start, in: bytes, encoding) + (generator.chance(3) ? generator.number(0...40) : 0)))
        if generator.chance(20) { end.character += generator.number(0...200) }
        if generator.chance(40) { (start.line, end.line) = (start.line + 99, end.line + 99) }
        let text = generator.chance(4) ? "" : generator.pick(Self.pieces)
        let isWhole = generator.chance(60)
        let range = lines.offset(of: start, in: bytes, encoding)
        let until = max(range, lines.offset(of: end, in: bytes, encoding))
        if isWhole {
          bytes = Array(office.utf8)
        } else {
          bytes.replaceSubrange(range..<until, with: Array(text.utf8))
        }
        var change: [String: Any] = ["text": isWhole ? office : text]
        if !isWhole {
          change["range"] = [
            "start": ["line": start.line, "character": start.character],
            "end": ["line": end.line, "character": end.character],
          ]
        }
        changes.append(change)
      }
      try server.change("/p/a.sally", version: version, changes)
      let document = try #require(server.session.documents["/p/a.sally"])
      try #require(document.text.source.bytes == bytes)
      try #require(document.text.lines.starts == TextLines(bytes).starts)
      try #require(Self.dump(document.tree) == Self.dump(parse(document.text.source, as: SourceID(0))))
      guard generator.chance(3) || version == Self.count / 4 + 2 else { continue }
      let fresh = compile(bytes, names)
      let said = server.published()["/p/a.sally"]
      try #require(said == fresh, "\(String(decoding: bytes, as: UTF8.self))")
      if bytes.count > 4000 {
        bytes = Array(office.utf8); try server.change("/p/a.sally", version: version, [["text": office]])
      }
    }
  }

  /// The codes that `check` has for the text, and for nothing else.
  private func compile(_ bytes: [UInt8], _ names: String) -> [String] {
    let world = world(["/p/names.sally": names])
    let open = OpenText(
      uri: "file:///p/a.sally", name: "/p/a.sally", version: 0, text: String(decoding: bytes, as: UTF8.self))
    var finder = PolicyFinder(OverlaidWorld(world: world, open: ["/p/a.sally": open]), workspace: [])
    let roots = finder.policies(of: "/p/a.sally").first ?? []
    let sources = roots.compactMap { path -> SourceFile? in
      if path == "/p/a.sally" { return SourceFile(name: path, bytes: bytes) }
      return (try? world.read(path).get()).map { SourceFile(name: path, bytes: $0) }
    }
    let compilation = Compilation(loadSources(sources, read: world.read))
    return compilation.diagnostics.filter { compilation.sources[$0.primary.span.file].name == "/p/a.sally" }.map(
      \.code)
  }

  /// Everything that a tree holds.
  static func dump(_ tree: PolicyFileSyntax) -> [String] {
    var lines = tree.tokens.map { "\($0.kind) \($0.startsLine) \($0.range)" }
    lines += tree.comments.map { "# \($0.startsLine) \($0.range)" }
    func add(_ statements: ArraySlice<StatementSyntax>, _ depth: Int) {
      for statement in statements {
        lines.append("\(depth) \(statement.tokens) \(statement.isMisplaced)")
        guard let block = statement.block else { continue }
        lines.append("{ \(block.open) \(block.close ?? -1) \(block.isNested)")
        add(tree.statements(of: block), depth + 1)
      }
    }
    add(tree.statements[...], 0)
    lines += tree.diagnostics.map { "\($0.code) \($0.primary.span.range) \($0.message)" }
    return lines + ["\(tree.hasInvalidTokens)"]
  }
}
