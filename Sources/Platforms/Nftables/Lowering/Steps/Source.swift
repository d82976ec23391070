import Addressing
import Flows
import Nftables

/// `source gateway`: the server sees the gateway's address on control and data alike; a server that compares the
/// two refuses anything less. Data connections of the helper follow their control connection by themselves.
func lowerSource(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families where flows.hasGatewaySources {
    masquerade(.gatewaySource, flows.gatewaySources(isRouted: false), when: .isTranslated, &builder)
    masquerade(
      .gatewaySourceRouted, flows.gatewaySources(isRouted: true),
      when: plan.outside.isEmpty ? .isNew : .comesIn(.outside), &builder)
  }
}

private func masquerade(
  _ name: FamilySet, _ flows: PortFlows, when condition: Statement, _ builder: inout TableBuilder
) {
  let set = NamedSet(name, of: flows)
  guard builder.add(set) else { return }
  builder.add(
    condition, .dials(name, flows.family), .masquerade, to: .postrouting, comment: "source gateway",
    provenance: set.elements.firstProvenance)
}
