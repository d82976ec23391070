/// How long tests wait: the one pair of numbers, for every target.
///
/// Tests wait for events, not for seconds. How long an event takes says something about the machine and nothing about
/// the program, so the first number is large: a test reaches it only when it fails.
package enum Patience {
  /// How long something that must come is waited for.
  package static let arrival: Duration = .seconds(60)
  /// How long something that must not come is watched for. It would come within milliseconds, and after a second once
  /// more: that is when TCP sends its first packet again.
  package static let absence: Duration = .milliseconds(1500)

  /// How often a state that nobody reports is looked at.
  package static let glance: Duration = .milliseconds(5)

  /// Waits until something is so. Returns `false` when it is not so after `arrival`.
  package static func wait(
    isolation: isolated (any Actor)? = #isolation, until isSo: () async throws -> Bool
  ) async throws -> Bool {
    let deadline = ContinuousClock.now + arrival
    while try await !isSo() {
      guard ContinuousClock.now < deadline else { return false }
      try await Task.sleep(for: glance)
    }
    return true
  }
}

extension Duration {
  /// Whole milliseconds, as `poll` takes them.
  var milliseconds: CInt {
    CInt(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }

  /// Whole seconds, rounded up, as programs take them.
  package var wholeSeconds: Int { Int(clamping: components.seconds + (components.attoseconds > 0 ? 1 : 0)) }
}
