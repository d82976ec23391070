import Diagnostics
import FoundationEssentials
import Netfilter
import Nftables
import Platforms

/// What `status` says, for people and for programs.
struct StatusView {
  /// `nil` when no table of ours runs.
  private let status: RuleStatus?

  init(_ status: RuleStatus?) { self.status = status }

  func text(as form: StatusForm) -> String {
    switch form {
    case .text: lines.joined(separator: "\n") + "\n"
    case .json: encodeJSON(StatusOutput(status))
    case .prometheus: StatusMetrics(status).text
    }
  }

  private var lines: [String] {
    guard let status else { return ["no table inet sallyport runs here"] }
    var lines = [origin(status), status.bootFile.sentence].compactMap(\.self)
    guard let counts = status.counts else {
      return lines + ["what it has counted cannot be read: its listing is not understood"]
    }
    guard !counts.isEmpty else { return lines + ["nothing in it counts connections"] }
    lines.append("")
    return lines + table(counts)
  }

  private func origin(_ status: RuleStatus) -> String {
    guard let change = status.change else {
      var again = ""
      if case .restored(let taken) = status.standing {
        again = ", and it runs again since change \(taken.name) was taken back"
      }
      return "the table inet sallyport runs; no `sallyport apply` made it\(again)"
    }
    let time = status.madeAt.map { " at \(Self.time($0))" } ?? ""
    let made = "the table inet sallyport runs, made by change \(change.name)\(time)"
    return switch status.standing {
    case .confirmed: "\(made), confirmed"
    case .waits(let pending): "\(made)\n\(pending)"
    case .restored(let taken):
      "\(made); it runs again because change \(taken.name) was taken back, and nothing else is kept of it"
    case .unrecorded:
      "\(made); no record of it is here: it was loaded from a file, or its state folder is another one"
    case .unknown(let reason): "\(made); whether it is confirmed is not known: \(printable(reason))"
    }
  }

  /// For example `2026-11-28T02:10:00Z`.
  fileprivate static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }

  private func table(_ counts: [PublicationCounts]) -> [String] {
    func word(_ count: UInt64?) -> String { count.map { "\($0)" } ?? "-" }
    let head = ["", "admitted", "refused", "limited", "data connections"]
    let rows =
      [head]
      + counts.map { count in
        [
          printable((count.isReach ? "reach " : "") + count.names.joined(separator: ", ")), word(count.admitted),
          word(count.refused), word(count.limited), word(count.dataConnections),
        ]
      }
    let widths = head.indices.map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
  }
}

extension RuleStatus.BootState {
  /// `nil` where nobody asked for a file.
  fileprivate var sentence: String? {
    switch self {
    case .notAsked: nil
    case .notWritten(let path): "\(printable(path)) is written once the change is confirmed"
    case .written(let path): "loaded at boot from \(printable(path))"
    case .replaced(let path): "\(printable(path)) holds something else than what `apply --persist` wrote"
    case .unreadable(let path, let reason): "nothing is loaded at boot: \(printable(path)): \(printable(reason))"
    }
  }
}

/// The status for programs.
private struct StatusOutput: Encodable {
  struct Change: Encodable {
    var name: String
    var madeAt: String?
    /// `confirmed`, `waiting`, `restored` after a later change was taken back, or `unknown`.
    var state: String
    /// The change that was taken back.
    var takenBack: String?
    var reason: String?
    var pending: PendingEntry?
  }

  struct Boot: Encodable {
    var file: String
    /// `written`, `not-written`, `replaced` or `unreadable`.
    var state: String
    var reason: String?
  }

  struct Counts: Encodable {
    var kind: String
    var names: [String]
    var admitted: UInt64?
    var refused: UInt64?
    var limited: UInt64?
    var dataConnections: UInt64?

    private enum CodingKeys: CodingKey { case kind, names, admitted, refused, limited, dataConnections }

    /// What is not counted is written as `null`.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(kind, forKey: .kind)
      try container.encode(names, forKey: .names)
      try container.encode(admitted, forKey: .admitted)
      try container.encode(refused, forKey: .refused)
      try container.encode(limited, forKey: .limited)
      try container.encode(dataConnections, forKey: .dataConnections)
    }
  }

  var formatVersion = 1
  /// Whether the table is there.
  var running: Bool
  var change: Change?
  var bootFile: Boot?
  var publications: [Counts]?

  init(_ status: RuleStatus?) {
    running = status != nil
    guard let status else { return }
    change = status.change.map { Change($0, status) }
    bootFile = Boot(status.bootFile)
    publications = status.counts?.map {
      Counts(
        kind: $0.isReach ? "reach" : "publish", names: $0.names, admitted: $0.admitted, refused: $0.refused,
        limited: $0.limited, dataConnections: $0.dataConnections)
    }
  }
}

extension StatusOutput.Change {
  fileprivate init(_ change: Generation, _ status: RuleStatus) {
    self.init(name: change.name, madeAt: status.madeAt.map(StatusView.time), state: "unknown")
    switch status.standing {
    case .confirmed: state = "confirmed"
    case .waits(let change): (state, pending) = ("waiting", PendingEntry(change))
    case .restored(let taken): (state, takenBack) = ("restored", taken.name)
    case .unrecorded: reason = "no record of it is here"
    case .unknown(let failure): reason = failure
    }
  }
}

extension StatusOutput.Boot {
  /// `nil` where nobody asked for a file.
  fileprivate init?(_ state: RuleStatus.BootState) {
    switch state {
    case .notAsked: return nil
    case .notWritten(let path): self.init(file: path, state: "not-written")
    case .written(let path): self.init(file: path, state: "written")
    case .replaced(let path): self.init(file: path, state: "replaced")
    case .unreadable(let path, let reason): self.init(file: path, state: "unreadable", reason: reason)
    }
  }
}
