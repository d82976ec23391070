import Addressing
import Diagnostics
import Flows
import Nftables

/// `hairpin on` lets clients behind the inside interfaces in, whatever `allow` lists; `deny` wins there too.
func admitInside(_ flows: FamilyFlows, _ builder: inout TableBuilder) {
  let provenance = flows.hairpinProvenance
  if flows.deniesInside { denyInside(flows, provenance, &builder) }
  builder.add(
    .comesIn(.inside), .dials(.hairpin, flows.family), .verdict(.return), to: .clients, comment: "hairpin",
    provenance: provenance)
}

/// Denies clients inside what `deny` keeps from them, on the ports of publications with `hairpin on`.
private func denyInside(_ flows: FamilyFlows, _ provenance: SourceSpan?, _ builder: inout TableBuilder) {
  let family = flows.family
  let ports = flows.hairpinPorts
  let denied = ports.flows.map { (flow: $0, clients: ports.deniedInside($0)) }
  var lists = CommonLists(
    .deniedInside, of: denied.lazy.map { ($0.clients, ports.service($0.flow).name, ports.provenance($0.flow)) },
    family, longestRepeated: builder.longestRepeated)
  var (elements, listsOfPorts) = (ElementList(), ElementList())
  for (flow, clients) in denied {
    if let chain = lists.chain(of: clients) {
      listsOfPorts.append(flow, of: ports, data: .verdict(.jump(chain)))
    } else {
      elements.append(flow, of: ports, from: clients)
    }
  }
  let map = NamedSet(
    .family(.deniedInsidePorts, family), key: FlowSide.dialled.key(family), data: [.verdict], flags: [.interval],
    elements: listsOfPorts)
  lists.lead(.comesIn(.inside), through: map, .dialled(family), &builder)
  lists.addChains(&builder) { list, isListed in [Rule([isListed, .deny], provenance: [list.provenance])] }
  let key = [Expression].portsOfClients(family)
  let set = SetName.family(.deniedInside, family)
  if builder.add(NamedSet(set, key: key, flags: [.interval], elements: elements)) {
    builder.add(
      .comesIn(.inside), .in(.concatenation(key), set), .deny, to: .clients, provenance: provenance)
  }
}
