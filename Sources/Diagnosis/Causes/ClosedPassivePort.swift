import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F48, F35, F36 where the other mode works, and F04 where plain sessions work: the passive port cannot be reached.
///
/// From the client's side alone it is only likely, for the server's answer may be what is lost (F62), or the host's own
/// firewall may drop it (F51). Proven is where both ends were seen: the SYN leaves the client and does not reach the
/// server, or a firewall's log has it denied.
struct ClosedPassivePort: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    // A log tells which command it was, which a capture of an encrypted session does not.
    let stories = encounter.client.filter { !$0.isCapture } + encounter.client.filter(\.isCapture)
    for story in stories + encounter.stories.filter({ $0.viewpoint == nil }) {
      for (index, transfer) in story.transfers.enumerated() where !transfer.isActive && transfer.fails {
        guard !transfer.isConnected, isReachable(transfer, story.peer ?? encounter.peer),
          isAboutDial(transfer) || isMissed(transfer, context)
        else {
          continue
        }
        // A port that the policy does not publish has to be closed.
        if let range = context.publication?.passiveRange, let port = transfer.port, !range.contains(port) { continue }
        var known = transfer
        known.isEncrypted = !encounter.isClear
        return [locate(known, index, story, encounter, context)].compactMap(\.self)
      }
    }
    return fromServer(encounter, context)
  }

  /// An address that nobody can reach is a failure of its own, and the port was never tried; but for clients that put
  /// the right one in its place.
  private func isReachable(_ transfer: Transfer, _ peer: IPAddress?) -> Bool {
    if transfer.findings.contains(where: { if case .addressReplaced = $0.finding { true } else { false } }) {
      return true
    }
    if let dial = transfer.dials.last, let address = dial.target.address {
      return peer.map { address == $0 } ?? (address.scope == .global)
    }
    guard transfer.mode == .pasv, let offered = transfer.announced?.endpoint?.address else { return true }
    return peer.map { offered == $0 } ?? (offered.scope == .global)
  }

  /// Whether it failed before a data connection was there, and not for a reason that somebody told.
  private func isAboutDial(_ transfer: Transfer) -> Bool {
    if transfer.announced?.endpoint == nil, transfer.dials.isEmpty { return false }
    if transfer.dials.contains(where: \.failed) { return true }
    guard
      transfer.findings.allSatisfy({ if case .addressReplaced = $0.finding { true } else { $0.finding == .stalled } })
    else { return false }
    return transfer.timedOut != nil && transfer.use?.preliminary == nil
  }

  /// Whether the server says that nobody came, where the client has not a word of its own.
  private func isMissed(_ transfer: Transfer, _ context: Context) -> Bool {
    guard let use = transfer.use, use.preliminary == nil, let final = use.final, transfer.findings.isEmpty else {
      return false
    }
    return context.tells(final.reply, .noDataConnection)
  }

  private func locate(
    _ transfer: Transfer, _ index: Int, _ story: Story, _ encounter: Encounter, _ context: Context
  ) -> Found? {
    let marks = transfer.marks
    let port = transfer.port
    if let port,
      let record = encounter.records.first(where: {
        $0.action == .denied && $0.isSYN && $0.leads(to: port)
      })
    {
      return cause(
        .proven, transfer, "the firewall denies the data connection to port \(port)", [record.mark] + marks, context)
    }
    if let port,
      let record = encounter.records.first(where: {
        $0.reason == .noAnswer && $0.leads(to: port)
      })
    {
      return Found(
        "F48", .likely, .server,
        "the firewall lets the data connection to port \(port) through, and nobody answers it",
        at: [record.mark] + marks,
        remedy: "open the passive range in the server's own firewall, and see that the server listens there",
        word: .passiveRange, stage: .dial)
    }
    if let near = encounter.client.first(where: \.isCapture),
      let far = encounter.server.first(where: { $0.isCapture && near.isSameConnection(as: $0) }),
      let dial = dial(of: transfer, index, story, near, encounter)
    {
      return bothEnds(dial, near, far, transfer, context)
    }
    if let dial = transfer.dials.first(where: { if case .rejected = $0.result { true } else { false } }) {
      return cause(
        .likely, transfer, "a box on the way refuses the data connection by ICMP", dial.marks + marks, context)
    }
    let refused = transfer.dials.contains { $0.result == .refused }
    let words =
      refused
      ? "the data connection to port \(port.map(String.init) ?? "?") is refused"
      : "the data connection to port \(port.map(String.init) ?? "?") gets no answer"
    return cause(.likely, transfer, words, marks, context)
  }

  /// The failed dial as the client's capture has it.
  private func dial(of transfer: Transfer, _ index: Int, _ story: Story, _ near: Story, _ encounter: Encounter)
    -> Dial?
  {
    let same =
      near.dialogue.source == story.dialogue.source
      ? transfer : encounter.counterpart(of: transfer, at: index, of: story, in: near)
    return same?.dials.first(where: \.failed)
  }

  private func bothEnds(_ dial: Dial, _ near: Story, _ far: Story, _ transfer: Transfer, _ context: Context) -> Found?
  {
    let all = far.transfers.flatMap(\.dials)
    let same = dial.sequence.flatMap { sequence in all.first { $0.sequence == sequence } }
    let arrived = same ?? all.first { $0.target.port == dial.target.port }
    if let stray = far.dialogue.strays.first(where: {
      $0.sequence == dial.sequence && $0.target.port != dial.target.port
    }) {
      return Found(
        "F14", .proven, .firewall,
        "the client dials port \(dial.target.port.map(String.init) ?? "?"), and its connection reaches the server at \(stray.target.text)",
        at: dial.marks + [stray.mark],
        remedy:
          "translate the ports of the passive range to themselves: no server listens on another port than it announces",
        word: .passiveRange, stage: .dial)
    }
    guard let arrived else {
      // Only a capture that was on at the time, and not of the control connection alone, has nothing because nothing
      // came.
      let isCovered = near.offset(dial.event).flatMap { dialled in far.length.map { $0 >= dialled } } ?? false
      return cause(
        isCovered && far.isUnfiltered ? .proven : .likely, transfer,
        "the client's SYN to port \(dial.target.port.map(String.init) ?? "?") does not reach the server",
        dial.marks + [far.greeting?.event.mark ?? far.dialled?.event.mark].compactMap(\.self), context)
    }
    if arrived.resultEvent?.mark.text.hasPrefix("SYN/ACK") == true { return nil }
    if arrived.result == .refused {
      return Found(
        "F14", .likely, .server,
        "the data connection reaches the server, and nothing listens on port \(dial.target.port.map(String.init) ?? "?")",
        at: arrived.marks + dial.marks,
        remedy: "see that no box changes the port, and that the server still waits when the client dials",
        word: .passiveRange, stage: .dial)
    }
    return Found(
      "F51", .likely, .server, "the data connection reaches the server, and gets no answer there",
      at: arrived.marks + dial.marks,
      remedy: "open the passive range in the server's own firewall", word: .passiveRange, stage: .dial)
  }

  private func fromServer(_ encounter: Encounter, _ context: Context) -> [Found] {
    guard encounter.client.isEmpty else { return [] }
    for story in encounter.server {
      for transfer in story.transfers where transfer.isPassive && !transfer.works && !transfer.isConnected {
        // What else was said about it is another failure.
        guard transfer.findings.allSatisfy({ $0.finding == .stalled }) else { continue }
        let reply = transfer.use?.final
        let isSaid =
          reply.map { final in context.tells(final.reply, .noDataConnection)
          } ?? false
        let isStalled = transfer.findings.contains { $0.finding == .stalled }
        if let port = transfer.port,
          let record = encounter.records.first(where: {
            $0.action == .denied && $0.isSYN && $0.leads(to: port)
          })
        {
          return [
            cause(
              .proven, transfer, "the firewall denies the data connection to port \(port)",
              [record.mark] + transfer.marks, context)
          ]
        }
        guard isSaid || isStalled || transfer.cutOff != nil && transfer.use == nil else { continue }
        let marks = transfer.marks + [reply?.event.mark, transfer.cutOff?.mark].compactMap(\.self)
        return [cause(.likely, transfer, "the server waits for a data connection, and none comes", marks, context)]
      }
    }
    return []
  }

  private func cause(
    _ certainty: Certainty, _ transfer: Transfer, _ message: String, _ marks: [Mark], _ context: Context
  ) -> Found {
    let plainWorks = transfer.isEncrypted && context.totals.plainWorks
    if plainWorks
      || transfer.isEncrypted && context.publication.map({ $0.hasHelper && $0.passiveRange == nil }) == true
    {
      return Found(
        "F04", plainWorks ? certainty : .likely, .firewall,
        message + (plainWorks ? "; sessions in clear work" : "") + ": the helper cannot read this one", at: marks,
        remedy:
          "publish the whole passive range, and have the server announce the external address; a helper is no way for TLS",
        word: .passiveRange, stage: .dial)
    }
    // Where the session is encrypted, a helper that is blind (F04) looks the same, unless there is none, or plain
    // sessions fail as well.
    // Nor can the whole range be closed where another of its ports is open.
    let isSure =
      (!transfer.isEncrypted || context.totals.plainFails || context.publication?.hasHelper == false)
      && !context.countsOnHelper && !context.totals.worksElsewhere(transfer)
    if let other = context.totals.otherModeWorks(transfer) {
      return Found(
        "F36", .likely, .firewall,
        message + "; \(other.command) works: what stands between opens the way for one of the two replies alone",
        at: marks,
        remedy:
          "publish the whole passive range, so that nothing has to read replies; until then use \(other.command)",
        word: .passiveRange, stage: .dial)
    }
    return Found(
      transfer.mode == .epsv ? "F35" : "F48", isSure ? certainty : .likely, .firewall, message, at: marks,
      remedy:
        "publish the passive range on every firewall between client and server, with the same numbers, and translate it where the control port is translated",
      word: .passiveRange, stage: .dial)
  }
}
