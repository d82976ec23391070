import Foundation
import Testing

/// `docs/security.md` promises nothing that no test holds.
@Suite struct SecurityPageTests {
  /// That the tests which it names are there is held by `ReferenceTests.testsExist`.
  @Test("every promise names a test that holds it")
  func namedTests() throws {
    let page = try String(contentsOf: repository.appending(path: "docs/security.md"), encoding: .utf8)
    #expect(page.matches(of: /`\w+Tests\.\w+`/).count > 10)
    // Every promise, which is a heading of the third level, names one.
    for promise in page.split(separator: "\n### ").dropFirst() {
      #expect(promise.contains(/\nHeld by `\w+Tests/), "\(promise.prefix(60))")
    }
  }
}
