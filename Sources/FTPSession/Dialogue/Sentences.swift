extension Loss {
  /// What happened, as the end of a sentence that begins with what was lost.
  package var sentence: String {
    switch self {
    case .dropped(let citation): "is dropped: \(citation.text)"
    case .rejected(let citation): "is rejected: \(citation.text)"
    case .undecided(let citation, let reason): "cannot be judged (\(reason)): \(citation.text)"
    case .helperDropped(let reason): "is dropped by the helper: \(reason)"
    case .answered(let reply, let helper):
      "never reaches the server: the \(helper) answers `\(reply)` and ends the connection"
    case .unanswered(let reason), .refused(let reason), .noRoute(let reason), .unexpected(let reason):
      "gets nowhere: \(reason)"
    case .unresolved(let citation, let reason): "gets nowhere: \(reason): \(citation.text)"
    case .unknown(let reason): "cannot be judged: \(reason)"
    }
  }
}

extension Loss {
  /// The loss with the name of the gateway where it happened, which a citation has already.
  func located(_ gateway: String) -> Loss {
    func placed(_ reason: String) -> String {
      reason.contains(gateway) ? reason : "\(reason), at \(gateway)"
    }
    return switch self {
    case .dropped, .rejected, .undecided, .unresolved: self
    case .helperDropped(let reason): .helperDropped(reason: placed(reason))
    case .answered(let reply, let helper):
      .answered(reply, by: helper.replacing("the gateway", with: gateway))
    case .unanswered(let reason): .unanswered(reason: placed(reason))
    case .refused(let reason): .refused(reason: placed(reason))
    case .noRoute(let reason): .noRoute(reason: placed(reason))
    case .unexpected(let reason): .unexpected(reason: placed(reason))
    case .unknown(let reason): .unknown(reason: placed(reason))
    }
  }
}

extension Ending {
  /// Why a session ended, in one sentence; empty for one that works.
  package var sentence: String {
    switch self {
    case .works: ""
    case .refusedByServer(let reason): reason
    case .lost(let what, let loss): "\(what.phrase) \(loss.sentence)"
    }
  }
}

extension Performance {
  /// Why the session ended, and what led there, in one sentence; empty for one that works.
  package var sentence: String {
    guard case .lost(let what, _) = ending, what.isData else { return ending.sentence }
    return ending.sentence + (background.map { "; \($0)" } ?? "")
  }

  /// What went wrong before the data connection was opened.
  private var background: String? {
    for step in steps {
      for case (let station, .announcementIgnored(let address)) in step.placedEvents {
        return
          "\(helper(at: station)) made nothing of the announcement, because \(address) is not the sender's own address"
      }
    }
    let events = steps.lazy.flatMap(\.events)
    let isHelped = events.contains { if case .helperAssigned = $0 { true } else { false } }
    let isRead = events.contains { if case .expectationMade = $0 { true } else { false } }
    if isHelped, !isRead, session.encryption != .plain {
      return "the helper cannot read an encrypted control connection"
    }
    guard !isRead || layout.count > 1, session.mode == .pasv,
      let reply = steps.last(where: { $0.text.hasPrefix("227") }),
      let announced = PassiveText.addressAndPort(reply.arrived ?? reply.text), announced.address != session.dialled
    else { return nil }
    guard !isRead else { return "the client is told \(announced.address), which is not what it dialled" }
    return "the server announces \(announced.address), and nothing rewrites it"
  }

  private func helper(at station: Station) -> String {
    guard case .gateway(let hop) = station, !layout.names.isEmpty else { return "the helper" }
    return "the helper of \(layout.phrase(hop))"
  }
}
