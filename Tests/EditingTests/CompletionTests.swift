import Editing
import PolicySyntax
import Testing

@Suite struct CompletionTests {
  @Test("a file holds declarations") func declarations() {
    #expect(MarkedText("‸").completions == FileWord.allCases.map(\.spelling))
    #expect(MarkedText("pub‸").completions.contains("publish"))
    #expect(MarkedText(office + "‸").completions.contains("gateway"))
  }

  @Test("a block holds the statements that it has not")
  func statements() {
    let words = MarkedText("publish a {\n  tls off\n  allow any\n  ‸\n}\n").completions
    #expect(!words.contains("tls") && words.contains("allow") && words.contains("passive range"))
    #expect(MarkedText("publish a {\n  ‸").completions.contains("tls"), "the brace may be missing")
    #expect(MarkedText("gateway a {\n  outside eth0; ‸\n}").completions.contains("inside"))
    #expect(
      MarkedText("publish a { server 10.0.0.1 proftpd { ‸ } }").completions == ["site", "certificate", "max clients"])
    #expect(MarkedText("defaults {\n ‸\n}").completions == PublishWord.cases(in: .defaults).map(\.spelling))
    #expect(MarkedText("nonsense {\n ‸\n}").completions == [])
  }

  @Test("two words are completed after the first") func twoWords() {
    #expect(MarkedText("publish a {\n  passive ‸\n}").completions == ["passive range"])
    #expect(MarkedText("publish a {\n  control p‸\n}").completions == ["control port"])
    let item = MarkedText("publish a {\n  passive r‸\n}").scope.completion(at: 23, in: 0).items.first
    #expect(item.map { $0.range } == 14..<23)
  }

  @Test(
    "values are those of the forms",
    arguments: [
      ("tls ‸", ["off", "explicit", "implicit"]),
      ("tls explicit ‸", ["optional", "required"]),
      ("tls explicit required ‸", ["clear-control"]),
      ("tls explicit required clear-control ‸", []),
      ("helper ‸", ["on", "off"]), ("log ‸", ["off", "new", "denied", "all"]),
      ("limit 10 ‸", ["sessions", "new"]), ("limit 10 new per minute ‸", ["per"]),
      ("allow ‸", ["any", "partners"]), ("allow 192.0.2.7, ‸", ["any", "partners"]),
      ("allow partners,\n   p‸", ["any", "partners"]),
      ("server ‸", ["exchange", "local"]), ("gateway ‸", ["edge"]),
      ("server 10.0.0.1 vsf‸", ["filezilla", "iis", "other", "proftpd", "pure-ftpd", "sftpgo", "vsftpd"]),
      ("control port ‸", []),
    ])
  func values(statement: String, expected: [String]) {
    let head = office.split(separator: "publish").first.map(String.init) ?? ""
    let labels = MarkedText("\(head)publish x {\n  \(statement)\n}\n").completions
    #expect(statement.hasPrefix("server 10") ? labels.sorted() == expected : labels == expected)
  }

  @Test func otherBlocks() {
    #expect(MarkedText("gateway a { }\ngateway b { behind ‸ }").completions == ["a", "b"])
    #expect(MarkedText("publish x { }\nreach y { publication ‸ }").completions == ["x"])
    #expect(MarkedText("publish x { }\nreach y { }\nexpect ‸").completions == ["x", "y"])
    #expect(
      MarkedText("expect x { works ‸ }").completions == [
        "plain", "explicit", "implicit", "pasv", "epsv", "port", "eprt", "over", "from",
      ])
    #expect(MarkedText("expect x { works explicit pasv over ‸ }").completions == ["ipv4", "ipv6"])
    #expect(MarkedText("clients a = 192.0.2.0/24\nclients b = ‸").completions == ["a", "b"])
    #expect(MarkedText("gateway a { platform ‸ }").completions.contains("openwrt"))
  }

  @Test("comments complete what they allow") func codes() {
    let marked = MarkedText("publish a { # allow: tls-‸")
    let completion = marked.scope.completion(at: marked.offset, in: 0, warnings: ["tls-off"])
    #expect(completion.items.first?.label == "tls-off" && completion.items.count > 20)
    #expect(!completion.items.contains { $0.label == "syntax-error" }, "errors cannot be silenced")
    #expect(MarkedText("# nothing ‸").completions.isEmpty)
    #expect(MarkedText("publish a { # allow: tls-off (‸").completions.isEmpty)
  }

  @Test("a long list is cut, and says so") func longLists() {
    let servers = (0..<1000).map { "server s\($0) { address 10.0.0.1; software other }\n" }.joined()
    let marked = MarkedText(servers + "publish x { server ‸ }")
    let all = marked.scope.completion(at: marked.offset, in: 0)
    #expect(all.items.count == 200 && all.isIncomplete)
    let some = MarkedText(servers + "publish x { server s99‸ }")
    #expect(
      some.completions.filter { $0.hasPrefix("s99") }.count == 11
        && !some.scope.completion(at: some.offset, in: 0).isIncomplete)
  }

  @Test("every prefix of a policy is answered at every place") func everywhere() {
    let bytes = Array(office.utf8)
    for end in stride(from: 0, through: bytes.count, by: 3) {
      let text = String(decoding: bytes[..<end], as: UTF8.self)
      let scope = MarkedText(text).scope
      for offset in stride(from: 0, through: end + 2, by: 7) {
        _ = scope.completion(at: offset, in: 0)
        _ = scope.hover(at: offset, in: 0, nil)
        _ = scope.mention(at: offset, in: 0)
      }
    }
  }
}
