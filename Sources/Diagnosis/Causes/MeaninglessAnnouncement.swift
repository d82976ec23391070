import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F03: an address in the 227 that means the client itself, or nobody.
struct MeaninglessAnnouncement: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      for transfer in story.transfers where transfer.mode == .pasv && !transfer.works && !transfer.isConnected {
        guard !transfer.isOfFile else { continue }
        guard let offered = transfer.announced?.endpoint?.address,
          [.loopback, .unspecified, .multicast, .reserved].contains(offered.scope),
          // On the server itself it may be right.
          story.peer?.scope != .loopback, story.dialogue.client.address?.scope != .loopback
        else { continue }
        let knowsPeer = story.peer != nil || story.dialogue.client.address != nil
        return [
          Found(
            "F03", knowsPeer ? .proven : .likely, .server,
            "the server announces \(offered) in the 227: no client can reach it there", at: transfer.marks,
            remedy:
              "have the server announce the address that clients dial; a name in its place must not lead to the machine itself",
            word: .externalIP, stage: .announcement)
        ]
      }
    }
    return []
  }
}
