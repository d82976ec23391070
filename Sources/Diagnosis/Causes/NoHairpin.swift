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
        // Further away the answer may only have gone past the translation.
        let isBeside = near.dialogue.client.address.map { Self.areNeighbours($0, answer.address) } ?? false
        return [cause(isBeside ? .proven : .likely, answer.address, transfer.dials.flatMap(\.marks) + [answer.mark])]
      }
    }
    for far in encounter.server where far.isCapture {
      guard let transfer = far.transfers.first(where: { far.isOfNeighbour($0) }) else { continue }
      return [cause(.likely, nil, transfer.dials.flatMap(\.marks))]
    }
    return []
  }

  /// Whether two addresses are of one network, as these mostly are.
  private static func areNeighbours(_ one: IPAddress, _ other: IPAddress) -> Bool {
    switch (one, other) {
    case (.v4(let one), .v4(let other)): one.value >> 8 == other.value >> 8
    case (.v6(let one), .v6(let other)): one.value >> 64 == other.value >> 64
    default: false
    }
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
