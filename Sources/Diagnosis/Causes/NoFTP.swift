import Evidence
import FTPSession

/// F70: nobody speaks FTP there. A control connection that is refused or unanswered is told as well, since nothing
/// after it can be.
struct NoFTP: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.client where story.greeting == nil && story.exchanges.isEmpty {
      if let other = Self.spoken(story) {
        return [
          Found(
            "F70", .proven, .client, "whoever answers speaks \(other.name), and no FTP", at: [other.mark],
            remedy: "dial the port of the FTP server; SFTP is another protocol, that of SSH", stage: .greeting)
        ]
      }
      guard let dialled = story.dialled else { continue }
      if story.isCapture, story.secured != nil { continue }
      if dialled.result == .connected, let waited = story.timedOut {
        return [
          Found(
            "F70", .likely, .client, "the server is reached and does not greet",
            at: [dialled.event.mark, waited.mark],
            remedy:
              "dial the right port with the right kind of TLS: implicit TLS waits for the client, as other protocols do",
            stage: .greeting)
        ]
      }
    }
    return []
  }

  private static func spoken(_ story: Story) -> (name: String, mark: Mark)? {
    for found in story.findings {
      if case .otherProtocol(let name) = found.finding { return (name, found.event.mark) }
    }
    return nil
  }
}
