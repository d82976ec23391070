import Diagnostics
import PolicySyntax

extension StatementReader {
  /// `N sessions`, `N sessions per client` or `N new per minute per client`.
  mutating func limit() -> Located<Limit>? {
    let isPlain = isPlainLimit
    if !failed, !isPlain, let (text, isCertain, help) = meantOrder() {
      fail(
        "a limit is a number and what it counts: \(limitFormsInWords)",
        at: restSpan, help: help, fixes: text.map { fix(restSpan, $0, isCertain: isCertain) } ?? [])
      return nil
    }
    guard let number = number(wanted, in: Limit.numbers) else { return nil }
    if !failed, !isPlain, let (form, isCertain) = meantLimit() {
      let text = "\(number.value) \(form)"
      fail(
        "a limit says what it counts: \(limitFormsInWords)", at: restSpan,
        help: isCertain ? nil : "for example `limit \(text)`",
        fixes: fix(number.span.joined(with: restSpan), text, isCertain: isCertain))
      return nil
    }
    if accept("sessions") != nil {
      guard accept("per") != nil else { return Located(.sessions(number.value), span) }
      return expect("client").map { _ in Located(.sessionsPerClient(number.value), span) }
    }
    guard accept("new") != nil else {
      fail("expected \(limitFormsInWords)\(foundText)")
      return nil
    }
    for word in ["per", "minute", "per", "client"] where expect(word) == nil { return nil }
    return Located(.newPerMinutePerClient(number.value), span)
  }
}
