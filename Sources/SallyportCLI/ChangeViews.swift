import Compilation
import Diagnostics
import Netfilter
import Nftables
import Platforms

extension PolicyChange {
  /// One line for people.
  func sentence(_ style: Style) -> String { "\(kind.mark(style)) \(printable(summary))\n" }
}

extension PolicyChange.Kind {
  /// The kind at the beginning of a line.
  fileprivate func mark(_ style: Style) -> String {
    switch self {
    case .added: style.green("added:")
    case .removed: style.red("removed:")
    case .changed: style.yellow("changed:")
    case .foreign: style.red("foreign:")
    }
  }
}

/// One change for programs.
struct ChangeEntry: Encodable {
  private var kind: String
  private var publication: String?
  private var summary: String

  private enum CodingKeys: CodingKey { case kind, publication, summary }

  init(_ change: PolicyChange) {
    (kind, publication, summary) = (change.kind.rawValue, change.publication, change.summary)
  }

  /// A publication that is missing is written as `null`.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(publication, forKey: .publication)
    try container.encode(summary, forKey: .summary)
  }
}

/// A change that waits, for programs.
struct PendingEntry: Encodable {
  private var change: String
  /// Left out when the record is gone, and the change is taken back now, or lies in another state folder.
  private var remainingSeconds: Int64?
  /// Whether it answers; one that is stopped does not.
  private var watchdogAlive: Bool

  init(_ pending: PendingChange) {
    change = pending.generation.name
    remainingSeconds = pending.remainingSeconds
    watchdogAlive = pending.watch == .alive
  }
}
