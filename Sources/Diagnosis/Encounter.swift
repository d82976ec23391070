import Addressing
import Evidence

/// One session as all evidence of it saw it.
package struct Encounter: Sendable {
  /// How surely two pieces of evidence are of one session.
  package enum Join: Int, Sendable, Comparable {
    /// They are alike.
    case alike
    /// What both saw cannot be of two sessions: the sequence number, the client's port, or all that was said.
    case certain

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  package var stories: [Story]
  var join = Join.certain
  /// Lines of firewalls' logs about this session.
  var records: [FirewallRecord] = []

  var client: [Story] { stories.filter(\.isOfClient) }
  var server: [Story] { stories.filter(\.isOfServer) }

  /// Whether it is known to be in clear. What the client's side saw from the greeting on decides, since some logs of
  /// servers have several sessions in one; else a log that has no word of TLS beside one that has is of an encrypted
  /// session.
  var isClear: Bool {
    let whole = client.filter { story in
      story.secured != nil || story.greeting != nil && story.dialogue.writes.contains(.commands)
    }
    return (whole.isEmpty ? stories : whole).allSatisfy { story in
      story.secured == nil && story.auths.allSatisfy { ($0.final?.reply.code ?? 0) >= 400 }
    }
  }

  /// The address that the client dialled, whoever tells it.
  var peer: IPAddress? { client.compactMap(\.peer).first }

  /// The story that people tell: what the client saw, else what there is.
  package var main: Story? { client.first { !$0.isCapture } ?? client.first ?? stories.first }

  /// Every reply that anybody saw.
  var replies: [(reply: FTPReply, event: Event, story: Story)] {
    stories.flatMap { story in story.replies.map { ($0.reply, $0.event, story) } }
  }

  /// The transfer that another story tells of as well: the same port, else the same place in the order, where both
  /// have as many.
  func counterpart(of transfer: Transfer, at index: Int, of story: Story, in other: Story) -> Transfer? {
    if let port = transfer.port, let same = other.transfers.first(where: { $0.port == port }) { return same }
    guard story.transfers.count == other.transfers.count, other.transfers.indices.contains(index) else { return nil }
    return other.transfers[index]
  }
}

/// Puts what several pieces of evidence tell into sessions.
func joined(_ files: [EvidenceFile]) -> [Encounter] {
  var all: [Encounter] = []
  // Captures join surest, so they come first.
  let order = files.indices.sorted { (isCapture(files[$0]) ? 0 : 1, $0) < (isCapture(files[$1]) ? 0 : 1, $1) }
  for index in order {
    var free = Set(all.indices)
    for dialogue in files[index].dialogues {
      let story = StoryTeller.tell(dialogue)
      // What no session stands in.
      guard
        !story.exchanges.isEmpty || story.greeting != nil || story.dialled != nil || !story.transfers.isEmpty
          || !story.findings.isEmpty
      else {
        continue
      }
      let best = free.sorted().compactMap { candidate in
        all[candidate].likeness(story).map { (candidate, $0.score, $0.join) }
      }.max { ($0.1, -$0.0) < ($1.1, -$1.0) }
      if let best {
        free.remove(best.0)
        all[best.0].stories.append(story)
        all[best.0].join = min(all[best.0].join, best.2)
      } else {
        all.append(Encounter(stories: [story]))
      }
    }
  }
  let records = FirewallRecords(files.flatMap(\.records))
  for index in all.indices { all[index].records = records.about(all[index]) }
  return all
}

private func isCapture(_ file: EvidenceFile) -> Bool {
  file.dialogues.contains { $0.writes.contains(.packets) }
}

extension Encounter {
  /// How alike a story is to those that are here; `nil` where it is of another session.
  fileprivate func likeness(_ story: Story) -> (score: Double, join: Join)? {
    var best: (score: Double, join: Join)?
    for known in stories where known.dialogue.source != story.dialogue.source {
      guard let likeness = known.likeness(story) else { continue }
      if likeness.score > best?.score ?? 0 { best = likeness }
    }
    return best
  }
}

extension Story {
  fileprivate func likeness(_ other: Story) -> (score: Double, join: Encounter.Join)? {
    if let mine = dialogue.sequence, let theirs = other.dialogue.sequence {
      if mine == theirs { return (10, .certain) }
      // A box that ends TCP has numbers of its own; two captures of one side have not.
      if viewpoint == other.viewpoint { return nil }
    }
    if let mine = dialogue.client.port, let theirs = other.dialogue.client.port, mine == theirs,
      dialogue.client.address == other.dialogue.client.address
    {
      return (9, .certain)
    }
    // Two logs from one side have one port of the client; a capture may be from the other side of what changes it.
    if viewpoint == other.viewpoint, !isCapture, !other.isCapture, let mine = dialogue.client.port,
      let theirs = other.dialogue.client.port,
      mine != theirs
    {
      return nil
    }
    if let mine = login, let theirs = other.login, mine != theirs { return nil }
    let mine = comparable(with: other)
    let theirs = other.comparable(with: self)
    let ports = (announcedPorts, other.announcedPorts)
    let sharesPort = zip(ports.0, ports.1).contains { $0 == $1 }
    if mine.isEmpty, theirs.isEmpty { return bothSilent(other) ? (0.6, .alike) : nil }
    let common = longestCommon(mine, theirs)
    let ratio = Double(2 * common) / Double(mine.count + theirs.count)
    let isWhole = mine == theirs && mine.count >= 3
    guard ratio >= 0.6 || sharesPort else { return nil }
    return (ratio + (sharesPort ? 2 : 0), isWhole && sharesPort ? .certain : .alike)
  }

  /// The class of the server's last word to a login, the first digit of its reply: who was let in and who was not are
  /// of different sessions.
  private var login: Int? {
    exchanges.last { $0.command.verb == "PASS" }?.final.map { $0.reply.code / 100 }
  }

  /// Commands that both can have seen: not AUTH, which a box between may keep to itself, nor what TLS hides from one.
  private func comparable(with other: Story) -> [String] {
    let isHidden = isCapture && secured != nil || other.isCapture && other.secured != nil
    let plain = isHidden ? exchanges.prefix { $0.command.verb != "AUTH" } : exchanges[...]
    return plain.filter { !["AUTH", "PASS", "QUIT", "ABOR", "NOOP", "OPTS", "ADAT"].contains($0.command.verb) }
      .prefix(400).map(\.command.verb)
  }

  private var announcedPorts: [UInt16] { transfers.compactMap { $0.isPassive ? $0.announced?.endpoint?.port : nil } }

  /// Two stories in which nobody says anything that could be compared are alike when both are over at once, or both
  /// went on encrypted.
  private func bothSilent(_ other: Story) -> Bool {
    (secured == nil) == (other.secured == nil) || auths.isEmpty != other.auths.isEmpty
  }
}

/// The length of the longest common subsequence.
private func longestCommon(_ left: [String], _ right: [String]) -> Int {
  var row = [Int](repeating: 0, count: right.count + 1)
  for word in left {
    var diagonal = 0
    for (position, other) in right.enumerated() {
      let above = row[position + 1]
      row[position + 1] = word == other ? diagonal + 1 : max(above, row[position])
      diagonal = above
    }
  }
  return row.last ?? 0
}
