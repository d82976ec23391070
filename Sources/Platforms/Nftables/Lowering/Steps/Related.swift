import Addressing
import Diagnostics
import Flows
import Nftables

/// `helper on`: of the data connections that the FTP helper expects, those to a published server on its data ports, and
/// with `active on` those from it, are accepted; any other to or from it is dropped (promise 7, docs/promises.md). `ct
/// helper` compares the kernel's name of the helper and sees the control connection of a data connection.
func lowerRelated(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  guard let help = plan.help else { return }
  for flows in plan.families {
    accept(.relatedIn, flows.expectedInbound, &builder)
    accept(.relatedOut, flows.expectedOutbound, &builder)
    dropOthers(flows, &builder)
  }
  let hooks: [SingleChain] = (help.isForwarded ? [.forward] : []) + (help.isLocal ? [.input, .output] : [])
  for hook in hooks {
    for side in sides(plan) {
      builder.add(
        Rule(
          side + [
            .match(.conntrack("state"), .equal, .flags(["related"])),
            .match(.conntrack("helper"), .equal, .value(.string("ftp"))), .jump(.related),
          ], provenance: [help.provenance]), to: hook)
    }
  }
}

/// On which side data connections are looked at: those of a published server on any, those of users where they are,
/// because others may use the same server by rules that are none of ours.
private func sides(_ plan: FlowPlan) -> [[Statement]] {
  plan.isOutbound && !plan.outside.isEmpty ? [[.comesIn(.outside)], [.leaves(.outside)]] : [[]]
}

/// Accepts data connections that the helper expects.
private func accept(_ name: FamilySet, _ flows: PortFlows, _ builder: inout TableBuilder) {
  let set = NamedSet(name, of: flows, isCounted: true)
  guard builder.add(set) else { return }
  builder.add(
    .in(.concatenation(flows.side.key(flows.family)), .family(name, flows.family)), .verdict(.accept), to: .related,
    provenance: set.elements.firstProvenance)
}

/// Drops what is left of the data connections of published control connections: those to the server that were dialled
/// at a published address, and those from the server that clients see coming from one. A server may be a client of
/// other servers too; what some other table's helper expects for those sessions is none of ours, and leaves or arrives
/// with another address.
private func dropOthers(_ flows: FamilyFlows, _ builder: inout TableBuilder) {
  let family = flows.family
  let (servers, external) = (
    SetName.family(.helperServers, family), SetName.family(.helperExternal, family)
  )
  let addresses = ElementList(flows.helpedServers)
  guard builder.add(NamedSet(servers, key: [.destination(family)], elements: addresses)),
    builder.add(NamedSet(external, key: [.destination(family)], elements: ElementList(flows.helpedArrivals)))
  else { return }
  let dialled = Expression.tuple("original", "\(family.header) daddr")
  let seen = Expression.tuple("reply", "\(family.header) daddr")
  builder.add(
    .in(.destination(family), servers), .in(dialled, external), .counter, .verdict(.drop), to: .related,
    provenance: addresses.firstProvenance)
  builder.add(
    .in(.source(family), servers), .in(seen, external), .counter, .verdict(.drop), to: .related,
    provenance: addresses.firstProvenance)
}
