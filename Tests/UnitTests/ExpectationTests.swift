import Compilation
import Diagnostics
import Policy
import Testing

/// What `sallyport test` says of expectations.
@Suite struct ExpectationTests {
  private func judged(
    _ statements: String, allow: String = "", more: String = "", server: String = "10.10.20.200 proftpd"
  ) throws -> [Bool] {
    let text = """
      gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 }
      publish files {
          server         \(server) { certificate "/etc/ssl/certs/ftp.pem" }
          passive range  50000-50399
          tls            explicit required
          \(allow.isEmpty ? "" : "allow \(allow)")
          \(more)
      }
      expect files {
          \(statements)
      }

      """
    let compilation = Compilation(
      loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
    try #require(compilation.isAccepted, "\(compilation.diagnostics.map(\.message))")
    var judge = ExpectationJudge(compilation)
    return compilation.policy.expectations.flatMap { judge.judge($0) }.map(\.holds)
  }

  @Test("clients inside are among those of a network that holds theirs") func insideOfLists() throws {
    let statements = "refused from 10.0.0.0/8; refused from 10.10.0.0/16; works explicit pasv from 10.10.20.0/24"
    #expect(try judged(statements, more: "hairpin on") == [false, false, true])
    #expect(
      try judged(
        "works explicit pasv from 10.0.0.0/8",
        allow: "10.0.0.0/8, 198.51.100.0/24  # allow: lan-clients-without-hairpin")
        == [false])
  }

  @Test("of clients inside those that are denied are tried as well") func insideAndDenied() throws {
    let denied = "hairpin on; deny 10.10.20.0/27, 10.10.20.128/25"
    #expect(try judged("works explicit pasv from inside", more: denied) == [false])
    #expect(try judged("refused from inside", more: "hairpin on; deny 10.10.20.50") == [false])
    #expect(try judged("refused from inside; works explicit pasv from inside") == [true, false])
    #expect(try judged("works explicit pasv from inside", more: "hairpin on") == [true])
  }

  @Test("whoever is denied in a list that is allowed is found, wherever it is") func denied() throws {
    for client in ["198.51.100.0", "198.51.100.1", "198.51.100.77", "198.51.100.255"] {
      #expect(
        try judged(
          "works explicit pasv from 198.51.100.0/24; works explicit pasv", allow: "198.51.100.0/24",
          more: "deny \(client)")
          == [false, true], "\(client)")
    }
  }

  @Test("long lists are judged whole") func longLists() throws {
    let list = (0..<900).map { "198.\(18 + $0 / 250).\($0 % 250).\($0 % 2 == 0 ? 4 : 8)" }.joined(separator: ", ")
    #expect(
      try judged("works explicit pasv; refused plain; works explicit epsv from \(list)", allow: list) == [
        true, true, true,
      ])
  }

  @Test("a list that is called inside is told, since `from inside` is something else") func listNamedInside() {
    let text = """
      clients inside = 192.0.2.0/24
      publish files { server 10.10.20.200 other; external ip 203.0.113.10; passive range 50000-50399; tls off; allow inside }
      expect files { refused from inside }

      """
    let compilation = Compilation(
      loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
    #expect(compilation.diagnostics.filter { $0.severity == .error }.map(\.code) == ["syntax-error"])
  }

  @Test("what is covered in part is said to be") func coverage() throws {
    let text = """
      publish files {
          server 10.10.20.200 other; external ip 203.0.113.10; passive range 50000-50399; tls off
          allow 198.51.100.0/24, 192.0.2.0/24; deny 198.51.100.0/25
      }
      expect files { works plain pasv from 198.51.100.200; refused from 198.51.100.7; refused explicit; refused implicit }

      """
    let compilation = Compilation(
      loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
    let gaps = ExpectationCoverage(compilation.policy).gaps.map(\.message)
    #expect(
      gaps.contains { $0.hasPrefix("expectations speak of plain PASV") && $0.hasSuffix("some of them alone") },
      "\(gaps)")
    #expect(gaps.contains { $0.hasPrefix("no expectation speaks of plain EPSV") }, "\(gaps)")
  }
}
