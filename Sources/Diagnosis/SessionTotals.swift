import Addressing
import Evidence
import FTPSession

/// What the sessions of all evidence come to together, counted once: causes that compare sessions look here.
struct SessionTotals: Sendable {
  /// Ports to which passive data connections work, by the command that asked for them.
  private var clear: [DataMode: Set<UInt16>] = [:]
  private var encrypted: [DataMode: Set<UInt16>] = [:]
  /// Whether a passive data connection of a session in clear fails before it is there.
  private(set) var plainFails = false
  /// The addresses in replies to PASV of sessions in clear whose data connections work.
  private(set) var plainAnnouncements: Set<IPAddress> = []
  /// Each session counted as it is told: ports to which passive data connections work, and those that fail before they
  /// are there, with how often and where it stands.
  private(set) var working: Set<UInt16> = []
  private(set) var failing: [UInt16: (count: Int, marks: [Mark])] = [:]
  /// Whether a port that fails lies between ports that work.
  private(set) var failsBetween = false
  /// The ports in replies to PASV and EPSV, as clients read them and as servers wrote them.
  private(set) var portsAtClients: Set<UInt16> = []
  private(set) var portsAtServers: Set<UInt16> = []
  /// Whether a server's side anywhere has `AUTH`, or TLS.
  private(set) var serverHasAUTH = false
  /// The pieces of evidence of a server's side that have commands.
  private(set) var sourcesWithCommands: Set<Int> = []

  init(_ encounters: [Encounter]) {
    for encounter in encounters {
      let isClear = encounter.isClear
      for story in encounter.stories {
        for transfer in story.transfers { count(transfer, isClear: isClear) }
        let ports = story.passive.compactMap { $0.announced?.endpoint?.port }
        if story.isOfClient { portsAtClients.formUnion(ports) }
        if story.isOfServer { portsAtServers.formUnion(ports) }
      }
      for story in encounter.server {
        if !story.auths.isEmpty || story.secured != nil { serverHasAUTH = true }
        if !story.exchanges.isEmpty { sourcesWithCommands.insert(story.dialogue.source) }
      }
      for transfer in encounter.main?.transfers ?? [] where transfer.isPassive { told(transfer) }
    }
    if let low = working.min(), let high = working.max() {
      failsBetween = failing.keys.contains { $0 > low && $0 < high }
    }
  }

  private mutating func count(_ transfer: Transfer, isClear: Bool) {
    guard transfer.isPassive, let mode = transfer.mode else { return }
    if isClear, transfer.fails, !transfer.isConnected { plainFails = true }
    guard transfer.works else { return }
    let port = transfer.port ?? 0
    if !isClear {
      encrypted[mode, default: []].insert(port)
    } else {
      clear[mode, default: []].insert(port)
      if mode == .pasv, let address = transfer.announced?.endpoint?.address { plainAnnouncements.insert(address) }
    }
  }

  private mutating func told(_ transfer: Transfer) {
    guard let port = transfer.port else { return }
    if transfer.works { working.insert(port) }
    guard transfer.fails, !transfer.isConnected else { return }
    let before = failing[port] ?? (0, [])
    failing[port] = (before.count + 1, before.count < 4 ? before.marks + transfer.marks : before.marks)
  }

  /// Whether a passive data connection of a session in clear works.
  var plainWorks: Bool { clear.values.contains { !$0.isEmpty } }

  /// Whether a passive data connection to another port works, of sessions that are encrypted as this one is.
  func worksElsewhere(_ transfer: Transfer) -> Bool {
    (transfer.isEncrypted ? encrypted : clear).values.contains { $0.contains { $0 != transfer.port } }
  }

  /// The other command for a passive port, where it alone works.
  func otherModeWorks(_ transfer: Transfer) -> DataMode? {
    let works = transfer.isEncrypted ? encrypted : clear
    let other: DataMode = transfer.mode == .epsv ? .pasv : .epsv
    return works[other] != nil && works[transfer.mode ?? .pasv] == nil ? other : nil
  }
}
