import Addressing
import Flows
import Nftables

/// `hairpin on`: connections of clients inside come from the gateway's address, control and data alike.
func lowerHairpin(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families where flows.hasHairpin {
    let set = NamedSet(.hairpinServer, of: flows.hairpinSources)
    guard builder.add(set) else { continue }
    builder.add(
      .comesIn(.inside), .isTranslated, .dials(.hairpinServer, flows.family), .masquerade, to: .postrouting,
      comment: "hairpin", provenance: set.elements.firstProvenance)
  }
}
