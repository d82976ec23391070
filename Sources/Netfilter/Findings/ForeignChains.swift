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
///
/// - Parameter isHere: Whether the machine is that gateway, as far as interfaces and addresses tell.
func foreignFindings(
  _ view: GatewayView, _ ruleset: Ruleset, _ surroundings: HostSurroundings?, isHere: Bool
) -> [Diagnostic] {
  let policy = view.compilation.policy
  let network = isHere ? surroundings.flatMap { $0.network.routing == nil ? nil : $0.network } : nil
  let kernel = HostNetwork.kernelTraits()
  let (effects, unjudged) = view.compilation.effects(
    of: ruleset, onSessionsOf: view.index, with: view.table, surroundings?.names(for: view) ?? view.namesOfPolicy,
    at: network.map { network in { SessionSite(gateway: network, kernel: kernel, for: $0, of: policy) } })
  var found = effects.compactMap { finding($0, view) }
  if unjudged > 0, let anchor = view.anchor(view.services) {
    found.append(
      .warning(
        "foreign-chain-undecided", "rules of other tables treat publications in more ways than are played",
        at: anchor,
        notes: ["\(unjudged) publications were not played"],
        help: "`sallyport explain FILES NAME --running` plays one of them"))
  }
  return found + unplayedReaches(view, ruleset)
}

/// That nothing is said of users behind the gateway where there are rules of others: no silence where nobody looked.
private func unplayedReaches(_ view: GatewayView, _ ruleset: Ruleset) -> [Diagnostic] {
  guard ruleset.tables.contains(where: { $0.name != view.platform.tableName }) else { return [] }
  var named: Set<String> = []
  return view.reached.filter { named.insert($0.name).inserted }.map { service in
    Diagnostic(
      .note, "sessions-not-played",
      "whether other tables of this machine let users of `\(service.name)` through was not looked at",
      at: service.header,
      help: "see that chains of the hook forward accept its ports from inside")
  }
}

private func finding(_ effect: ForeignEffect, _ view: GatewayView) -> Diagnostic? {
  let passing = view.services.filter {
    $0.name == effect.publication.name.value && effect.families.contains($0.family)
  }
  guard let anchor = view.anchor(passing) else { return nil }
  let others = effect.more == 0 ? "" : ", and sessions of \(effect.more) more publications"
  let notes = ["`\(effect.publication.name.value)`, \(effect.title): \(effect.sentence)\(others)"]
  let stays = "what our table accepts still passes this chain, whatever their priorities"
  switch effect.kind {
  case .droppedByPolicy(let place):
    return .warning(
      "foreign-chain-drops", "chain `\(place.title)` drops what it does not accept, published connections included",
      at: anchor, notes: notes + [stays],
      help: "accept there " + acceptances(passing, in: place, view))
  case .stopped(let place):
    return .warning(
      "foreign-chain-drops", "chain `\(place.title)` ends published connections with `\(place.rule ?? "")`",
      at: anchor,
      notes: notes + [stays], help: "accept before that rule " + acceptances(passing, in: place, view))
  case .translated(let place):
    return .warning(
      "foreign-nat-first", "chain `\(place.title)` translates published connections, which do not arrive then",
      at: anchor,
      notes: notes + ["its rule is `\(place.rule ?? "")`, and the first translation of a connection stays"],
      help: "have that rule leave the external addresses and ports alone")
  case .undecided(let place, let reason):
    return .warning(
      "foreign-chain-undecided",
      "whether chain `\(place.title)` lets published connections through cannot be told: \(reason)", at: anchor,
      notes: notes + [stays],
      help: "accept before that rule " + acceptances(passing)
        + ", or allow this warning when it does let them through")
  case .machine(isUndecided: false):
    return .warning(
      "no-way-through-machine", "as this machine is now, published sessions do not get through it", at: anchor,
      notes: notes,
      help: "mend that; `sallyport explain FILES \(effect.publication.name.value) --running` shows each session")
  case .machine(isUndecided: true):
    return .warning(
      "way-through-machine-undecided", "whether published sessions get through this machine cannot be told",
      at: anchor, notes: notes,
      help: "`sallyport explain FILES \(effect.publication.name.value) --running` shows each session")
  case .other:
    return .warning(
      "foreign-tables-interfere", "with the rules of other tables published sessions do not work", at: anchor,
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
    let passing = view.services.filter {
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
