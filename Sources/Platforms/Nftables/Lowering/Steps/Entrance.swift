import Addressing
import Diagnostics
import Flows
import Nftables

/// `gateway`, `hairpin`: which packets are looked at. Connections that come in on an outside interface are; those from
/// inside only towards publications with `hairpin on`.
func lowerEntrance(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  guard let first = plan.header else { return }
  let doors = [(from: SingleChain.prerouting, to: SingleChain.admission), (.destinationNAT, .publish)]
    .filter { builder.hasRules($0.to) }
  if doors.contains(where: { $0.from == .prerouting }) || builder.hasRules(.prerouting) {
    builder.begin(
      .prerouting,
      with: Rule(
        [.match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept)],
        comment: "only the first packet of a connection decides", provenance: [first]))
  }
  let opensInside = !plan.outside.isEmpty && plan.opensInside
  for door in doors {
    guard let outside = plan.outside.first else {
      builder.add(.jump(door.to), to: door.from, provenance: first)
      continue
    }
    builder.add(.comesIn(.outside), .jump(door.to), to: door.from, provenance: outside.provenance)
    guard opensInside else { continue }
    for flows in plan.families where flows.hasHairpin {
      builder.add(
        .comesIn(.inside), .dials(.hairpin, flows.family), .jump(door.to), to: door.from,
        provenance: plan.inside.first?.provenance)
    }
  }
  builder.addIfUsed(interfaceSet(.outside, plan.outside))
  builder.addIfUsed(interfaceSet(.inside, plan.inside))
}

/// The set of what clients inside may dial.
func lowerHairpinPorts(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families where flows.hasHairpin { builder.addIfUsed(NamedSet(.hairpin, of: flows.hairpinPorts)) }
}

private func interfaceSet(_ side: InterfaceSide, _ interfaces: [GatewayInterface]) -> NamedSet {
  let sorted = interfaces.sorted { ($0.name, $0.provenance) < ($1.name, $1.provenance) }
  var elements = ElementList()
  for (index, interface) in sorted.enumerated() where index == 0 || interface.name != sorted[index - 1].name {
    elements.append(key: [.interface(interface.name)], provenance: interface.provenance)
  }
  return NamedSet(.interfaces(side), key: [.inputInterface], elements: elements)
}
