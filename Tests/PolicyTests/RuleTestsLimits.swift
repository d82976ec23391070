import Testing

/// What is said of a limit beside another one, which is not always a tighter one.
@Suite("limit-superseded, in words") struct RuleTestsLimits {
  private static let tighter = "a tighter one is reached first"

  @Test(arguments: [
    ("limit 10 sessions per client", "limit 20 sessions per client", tighter),
    ("limit 10 new per minute per client", "limit 20 new per minute per client", tighter),
    ("limit 10 sessions", "limit 20 sessions per client", tighter),
    ("limit 10 sessions", "limit 10 sessions", "stands in the publication twice"),
    ("limit 10 sessions", "limit 10 sessions per client", "all clients together may have no more"),
  ])
  func message(other: String, limit: String, words: String) {
    for statements in [(other, limit), (limit, other)] {
      let checked = Checked(publication(statements.0, statements.1))
      let found = checked.found("limit-superseded")
      #expect(found.count == 1 && found.allSatisfy { $0.message.contains(words) }, "\(found.map(\.message))")
      #expect(checked.underlined("limit-superseded") == [limit])
    }
  }
}
