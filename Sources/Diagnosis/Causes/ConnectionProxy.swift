import Evidence
import FTPSession
import PolicySyntax

/// F57: a box ends the control connection and opens another one, and knows nothing of data connections. Told by both
/// ends: the same passive port was announced, and the connections have different sequence numbers, which NAT keeps.
struct ConnectionProxy: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let announced = Set(encounter.server.flatMap(\.passive).compactMap { $0.announced?.endpoint?.port })
    guard let near = encounter.client.first(where: \.isCapture),
      let far = encounter.server.first(where: \.isCapture)
        ?? encounter.stories.last(where: { $0.isCapture && $0.dialogue.source != near.dialogue.source }),
      let mine = near.dialogue.sequence, let theirs = far.dialogue.sequence, mine != theirs,
      let failed = encounter.client.flatMap(\.transfers).first(where: { $0.isPassive && $0.fails && !$0.isConnected }
      ),
      let port = failed.port, announced.contains(port),
      !far.transfers.contains(where: { !$0.dials.isEmpty })
    else { return [] }
    return [
      Found(
        "F57", .likely, .path,
        "something between ends the control connection and opens one of its own, and the data connection to port \(port) does not reach the server",
        at: [near.dialled?.event.mark, far.dialled?.event.mark].compactMap(\.self) + failed.marks,
        remedy:
          "a proxy of connections needs an entry for each port of the passive range; translate control port and range instead",
        word: .passiveRange, stage: .dial)
    ]
  }
}
