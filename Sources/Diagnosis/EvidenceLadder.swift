import Addressing
import Evidence
package import FTPSession

extension Diagnosis {
  /// The session that the first cause is about, or the first one, as a picture; `nil` without any session.
  package var ladder: Ladder? {
    let sources = Set(causes.first?.evidence.map(\.source) ?? [])
    let chosen = encounters.first { encounter in
      encounter.stories.contains { story in
        sources.contains(story.dialogue.source)
          && story.dialogue.events.contains { event in causes.first?.evidence.contains(event.mark) == true }
      }
    }
    guard let encounter = chosen ?? encounters.first, let story = encounter.main else { return nil }
    return LadderOfEvidence(encounter: encounter, story: story, causes: causes).ladder
  }
}

/// Draws what one side saw, with what the other side did not see marked as lost.
private struct LadderOfEvidence {
  let encounter: Encounter
  let story: Story
  let causes: [Found]

  var ladder: Ladder {
    var rows: [Ladder.Row] = []
    for event in story.dialogue.events { rows += self.rows(event) }
    // The middle of a long session tells nothing.
    if rows.count > 80 {
      rows = Array(rows.prefix(20)) + [.note("...", column: Role.gateway.column)] + Array(rows.suffix(59))
    }
    let first = causes.first
    let conclusion = first.map { "\($0.failure), \($0.certainty.rawValue): \($0.message)" }
    let works = causes.isEmpty && story.transfers.allSatisfy { !$0.fails }
    return Ladder(
      title: "The session, as the \(story.viewpoint?.rawValue ?? "capture") saw it", rows: rows,
      conclusion: conclusion ?? (works ? "no cause is found" : "nothing is certain"), works: works)
  }

  private func rows(_ event: Event) -> [Ladder.Row] {
    let blame = causes.first.flatMap { cause in
      cause.evidence.contains(event.mark)
        ? Ladder.Row.death("\(cause.failure): \(cause.message)", column: Role.gateway.column) : nil
    }
    let isLastOfEvidence = causes.first?.evidence.last { $0.source == story.dialogue.source } == event.mark
    let verdict = isLastOfEvidence ? [blame].compactMap(\.self) : []
    switch event.what {
    case .command(let command):
      let isLost = isUnseen(command)
      return [.arrow(Ladder.Arrow(from: .client, to: isLost ? .gateway : .server, command.text, isLost: isLost))]
        + verdict
    case .reply(let reply):
      let answered = causes.first?.failure == "F61" && causes.first?.evidence.contains(event.mark) == true
      return [.arrow(Ladder.Arrow(from: answered ? .gateway : .server, to: .client, reply.whole))] + verdict
    case .dataDial(let endpoint, _):
      let isActive = story.transfers.contains { $0.isActive && $0.port == endpoint.port }
      let dial = story.transfers.flatMap(\.dials).first { $0.event == event }
      let isLost = dial?.failed == true
      return [
        .arrow(
          Ladder.Arrow(
            from: isActive ? .server : .client, to: isLost ? .gateway : isActive ? .client : .server,
            "connects to \(endpoint.text)", isLost: isLost, isData: true))
      ] + verdict
    case .dataResult(let result):
      switch result {
      case .connected: return [.note("the data connection is open", column: Role.gateway.column)] + verdict
      case .timedOut: return [.death("the data connection gets no answer", column: Role.gateway.column)] + verdict
      case .refused: return [.death("the data connection is refused", column: Role.gateway.column)] + verdict
      case .unreachable:
        return [.death("the data connection is refused as unreachable", column: Role.gateway.column)] + verdict
      case .reset: return [.death("the data connection is reset", column: Role.gateway.column)] + verdict
      case .rejected(let by, let code):
        return [.death("ICMP, code \(code)\(by.map { ", from \($0)" } ?? ""): refused", column: Role.gateway.column)]
          + verdict
      }
    case .secured(let isData, let isResumed):
      let resumed = isResumed == true ? ", resumed" : ""
      return [
        .note(
          (isData ? "TLS on the data connection" : "TLS on the control connection") + resumed,
          column: Role.gateway.column)
      ] + verdict
    case .timedOut: return [.death("the client waits in vain", column: Role.gateway.column)] + verdict
    case .finding, .dialled, .dataPeer, .dataBytes, .ended: return verdict
    }
  }

  /// Whether the server's side of the session, which has every command, lacks this one.
  private func isUnseen(_ command: FTPCommand) -> Bool {
    guard causes.first?.failure == "F61", command.verb == "AUTH" else { return false }
    return encounter.server.contains { $0.dialogue.writes.contains(.commands) && $0.auths.isEmpty }
  }
}
