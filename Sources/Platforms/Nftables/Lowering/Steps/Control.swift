import Addressing
import Flows
import Nftables

/// `external ip`, `control port`: the control connection goes to the server's address and port.
func lowerControl(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families {
    let family = flows.family
    let map = NamedSet(
      .family(.control, family), of: flows.controlTranslations, family, data: FlowSide.dialled.key(family),
      isCounted: true
    ) { [.address($0.service.serverAddress), .port($0.service.serverControlPort)] }
    guard builder.add(map) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: map.name)), to: .publish,
      provenance: map.elements.firstProvenance)
  }
}
