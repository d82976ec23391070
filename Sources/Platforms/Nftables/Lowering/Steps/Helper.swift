import Addressing
import Flows
import Nftables

/// `helper on`: the conntrack FTP helper, on exactly the published control connections. Where the server is the
/// firewall host, also on connections that the host opens itself, which never pass prerouting unconfirmed.
func lowerHelper(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families {
    let family = flows.family
    let helped = flows.helped
    let set = NamedSet(.family(.helper, family), of: helped, family)
    guard builder.add(set) else { continue }
    let provenance = set.elements.firstProvenance
    builder.useHelper(provenance: provenance)
    builder.add(
      .dials(.helper, family), .assignHelper(ownHelperName), to: .admission, provenance: provenance)
    guard helped.contains(where: \.service.isLocal) else { continue }
    builder.add(
      .isNew, .match(.outputInterface, .equal, .value(.interface("lo"))), .dials(.helper, family),
      .assignHelper(ownHelperName),
      to: .outputHelper, comment: "the host itself as a client", provenance: provenance)
  }
}
