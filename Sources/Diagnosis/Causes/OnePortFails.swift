import Evidence
import FTPSession
import PolicySyntax

/// F50: one port fails each time, and the others work.
struct OnePortFails: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    var failures: [UInt16: (count: Int, marks: [Mark])] = [:]
    var working: Set<UInt16> = []
    for story in context.encounters.compactMap(\.main) {
      for transfer in story.transfers where !transfer.isActive {
        guard let port = transfer.port else { continue }
        if transfer.works { working.insert(port) }
        guard transfer.fails, !transfer.isConnected else { continue }
        let before = failures[port] ?? (0, [])
        failures[port] = (before.count + 1, before.marks + transfer.marks)
      }
    }
    guard failures.count == 1, let (port, failure) = failures.first, failure.count >= 2, !working.contains(port),
      working.count >= 2, encounter.main?.transfers.contains(where: { $0.port == port }) == true
    else { return [] }
    return [
      Found(
        "F50", .likely, .path, "port \(port) fails each time, and \(working.count) others work", at: failure.marks,
        remedy: "look for a box that takes port \(port) for something else, and keep it out of the range",
        word: .passiveRange, stage: .dial)
    ]
  }
}
