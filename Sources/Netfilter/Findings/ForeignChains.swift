import Addressing
import Diagnostics
import Lowering
import Nftables
import Policy

/// `foreign-chain-drops` and `foreign-nat-first`: chains of other tables that published packets pass, as far as the list of
/// chains says anything about them.
func foreignChainFindings(_ view: GatewayView, _ chains: [InstalledChain]) -> [Diagnostic] {
  let ours = chains.lastIndex { chain in
    chain.family == "inet" && chain.table == view.table.name && chain.isDestinationNAT
  }
  return chains.enumerated().filter { $1.family != "inet" || $1.table != view.table.name }.compactMap {
    position, chain in
    dropping(chain, view) ?? translating(chain, isLater: ours.map { position > $0 } ?? false, view)
  }
}

/// A chain that drops what none of its rules accepts. Its priority does not matter: every chain of a hook is run.
private func dropping(_ chain: InstalledChain, _ view: GatewayView) -> Diagnostic? {
  guard chain.dropsByPolicy, chain.hook == "forward" || chain.hook == "input" else { return nil }
  let passing = view.services.filter {
    chain.sees($0.family) && ($0.endpoint.reach == .local) == (chain.hook == "input")
  }
  guard let anchor = view.anchor(passing) else { return nil }
  return .warning(
    "foreign-chain-drops", "chain `\(chain.title)` drops what it does not accept, published connections included",
    at: anchor, notes: ["what our table accepts still passes this chain, whatever their priorities"],
    help: "accept there " + acceptances(passing) + ", or allow this warning when it does")
}

/// A chain that may translate a connection before ours does. Of chains with equal priorities the one that was made later runs
/// first (`nf_hook_entries_grow` in the kernel's core.c; measured on 6.18 for every pair of ip and inet). Tables are listed in
/// the order in which they were made; a table of ours that is not there yet will be the last.
///
/// - Parameter isLater: Whether the chain was made after ours.
private func translating(_ chain: InstalledChain, isLater: Bool, _ view: GatewayView) -> Diagnostic? {
  let ours = view.table.chains.compactMap(\.base).first { $0.kind == .nat && $0.hook == .prerouting }
  guard let ours, chain.isDestinationNAT, chain.priority < ours.priority || chain.priority == ours.priority && isLater
  else { return nil }
  let passing = view.services.filter { chain.sees($0.family) && $0.endpoint.reach == .translated }
  guard let anchor = view.anchor(passing) else { return nil }
  return .warning(
    "foreign-nat-first",
    "chain `\(chain.title)` translates before ours and may take connections to published addresses", at: anchor,
    notes: [
      chain.priority == ours.priority
        ? "both have priority \(ours.priority), it was made after ours and so runs first, and the first translation stays"
        : "its priority is \(chain.priority), ours is \(ours.priority), and the first translation stays"
    ],
    help: "see that its rules leave the external addresses and ports alone, and allow this warning then")
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

/// Servers without translation that are named one by one.
private let shownServices = 3

extension InstalledChain {
  /// Family, table and name, as nft's commands want them.
  var title: String { "\(family) \(table) \(name)" }

  /// Whether it translates destinations of what comes in.
  fileprivate var isDestinationNAT: Bool { type == "nat" && hook == "prerouting" }

  /// Whether packets of a family pass it.
  func sees(_ family: AddressFamily) -> Bool {
    self.family == "inet" || self.family == (family == .ipv4 ? "ip" : "ip6")
  }
}
