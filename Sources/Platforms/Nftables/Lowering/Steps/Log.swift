import Addressing
import Diagnostics
import Flows
import Nftables

/// Log lines of one publication: at most 5 a second, after a burst of 10.
private let logRate = Rate(5, per: .second, burst: 10)

/// `log`: the kernel log says which publication a connection was for, so each logged publication has a chain with its
/// own prefix, reached through a verdict map. The last rules of `admission` log what is let in, the first rules of
/// `denied` what is not.
func lowerLog(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for event in LoggedEvent.allCases {
    for (name, span) in plan.logged(event) {
      let prefix = "sallyport \(name) \(event.rawValue): "
      builder.addPublicationChain(
        .log(event, publication: name),
        rules: [Rule([.limit(logRate), .log(prefix: prefix)], provenance: [span])])
    }
  }
  for flows in plan.families {
    addLogMap(.new, flows.logged(.new), to: .admission, &builder)
    addLogMap(.denied, flows.logged(.denied), to: .denied, &builder)
  }
  if let denial = plan.denial { builder.add(.counter, .verdict(.drop), to: .denied, provenance: denial) }
}

private func addLogMap(
  _ event: LoggedEvent, _ flows: PortFlows, to chain: SingleChain, _ builder: inout TableBuilder
) {
  let map = NamedSet(.log(event), of: flows, data: [.verdict]) { flow in
    let first = flows.service(flow).name
    let name = flows.isSole(flow) ? first : flows.allServices(flow).map(\.name).min() ?? first
    return .verdict(.jump(ChainName.log(event, publication: name).text))
  }
  guard builder.add(map) else { return }
  builder.add(
    .verdictMap(key: .dialled(flows.family), name: map.name), to: chain, provenance: map.elements.firstProvenance)
}
