import Flows
import Nftables

/// The FTP helper beside firewalld: a small table of our own, and a unit that loads it at boot. A helper of firewalld's
/// own never reaches a connection that a `forward-port` translates: what is translated is accepted before the policies,
/// where the helper is set (measured with 1.3.3; the same up to 2.3 by its source).
enum FirewalldHelper {
  static let tableName = "sallyport_alg"
  static let unit = "sallyport-alg.service"
  private static let script = "/etc/sallyport/sallyport-alg.nft"

  /// The table; `nil` where no publication has the helper. It decides before anything is translated, so by the address
  /// and port that clients dial; after connection tracking, as `ct helper` asks for.
  static func table(_ plan: FlowPlan) -> Table? {
    guard let help = plan.help else { return nil }
    var sets: [NamedSet] = []
    var rules: [Rule] = []
    for flows in plan.families {
      let set = NamedSet(.family(.helper, flows.family), of: flows.helped, flows.family)
      guard !set.elements.isEmpty else { continue }
      sets.append(set)
      rules.append(
        Rule(
          [.dials(.helper, flows.family), .assignHelper(ownHelperName)],
          provenance: set.elements.firstProvenance.map { [$0] } ?? []))
    }
    let chain = Chain("prerouting", BaseChain(.filter, .prerouting, priority: -150), rules: rules)
    return Table(
      tableName, helpers: [HelperObject(ownHelperName, type: "ftp", provenance: [help.provenance])], sets: sets,
      chains: [chain])
  }

  /// The files; none where no publication has the helper.
  static func files(_ plan: FlowPlan) -> [Artifact] {
    guard let table = table(plan) else { return [] }
    let script = table.script(header: [
      "Written by sallyport: the FTP helper on control connections that firewalld forwards; load it with nft -f."
    ])
    let unit = """
      # Written by sallyport for /etc/systemd/system.
      [Unit]
      Description=FTP helper on the control connections that sallyport publishes
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
        purpose: "the FTP helper, which firewalld cannot set on what it forwards"),
      Artifact(
        name: Self.unit, pieces: [Array(unit.utf8)], destination: "/etc/systemd/system/\(Self.unit)",
        purpose: "loads the FTP helper at boot"),
    ]
  }
}
