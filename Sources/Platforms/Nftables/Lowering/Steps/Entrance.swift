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
  if doors.contains(where: { $0.from == .prerouting }) {
    builder.add(
      .match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept), to: .prerouting,
      comment: "only the first packet of a connection decides", provenance: first)
  }
  let opensInside = !plan.outside.isEmpty && plan.opensInside
  for door in doors {
    guard let outside = plan.outside.first else {
      builder.add(.jump(door.to), to: door.from, provenance: first)
      continue
    }
    builder.add(.comesIn(.outside), .jump(door.to), to: door.from, provenance: outside.span)
    guard opensInside else { continue }
    for flows in plan.families where flows.hasHairpin {
      builder.add(
        .comesIn(.inside), .dials(.hairpin, flows.family), .jump(door.to), to: door.from,
        provenance: plan.inside.first?.span)
    }
  }
  builder.addIfUsed(interfaceSet(.outside, plan.outside))
  builder.addIfUsed(interfaceSet(.inside, plan.inside))
}

/// The set of what clients inside may dial.
func lowerHairpinPorts(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families where flows.hasHairpin { builder.addIfUsed(NamedSet(.hairpin, of: flows.hairpinPorts)) }
}

private func interfaceSet(_ side: InterfaceSide, _ interfaces: [Located<String>]) -> NamedSet {
  let sorted = interfaces.sorted { ($0.value, $0.span) < ($1.value, $1.span) }
  var elements = ElementList()
  for (index, interface) in sorted.enumerated() where index == 0 || interface.value != sorted[index - 1].value {
    elements.append(key: [.interface(interface.value)], provenance: interface.span)
  }
  return NamedSet(.interfaces(side), key: [.inputInterface], elements: elements)
}
