import Foundation
import Testing

@testable import LanguageServer

@Suite struct SessionTests {
  /// The code of the failure that an answer is.
  private func code(_ answer: [String: Any]) -> Int? { (answer["error"] as? [String: Any])?["code"] as? Int }

  @Test("a session has a beginning and an end") func life() throws {
    let server = TestServer()
    #expect(try code(server.request("textDocument/hover", server.place("/a.sally", 0, 0))) == -32002)
    try server.notify("textDocument/didOpen", [:])
    #expect(server.take().isEmpty, "before `initialize` notifications are dropped")
    let begun = try server.begin()
    let capabilities = (begun["result"] as? [String: Any])?["capabilities"] as? [String: Any]
    #expect(capabilities?["positionEncoding"] as? String == "utf-16")
    #expect(try code(server.request("initialize", ["capabilities": [:]])) == -32600)
    #expect(try code(server.request("no/such")) == -32601)
    #expect(try code(server.request("textDocument/hover", ["textDocument": 5])) == -32602)
    #expect(try code(server.request("textDocument/hover", nil)) == -32602)
    #expect(try code(server.request("textDocument/hover", server.place("/nowhere.sally", 0, 0))) == -32602)
    try server.notify("$/setTrace", ["value": "off"])
    try server.notify("$/whatever", [:])
    try server.notify("textDocument/didChange", ["textDocument": ["uri": "file:///x.sally"]])
    #expect(server.take().allSatisfy { $0["method"] as? String == "window/logMessage" })
    #expect(try server.request("shutdown", nil)["result"] is NSNull)
    #expect(try code(server.request("textDocument/hover", server.place("/a.sally", 0, 0))) == -32600)
    #expect(server.session.exitStatus == nil)
    try server.notify("exit", [:])
    #expect(server.session.exitStatus == 0)
    let other = TestServer()
    try other.notify("exit", [:])
    #expect(other.session.exitStatus == 1, "without `shutdown`")
  }

  @Test("a folder without policies is quiet") func quiet() throws {
    let server = TestServer(["/policies/readme.txt": "publish"])
    try server.begin(root: "/policies")
    #expect(server.published().isEmpty)
    #expect((try server.request("workspace/symbol", ["query": ""])["result"] as? [Any])?.isEmpty == true)
  }

  @Test(
    "what is not JSON-RPC has the error that it names",
    arguments: [
      ("", -32700), ("{", -32700), ("nothing", -32700), ("\u{0}", -32700), ("[]", -32600), ("[{}]", -32600),
      ("3", -32600),
      ("null", -32600), ("{}", -32600), (#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, -32600),
      (#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, -32600), (#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, -32600),
      (#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
      (#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600), (#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, -32700),
      (#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}"#, -32602),
      (#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, -32602),
      (String(repeating: "[", count: 100_000), -32700),
    ])
  func broken(text: String, expected: Int) throws {
    let server = TestServer()
    server.session.receive(Array(text.utf8))
    let said = server.take()
    #expect(said.count == 1 && said.first.flatMap(code) == expected, "\(said)")
  }

  @Test("answers to requests that nobody made are passed over") func strayAnswers() throws {
    let server = TestServer()
    try server.begin()
    server.session.receive(Array(#"{"jsonrpc":"2.0","id":"watch","result":null}"#.utf8))
    server.session.receive(Array(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"x"}}"#.utf8))
    #expect(server.take().allSatisfy { $0["error"] == nil })
  }

  @Test("a request that waits can be cancelled") func cancelling() throws {
    let server = TestServer()
    try server.begin()
    try server.open("/a.sally", office)
    var message: [String: Any] = ["jsonrpc": "2.0", "id": "seven", "method": "textDocument/hover"]
    message["params"] = server.place("/a.sally", 14, 9)
    try server.receive(message)
    try server.notify("$/cancelRequest", ["id": "seven"])
    try server.notify("$/cancelRequest", ["id": 99])
    server.settle()
    let answers = server.take().filter { $0["id"] as? String == "seven" }
    #expect(answers.count == 1 && answers.first.flatMap(code) == -32800)
  }

  @Test("changes are applied in order, in either encoding", arguments: [[], ["utf-8"]])
  func changes(encodings: [String]) throws {
    let server = TestServer()
    try server.begin(encodings: encodings)
    try server.open("/a.sally", "# \u{1F600}x\n")
    let end = encodings.isEmpty ? 4 : 6
    func range(_ start: Int, _ end: Int) -> [String: Any] {
      ["start": ["line": 0, "character": start], "end": ["line": 0, "character": end]]
    }
    try server.change(
      "/a.sally", version: 2, [["range": range(end, end + 1), "text": "yz"], ["range": range(0, 0), "text": "#"]])
    #expect(server.session.documents["/a.sally"]?.text.source.text(0..<99) == "## \u{1F600}yz\n")
    try server.change("/a.sally", version: 3, [["text": office]])
    #expect(server.session.documents["/a.sally"]?.text.version == 3)
    try server.change(
      "/a.sally", version: 4,
      [
        [
          "range": ["start": ["line": 99, "character": 5], "end": ["line": 3, "character": 1]],
          "text": "clients z = any\n",
        ]
      ])
    #expect(server.session.documents["/a.sally"]?.text.source.text(0..<9999).hasSuffix("clients z = any\n") == true)
  }

  @Test("findings are told, and taken back") func diagnostics() throws {
    let server = TestServer()
    try server.begin()
    try server.open("/a.sally", office)
    #expect(server.published() == ["/a.sally": []])
    try server.change(
      "/a.sally", version: 2, [["text": office.replacing("explicit required", with: "explicit requried")]])
    #expect(server.published() == ["/a.sally": ["unknown-value"]])
    let actions =
      try server.request(
        "textDocument/codeAction",
        [
          "textDocument": ["uri": "file:///a.sally"], "context": ["diagnostics": []],
          "range": ["start": ["line": 0, "character": 0], "end": ["line": 99, "character": 0]],
        ])["result"] as? [[String: Any]]
    #expect(actions?.isEmpty == false)
    try server.notify("textDocument/didClose", ["textDocument": ["uri": "file:///a.sally"]])
    #expect(server.published() == ["/a.sally": []])
  }

  @Test("fixes that are certain and those that are not are told apart") func actions() throws {
    let server = TestServer()
    try server.begin()
    try server.open(
      "/a.sally",
      office.replacing("50000-50399", with: "50399-50000").replacing(
        "allow          partners", with: "allow          partnes"))
    func kinds(_ only: [String]?) throws -> [String] {
      var context: [String: Any] = ["diagnostics": []]
      context["only"] = only
      let answer = try server.request(
        "textDocument/codeAction",
        [
          "textDocument": ["uri": "file:///a.sally"], "context": context,
          "range": ["start": ["line": 0, "character": 0], "end": ["line": 99, "character": 0]],
        ])
      return (answer["result"] as? [[String: Any]] ?? []).compactMap { $0["kind"] as? String }
    }
    #expect(try kinds(nil) == ["quickfix", "quickfix.unsafe", "source.fixAll.sallyport"])
    #expect(try kinds(["quickfix.unsafe"]) == ["quickfix.unsafe"])
    #expect(try kinds(["source"]) == ["source.fixAll.sallyport"])
    #expect(try kinds(["refactor"]).isEmpty)
  }

  @Test("a policy is what check would read") func policies() throws {
    let parts = office.split(separator: "publish", maxSplits: 1).map(String.init)
    let files = [
      "/p/names.sally": parts[0], "/p/office.sally": "publish" + parts[1], "/p/other/alone.sally": office,
      "/p/whole.txt": "",
    ]
    let server = TestServer(files)
    try server.begin(root: "/p")
    try server.open("/p/office.sally", "publish" + parts[1])
    #expect(server.published() == ["/p/office.sally": []], "the folder declares what it uses")
    try server.change(
      "/p/office.sally", version: 2, [["text": "publish" + parts[1].replacing("partners", with: "others")]])
    #expect(server.published() == ["/p/office.sally": ["unknown-name"]])
    let found =
      try server.request("textDocument/definition", server.place("/p/office.sally", 1, 22))["result"]
      as? [[String: Any]]
    #expect(found?.first?["uri"] as? String == "file:///p/names.sally")
  }

  @Test("an included file is judged with what includes it") func included() throws {
    let parts = office.split(separator: "publish", maxSplits: 1).map(String.init)
    let files = ["/p/main.sally": "include \"sites/*.sally\"\n" + parts[0], "/p/sites/a.sally": "publish" + parts[1]]
    let server = TestServer(files)
    try server.begin(root: "/p")
    try server.open("/p/sites/a.sally", "publish" + parts[1])
    #expect(server.published() == ["/p/sites/a.sally": []])
    try server.open("/p/sites/new.sally", "publish new {\n}\n")
    #expect(server.published()["/p/sites/new.sally"]?.contains("missing-statement") == true)
    try server.open("/p/main.sally", "include \"sites/a.sally\"\n" + parts[0])
    _ = server.published()
    let found =
      try server.request("textDocument/definition", server.place("/p/main.sally", 0, 12))["result"]
      as? [[String: Any]]
    #expect(found?.first?["uri"] as? String == "file:///p/sites/a.sally")
  }

  @Test("a file that cannot be read is a finding") func unreadable() throws {
    let server = TestServer(["/p/a.sally": "clients a = any\n"], unreadable: ["/p/b.sally", "/q/b.sally"])
    try server.begin()
    try server.open("/p/a.sally", "include \"b.sally\"\n" + office)
    #expect(server.published() == ["/p/a.sally": ["include-not-found"]])
    let other = TestServer(["/q/names.sally": "clients partners = 192.0.2.0/24\n"], unreadable: ["/q/b.sally"])
    try other.begin()
    try other.open("/q/office.sally", office.split(separator: "\n").dropFirst().joined(separator: "\n"))
    #expect(other.published()["/q/b.sally"] == ["unreadable-file"])
  }

  @Test("what is no file on this machine is read alone") func untitled() throws {
    let server = TestServer(["/etc/passwd": office])
    try server.begin()
    try server.open("untitled:Untitled-1", "include \"/etc/passwd\"\n" + office)
    let said = server.published()
    #expect(said == ["untitled:Untitled-1": ["include-refused"]], "\(said)")
  }

  @Test("one name, every file of the policy") func renaming() throws {
    let parts = office.split(separator: "publish", maxSplits: 1).map(String.init)
    let server = TestServer(["/p/names.sally": parts[0], "/p/office.sally": "publish" + parts[1]])
    try server.begin()
    try server.open("/p/office.sally", "publish" + parts[1])
    var params = server.place("/p/office.sally", 5, 21)
    params["newName"] = "friends"
    let changes =
      (try server.request("textDocument/rename", params)["result"] as? [String: Any])?["changes"] as? [String: Any]
    #expect(changes.map { $0.keys.sorted() } == ["file:///p/names.sally", "file:///p/office.sally"])
  }
}
