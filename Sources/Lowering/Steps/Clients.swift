import Addressing
import Diagnostics
import Nftables
import Policy

/// `allow`, `deny`: connections to control ports and passive ranges from clients that are not admitted are dropped.
///
/// What `deny` takes away is subtracted here, so one set of disjoint intervals is left: nft has no longest match. The
/// address that clients dial stands first in every key, because the kernel's interval sets are quadratic in elements
/// that share the first field.
///
/// A lookup in an interval set takes the longer the more elements it has (`nft_set_pipapo.c`), one in a hash set does
/// not. So a hash set says on which addresses anybody is kept out, clients of an address that one publication alone
/// restricts have no ports in their key, and only strangers have their ports looked up. Prefixes of clients whose
/// length many have in common are in a hash set as well; the rule that asks it says the length. A long list that
/// several addresses have in common is kept once (`CommonLists`).
func lowerClients(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.restricted) {
    let family = services.family
    let restrictions = Restrictions(services)
    guard let provenance = restrictions.ports.first?.provenance else { continue }
    let addresses = NamedSet(
      "restricted_external" + family.suffix, key: [.destination(family)], elements: restrictions.addresses)
    builder.add(addresses)
    builder.add(
      .in(.destination(family), addresses.name), .verdict(.jump(ChainName.clients.text)), to: .admission,
      provenance: provenance)
    if builder.opensInside(services.traits) { admitInside(services, &builder) }
    let admitted = AdmittedClients(restrictions, services, longestRepeated: builder.longestRepeated)
    admit(admitted, family, &builder)
    admit(admitted.clients, family, &builder)
    admit("port_clients", .portsOfClients(family), admitted.clientsOfPorts, family, &builder)
    builder.add(.ports("restricted", family, restrictions.ports))
    builder.add(Rule.denyingStrangers(family, provenance), to: .clients)
  }
}

extension Rule {
  /// Denies what is left on restricted ports.
  fileprivate static func denyingStrangers(_ family: AddressFamily, _ provenance: SourceSpan) -> Rule {
    Rule(
      [.in(.dialled(family), "restricted" + family.suffix), .verdict(.goto(ChainName.denied.text))],
      comment: "clients", provenance: [provenance])
  }
}

/// Sends those who dial an address, or ports of it, to the chain of the list that says who may.
private func admit(_ admitted: AdmittedClients, _ family: AddressFamily, _ builder: inout TableBuilder) {
  let (address, ports) = (Expression.destination(family), Expression.dialled(family))
  let ofAddresses = NamedSet(
    "admitted" + family.suffix, key: [address], data: [.verdict], elements: admitted.listsOfAddresses)
  admitted.lists.lead(through: ofAddresses, address, &builder)
  let ofPorts = NamedSet.ports("admitted_ports", family, data: [.verdict], admitted.listsOfPorts)
  admitted.lists.lead(through: ofPorts, ports, &builder)
  admitted.lists.addChains(&builder) { list, isListed in
    [
      Rule([isListed, .verdict(.return)], provenance: [list.provenance]),
      .denyingStrangers(family, list.provenance),
    ]
  }
}

/// Lets the clients of a set in.
private func admit(
  _ name: String, _ key: [Expression], _ clients: ElementList, _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let set = NamedSet(name + family.suffix, key: key, flags: [.interval], elements: clients)
  guard builder.add(set) else { return }
  builder.add(
    .in(.concatenation(key), set.name), .verdict(.return), to: .clients, provenance: clients.firstProvenance)
}

/// Lets clients in that may use every restricted port of an address.
private func admit(
  _ clients: CommonElements<Int>, _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let key = [Expression.destination(family), .source(family)]
  for (length, elements) in zip(clients.traits, clients.lists) {
    let set = NamedSet(Vocabulary.clientSet(prefix: length, family), key: key, elements: elements)
    builder.add(set)
    builder.add(
      .in(.concatenation([.destination(family), .source(family, prefix: length)]), set.name), .verdict(.return),
      to: .clients, provenance: elements.firstProvenance)
  }
  admit("clients", key, clients.others, family, &builder)
}

/// Where not everybody is admitted.
struct Restrictions {
  /// The addresses with any such ports.
  private(set) var addresses = ElementList()
  /// The ports.
  private(set) var ports = ElementList()
  /// The addresses on which all such ports are of one publication, by its service.
  private(set) var soles: [(service: Int32, provenance: SourceSpan)] = []
  /// Such ports of the other addresses, with the clients that may use them.
  private(set) var shared: [(segment: PortSegments.Segment, clients: AddressSet)] = []
  let segments: PortSegments

  init(_ services: FamilyServices) {
    segments = restrictedPorts(services)
    ports.reserve(segments.segments.count, width: 2)
    soles.reserveCapacity(segments.segments.count / 2)
    for group in segments.byAddress { add(group) }
  }

  /// Adds the ports of one address.
  private mutating func add(_ group: ArraySlice<PortSegments.Segment>) {
    var first: (segment: PortSegments.Segment, provenance: SourceSpan)?
    var isOnePublication = true
    for segment in group where segments.isRestricted(segment) {
      ports.append(segment, of: segments)
      let provenance = segments.provenance(segment)
      if let known = first {
        isOnePublication = isOnePublication && segments.haveOneService(known.segment, segment)
        first?.provenance = min(known.provenance, provenance)
      } else {
        isOnePublication = segments.isSole(segment)
        first = (segment, provenance)
      }
    }
    guard let (first, provenance) = first else { return }
    addresses.append(first.address, provenance: provenance)
    if isOnePublication {
      soles.append((first.claim.service, provenance))
      return
    }
    for segment in group {
      if let admitted = segments.clients(segment) { shared.append((segment, admitted)) }
    }
  }
}

extension Restrictions {
  /// The clients of each address, or of ports of it.
  fileprivate func users(_ services: FamilyServices) -> [(clients: AddressSet, name: String, provenance: SourceSpan)]
  {
    soles.compactMap { sole in
      let service = services[sole.service]
      return service.clients.map { ($0, service.name, sole.provenance) }
    } + shared.map { ($0.clients, segments.service($0.segment).name, segments.provenance($0.segment)) }
  }
}

/// The clients that may use what is restricted, in the form in which sets hold them.
private struct AdmittedClients {
  /// Lists that several addresses, or ports of them, have in common.
  private(set) var lists: CommonLists
  /// Addresses that one publication alone restricts, each with the chain of its list.
  private(set) var listsOfAddresses = ElementList()
  /// Ports of other addresses, each with the chain of its list.
  private(set) var listsOfPorts = ElementList()
  /// The clients of addresses on which all such ports are of one publication, apart by the lengths of their prefixes.
  private(set) var clients: CommonElements<Int>
  /// The clients of ports of the other addresses.
  private(set) var clientsOfPorts = ElementList()

  init(_ restrictions: Restrictions, _ services: FamilyServices, longestRepeated: Int) {
    let family = services.family
    lists = CommonLists(
      .admitted, of: restrictions.users(services), family, longestRepeated: longestRepeated)
    var admitted: [AdmittedClient] = []
    admitted.reserveCapacity(2 * restrictions.soles.count)
    for (service, provenance) in restrictions.soles {
      guard let clients = services[service].clients else { continue }
      if let chain = lists.chain(of: clients) {
        let service = services[service]
        listsOfAddresses.append(service.arrival, nil, comment: service.name, provenance: provenance)
        listsOfAddresses.addData(.verdict(.goto(chain)))
        continue
      }
      clients.forEachRange(family) {
        admitted.append(AdmittedClient(range: $0, service: service, provenance: provenance))
      }
    }
    for (segment, clients) in restrictions.shared {
      if let chain = lists.chain(of: clients) {
        listsOfPorts.append(segment, of: restrictions.segments, data: .verdict(.goto(chain)))
      } else {
        clientsOfPorts.append(segment, of: restrictions.segments, from: clients, family)
      }
    }
    clients = CommonElements(admitted.lazy.map { $0.prefixLength }, width: 2)
    for admitted in admitted {
      let (service, first) = (services[admitted.service], admitted.range.lowerBound)
      if let position = clients.position(of: admitted.prefixLength) {
        clients.lists[position].append(
          service.arrival, nil, first...first, comment: service.name, provenance: admitted.provenance)
      } else {
        clients.others.append(
          service.arrival, nil, admitted.range, comment: service.name, provenance: admitted.provenance)
      }
    }
  }
}

/// Clients that a publication admits which alone restricts an address.
private struct AdmittedClient {
  let range: ClosedRange<IPAddress>
  let service: Int32
  let provenance: SourceSpan

  /// The length of the prefix that they are; `nil` when they are none, or all addresses, which need no mask.
  var prefixLength: Int? {
    Nftables.prefixLength(range.lowerBound, range.upperBound).flatMap { $0 == 0 ? nil : $0 }
  }
}

extension PortSegments {
  /// Whether no service with these ports admits everybody.
  fileprivate func isRestricted(_ segment: Segment) -> Bool {
    isSole(segment) ? service(segment).clients != nil : allServices(segment).allSatisfy { $0.clients != nil }
  }

  /// Whether the ports of both are those of one and the same service alone.
  fileprivate func haveOneService(_ segment: Segment, _ other: Segment) -> Bool {
    isSole(segment) && isSole(other) && segment.claim.service == other.claim.service
  }

  /// The clients that some service with these ports admits; `nil` for everybody.
  fileprivate func clients(_ segment: Segment) -> AddressSet? {
    guard !isSole(segment) else { return service(segment).clients }
    let services = allServices(segment)
    let sets = services.compactMap(\.clients)
    return sets.count == services.count ? AddressSet(unionOf: sets) : nil
  }
}

/// The ports of every address on which a publication does not admit everybody.
private func restrictedPorts(_ services: FamilyServices) -> PortSegments {
  var claims = PortClaims(services)
  claims.reserve(2 * services.outlines.count)
  let outlines = services.outlines
  var start = outlines.startIndex
  while start < outlines.endIndex {
    let end = outlines[start...].firstIndex { $0.arrival != outlines[start].arrival } ?? outlines.endIndex
    if outlines[start..<end].contains(where: { $0.has(.restricted) }) {
      for service in outlines[start..<end] {
        claims.addDialled(service, provenance: services[service].clientsSpan ?? service.header)
      }
    }
    start = end
  }
  return PortSegments(claims)
}

extension PublishedService {
  /// The first `allow` or `deny` entry.
  fileprivate var clientsSpan: SourceSpan? {
    var first = publication.allow.first?.span
    for term in publication.allow { first = min(first ?? term.span, term.span) }
    for term in publication.deny { first = min(first ?? term.span, term.span) }
    return first
  }
}

extension Expression {
  /// The client's address, cut to a prefix of that length.
  fileprivate static func source(_ family: AddressFamily, prefix length: Int) -> Expression {
    guard length < family.bits, let mask = IPAddress(mask: length, family) else { return .source(family) }
    return .masked(.source(family), with: mask)
  }
}

extension [Expression] {
  /// Address and port that a client dials, and its own address.
  static func portsOfClients(_ family: AddressFamily) -> [Expression] {
    [.destination(family), .destinationPort, .source(family)]
  }
}

extension ElementList {
  /// Appends one element for each range of client addresses, which is the last field of its key.
  mutating func append(
    _ segment: PortSegments.Segment, of segments: PortSegments, from clients: AddressSet, _ family: AddressFamily
  ) {
    let (comment, provenance) = (segments.comment(segment), segments.provenance(segment))
    clients.forEachRange(family) { range in
      append(segment.address, segment.ports, range, comment: comment, provenance: provenance)
    }
  }
}

extension AddressSet {
  /// The ranges of one family, in ascending order.
  func forEachRange(_ family: AddressFamily, _ body: (ClosedRange<IPAddress>) -> Void) {
    switch family {
    case .ipv4:
      for range in ipv4.intervals {
        body(.v4(IPv4Address(range.lowerBound))...(.v4(IPv4Address(range.upperBound))))
      }
    case .ipv6:
      for range in ipv6.intervals {
        body(.v6(IPv6Address(range.lowerBound))...(.v6(IPv6Address(range.upperBound))))
      }
    }
  }
}
