import Addressing
import Diagnostics
import Nftables
import Policy

/// `hairpin on` lets clients behind the inside interfaces in, whatever `allow` lists; `deny` wins there too.
func admitInside(_ services: FamilyServices, _ builder: inout TableBuilder) {
  let family = services.family
  let isInside = Statement.in(.inputInterface, insideSet)
  let hairpins = services.outlines.lazy.filter { $0.has(.hairpin) }
  let provenance = hairpins.compactMap { services[$0].publication.hairpin.span }.min()
  if services.has(.denying) { denyInside(services, isInside, provenance, &builder) }
  builder.add(
    isInside, .in(.dialled(family), hairpinSet + family.suffix), .verdict(.return), to: .clients,
    comment: "hairpin", provenance: provenance)
}

/// Denies clients inside what `deny` keeps from them, on the ports of publications with `hairpin on`.
private func denyInside(
  _ services: FamilyServices, _ isInside: Statement, _ provenance: SourceSpan?, _ builder: inout TableBuilder
) {
  let family = services.family
  let segments = hairpinPorts(services)
  let denied = segments.segments.map { (segment: $0, clients: segments.denied($0)) }
  var lists = CommonLists(
    .deniedInside,
    of: denied.lazy.map { ($0.clients, segments.service($0.segment).name, segments.provenance($0.segment)) },
    family, longestRepeated: builder.longestRepeated)
  var (elements, listsOfPorts) = (ElementList(), ElementList())
  for (segment, clients) in denied {
    if let chain = lists.chain(of: clients) {
      listsOfPorts.append(segment, of: segments, data: .verdict(.jump(chain)))
    } else {
      elements.append(segment, of: segments, from: clients, family)
    }
  }
  let map = NamedSet.ports("denied_inside_ports", family, data: [.verdict], listsOfPorts)
  lists.lead(isInside, through: map, .dialled(family), &builder)
  lists.addChains(&builder) { list, isListed in
    [Rule([isListed, .verdict(.goto(ChainName.denied.text))], provenance: [list.provenance])]
  }
  let key = [Expression].portsOfClients(family)
  let set = NamedSet("denied_inside" + family.suffix, key: key, flags: [.interval], elements: elements)
  if builder.add(set) {
    builder.add(
      isInside, .in(.concatenation(key), set.name), .verdict(.goto(ChainName.denied.text)), to: .clients,
      provenance: provenance)
  }
}

extension PortSegments {
  /// The clients that nobody with these ports lets in, whatever lists them: a port that two publications share is open
  /// to whom either lets in.
  fileprivate func denied(_ segment: Segment) -> AddressSet {
    guard !isSole(segment) else { return service(segment).denied }
    let services = allServices(segment)
    return services.dropFirst().reduce(services.first?.denied ?? AddressSet()) { $0.intersection($1.denied) }
  }
}
