import Addressing
import Flows
import Nftables

/// `source gateway`: the server sees the gateway's address on control and data alike; a server that compares the
/// two refuses anything less. Data connections of the helper follow their control connection by themselves.
func lowerSource(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families where flows.hasGatewaySources {
    if plan.isOutbound {
      translate(flows.gatewaySources(isRouted: true), plan, &builder)
      continue
    }
    masquerade(.gatewaySource, flows.gatewaySources(isRouted: false), when: .isTranslated, &builder)
    masquerade(
      .gatewaySourceRouted, flows.gatewaySources(isRouted: true),
      when: plan.outside.isEmpty ? .isNew : .comesIn(.outside), &builder)
  }
}

/// Users leave with the gateway's `external ip`, which need not be the first address of its interface.
private func translate(_ flows: PortFlows, _ plan: FlowPlan, _ builder: inout TableBuilder) {
  let family = flows.family
  guard let address = plan.ownSource(family) else { return }
  let map = NamedSet(.gatewayAddress, of: flows, data: [.source(family)]) { _ in .address(address) }
  guard builder.add(map) else { return }
  let condition: [Statement] = plan.outside.isEmpty ? [] : [.comesIn(.outside)]
  builder.add(
    Rule(
      condition + [.translateSource(family, .map(key: .dialled(family), name: map.name))],
      comment: "source gateway", provenance: map.elements.firstProvenance.map { [$0] } ?? []), to: .postrouting)
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
