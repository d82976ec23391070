import Addressing
import FTPSession
import Nftables
import Platforms
import Policy

/// In which order machines can be changed so that no session breaks in between that works before and after.
struct RolloutOrder {
  typealias Machine = PolicyComparison.Machine

  /// In the order, those of which nothing is asked by kind and name.
  private(set) var machines: [Machine]
  /// What breaks or is not known.
  private(set) var breaks: [String] = []

  init(
    from former: PolicyParts, to present: PolicyParts, _ publications: SubjectPairs, _ reaches: SubjectPairs,
    _ touched: [Machine]
  ) {
    let (old, new) = (former.whole, present.whole)
    machines = touched
    let positions = Dictionary(
      touched.enumerated().map { (MachineName($0.element.kind, $0.element.name), $0.offset) },
      uniquingKeysWith: { first, _ in first })
    /// What has to come after a machine.
    var followers: [Int: Set<Int>] = [:]
    for case (.publication(let earlier)?, .publication(let publication)) in publications.ofPresent {
      let name = publication.name.value
      let (was, isNow) = (old.policy.machines(passedBy: earlier), new.policy.machines(passedBy: publication))
      let passed = Set(was + isNow).filter { positions[$0] != nil }
      guard passed.count > 1 else { continue }
      let (gateways, servers) = (passed.filter { $0.kind == .gateway }, passed.filter { $0.kind == .server })
      guard let way = gateways.first.flatMap({ positions[$0] }), let own = servers.first.flatMap({ positions[$0] }),
        passed.count == 2, earlier.hops.isEmpty, publication.hops.isEmpty, was.first == isNow.first
      else {
        breaks.append("`\(name)` passes several machines that change; what breaks between them is not known")
        continue
      }
      guard
        let between = Between(
          earlier, publication, former.part(of: .publication(earlier)), present.part(of: .publication(publication)))
      else {
        breaks.append(
          "what becomes of `\(name)` between the two is not known: sessions through \(new.platform(of: publication.gateway).name) are not played"
        )
        continue
      }
      switch (between.gatewayFirst, between.serverFirst) {
      case (0, 0): break
      case (0, _): followers[way, default: []].insert(own)
      case (_, 0): followers[own, default: []].insert(way)
      case (let first, let second):
        breaks.append(
          "`\(name)`: kinds of sessions that work before and after break in between: \(first) with the gateway first, \(second) with the server first; change both together"
        )
      }
    }
    for case (.reach(let earlier)?, .reach(let reach)) in reaches.ofPresent {
      let passed = Set(old.policy.machines(passedBy: earlier) + new.policy.machines(passedBy: reach))
      guard passed.count(where: { positions[$0] != nil }) > 1 else { continue }
      breaks.append(
        "the reach `\(reach.name.value)` passes several machines that change; what breaks between them is not known")
    }
    guard let order = Self.sorted(touched.indices, followers) else {
      breaks.append("no order serves all publications: some need the gateway first and others the server")
      return
    }
    machines = order.map { touched[$0] }
  }

  /// Positions so that each comes before its followers, otherwise as they are; `nil` for a circle.
  private static func sorted(_ positions: Range<Int>, _ followers: [Int: Set<Int>]) -> [Int]? {
    var waiting = [Int](repeating: 0, count: positions.count)
    for follower in followers.values.flatMap(\.self) where waiting.indices.contains(follower) {
      waiting[follower] += 1
    }
    var ready = Array(positions.filter { waiting[$0] == 0 }.reversed())
    var order: [Int] = []
    while let next = ready.popLast() {
      order.append(next)
      for follower in (followers[next] ?? []).sorted().reversed() where waiting.indices.contains(follower) {
        waiting[follower] -= 1
        if waiting[follower] == 0 { ready.append(follower) }
      }
    }
    return order.count == positions.count ? order : nil
  }
}

/// A publication between two policies: its gateway follows one, and its server and clients the other.
private struct Between {
  /// Kinds of sessions that work before and after, and not while the gateway alone is changed.
  private(set) var gatewayFirst = 0
  /// The same while the server alone is changed.
  private(set) var serverFirst = 0

  /// - Returns: `nil` where sessions through the gateway are not played.
  init?(_ earlier: Publication, _ later: Publication, _ old: Compilation, _ new: Compilation) {
    guard let oldRules = old.ruleset(gateway: earlier.gateway), let newRules = new.ruleset(gateway: later.gateway)
    else { return nil }
    let shared = old.policy.admittedClients(of: earlier).intersection(new.policy.admittedClients(of: later))
    let taken = AddressSet(
      (old.policy.addresses(ofGateway: earlier.gateway).union(new.policy.addresses(ofGateway: later.gateway))).map {
        Prefix($0)
      })
    let clients = AddressFamily.allCases.compactMap { ClientSamples(admitted: shared, taken: [taken]).allowed($0) }
    for client in clients {
      let before = Self.cells(old, earlier, oldRules, client)
      let after = Self.cells(new, later, newRules, client)
      let first = Self.cells(old, earlier, newRules, client)
      let second = Self.cells(new, later, oldRules, client)
      for (kind, cell) in before where cell == .works && after[kind] == .works {
        if first[kind] != .works { gatewayFirst += 1 }
        if second[kind] != .works { serverFirst += 1 }
      }
    }
  }

  private struct Kind: Hashable {
    var encryption: Encryption
    var mode: DataMode
    var family: AddressFamily
  }

  /// What becomes of the sessions of one client where server and clients follow a policy, and the gateway has some
  /// rules.
  private static func cells(
    _ compilation: Compilation, _ publication: Publication, _ rules: Ruleset, _ client: IPAddress
  ) -> [Kind: SessionOutcome] {
    let study = SessionStudy(compilation.policy, gateway: publication.gateway, ruleset: rules)
    return Dictionary(
      study.table(of: publication, client: client).cells.filter { $0.place == .allowed }.map {
        (Kind(encryption: $0.encryption, mode: $0.mode, family: $0.family), $0.outcome)
      }, uniquingKeysWith: { first, _ in first })
  }
}
