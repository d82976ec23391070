import Diagnostics
import Policy
import Testing

@Suite("Pages")
struct RuleTestsPages {
  /// Pages whose samples need nothing but parsing, resolving and validating.
  static let plain = rulePages.filter { $0.origin == .policy || $0.origin == .bytes }
  static let others = rulePages.filter { ![.policy, .bytes, .meant, .limits].contains($0.origin) }

  @Test("are sorted, and no code has two")
  func order() {
    let codes = rulePages.map(\.code)
    #expect(codes == codes.sorted())
    #expect(Set(codes).count == codes.count)
  }

  @Test("the bad sample raises the code with the severity of the page", arguments: plain.map(\.code))
  func bad(code: String) throws {
    let page = try #require(Self.plain.first { $0.code == code })
    let found = Checked(badSource(of: page)).found(code)
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.severity == page.severity })
  }

  @Test("the good sample does not raise it, and has no errors", arguments: rulePages.map(\.code))
  func good(code: String) throws {
    let page = try #require(rulePages.first { $0.code == code })
    let checked = Checked(page.good)
    #expect(checked.found(code).isEmpty)
    // An include is followed elsewhere.
    #expect(checked.errors.isEmpty)
  }

  @Test("a bad sample for later steps gets there", arguments: others.map(\.code))
  func later(code: String) throws {
    let page = try #require(Self.others.first { $0.code == code })
    #expect(Checked(page.bad).errors.isEmpty)
  }

  @Test("16.11: lists that differ and would be repeated are refused beyond a limit")
  func tooManyClients() throws {
    let rule = TooManyClients(most: 10)
    let page = try #require(RulePage(of: rule.code))
    let found = Checked(page.bad).findings(of: rule)
    #expect(found.map(\.code) == ["too-many-clients"])
    #expect(found.first?.message.contains("more than 10 ranges") == true)
    #expect(Checked(page.good).findings(of: rule).isEmpty)
    // One that many have in common counts once.
    let many = (0..<4).map { number in
      publication("allow partners", name: "p\(number)", external: "20.1.1.\(number)")
    }
    let list = "clients partners = 198.51.100.1, 198.51.100.3, 198.51.100.5, 198.51.100.7\n"
    #expect(Checked(list + many.joined()).findings(of: TooManyClients(most: 12)).isEmpty)
    #expect(!Checked(list + many.joined()).findings(of: TooManyClients(most: 11)).isEmpty)
  }

  @Test("safe fixes mend what they belong to", arguments: plain.map(\.code))
  func fixes(code: String) throws {
    let page = try #require(Self.plain.first { $0.code == code })
    let checked = Checked(badSource(of: page))
    for diagnostic in checked.found(code) {
      for fix in diagnostic.fixes where fix.applicability == .safe {
        var bytes = checked.source.bytes
        for edit in fix.edits.sorted(by: { $0.span > $1.span }) {
          bytes.replaceSubrange(edit.span.range, with: Array(edit.replacement.utf8))
        }
        let mended = Checked(SourceFile(name: "policy.sally", bytes: bytes))
        #expect(mended.found(code).count < checked.found(code).count)
        #expect(mended.errors.isEmpty)
      }
    }
  }

  @Test("messages keep to the manner of the house", arguments: plain.map(\.code))
  func manner(code: String) throws {
    let page = try #require(Self.plain.first { $0.code == code })
    let checked = Checked(badSource(of: page))
    for diagnostic in checked.diagnostics {
      #expect(!diagnostic.message.hasSuffix("."))
      #expect(!diagnostic.message.contains(". "))
      #expect(diagnostic.help?.hasSuffix(".") != true)
      #expect(diagnostic.message.filter { $0 == "`" }.count.isMultiple(of: 2))
      let related = diagnostic.related.map(\.span)
      #expect(!related.contains(diagnostic.primary.span))
      #expect(Set(related).count == related.count)
    }
  }

  @Test("pages say what, why and what to do")
  func texts() {
    for page in rulePages {
      #expect(!page.summary.hasSuffix("."), "\(page.code)")
      #expect(page.explanation.hasSuffix("."), "\(page.code)")
      #expect(page.explanation.count > 60, "\(page.code)")
      #expect(page.failureModes.allSatisfy { $0.wholeMatch(of: /F[0-9]{2}/) != nil }, "\(page.code)")
      #expect(page.failureModes == page.failureModes.sorted(), "\(page.code)")
      #expect(page.bad != page.good, "\(page.code)")
    }
  }
}
