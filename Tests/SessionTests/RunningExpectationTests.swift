import LiveSupport
import Testing

/// `test --running`: clients whom the rules of the machine tell apart are among those of a statement.
@Suite(.live) struct RunningExpectationTests {
  private static let policy = """
    publish files {
        server         10.10.20.200 other
        external ip    203.0.113.10
        passive range  50000-50399
        tls            off  # allow: tls-off
        allow          198.51.100.0/24
    }

    expect files {
        works    plain pasv from 198.51.100.0/24
        refused  from 192.0.2.0/24
    }

    """

  @Test("a client whom a rule of another table keeps out, and one whom an element lets in, are found")
  func tellsApart()
    async throws
  {
    let own = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      func verdicts(_ more: String) async throws -> (status: Int32, lines: [String]) {
        try await lab.load(ruleset: "flush ruleset\n" + own + more)
        let result = try await lab.run(
          [Sallyport.besideThisProgram.path, "test", "-", "--running", "--format", "tap"], on: .gateway,
          input: Self.policy)
        return (
          result.status, result.text.split(separator: "\n").map(String.init).filter { $0.contains("ok ") }
        )
      }
      let fine = try await verdicts("")
      #expect(fine.status == 0 && fine.lines.count == 2 && fine.lines.allSatisfy { $0.hasPrefix("ok ") }, "\(fine)")
      let drop = "table inet n { chain f { type filter hook forward priority 0; ip saddr 198.51.100.77 drop; }; }\n"
      let kept = try await verdicts(drop)
      #expect(kept.status == 1 && kept.lines.map { $0.hasPrefix("ok ") } == [false, true], "\(kept)")
      let added = try await verdicts(
        "add element inet sallyport clients4 { 203.0.113.10 . 192.0.2.100-192.0.2.110 }\n")
      #expect(added.status == 1 && added.lines.map { $0.hasPrefix("ok ") } == [true, false], "\(added)")
    }
  }
}
