import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F01, hidden or not (F02): a 227 with an address that the client cannot reach.
///
/// Looks alike: a client in the same private network, for which the address is right; a helper that rewrites the reply
/// on its way, so what the server wrote is no proof.
struct UnroutableAnnouncement: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    // Where a helper is to put the address in, the server is right to announce its own.
    if context.countsOnHelper, encounter.isClear { return [] }
    for story in encounter.client {
      for transfer in story.transfers where transfer.mode == .pasv && transfer.fails && !transfer.isConnected {
        guard let offered = transfer.announced?.endpoint?.address, Self.isUnroutable(offered), !transfer.isOfFile
        else { continue }
        // Where sessions in clear work, a helper puts the right address in, which it cannot do in this one (F04).
        if transfer.isEncrypted, context.totals.plainAnnouncements.contains(where: { $0 != offered }) {
          return [Self.blindHelper(offered, transfer)]
        }
        if let other = Self.serversWord(encounter, besides: offered) {
          return [Self.rewritten(offered, other, transfer)]
        }
        return [found(offered, transfer, story.peer ?? encounter.peer)].compactMap(\.self)
      }
      // Under TLS a capture shows the address that is dialled.
      // Other traffic of the same machine may look so, so it is likely at most, and nothing where the client's own log
      // has the replies.
      let isTold = encounter.client.contains { $0.transfers.contains { $0.mode != nil } }
      for transfer in story.transfers where transfer.mode == nil && transfer.fails && !isTold {
        guard let dial = transfer.dials.first(where: { $0.failed }), let address = dial.target.address,
          Self.isUnroutable(address), let peer = story.peer, peer.scope == .global
        else { continue }
        return [Self.cause(.likely, address, dial.marks, "and the client dials it")]
      }
    }
    return fromServer(encounter)
  }

  private func found(_ offered: IPAddress, _ transfer: Transfer, _ peer: IPAddress?) -> Found? {
    let replaced = transfer.findings.first {
      if case .addressReplaced = $0.finding { true } else { $0.finding == .addressGivenUp }
    }
    let dialled = transfer.dials.first { $0.failed && $0.target.address == offered }
    let marks = [transfer.announcedMark, replaced?.event.mark].compactMap(\.self) + (dialled?.marks ?? [])
    if let peer {
      // In a private network of its own the client may well reach it.
      guard peer.scope == .global else {
        return offered != peer && dialled != nil
          ? Self.cause(.likely, offered, marks, "and the client dials it") : nil
      }
      let words =
        replaced != nil ? "and the client says that it puts another in its place" : "and the client dialled \(peer)"
      return Self.cause(.proven, offered, marks, words)
    }
    return Self.cause(replaced == nil ? .likely : .proven, offered, marks, "which the client cannot reach")
  }

  /// Looks alike: a server that announces one address under TLS, and another one without.
  private static func blindHelper(_ offered: IPAddress, _ transfer: Transfer) -> Found {
    Found(
      "F04", .likely, .firewall,
      "under TLS the 227 carries \(offered), which is not reachable from outside, and sessions in clear work: a helper "
        + "rewrites those, and cannot read this one",
      at: transfer.marks,
      remedy:
        "publish the whole passive range, and have the server announce the external address; a helper is no way for TLS",
      word: .passiveRange, stage: .announcement)
  }

  /// The server does not know what becomes of its reply, nor what the client makes of it.
  private func fromServer(_ encounter: Encounter) -> [Found] {
    let clientSees = encounter.client.flatMap(\.transfers).filter { $0.mode == .pasv && $0.announced != nil }
    guard clientSees.isEmpty else { return [] }
    for story in encounter.server {
      for transfer in story.transfers where transfer.mode == .pasv && transfer.fails && !transfer.isConnected {
        guard let offered = transfer.announced?.endpoint?.address, Self.isUnroutable(offered),
          let client = story.dialogue.client.address, client.scope == .global
        else { continue }
        let marks = [transfer.announcedMark].compactMap(\.self)
        return [Self.cause(.likely, offered, marks, "to a client at \(client)")]
      }
    }
    return []
  }

  /// What the server's own side has in its replies to PASV, where that is never what the client reads.
  private static func serversWord(_ encounter: Encounter, besides offered: IPAddress) -> (IPAddress, Mark?)? {
    let all = encounter.server.flatMap(\.transfers).filter { $0.mode == .pasv }
    let written = all.compactMap { transfer in
      transfer.announced?.endpoint?.address.map { (address: $0, mark: transfer.announcedMark) }
    }
    guard let first = written.first, !written.contains(where: { $0.address == offered }) else { return nil }
    return (first.address, first.mark)
  }

  /// The client reads another address than the server wrote: the server is not to blame, if it is one session at all.
  private static func rewritten(_ offered: IPAddress, _ other: (IPAddress, Mark?), _ transfer: Transfer) -> Found {
    Found(
      "F01", .likely, .firewall,
      "the client reads \(offered) in the 227, which is not reachable from outside, and the server wrote \(other.0): what "
        + "stands between puts another address in, or these are two sessions",
      at: [transfer.announcedMark, other.1].compactMap(\.self),
      remedy:
        "take the FTP helper away from the box that rewrites the reply, and publish the passive range there; EPSV carries no address",
      word: .helper, stage: .announcement)
  }

  private static func isUnroutable(_ address: IPAddress) -> Bool {
    address.scope == .privateUse || address.scope == .linkLocal
  }

  private static func cause(_ certainty: Certainty, _ offered: IPAddress, _ marks: [Mark], _ words: String) -> Found {
    Found(
      "F01", certainty, .server,
      "the server announces \(offered) in the 227, which is not reachable from outside, \(words)",
      at: marks,
      remedy:
        "have the server announce the address that clients dial, and publish the passive range; EPSV carries no address",
      word: .externalIP, stage: .announcement)
  }
}
