import Evidence
import FTPSession
import PolicySyntax

/// F61: a box between answers AUTH itself. The FTP filter of ISA Server and TMG says `550 Access is denied` to AUTH TLS
/// and to AUTH SSL; strict inspection of an ASA ends the connection.
///
/// Proven when the server's side of the same session, seen by something that has every command, lacks AUTH. Looks
/// alike: a server without TLS, whose refusal its own side has.
struct MiddleboxAnswersAUTH: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.client {
      let auths = story.auths
      guard !auths.isEmpty, story.secured == nil else { continue }
      let refusals = auths.compactMap(\.final).filter { $0.reply.code >= 400 }
      let isCut = refusals.isEmpty && encounter.client.contains { $0.ended != nil || $0.timedOut != nil }
      guard refusals.count == auths.count || isCut else { continue }
      let marks = auths.map(\.event.mark) + refusals.map(\.event.mark)
      let isFilters =
        !refusals.isEmpty
        && refusals.allSatisfy { $0.reply.code == 550 && $0.reply.text.lowercased().contains("access is denied") }
      if let server = lacking(encounter, context, story) {

        // In other words than the filter's own, only where it is certain that both are of one session.
        let isSure =
          isFilters && story.greeting != nil || encounter.join == .certain
          || story.greeting != nil && story.greeting?.reply.lines == server.greeting?.reply.lines
        return [answered(isSure ? .proven : .likely, refusals.first?.reply, marks, server, encounter)]

      }
      if let record = inspection(encounter) {
        return [
          cause(
            .proven, "the firewall's own log says that its FTP inspection ended the session at AUTH", [record] + marks
          )
        ]
      }
      // One's own words for a refusal are a server's: only the filter's own sentence is a sign.
      guard isFilters else { return [] }
      return [
        cause(
          .likely,
          "AUTH is answered by `\(refusals.first?.reply.whole ?? "")`, the words of an FTP filter of a firewall, not of an FTP server",
          marks)
      ]
    }
    return []
  }

  /// The server's side, where it has the session and not the command.
  private func lacking(_ encounter: Encounter, _ context: Context, _ story: Story) -> Story? {
    // Nowhere on the server's side is there any AUTH, so whichever session it is, it did not get there.
    guard !context.totals.serverHasAUTH else { return nil }
    return encounter.server.first { server in
      guard server.dialogue.writes.contains(.commands) else { return false }
      // A log that has written commands at all, and a capture from its first packet on.
      guard
        server.isCapture || context.totals.sourcesWithCommands.contains(server.dialogue.source)
      else { return false }
      guard let mine = story.greeting?.reply.lines.first, let theirs = server.greeting?.reply.lines.first else {
        return true
      }
      return mine == theirs || !server.isCapture || isMasked(mine)
    }
  }

  /// A banner of stars is one that an inspection has masked.
  private func isMasked(_ banner: String) -> Bool { banner.count > 3 && banner.allSatisfy { $0 == "*" } }

  /// A line of the firewall that says what it did with this connection.
  private func inspection(_ encounter: Encounter) -> Mark? {
    encounter.records.first { record in
      guard case .unknownCommand(let command) = record.reason else { return false }
      return command.uppercased() == "AUTH"
    }?.mark
  }

  private func answered(
    _ certainty: Certainty, _ reply: FTPReply?, _ marks: [Mark], _ server: Story, _ encounter: Encounter
  ) -> Found {
    let seen = server.greeting?.event.mark ?? server.dialled?.event.mark ?? server.exchanges.first?.event.mark
    let killed = encounter.records.first { $0.reason == .inspection && $0.leads(to: 21) }?.mark
    let answer = reply.map { "answered AUTH with `\($0.whole)`" } ?? "ended the connection at AUTH"
    return cause(
      certainty, "a box between \(answer) itself: the server has the session, and never saw the command",
      marks + [seen, killed].compactMap(\.self))
  }

  private func cause(_ certainty: Certainty, _ message: String, _ marks: [Mark]) -> Found {
    Found(
      "F61", certainty, .firewall, message, at: marks,
      remedy:
        "publish the service with a protocol of its own for port 21, without the FTP filter, and with the fixed passive range; "
        + "or switch the filter off for this rule. The listing works only once the passive range is published as well",
      word: .helper, stage: .security)
  }
}
