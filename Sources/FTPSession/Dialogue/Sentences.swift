extension Loss {
  /// What happened, as the end of a sentence that begins with what was lost.
  package var sentence: String {
    switch self {
    case .dropped(let citation): "is dropped: \(citation.text)"
    case .rejected(let citation): "is rejected: \(citation.text)"
    case .undecided(let citation, let reason): "cannot be judged (\(reason)): \(citation.text)"
    case .helperDropped(let reason): "is dropped by the helper: \(reason)"
    case .unanswered(let reason), .refused(let reason), .noRoute(let reason), .unexpected(let reason):
      "gets nowhere: \(reason)"
    }
  }
}

extension Ending {
  /// Why a session ended, in one sentence; empty for one that works.
  package var sentence: String {
    switch self {
    case .works: ""
    case .refusedByServer(let reason): reason
    case .lost(let what, let loss): "\(what) \(loss.sentence)"
    }
  }
}
