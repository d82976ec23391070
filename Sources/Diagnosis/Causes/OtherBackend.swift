import Evidence
import FTPSession
import PolicySyntax

/// F49: some data connections arrive and some do not, and the ports do not tell which. Looks alike: one port that
/// always fails (F50), a range that is open in part.
struct OtherBackend: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let totals = context.totals
    guard let failed = encounter.main?.transfers.first(where: { $0.port.map { totals.failing[$0] != nil } ?? false }),
      totals.failing.count >= 2, totals.working.count >= 2, totals.failsBetween
    else { return [] }
    return [
      Found(
        "F49", .likely, .path,
        "data connections to \(totals.failing.count) ports fail and to \(totals.working.count) work, all of one range: they are not all led to the same server",
        at: failed.marks,
        remedy:
          "tie the data connections to the machine that has the control connection: a range for each backend, or one backend",
        word: .passiveRange, stage: .dial)
    ]
  }
}
