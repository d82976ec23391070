import Addressing
import Compilation
import Diagnostics
import FTPSession
import Flows
import Nftables
import Platforms
import Policy

/// `foreign-chain-drops`, `foreign-nat-first`, `foreign-chain-undecided` and `foreign-tables-interfere`: what tables of
/// other programs do to published sessions, found by playing these; `no-way-through-machine` and
/// `way-through-machine-undecided`: the same of routes, settings and neighbours.
/// Both are told of users behind the gateway as well.
///
/// - Parameter isHere: Whether the machine is that gateway, as far as interfaces and addresses tell.
func foreignFindings(
  _ view: GatewayView, _ ruleset: Ruleset, _ surroundings: HostSurroundings?, isHere: Bool
) -> [Diagnostic] {
  let published = foreignFindings(.published(view), ruleset, surroundings, isHere: isHere)
  guard !view.reached.isEmpty else { return published }
  return published + foreignFindings(.reached(view), ruleset, surroundings, isHere: isHere)
}

/// Sessions of one direction through a gateway, and how findings speak of them.
private struct Direction {
  let view: GatewayView
  let isOutbound: Bool
  let services: [PublishedService]
  /// What connections of such sessions are called.
  let connections: String
  let sessions: String
  /// What several of them belong to.
  let kind: String
  let policy: Policy

  static func published(_ view: GatewayView) -> Direction {
    Direction(
      view: view, isOutbound: false, services: view.services, connections: "published connections",
      sessions: "published sessions", kind: "publications", policy: view.compilation.policy)
  }

  static func reached(_ view: GatewayView) -> Direction {
    Direction(
      view: view, isOutbound: true, services: view.reached, connections: "connections of users",
      sessions: "sessions of users", kind: "servers of a `reach`", policy: view.compilation.policy.outbound)
  }
}

private func foreignFindings(
  _ direction: Direction, _ ruleset: Ruleset, _ surroundings: HostSurroundings?, isHere: Bool
) -> [Diagnostic] {
  let (view, policy) = (direction.view, direction.policy)
  let network = isHere ? surroundings.flatMap { $0.network.routing == nil ? nil : $0.network } : nil
  let kernel = HostNetwork.kernelTraits()
  let names =
    surroundings?.names(for: view, outbound: direction.isOutbound) ?? view.namesOfPolicy(direction.isOutbound)
  let (effects, unjudged) = view.compilation.effects(
    of: ruleset, onSessionsOf: view.index, with: view.table, names,
    at: network.map { network in { SessionSite(gateway: network, kernel: kernel, for: $0, of: policy) } },
    outbound: direction.isOutbound)
  var found = effects.compactMap { finding($0, direction) }
  if unjudged > 0, let anchor = view.anchor(direction.services) {
    found.append(
      .warning(
        "foreign-chain-undecided", "rules of other tables treat \(direction.kind) in more ways than are played",
        at: anchor,
        notes: ["\(unjudged) \(direction.kind) were not played"],
        help: "`sallyport explain FILES NAME --running` plays one of them"))
  }
  return found
}

private func finding(_ effect: ForeignEffect, _ direction: Direction) -> Diagnostic? {
  let view = direction.view
  let (connections, sessions) = (direction.connections, direction.sessions)
  let passing = direction.services.filter {
    $0.name == effect.publication.name.value && effect.families.contains($0.family)
  }
  guard let anchor = direction.isOutbound ? effect.publication.header : view.anchor(passing) else { return nil }
  let others = effect.more == 0 ? "" : ", and sessions of \(effect.more) more \(direction.kind)"
  let notes = ["`\(effect.publication.name.value)`, \(effect.title): \(effect.sentence)\(others)"]
  let stays = "what our table accepts still passes this chain, whatever their priorities"
  switch effect.kind {
  case .droppedByPolicy(let place):
    return .warning(
      "foreign-chain-drops", "chain `\(place.title)` drops what it does not accept, \(connections) included",
      at: anchor, notes: notes + [stays],
      help: "accept there " + acceptances(passing, in: place, view))
  case .stopped(let place):
    return .warning(
      "foreign-chain-drops", "chain `\(place.title)` ends \(connections) with `\(place.rule ?? "")`",
      at: anchor,
      notes: notes + [stays], help: "accept before that rule " + acceptances(passing, in: place, view))
  case .translated(let place):
    return .warning(
      "foreign-nat-first", "chain `\(place.title)` translates \(connections), which do not arrive then",
      at: anchor,
      notes: notes + ["its rule is `\(place.rule ?? "")`, and the first translation of a connection stays"],
      help: direction.isOutbound
        ? "have that rule leave the addresses and ports of the server alone"
        : "have that rule leave the external addresses and ports alone")
  case .undecided(let place, let reason):
    return .warning(
      "foreign-chain-undecided",
      "whether chain `\(place.title)` lets \(connections) through cannot be told: \(reason)", at: anchor,
      notes: notes + [stays],
      help: "accept before that rule " + acceptances(passing)
        + ", or allow this warning when it does let them through")
  case .machine(isUndecided: false):
    return .warning(
      "no-way-through-machine", "as this machine is now, \(sessions) do not get through it", at: anchor,
      notes: notes,
      help: "mend that; `sallyport explain FILES \(effect.publication.name.value) --running` shows each session")
  case .machine(isUndecided: true):
    return .warning(
      "way-through-machine-undecided", "whether \(sessions) get through this machine cannot be told",
      at: anchor, notes: notes,
      help: "`sallyport explain FILES \(effect.publication.name.value) --running` shows each session")
  case .other:
    return .warning(
      "foreign-tables-interfere", "with the rules of other tables \(sessions) do not work", at: anchor,
      notes: notes, help: "`sallyport explain FILES \(effect.publication.name.value) --running` shows where they stop"
    )
  }
}

/// `foreign-chain-drops` where the rules of other tables cannot be listed: chains that drop by policy, whatever they
/// accept.
func unreadChainFindings(_ view: GatewayView, _ chains: [InstalledChain]) -> [Diagnostic] {
  chains.compactMap { chain in
    guard chain.family != "inet" || chain.table != view.table.name, chain.dropsByPolicy,
      chain.hook == "forward" || chain.hook == "input"
    else { return nil }
    let passing = (view.services + view.reached).filter {
      chain.sees($0.family) && ($0.endpoint.reach == .local) == (chain.hook == "input")
    }
    guard let anchor = view.anchor(passing) else { return nil }
    return .warning(
      "foreign-chain-drops", "chain `\(chain.title)` drops what it does not accept, and its rules cannot be listed",
      at: anchor, notes: ["what our table accepts still passes this chain, whatever their priorities"],
      help: "accept there " + acceptances(passing) + ", or allow this warning when it does")
  }
}

/// The rules that let published connections through a chain which drops the rest.
private func acceptances(_ services: [PublishedService]) -> String {
  var rules = ["ct state established,related accept"]
  if services.contains(where: { $0.endpoint.reach == .translated }) { rules.append("ct status dnat accept") }
  let others = services.filter { $0.endpoint.reach != .translated }
  rules += others.prefix(shownServices).map { service in
    let ports = service.serverPorts.map(\.description).joined(separator: ", ")
    return "\(service.family == .ipv4 ? "ip" : "ip6") daddr \(service.serverAddress) tcp dport { \(ports) } accept"
  }
  let quoted = rules.map { "`\($0)`" }
  let rest = others.count - shownServices
  return quoted.joined(separator: " and ") + (rest > 0 ? " and the same for \(rest) more" : "")
}

/// The same for a chain that is known; with the bit that `mark` sets, or might set, one rule is enough.
private func acceptances(_ services: [PublishedService], in place: Citation, _ view: GatewayView) -> String {
  guard let mark = view.gateway?.mark?.value else {
    return acceptances(services)
      + "; with `mark 0x10000` in the gateway, or another bit that nobody uses, one rule lets all of them through: "
      + markedAcceptance(0x10000, in: place)
  }
  return "what the policy marks, by one rule: " + markedAcceptance(mark, in: place)
}

/// Servers without translation that are named one by one.
private let shownServices = 3

extension InstalledChain {
  /// Family, table and name, as nft's commands want them.
  var title: String { "\(family) \(table) \(name)" }

  /// Whether packets of a family pass it.
  func sees(_ family: AddressFamily) -> Bool {
    self.family == "inet" || self.family == (family == .ipv4 ? "ip" : "ip6")
  }
}

extension Citation {
  /// Family, table and chain, as nft's commands want them.
  fileprivate var title: String { "\(table) \(chain)" }
}
