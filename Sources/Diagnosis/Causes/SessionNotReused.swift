import Evidence
import FTPSession

/// F18, and F20 after transfers that worked: the server wants the TLS session of the control connection on the data
/// connection. Looks alike: any other TLS failure, where the reply names both.
struct SessionNotReused: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.server + encounter.client + encounter.stories {
      if let found = story.findings.first(where: { $0.finding == .sessionNotReused }) {
        return [cause(.proven, [found.event.mark], story)]
      }
      for transfer in story.transfers {
        guard let use = transfer.use, let final = use.final else { continue }
        let meanings = context.replies.filter { $0.matches(final.reply) }.map(\.meaning)
        if meanings.contains(.sessionNotReused) { return [cause(.proven, [final.event.mark], story)] }
        guard meanings.contains(.dataTLSFailed) else { continue }
        return [cause(.likely, [final.event.mark, use.preliminary?.event.mark].compactMap(\.self), story)]
      }
    }
    return []
  }

  private func cause(_ certainty: Certainty, _ marks: [Mark], _ story: Story) -> Found {
    let worked = story.transfers.contains { $0.works && $0.isEncrypted }
    return Found(
      worked ? "F20" : "F18", certainty, .client,
      "the server demands that TLS of the data connection resumes the session of the control connection, and the client did not",
      at: marks,
      remedy:
        "use a client that resumes the session; the server's demand guards data connections, and is only switched off for clients that cannot",
      stage: .dataSecurity)
  }
}
