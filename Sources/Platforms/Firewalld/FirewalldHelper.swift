import Addressing
import Flows
import Nftables

/// What firewalld cannot do for single connections, beside it: a small table of our own, and a unit that loads it at
/// boot. A helper of firewalld's own never reaches a connection that a `forward-port` translates: what is translated is
/// accepted before the policies, where the helper is set (measured with 1.3.3; the same up to 2.3 by its source). A
/// rich rule that translates sources has no ports.
enum FirewalldHelper {
  static let tableName = "sallyport_alg"
  static let unit = "sallyport-alg.service"
  private static let script = "/etc/sallyport/sallyport-alg.nft"

  /// The table; `nil` where nothing asks for it. What `reach` blocks ask for lies beside what publications do.
  static func table(_ plan: FlowPlan) -> Table? {
    let (own, other) = (oneWay(plan), plan.outbound.flatMap(oneWay)?.namedForReach)
    guard let own, let other else { return own ?? other }
    return own.joined(with: other)
  }

  /// The table of one direction. The helper is set before anything is translated, so by the address and port that
  /// clients dial; after connection tracking, as `ct helper` asks for. Users get their source before firewalld's own
  /// chains, at priority 110, would masquerade them.
  private static func oneWay(_ plan: FlowPlan) -> Table? {
    var (sets, helping, sources): ([NamedSet], [Rule], [Rule]) = ([], [], [])
    func rule(_ statements: [Statement], _ set: NamedSet) -> Rule {
      Rule(statements, provenance: set.elements.firstProvenance.map { [$0] } ?? [])
    }
    for flows in plan.families {
      let set = NamedSet(.family(.helper, flows.family), of: flows.helped, flows.family)
      if !set.elements.isEmpty {
        sets.append(set)
        helping.append(rule([.dials(.helper, flows.family), .assignHelper(ownHelperName)], set))
      }
      guard plan.isOutbound, flows.hasGatewaySources, let address = plan.ownSource(flows.family) else { continue }
      let map = sourceMap(flows.gatewaySources(isRouted: true), address)
      sets.append(map)
      sources.append(rule([.translateSource(flows.family, .map(key: .dialled(flows.family), name: map.name))], map))
    }
    guard !sets.isEmpty else { return nil }
    let helpers = plan.help.map { [HelperObject(ownHelperName, type: "ftp", provenance: [$0.provenance])] } ?? []
    let chains = [
      Chain("prerouting", BaseChain(.filter, .prerouting, priority: -150), rules: helping),
      Chain("postrouting", BaseChain(.nat, .postrouting, priority: 100), rules: sources),
    ]
    return Table(tableName, helpers: helpers, sets: sets, chains: chains.filter { !$0.rules.isEmpty })
  }

  /// What the table does.
  static func words(_ plan: FlowPlan) -> String {
    let isHelping = !plan.helpedServices.isEmpty
    guard plan.hidesUsers else { return "the FTP helper" }
    return isHelping ? "the FTP helper and the source of users" : "the source of users"
  }

  /// The files; none where there is no table.
  static func files(_ plan: FlowPlan) -> [Artifact] {
    guard let table = table(plan) else { return [] }
    let words = words(plan)
    let what = plan.hidesUsers ? words : "\(words) on control connections that firewalld forwards"
    let script = table.script(header: ["Written by sallyport: \(what); load it with nft -f."])
    let unit = """
      # Written by sallyport for /etc/systemd/system.
      [Unit]
      Description=\(plan.hidesUsers ? "sallyport: \(words)" : "FTP helper on the control connections that sallyport publishes")
      After=firewalld.service

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=/usr/sbin/nft -f \(Self.script)
      ExecReload=/usr/sbin/nft -f \(Self.script)
      ExecStop=/usr/sbin/nft delete table inet \(tableName)

      [Install]
      WantedBy=multi-user.target

      """
    return [
      Artifact(
        name: "sallyport-alg.nft", pieces: script.pieces, provenance: script.provenance, destination: Self.script,
        purpose: "\(words), which firewalld cannot set on what it forwards"),
      Artifact(
        name: Self.unit, pieces: [Array(unit.utf8)], destination: "/etc/systemd/system/\(Self.unit)",
        purpose: "loads \(words) at boot"),
    ]
  }

  private static func sourceMap(_ flows: PortFlows, _ address: IPAddress) -> NamedSet {
    NamedSet(.gatewayAddress, of: flows, data: [.source(flows.family)]) { _ in .address(address) }
  }
}

extension FlowPlan {
  /// Whether some users leave with the gateway's address.
  var hidesUsers: Bool { outbound?.families.contains(where: \.hasGatewaySources) ?? false }
  /// Whether firewalld needs a table of ours beside it.
  var needsSideTable: Bool { hidesUsers || !helpedServices.isEmpty }
}
