import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F33: in active mode the server's connection does not reach the client. With both ends it is known where it is lost.
struct ActiveBlocked: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.client + encounter.server + encounter.stories {
      for (index, transfer) in story.transfers.enumerated() where transfer.isActive && transfer.fails {
        // A refused PORT is another failure.
        guard (transfer.request?.final?.reply.code ?? 200) < 400, !transfer.isConnected else { continue }
        return [located(transfer, index, story, encounter)]
      }
    }
    return []
  }

  private func located(_ transfer: Transfer, _ index: Int, _ story: Story, _ encounter: Encounter) -> Found {
    let near = encounter.client.first { $0.isCapture && !($0.secured != nil) }
    let far = encounter.server.first(where: \.isCapture)
    let here = near.flatMap { encounter.counterpart(of: transfer, at: index, of: story, in: $0) }
    let there = far.flatMap { encounter.counterpart(of: transfer, at: index, of: story, in: $0) }
    let marks = transfer.marks + [transfer.use?.final?.event.mark, transfer.request?.event.mark].compactMap(\.self)
    if let there, let sent = there.dials.first {
      if let here, let near, let far, near.isSameConnection(as: far), here.dials.isEmpty, near.isUnfiltered,
        // Only a capture that was still on has nothing because nothing came.
        let dialled = far.offset(sent.event), let length = near.length, length >= dialled
      {
        return cause(
          .proven, .firewall, "the server's connection leaves it and does not reach the client", sent.marks + marks)
      }
      if let here, let arrived = here.dials.first, arrived.failed {
        return cause(
          .proven, .clientFirewall, "the server's connection reaches the client and is not accepted",
          arrived.marks + marks)
      }
      return cause(.likely, .firewall, "the server's connection leaves it and gets no answer", sent.marks + marks)
    }
    return cause(.likely, .firewall, "after PORT no data connection comes about", marks)
  }

  private func cause(_ certainty: Certainty, _ box: Box, _ message: String, _ marks: [Mark]) -> Found {
    Found(
      "F33", certainty, box, message, at: marks,
      remedy: "use passive mode; or let the server's data connections out and the client's firewall let them in",
      word: .active, stage: .dial)
  }
}
