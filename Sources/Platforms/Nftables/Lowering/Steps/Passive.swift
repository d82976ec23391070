import Addressing
import Flows
import Nftables

/// `passive range`: data connections go to the server's address with their port unchanged. A map holds an address
/// alone, because a port in the data of an interval map would send the whole range to one port.
///
/// A range that many addresses have in common stands in a rule of its own, and its map, a hash, has addresses as keys.
func lowerPassive(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families {
    let family = flows.family
    let passive = flows.passiveTranslations
    var common = CommonElements(passive.flows.lazy.map { $0.ports }, width: 3)
    for flow in passive.flows {
      let server = Value.address(passive.service(flow).serverAddress)
      if let position = common.position(of: flow.ports) {
        common.lists[position].append(flow, of: passive, hasPorts: false, data: server)
      } else {
        common.others.append(flow, of: passive, data: server)
      }
    }
    for (ports, elements) in zip(common.traits, common.lists) {
      let map = NamedSet(
        .passiveRange(ports, family), key: [.destination(family)], data: [.destination(family)], isCounted: true,
        elements: elements)
      builder.add(map)
      builder.add(
        .match(.destinationPort, .equal, .value(Value(ports))),
        .translateDestination(family, .map(key: .destination(family), name: map.name)), to: .publish,
        provenance: elements.firstProvenance)
    }
    let map = NamedSet(
      .family(.passive, family), key: FlowSide.dialled.key(family), data: [.destination(family)], flags: [.interval],
      isCounted: true, elements: common.others)
    guard builder.add(map) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: map.name)), to: .publish,
      provenance: map.elements.firstProvenance)
  }
}
