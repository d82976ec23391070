import Evidence
import FTPSession

/// F47: the control connection is forgotten during a long transfer. Only a firewall that says so proves it.
struct IdleTimer: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let control = context.publication?.controlPort ?? 21
    let ports = Set(encounter.stories.compactMap(\.dialogue.server.port) + [control, 21])
    guard
      let record = encounter.records.first(where: { record in
        record.reason == .idle && ports.contains { record.leads(to: $0) }
      })
    else { return [] }
    let isCut = encounter.stories.contains { story in
      story.timedOut != nil || story.transfers.contains { $0.bytes > 0 && $0.use?.final == nil }
    }
    guard isCut else { return [] }
    return [
      Found(
        "F47", encounter.concerns(record) ? .proven : .likely, .firewall,
        "the firewall forgets the control connection, because nothing is said on it during a transfer",
        at: [record.mark],
        remedy:
          "make the idle timer of the firewall longer than the longest transfer, or have client or server send keepalives",
        stage: .end)
    ]
  }
}
