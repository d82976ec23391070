import Foundation
import Testing

/// The chapters of `Tests/Corpus`: every fenced block says what the product prints today.
///
/// `UPDATE_EXPECTED=1` rewrites the blocks that differ, and fails that run, so that nothing is recorded unseen.
@Suite struct CorpusTests {
  @Test func thereAreChapters() {
    #expect(Chapter.all().count >= 5)
  }

  @Test(arguments: Chapter.all())
  func chapter(_ chapter: Chapter) throws {
    let isUpdating = ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1"
    var changes: [(fence: Fence, text: String)] = []
    #expect(!chapter.cases.isEmpty, "\(chapter) has no policy")
    for corpusCase in chapter.cases {
      let observation = Observation(corpusCase)
      #expect(!corpusCase.expectations.isEmpty, "\(chapter):\(corpusCase.policy.line): nothing is expected")
      for fence in corpusCase.expectations {
        let place = "\(chapter):\(fence.line): \(fence.kind)"
        guard let text = observation.text(for: fence) else {
          Issue.record("\(place): no such kind of block")
          continue
        }
        if text == fence.text { continue }
        changes.append((fence, text))
        Issue.record("\(place): expected\n\(fence.text)\nbut the product prints\n\(text)")
      }
    }
    if isUpdating, !changes.isEmpty {
      try chapter.rewrite(changes)
      Issue.record("\(chapter): \(changes.count) blocks rewritten; read the difference, then run again")
    }
  }
}
