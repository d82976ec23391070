package import Nftables

/// How a change was taken back.
package struct ChangeOutcome: Codable, Hashable, Sendable {
  package enum Reason: String, Codable, Sendable {
    /// Nobody confirmed it in time.
    case unconfirmed
    /// The command of `--verify` failed.
    case unverified
    /// Somebody asked for it.
    case requested
  }

  /// That of the change.
  package var generation: Generation
  package var reason: Reason

  package init(_ generation: Generation, _ reason: Reason) {
    self.generation = generation
    self.reason = reason
  }
}
