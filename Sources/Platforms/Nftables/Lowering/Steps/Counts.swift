import Addressing
import Flows
import Nftables

/// What `sallyport status` counts of each publication. Connections that are translated are counted where they are: the
/// maps of `lowerControl` and `lowerPassive` count who finds an element, and so do the sets of refused clients and of
/// the helper's data connections. Two kinds are left, each with a set of its own: control connections that a limit
/// refuses, and control connections to a server whose address and port stay as they are.
///
/// It comes after all steps but the entrance. It adds no door: where nothing is looked at, nothing is counted.
func lowerCounts(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  if plan.families.contains(where: \.hasLimits) {
    for flows in plan.families { count(flows.limited, as: .limited, flows.family, in: .limited, &builder) }
    builder.add(.deny, to: .limited, provenance: plan.denial)
  }
  guard builder.hasRules(.admission) else { return }
  for flows in plan.families { count(flows.untranslated, as: .admittedHere, flows.family, in: .admission, &builder) }
}

/// Has the packets of some control connections counted on their way through a chain, which go on.
private func count(
  _ flows: [ControlFlow], as name: FamilySet, _ family: AddressFamily, in chain: SingleChain,
  _ builder: inout TableBuilder
) {
  let set = NamedSet(.family(name, family), of: flows, family, isCounted: true)
  guard builder.add(set) else { return }
  builder.add(.dials(name, family), to: chain, provenance: set.elements.firstProvenance)
}
