package import Addressing
package import Evidence
package import FTPSession

/// What the evidence comes to: sessions, causes in the order of their weight, and what to fetch next.
package struct Diagnosis: Sendable {
  /// A session in short.
  package struct Session: Sendable {
    /// The piece of evidence that tells it.
    package var source: Int
    /// Where it begins there.
    package var started: Mark?
    package var tls: Encryption
    /// `nil` where no data connection was asked for, or nobody saw it.
    package var mode: DataMode?
    package var family: AddressFamily?
    /// `works`, `broken` or `undecided`, as `explain` says it.
    package var outcome: String
    /// The last thing that was reached: `control`, `greeting`, `login`, `announcement`, `dial`, `data`, `done`.
    package var lastStep: String
  }

  package var files: [EvidenceFile]
  package var sessions: [Session]
  package var causes: [Found]
  /// How many of them are of sessions of which a client has told its side; all where none has.
  var leading: Int
  package var encounters: [Encounter]
  /// What to fetch, with the command, where nothing is certain; empty where something is.
  package var next: [String]
  /// What contradicts itself.
  package var remarks: [String]

  /// Whether anything was understood of any piece of evidence.
  package var isUnderstood: Bool { !encounters.isEmpty || files.contains { !$0.records.isEmpty } }

  /// - Parameters:
  ///   - replies: What replies of known servers tell.
  ///   - publication: What a policy says, where there is one.
  package init(_ files: [EvidenceFile], replies: [KnownReply], publication: PublishedFacts? = nil) {
    let files = withViewpoints(files)
    self.files = files
    let encounters = joined(files)
    self.encounters = encounters
    let isOther = publication.map { Self.isAboutOthers(encounters, $0) } ?? false
    let context = Context(
      replies: replies, totals: SessionTotals(encounters), publication: isOther ? nil : publication)
    // Where a client has told its side, what others did at the same server comes after it.
    let own = encounters.filter { !$0.client.isEmpty }
    let first = Self.found(own.isEmpty ? encounters : own, context)
    let others = own.isEmpty ? [] : Self.found(encounters.filter { $0.client.isEmpty }, context)
    leading = first.count
    causes = first + others.filter { other in !first.contains { $0.failure == other.failure } }
    sessions = encounters.compactMap { Self.session($0) }
    next = []
    remarks = []
    next = nextEvidence(self)
    remarks = contradictions(encounters)
    if isOther {
      remarks.append(
        "no address of the publication is in the evidence: it is about another server, and the policy is left aside")
    }
  }

  /// Whether no address of a server in the evidence is one of the publication.
  private static func isAboutOthers(_ encounters: [Encounter], _ publication: PublishedFacts) -> Bool {
    let known = Set(
      encounters.flatMap(\.stories).flatMap { [$0.peer, $0.dialogue.server.address] }.compactMap(\.self))
    let ours = Set(publication.externalAddresses + publication.serverAddresses)
    return !known.isEmpty && !ours.isEmpty && known.isDisjoint(with: ours)
  }

  private static func found(_ encounters: [Encounter], _ context: Context) -> [Found] {
    ranked(encounters.flatMap { encounter in allCauses.flatMap { $0.find(encounter, context) } })
  }

  /// Each failure once, the surest first, and of those as sure as another in the order in which a session meets them.
  private static func ranked(_ all: [Found]) -> [Found] {
    var kept: [Found] = []
    for found in all {
      if let index = kept.firstIndex(where: { $0.failure == found.failure }) {
        if kept[index].certainty == .likely, found.certainty == .proven { kept[index] = found }
      } else {
        kept.append(found)
      }
    }
    let order = kept.indices.sorted { left, right in
      let (one, other) = (kept[left], kept[right])
      return (one.certainty == .proven ? 0 : 1, one.stage.rawValue, left)
        < (other.certainty == .proven ? 0 : 1, other.stage.rawValue, right)
    }
    return order.map { kept[$0] }
  }

  private static func session(_ encounter: Encounter) -> Session? {
    guard let story = encounter.main else { return nil }
    let transfer = story.transfers.last { $0.fails } ?? story.transfers.last
    let isTLS = encounter.stories.contains { $0.secured != nil }
    let tls: Encryption = isTLS ? (story.isImplicit ? .implicit : .explicit) : .plain
    return Session(
      source: story.dialogue.source, started: story.dialogue.events.first?.mark, tls: tls, mode: transfer?.mode,
      family: (story.peer ?? story.dialogue.client.address)?.family, outcome: outcome(story),
      lastStep: lastStep(story, transfer))
  }

  private static func outcome(_ story: Story) -> String {
    if story.transfers.contains(where: \.fails) { return "broken" }
    if story.transfers.contains(where: \.works) { return "works" }
    let isRefused = story.replies.contains { $0.reply.code >= 400 && [421, 530, 534].contains($0.reply.code) }
    let isTurnedAway =
      !story.auths.isEmpty && story.secured == nil && story.auths.allSatisfy { ($0.final?.reply.code ?? 500) >= 400 }
    if isRefused || isTurnedAway || story.timedOut != nil { return "broken" }
    return "undecided"
  }

  private static func lastStep(_ story: Story, _ transfer: Transfer?) -> String {
    guard let transfer else {
      if story.replies.contains(where: { $0.reply.code == 230 }) { return "login" }
      return story.greeting != nil || !story.exchanges.isEmpty ? "greeting" : "control"
    }
    if transfer.works { return "done" }
    if transfer.isConnected { return "data" }
    if !transfer.dials.isEmpty { return "dial" }
    return transfer.announced != nil ? "announcement" : "login"
  }
}

/// A capture that does not tell its side, beside one that does and in which the server has another address: it is from
/// the other side of what translates between them.
private func withViewpoints(_ files: [EvidenceFile]) -> [EvidenceFile] {
  func servers(_ file: EvidenceFile) -> Set<IPAddress> { Set(file.dialogues.compactMap(\.server.address)) }
  let captures = files.indices.filter { files[$0].dialogues.contains { $0.writes.contains(.packets) } }
  guard captures.count == 2, let open = captures.first(where: { files[$0].viewpoint == nil }),
    let known = captures.first(where: { files[$0].viewpoint != nil }),
    servers(files[open]).isDisjoint(with: servers(files[known]))
  else { return files }
  var files = files
  let side: Viewpoint = files[known].viewpoint == .client ? .server : .client
  files[open].viewpoint = side
  files[open].remarks = []
  for index in files[open].dialogues.indices { files[open].dialogues[index].viewpoint = side }
  return files
}

/// What two pieces of evidence of one session say against each other.
private func contradictions(_ all: [Encounter]) -> [String] {
  var remarks: [String] = []
  for encounter in all where encounter.stories.count > 1 && encounter.join == .alike {
    let sources = encounter.stories.map { $0.dialogue.source }.sorted()
    remarks.append(
      "pieces \(sources.map { "\($0 + 1)" }.joined(separator: " and ")) are taken for one session because they are alike; nothing proves it"
    )
  }
  remarks = remarks.enumerated().filter { !remarks.prefix($0.offset).contains($0.element) }.map(\.element)
  return remarks
}
