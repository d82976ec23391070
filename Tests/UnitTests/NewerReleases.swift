import LiveSupport
import Testing

/// Reading what newer releases of nft print.
@Suite("newer releases: reading", .enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
struct NewerReleases {
  @Test(arguments: Release.newer)
  func tables(_ release: Release) async throws {
    guard release.missing == nil else { return print("not tried: \(release.missing ?? "")") }
    guard release == .sid else { return try await Release.$current.withValue(release, operation: readings) }
    await withKnownIssue("sid: it may change under us", isIntermittent: true) {
      try await Release.$current.withValue(release, operation: readings)
    }
  }

  private func readings() async throws {
    let tests = PrintedTableLiveTests()
    try await tests.everyAcceptedPolicy(most: 20)
    try await tests.randomElements()
    try await tests.foreignObjects()
    try await tests.strangeComments()
    try await tests.dynamicSets()
    let rulesets = PrintedRulesetLiveTests()
    try await rulesets.everyAcceptedPolicy(most: 20)
    try await rulesets.othersStatements()
    try await rulesets.objectsAndSets()
  }
}
