import Addressing
import FTPSession
import Policy

/// Addresses besides the first that stand for a kind of client: of every network of `allow` and `deny`, and beside it.
struct OtherClients {
  /// Addresses that are tried at most for a place and family.
  private static let most = 2000

  private(set) var admitted: [IPAddress] = []
  private(set) var strangers: [IPAddress] = []
  /// Networks that were left out, because there are too many.
  private(set) var untried = 0

  /// - Parameter isUsable: Whether a client outside may have an address.
  init(
    _ policy: Policy, _ publication: Publication, _ admits: AddressSet, _ family: AddressFamily,
    isUsable: (IPAddress) -> Bool
  ) {
    var seen: Set<IPAddress> = []
    for term in publication.allow + publication.deny {
      if case .any = term.kind { continue }
      for range in policy.addresses(of: term).ranges(family) {
        guard admitted.count < Self.most, strangers.count < Self.most else {
          untried += 1
          continue
        }
        for address in range.samples where seen.insert(address).inserted && isUsable(address) {
          if admits.contains(address) { admitted.append(address) } else { strangers.append(address) }
        }
      }
    }
  }
}

extension ClosedRange<IPAddress> {
  /// One address in the middle, those at both ends, and the two just outside.
  fileprivate var samples: [IPAddress] {
    let (low, high) = (lowerBound.value, upperBound.value)
    let family = lowerBound.family
    let inner = [low + (high - low) / 2, low < high ? low + 1 : low, low < high ? high - 1 : high]
    let outer = [low > 0 ? low - 1 : nil, high < family.highest ? high + 1 : nil].compactMap(\.self)
    return (inner + outer).compactMap { IPAddress(family: family, value: $0) }
  }
}

extension Scenes {
  /// The cells of a client, made worse by what other clients of its kind meet.
  func cells(of scene: Scene, permittedOnly: Bool, _ notes: inout [String]) -> [SessionCell] {
    var cells = scene.cells(permittedOnly: permittedOnly)
    let isAllowed = scene.place == .allowed
    guard triesOthers(of: scene), isAllowed || !permittedOnly else { return cells }
    let ruled = ruleClients(scene)
    let others = networkClients(scene.endpoint)
    if let others, others.untried > 0, isAllowed {
      notes.append("\(others.untried) networks of `allow` and `deny` were not tried, because there are so many")
    }
    let addresses =
      isAllowed
      ? (others?.admitted ?? []) + (ruled?.admitted ?? []) : (others?.strangers ?? []) + (ruled?.strangers ?? [])
    if clientPorts.trials.count * addresses.count > mostTogether {
      notes.append("each kind of client was tried with one port of its own alone, because rules tell so many apart")
    }
    if isAllowed, leavesPartsOpen(addresses.count) {
      notes.append(
        "further clients were tried at the ends of the passive range alone, because rules tell so many apart")
    }
    var worse = addresses.unique.filter { address in
      guard address != scene.clientAddress else { return false }
      let other = self.other(address, scene, of: addresses.count)
      return isAllowed ? !other.permittedSessionsWork : other.isLetIn
    }
    let bans = worse.prefix(Self.mostBans).compactMap { address in ban(of: address, scene).map { (address, $0) } }
    if let (address, citation) = bans.first {
      let more = bans.count > 1 ? " and \(bans.count - 1) more" : ""
      notes.append("\(address)\(more) is kept out although it is allowed: \(citation.text)")
    }
    let banned = Set(bans.map(\.0))
    worse.removeAll { banned.contains($0) }
    let more = worse.count > 1 ? " and \(worse.count - 1) more addresses" : ""
    for address in worse.prefix(Self.mostWorse) {
      // Nothing can become worse.
      if isAllowed, cells.allSatisfy({ !$0.isPermitted || $0.outcome == .broken }) { break }
      for cell in other(address, scene, of: addresses.count).cells(permittedOnly: permittedOnly) {
        guard let index = cells.firstIndex(where: { $0.isOfKind(cell) }), cell.isWorse(than: cells[index]) else {
          continue
        }
        cells[index] = cell
        cells[index].reason = "for \(address)\(more): \(cell.reason)"
      }
    }
    if isAllowed {
      let unread = max(0, worse.count - Self.mostWorse)
      if unread > 0 { leaveOpen(&cells, "\(unread) kinds of clients more fare worse than are told") }
      if let ruled, ruled.untried > 0 {
        leaveOpen(&cells, "rules, sets and maps tell \(ruled.untried) kinds of clients more apart than are tried")
      }
    }
    return cells
  }

  /// Of many clients that fare worse, those of which is asked whether a list of programs bans them.
  private static let mostBans = 200
  /// Of many clients that fare worse, those whose sessions are told.
  private static let mostWorse = 64

  /// - Parameter reason: Why what was tried does not tell of all clients.
  private func leaveOpen(_ cells: inout [SessionCell], _ reason: String) {
    for index in cells.indices where cells[index].isPermitted && cells[index].outcome == .works {
      cells[index].outcome = .undecided
      cells[index].reason = "\(reason); `--client ADDRESS` tells of one"
    }
  }

  /// Whether the permitted sessions of other clients work, too, who are tried beside the one of a scene.
  func othersWork(of scene: Scene) -> Bool {
    guard triesOthers(of: scene) else { return true }
    let ruled = ruleClients(scene)
    let addresses = (networkClients(scene.endpoint)?.admitted ?? []) + (ruled?.admitted ?? [])
    return ruled?.untried ?? 0 == 0
      && addresses.unique.allSatisfy {
        other($0, scene, of: addresses.count).permittedSessionsWork || ban(of: $0, scene) != nil
      }
  }

  /// Another client in the place of the one of a scene.
  private func other(_ address: IPAddress, _ scene: Scene, of count: Int) -> Scene {
    var other = self.scene(scene.place, address, scene.endpoint)
    if clientPorts.trials.count * count > mostTogether { other.clientPorts = ClientPortKinds(nil) }
    other.triesEveryPart = study.borders != nil && !leavesPartsOpen(count)
    return other
  }

  /// Whether there are too many clients and parts of the passive range to try each with each.
  private func leavesPartsOpen(_ count: Int) -> Bool {
    study.borders != nil && passivePorts.parts.count > 2 && passivePorts.parts.count * count > mostPairs
  }

  private func networkClients(_ endpoint: Endpoint) -> OtherClients? {
    guard study.triesNetworks else { return nil }
    return OtherClients(study.policy, publication, samples.admitted, endpoint.family, isUsable: isOutside)
  }

  /// Other clients who are to be kept out.
  func strangers(besides scene: Scene) -> [IPAddress] {
    let all = (networkClients(scene.endpoint)?.strangers ?? []) + (ruleClients(scene)?.strangers ?? [])
    return all.unique.filter { $0 != scene.clientAddress }
  }

  /// Whether other clients have to be tried: nobody asked for a certain one, and they are outside.
  func triesOthers(of scene: Scene) -> Bool {
    client == nil && site?.client(scene.place, scene.endpoint.family) == nil && scene.place != .inside
  }

  private func ruleClients(_ scene: Scene) -> RuleClients? {
    guard let addressBorders else { return nil }
    // What is named one by one may be any; of the rest, hosts on the Internet, unless clients dial a private address.
    let isPrivate = scene.endpoint.dialled.scope == .privateUse
    let named = namedClients
    return RuleClients(addressBorders, samples.admitted, besides: scene.clientAddress) { address in
      guard isOutside(address) else { return false }
      if named.contains(address) { return true }
      return (address.isOfInternet || isPrivate)
        && (site.map { $0.network.interface(leadingTo: address) != nil } ?? true)
    }
  }

  /// Clients that `allow` names, not as `any`.
  private var namedClients: AddressSet {
    let terms = publication.allow.filter { if case .any = $0.kind { false } else { true } }
    return AddressSet(unionOf: terms.map { study.policy.addresses(of: $0) })
  }

  /// The rule that keeps a client out because a list holds its address, where nobody named the client: programs that
  /// ban clients fill such lists, and `allow any` does not mean to forbid that.
  private func ban(of address: IPAddress, _ scene: Scene) -> Citation? {
    guard scene.place == .allowed, !namedClients.contains(address) else { return nil }
    let losses = self.scene(scene.place, address, scene.endpoint).permittedLosses
    guard losses.allSatisfy({ !$0.isUndecided && $0.citation?.testsNamedSet == true }) else { return nil }
    return losses.first?.citation
  }

  /// Whether a client outside may have an address: nobody else has it, and it is not on the server's side of the
  /// gateway.
  private func isOutside(_ address: IPAddress) -> Bool {
    guard samples.isFree(address) else { return false }
    guard let network = site?.network else { return true }
    guard !network.interfaces.contains(where: { $0.addresses.contains(address) }) else { return false }
    guard case .host(let host) = server.party else { return true }
    return network.interface(towards: address) != host.interface
  }
}

/// Kinds of clients times kinds of their ports up to which each is tried with each.
private let mostTogether = 1000

extension [IPAddress] {
  /// Each address once, in the order in which they stand.
  fileprivate var unique: [IPAddress] {
    var seen: Set<IPAddress> = []
    return filter { seen.insert($0).inserted }
  }
}

extension SessionCell {
  fileprivate func isOfKind(_ other: SessionCell) -> Bool {
    place == other.place && encryption == other.encryption && mode == other.mode && family == other.family
  }

  fileprivate func isWorse(than other: SessionCell) -> Bool {
    if isIntrusion != other.isIntrusion { return isIntrusion }
    guard isPermitted else { return isIntrusion && outcome == .works && other.outcome != .works }
    return rank > other.rank
  }

  private var rank: Int {
    switch outcome {
    case .works: 0
    case .refused: 0
    case .undecided: 1
    case .broken: 2
    }
  }
}

extension Scene {
  /// Whether the control connection of a client comes about, with any kind of TLS, or nobody can tell.
  var isLetIn: Bool {
    let theatre = theatre(keepsSteps: false)
    return Encryption.allCases.contains { encryption in
      let session = session(encryption)
      let login = theatre.logIn(session)
      var logins = PortLogins(theatre)
      return login.isConnected || login.isUndecided || entry(login, session, &logins) != nil
    }
  }
}

/// Pairs of a client and a part of the passive range that are played at most for one publication.
private let mostPairs = 4000
