/// What has become of a change. It is a part of a file's name, so that it changes in one step that needs no room on any
/// disk.
package enum ChangeFate: Hashable, Sendable {
  /// It is taken back at its deadline unless somebody confirms it.
  case waiting
  /// It stays: somebody confirmed it, or it needed no confirmation.
  case confirmed
  case takenBack(TakingBack)

  /// How a change was taken back.
  package enum TakingBack: String, CaseIterable, Sendable {
    /// Nobody confirmed it in time.
    case unconfirmed
    /// The command of `--verify` failed.
    case unverified
    /// Somebody asked for it.
    case requested
  }

  /// In the order in which a change goes through them: whoever looks for one after the other misses none.
  static let all: [ChangeFate] = [.waiting, .confirmed] + TakingBack.allCases.map { .takenBack($0) }

  var name: String {
    switch self {
    case .waiting: "waiting"
    case .confirmed: "confirmed"
    case .takenBack(let how): "taken-back-\(how.rawValue)"
    }
  }
}
