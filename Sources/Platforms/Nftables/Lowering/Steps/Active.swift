import Addressing
import Flows
import Nftables

/// `active on` without helper: the server's own data connections leave with the address that clients dialled.
///
/// `active off`: data connections of a server that cannot be told to refuse PORT are dropped.
func lowerActive(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families {
    translateActive(flows.activeTranslations, isOutsideNamed: !plan.outside.isEmpty, &builder)
    dropActive(flows.activeRefusals, &builder)
  }
}

private func translateActive(_ flows: PortFlows, isOutsideNamed: Bool, _ builder: inout TableBuilder) {
  let family = flows.family
  let map = NamedSet(.active, of: flows, data: [.source(family)], isCounted: true) {
    .address(flows.service($0).arrival)
  }
  guard builder.add(map) else { return }
  let translation = Statement.translateSource(
    family, .map(key: .concatenation(flows.side.key(family)), name: map.name))
  builder.add(
    Rule(
      (isOutsideNamed ? [.leaves(.outside)] : []) + [translation],
      provenance: map.elements.firstProvenance.map { [$0] } ?? []), to: .postrouting)
}

private func dropActive(_ flows: PortFlows, _ builder: inout TableBuilder) {
  let set = NamedSet(.activeOff, of: flows)
  guard builder.add(set) else { return }
  for isLocal in [false, true] where flows.haveServers(local: isLocal) {
    builder.add(
      .isNew, .in(.concatenation(flows.side.key(flows.family)), .family(.activeOff, flows.family)), .counter,
      .verdict(.drop), to: isLocal ? .output : .forward, comment: "active off",
      provenance: set.elements.firstProvenance)
  }
}
