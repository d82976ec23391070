import Evidence
import FTPSession

/// F47: the control connection is forgotten during a long transfer. Only a firewall that says so proves it; where the
/// server says that the transfer is complete and the client never hears it, it is likely.
struct IdleTimer: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let said = forgotten(encounter, context)
    return said.isEmpty ? unheard(encounter) : said
  }

  private func unheard(_ encounter: Encounter) -> [Found] {
    for near in encounter.client {
      for transfer in near.transfers {
        guard let use = transfer.use, use.final == nil, use.preliminary != nil || transfer.bytes > 0,
          let waited = encounter.client.compactMap(\.timedOut).first,
          // Whoever saw it all had to see the reply.
          near.dialogue.writes.contains(.replies)
        else { continue }
        for far in encounter.server {
          guard
            let done = far.transfers.last(where: { $0.use?.command.verb == use.command.verb && $0.works }),
            far.transfers.count(where: \.works) > near.transfers.count(where: \.works), let final = done.use?.final
          else { continue }
          return [
            Found(
              "F47", .likely, .path,
              "the server says that the transfer is complete, and the client never hears it: a box between has forgotten the control connection meanwhile",
              at: [final.event.mark, use.event.mark, waited.mark],
              remedy:
                "make the idle timers on the way longer than the longest transfer, or have client or server send keepalives",
              stage: .end)
          ]
        }
      }
    }
    return []
  }

  private func forgotten(_ encounter: Encounter, _ context: Context) -> [Found] {
    let control = context.publication?.controlPort ?? 21
    let ports = Set(encounter.stories.compactMap(\.dialogue.server.port) + [control, 21])
    guard
      let record = encounter.records.first(where: { record in
        record.reason == .idle && ports.contains { record.leads(to: $0) }
      })
    else { return [] }
    let isCut = encounter.stories.contains { story in
      story.transfers.contains { $0.isConnected && $0.use?.final == nil && ($0.bytes > 0 || story.timedOut != nil) }
    }
    guard isCut else { return [] }
    return [
      Found(
        "F47", .proven, .firewall,
        "the firewall forgets the control connection, because nothing is said on it during a transfer",
        at: [record.mark],
        remedy:
          "make the idle timer of the firewall longer than the longest transfer, or have client or server send keepalives",
        stage: .end)
    ]
  }
}
