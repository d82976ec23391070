import Diagnostics
import Testing

@Suite struct RenderingTests {
  private func rendered(_ text: String, _ range: Range<Int>, label: String = "") -> String {
    var sources = SourceSet()
    let file = sources.add(SourceFile(name: "a.sally", text: text))
    let diagnostic = Diagnostic.error("code", "message", at: SourceSpan(file: file, range), label: label)
    return render([diagnostic], in: sources, as: .full, style: .plain, version: "")
  }

  @Test func tabsAndWideCharacters() {
    #expect(
      rendered("\t漢字 x\n", 8..<9) == """
        error[code]: message
         --> a.sally:1:5
          |
        1 |     漢字 x
          |          ^

        """)
  }

  @Test func severalLines() {
    #expect(
      rendered("one {\n  two\n}\n", 4..<13, label: "here") == """
        error[code]: message
         --> a.sally:1:5
          |
        1 | one {
          |     ^ here
          :
        3 | }
          | ^ ends here

        """)
  }

  @Test func endOfFile() {
    #expect(rendered("ab", 2..<2).contains("1 | ab\n  |   ^\n"))
    #expect(rendered("", 0..<0).contains("a.sally:1:1"))
    #expect(rendered("ab\n", 50..<60).contains("a.sally:2:1"))
  }

  @Test func longLinesAreCut() {
    let text = String(repeating: "x", count: 5_000) + "!" + String(repeating: "y", count: 5_000)
    let lines = rendered(text, 5_000..<5_001).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 200 })
    let (line, underline) = (lines.dropLast().last ?? "", lines.last ?? "")
    let (place, mark) = (line.firstIndex(of: "!"), underline.firstIndex(of: "^"))
    #expect(place.map { line[..<$0].count } == mark.map { underline[..<$0].count })
    #expect(place != nil)
  }

  @Test(
    "what ends a long line is shown, and the mark stands under it",
    arguments: ["\n", "\r\n", "", "\nnext\n"])
  func endOfALongLine(end: String) {
    let text = String(repeating: "x", count: 299) + "!"
    for offset in [299, 300] + (end.hasPrefix("\r") ? [301] : []) {
      let lines = rendered(text + end, offset..<offset).split(separator: "\n")
      let (line, underline) = (lines.dropLast().last ?? "", lines.last ?? "")
      #expect(line.hasSuffix("!") && line.contains("…"), "\(line)")
      let cells = (
        line.firstIndex(of: "!").map { line[..<$0].count },
        underline.firstIndex(of: "^").map { underline[..<$0].count }
      )
      #expect(cells.0.map { $0 + min(offset, 300) - 299 } == cells.1, "\(offset)")
    }
  }

  @Test("of two places far apart in a line the one that is blamed is shown") func farApart() {
    var sources = SourceSet()
    let text = "?" + String(repeating: "x", count: 400) + "!" + String(repeating: "y", count: 400)
    let file = sources.add(SourceFile(name: "a.sally", text: text))
    for (primary, other) in [(401, 0), (0, 401)] {
      let diagnostic = Diagnostic.error(
        "code", "message", at: SourceSpan(file: file, primary..<primary + 1),
        related: [Label(SourceSpan(file: file, other..<other + 1), "other")])
      let lines = render([diagnostic], in: sources, as: .full, style: .plain, version: "").split(separator: "\n")
      guard let line = lines.first(where: { $0.hasPrefix("1 | ") }) else {
        Issue.record("no line")
        continue
      }
      let blamed = line.firstIndex(of: primary == 0 ? "?" : "!").map { line[..<$0].count }
      let cut = (primary == 0 ? line.lastIndex(of: "…") : line.firstIndex(of: "…")).map { line[..<$0].count }
      func place(_ mark: Character) -> Int? {
        lines.lazy.compactMap { line in
          line.firstIndex(of: mark).flatMap { line.contains("1 |") || line.contains("-->") ? nil : line[..<$0].count }
        }.first
      }
      #expect(blamed != nil && place("^") == blamed && cut != nil && place("-") == cut, "\(lines)")
    }
  }

  @Test func controlCharactersNeverReachTheTerminal() {
    let text = rendered("a\u{1B}[31m\u{202E}b\n", 0..<1)
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\u{202E}"))
  }

  @Test func conciseAndGitHub() {
    var sources = SourceSet()
    let file = sources.add(SourceFile(name: "a,b.sally", text: "x\n"))
    let warning = Diagnostic.warning("code", "50% of\nit", at: SourceSpan(file: file, 0..<1))
    #expect(
      render([warning], in: sources, as: .concise, style: .plain, version: "")
        == "a,b.sally:1:1: warning: 50% of\u{FFFD}it [code]\n")
    #expect(
      render([warning], in: sources, as: .github, style: .plain, version: "")
        == "::warning file=a%2Cb.sally,line=1,col=1,endLine=1,endColumn=2,title=sallyport (code)::50%25 of%0Ait\n")
  }

  @Test(
    arguments: [
      ("requried", ["required", "optional"], "required"), ("exetrnal ip", ["external ip", "inside"], "external ip"),
      ("x", ["helper", "active"], nil), ("profptd", ["iis", "proftpd", "vsftpd"], "proftpd"), ("", ["a"], nil),
    ] as [(String, [String], String?)])
  func suggestions(word: String, candidates: [String], expected: String?) {
    #expect(nearest(to: word, among: candidates) == expected)
  }
}
