import Addressing
package import Evidence
import FTPSession
package import PolicySyntax

/// Who has to change something.
package enum Box: String, Hashable, Sendable {
  case client
  case clientFirewall = "client-firewall"
  /// A network or a box between the firewalls.
  case path
  case firewall, server
}

/// How sure it is. *Proven* excludes everything that looks alike.
package enum Certainty: String, Hashable, Sendable {
  case proven, likely
}

/// A cause that the evidence shows.
package struct Found: Hashable, Sendable {
  /// A number of the failure catalogue, for example `F04`.
  package var failure: String
  package var certainty: Certainty
  package var box: Box
  /// One sentence, lower case, no final period.
  package var message: String
  /// Where it stands, the strongest first.
  package var evidence: [Mark]
  /// What the people in charge of the box do.
  package var remedy: String
  /// The statement of the policy that decides about it.
  package var word: PublishWord?
  /// How far the session had come, to tell causes in the order in which they are met.
  package var stage: Stage

  package enum Stage: Int, Sendable, Comparable {
    case control, greeting, security, login, announcement, dial, peer, dataSecurity, transfer, end

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  init(
    _ failure: String, _ certainty: Certainty, _ box: Box, _ message: String, at evidence: [Mark], remedy: String,
    word: PublishWord? = nil, stage: Stage
  ) {
    self.failure = failure
    self.certainty = certainty
    self.box = box
    self.message = message
    var seen: Set<Mark> = []
    self.evidence = Array(evidence.filter { seen.insert($0).inserted }.prefix(8))
    self.remedy = remedy
    self.word = word
    self.stage = stage
  }
}

/// One failure of the catalogue, or a few that only the same signs show. One file in `Causes/` and one line in
/// `allCauses`.
protocol Cause: Sendable {
  /// What of it the evidence shows; nothing where it shows nothing.
  func find(_ encounter: Encounter, _ context: Context) -> [Found]
}

/// What causes need beside the session.
package struct Context: Sendable {
  var replies: [KnownReply]
  /// For causes that need several sessions.
  var totals: SessionTotals
  var publication: PublishedFacts?
}

extension Context {
  /// Whether a reply is one whose words tell one of these.
  func tells(_ reply: FTPReply, _ meanings: ReplyMeaning...) -> Bool {
    replies.contains { meanings.contains($0.meaning) && $0.matches(reply) }
  }

  /// The first reply of a session that tells this.
  func reply(telling meaning: ReplyMeaning, in encounter: Encounter) -> Mark? {
    encounter.replies.first { tells($0.reply, meaning) }?.event.mark
  }
}

extension Encounter {
  /// Where somebody says this in words of their own.
  func place(of finding: Finding) -> Mark? {
    stories.lazy.flatMap(\.findings).first { $0.finding == finding }?.event.mark
  }

  /// Data connections that captures of both ends have, by the sequence number of a SYN.
  var seenAtBothEnds: [(near: Transfer, far: Transfer, dial: Dial)] {
    var pairs: [(near: Transfer, far: Transfer, dial: Dial)] = []
    for near in client where near.isCapture {
      for far in server where far.isCapture && near.isSameConnection(as: far) {
        for transfer in near.transfers {
          for dial in transfer.dials where dial.sequence != nil {
            let other = far.transfers.first { $0.dials.contains { $0.sequence == dial.sequence } }
            if let other { pairs.append((transfer, other, dial)) }
          }
        }
      }
    }
    return pairs
  }
}
