import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F40: a client inside dials the external address, and the server answers it directly, from an address that it did not
/// dial. Looks alike: an answer that goes past the translation on another way (F62), where the client is outside.
struct NoHairpin: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for near in encounter.client where near.dialogue.client.address.map({ $0.scope == .privateUse }) == true {
      for transfer in near.transfers where !transfer.isActive {
        guard let answer = transfer.otherAnswer, answer.address.scope == .privateUse else { continue }
        return [cause(.proven, answer.address, transfer.dials.flatMap(\.marks) + [answer.mark])]
      }
    }
    for far in encounter.server where far.isCapture {
      guard let transfer = far.transfers.first(where: { far.isOfNeighbour($0) }) else { continue }
      return [cause(.likely, nil, transfer.dials.flatMap(\.marks))]
    }
    return []
  }

  private func cause(_ certainty: Certainty, _ address: IPAddress?, _ marks: [Mark]) -> Found {
    Found(
      "F40", certainty, .firewall,
      "the client stands beside the server, which answers the data connection directly"
        + (address.map { ", from \($0)" } ?? "") + ": the client never dialled that address",
      at: marks,
      remedy:
        "translate the source of connections from inside to the passive range too (hairpin), or give clients inside a name that leads to the server itself",
      word: .hairpin, stage: .dial)
  }
}

extension Transfer {
  /// The address that answered in the place of the one that was dialled.
  var otherAnswer: (address: IPAddress, mark: Mark)? {
    for found in findings {
      if case .answeredByOther(let address) = found.finding { return (address, found.event.mark) }
    }
    return nil
  }
}

extension Story {
  /// Whether the data connection comes from a private address, while the control connection of the same session was
  /// given another private one on its way: both ends are inside. Its SYN/ACK gets no answer then.
  func isOfNeighbour(_ transfer: Transfer) -> Bool {
    guard let control = dialogue.client.address, control.scope == .privateUse else { return false }
    return transfer.peers.contains { $0.address != control && $0.address.scope == .privateUse }
      && transfer.dials.contains { $0.result == .timedOut }
  }
}
