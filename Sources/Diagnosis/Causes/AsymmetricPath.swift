import Evidence
import FTPSession

/// F62: the SYN reaches the server, and its answer does not reach the client.
struct AsymmetricPath: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for far in encounter.server where far.isCapture {
      for (index, transfer) in far.transfers.enumerated() where !transfer.isActive {
        guard
          let dial = transfer.dials.first(where: {
            $0.result == .timedOut && $0.resultEvent?.mark.text.hasPrefix("SYN/ACK") == true
          })
        else {
          continue
        }
        // A client beside the server, which has the answer, from an address that it did not dial (F40).
        guard !far.isOfNeighbour(transfer) else { continue }
        // A stranger who knocks has no part in it.
        if let client = far.dialogue.client.address, transfer.peers.contains(where: { $0.address != client }) {
          continue
        }
        let near = encounter.client.first { $0.isCapture && $0.isSameConnection(as: far) }
        let here = near.flatMap { encounter.counterpart(of: transfer, at: index, of: far, in: $0) }
        let isLost = here?.dials.contains { $0.result == .timedOut && $0.sequence == dial.sequence } == true
        return [
          Found(
            "F62", isLost ? .proven : .likely, .path,
            "the client's SYN reaches the server, and the server's answer does not reach the client",
            at: dial.marks + (here?.dials.flatMap(\.marks) ?? []),
            remedy:
              "send answers the way the questions came: look at the server's routes, and at a second uplink or a source check on the way",
            stage: .dial)
        ]
      }
    }
    if let record = encounter.records.first(where: { $0.reason == .asymmetric }),
      encounter.stories.contains(where: { $0.transfers.contains { $0.fails } })
    {
      return [
        Found(
          "F62", .likely, .path,
          "the firewall drops packets that come in where the way to their source does not lead", at: [record.mark],
          remedy: "send answers the way the questions came", stage: .dial)
      ]
    }
    return []
  }
}
