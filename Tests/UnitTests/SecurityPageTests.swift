import Foundation
import Testing

/// `docs/security.md` promises nothing that no test holds.
@Suite struct SecurityPageTests {
  @Test("every test that the page names is there")
  func namedTests() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/security.md"), encoding: .utf8)
    let files = FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil)
    let sources = try (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }
    let named = page.matches(of: /`(\w+Tests)\.(\w+)`/)
    #expect(named.count > 10)
    for name in named {
      let isThere = sources.contains {
        $0.contains("struct \(name.1) {") && $0.contains("func \(name.2)(")
      }
      #expect(isThere, "`\(name.1).\(name.2)`")
    }
    // Every promise, which is a heading of the third level, names one.
    for promise in page.split(separator: "\n### ").dropFirst() {
      #expect(promise.contains("\nHeld by `"), "\(promise.prefix(60))")
    }
  }
}
