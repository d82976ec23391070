import Addressing
import Diagnostics
import PolicySyntax

/// The statements of an `expect` block.
let expectForms = StatementForms<ExpectWord, Expectation> { word in
  StatementForm {
    $0.expectedSessions(word)
  } set: {
    $0.statements.append($1.value)
  }
}

extension StatementReader {
  /// `[plain|explicit|implicit] [pasv|epsv|port|eprt] [over ipv4|ipv6] [from LIST]`.
  fileprivate mutating func expectedSessions(_ outcome: ExpectWord) -> ExpectedSessions? {
    var sessions = ExpectedSessions(outcome, span: span)
    sessions.encryption = accepted()
    sessions.mode = accepted()
    if accept("over") != nil {
      guard let family = expectedFamily() else { return nil }
      sessions.family = family
    }
    if let from = accept("from") {
      if let span = accept("inside") {
        guard names.find("inside", .clients) == nil else {
          fail(
            "`inside` are clients behind the gateway here, and a list of clients is called so, too", at: span,
            help: "give the list another name")
          return nil
        }
        sessions.clients = .inside
      } else {
        guard let terms = clientTerms() else { return nil }
        sessions.clients = .listed(terms)
      }
      sessions.clientsSpan = from.joined(with: span)
    }
    guard !failed, let next, next.kind == .word else { return sessions }
    let words =
      ExpectedEncryption.allCases.map(\.rawValue) + ExpectedMode.allCases.map(\.rawValue) + ["over", "from"]
    let text = nextText
    guard !words.contains(text) else {
      fail(
        "`\(text)` stands in the wrong place",
        help: "a statement is `\(keyword) [plain|explicit|implicit] "
          + "[pasv|epsv|port|eprt] [over ipv4|ipv6] [from CLIENT, ...]`, each once and in this order")
      return nil
    }
    let meant = nearest(to: text.lowercased(), among: words)
    fail(
      "`\(text)` is no kind of session",
      help: meant.map { "did you mean `\($0)`?" }
        ?? "a session is `plain`, `explicit` or `implicit`, and `pasv`, `epsv`, `port` or `eprt`; clients stand after `from`",
      fixes: meant.map { [.replace(nextSpan, with: $0, "write `\($0)`", .unsafe)] } ?? [])
    return nil
  }

  private mutating func accepted<Word: CaseIterable & RawRepresentable<String>>() -> Word? {
    Word.allCases.first { accept($0.rawValue) != nil }
  }

  private mutating func expectedFamily() -> Located<AddressFamily>? {
    for (word, family) in [("ipv4", AddressFamily.ipv4), ("ipv6", .ipv6)] {
      if let span = accept(word) { return Located(family, span) }
    }
    fail("expected `ipv4` or `ipv6`\(foundText)")
    return nil
  }
}
