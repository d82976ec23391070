import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F15, F16, F17 and, from the client's side, F63: the data connection comes from another address than the control
/// connection. Looks alike: a stranger who tries the port first.
struct PeersDiffer: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let words = said(encounter, context)
    for story in encounter.server where story.isCapture {
      guard let control = story.dialogue.client.address else { continue }
      for transfer in story.transfers where !transfer.works && !transfer.isActive {
        // A connection that never came about was refused by nobody.
        guard let peer = transfer.peers.first(where: { $0.address != control }), transfer.isConnected else {
          continue
        }
        return [
          cause(
            peer.address, control, (words?.evidence ?? []) + [peer.event.mark] + transfer.dials.flatMap(\.marks),
            isSaid: words != nil)
        ]
      }
    }
    return [words].compactMap(\.self)
  }

  private func said(_ encounter: Encounter, _ context: Context) -> Found? {
    for story in encounter.server + encounter.client {
      for found in story.findings {
        guard case .peersDiffer(let data, let control) = found.finding else { continue }
        return cause(data, control, [found.event.mark], isSaid: true)
      }
    }
    for entry in encounter.replies {
      guard context.tells(entry.reply, .peersDiffer) else {
        continue
      }
      // After a 150 the same words tell another failure. Some clients give up first, and take the reply for that to
      // their next command.
      let uses = entry.story.exchanges.filter { exchange in
        exchange.replies.contains { $0.event == entry.event } || exchange.final == nil
      }
      guard !uses.contains(where: { $0.preliminary != nil }) else { continue }
      // In active mode nobody comes to the server, and the same words tell of something else.
      guard entry.story.transfers.contains(where: \.isPassive) || entry.story.transfers.isEmpty else { continue }
      return cause(nil, nil, [entry.event.mark], isSaid: true)
    }
    return nil
  }

  private func cause(_ data: IPAddress?, _ control: IPAddress?, _ marks: [Mark], isSaid: Bool) -> Found {
    let addresses =
      data.flatMap { data in control.map { "\(data) and not from \($0)" } }
      ?? "another address than the control connection"
    let isRoaming = data.map { $0.scope == .global } == true && control.map { $0.scope == .global } == true
    if isRoaming {
      return Found(
        "F63", .likely, .path,
        "the data connection comes from \(addresses): the client's line has several addresses, or a stranger was first",
        at: marks,
        remedy: "keep one address for both connections: one uplink, no carrier NAT with a pool, no VPN for a part",
        stage: .peer)
    }
    return Found(
      "F15", isSaid ? .proven : .likely, .firewall,
      "the server refuses the data connection, because it comes from \(addresses)", at: marks,
      remedy:
        "translate the source of control and data connections alike: keep the client's address on both, or on neither",
      word: .source, stage: .peer)
  }
}
