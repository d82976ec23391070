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

extension AddressFamily {
  fileprivate var highest: UInt128 { self == .ipv4 ? UInt128(UInt32.max) : .max }
}

extension Scenes {
  /// The cells of a client, made worse by what other clients of its kind meet.
  func cells(of scene: Scene, permittedOnly: Bool, _ notes: inout [String]) -> [SessionCell] {
    var cells = scene.cells(permittedOnly: permittedOnly)
    guard client == nil, site?.client(scene.place, scene.endpoint.family) == nil, scene.place != .inside,
      !permittedOnly
    else { return cells }
    let others = OtherClients(
      study.policy, publication, samples.admitted, scene.endpoint.family, isUsable: isOutside)
    let isAllowed = scene.place == .allowed
    let addresses = (isAllowed ? others.admitted : others.strangers).filter { $0 != scene.clientAddress }
    let worse = addresses.filter { address in
      let other = self.scene(scene.place, address, scene.endpoint)
      return isAllowed ? !other.permittedSessionsWork : other.isLetIn
    }
    if others.untried > 0, isAllowed {
      notes.append("\(others.untried) networks of `allow` and `deny` were not tried, because there are so many")
    }
    guard let first = worse.first else { return cells }
    let more = worse.count > 1 ? " and \(worse.count - 1) more addresses" : ""
    for cell in self.scene(scene.place, first, scene.endpoint).cells(permittedOnly: false) {
      guard let index = cells.firstIndex(where: { $0.isOfKind(cell) }), cell.isWorse(than: cells[index]) else {
        continue
      }
      cells[index] = cell
      cells[index].reason = "for \(first)\(more): \(cell.reason)"
    }
    return cells
  }
}

extension Scenes {
  /// Whether a client outside may have an address: nobody else has it, and it is not on the server's side of the gateway.
  private func isOutside(_ address: IPAddress) -> Bool {
    guard samples.isFree(address) else { return false }
    guard let network = site?.network else { return true }
    guard !network.interfaces.contains(where: { $0.addresses.contains(address) }) else { return false }
    guard case .host(let host) = server.party else { return true }
    return network.interface(towards: address) != host.interface
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
    let theatre = Theatre(study.program, network, kernel, keepsSteps: false)
    return Encryption.allCases.contains { encryption in
      let login = theatre.logIn(session(encryption))
      return login.isConnected || login.isUndecided
    }
  }
}
