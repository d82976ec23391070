import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F42, F44, F56: a 227 with an address that clients could reach, and that they did not dial. A data address of its own
/// may be meant, so without a policy it is never proven.
struct OtherPublicAddress: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.client {
      for transfer in story.transfers where transfer.fails && !transfer.isActive && transfer.mode != .epsv {
        // Where the reply is encrypted, the address that is dialled is the one that was announced.
        let announced = transfer.mode == nil ? transfer.dials.first?.target : transfer.announced?.endpoint
        guard let offered = announced?.address, let peer = story.peer ?? encounter.peer, offered != peer,
          offered.scope == .global, peer.scope == .global, !transfer.isConnected
        else { continue }
        let isOurs = context.publication?.externalAddresses.contains(offered) == true
        let isForeign = context.publication.map { !$0.externalAddresses.isEmpty && !isOurs } ?? false
        return [
          Found(
            isOurs ? "F44" : "F42", isForeign ? .proven : .likely, .server,
            "the server announces \(offered) in the 227, and the client dialled \(peer)", at: transfer.marks,
            remedy:
              "have the server announce the address that clients dial today; a name is often read only when the server starts",
            word: .externalIP, stage: .announcement)
        ]
      }
    }
    return []
  }
}
