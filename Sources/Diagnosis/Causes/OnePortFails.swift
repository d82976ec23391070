import Evidence
import FTPSession
import PolicySyntax

/// F50: one port fails each time, and the others work.
struct OnePortFails: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let totals = context.totals
    guard totals.failing.count == 1, let (port, failure) = totals.failing.first, failure.count >= 2,
      !totals.working.contains(port), totals.working.count >= 2,
      encounter.main?.transfers.contains(where: { $0.port == port }) == true
    else { return [] }
    return [
      Found(
        "F50", .likely, .path, "port \(port) fails each time, and \(totals.working.count) others work",
        at: failure.marks,
        remedy: "look for a box that takes port \(port) for something else, and keep it out of the range",
        word: .passiveRange, stage: .dial)
    ]
  }
}
