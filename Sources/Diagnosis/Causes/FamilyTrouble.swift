import Evidence
import FTPSession

/// F37, F38, F69: the command is of one family of addresses, and the connection of the other.
struct FamilyTrouble: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      for transfer in story.transfers {
        guard let request = transfer.request, let final = request.final else { continue }
        let meanings = context.replies.filter { $0.matches(final.reply) }.map(\.meaning)
        let marks = [request.event.mark, final.event.mark]
        if meanings.contains(.noPASVOverIPv6) {
          return [
            cause(
              "F37", .client, "PASV is asked for where the control connection is IPv6", marks,
              "use EPSV, and open the passive range for IPv6 too")
          ]
        }
        if meanings.contains(.wrongFamily) {
          return [
            cause(
              "F38", .path, "the server is asked to use another family of addresses than the connection's", marks,
              "use EPSV or PASV as the connection's family wants; a translator between the families must know FTP")
          ]
        }
        if transfer.mode == .pasv, final.reply.code == 229 {
          return [
            cause(
              "F69", .path, "PASV is answered by 229: something between translates FTP between the families", marks,
              "use EPSV")
          ]
        }
      }
    }
    return []
  }

  private func cause(_ failure: String, _ box: Box, _ message: String, _ marks: [Mark], _ remedy: String) -> Found {
    Found(failure, .proven, box, message, at: marks, remedy: remedy, stage: .announcement)
  }
}
