import Addressing
import Diagnostics
import Flows
import Nftables

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
func lowerClients(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for flows in plan.families {
    let family = flows.family
    guard let restrictions = flows.restrictions, let first = restrictions.ports.first else { continue }
    let provenance = restrictions.flows.provenance(first)
    let addresses = SetName.family(.restrictedExternal, family)
    builder.add(
      NamedSet(addresses, key: [.destination(family)], elements: ElementList(restrictions.addresses)))
    builder.add(
      .in(.destination(family), addresses), .jump(.clients), to: .admission, provenance: provenance)
    if !plan.inside.isEmpty, flows.hasHairpin { admitInside(flows, &builder) }
    let admitted = AdmittedClients(restrictions, family, longestRepeated: builder.longestRepeated)
    admit(admitted, family, &builder)
    admit(admitted.clients, family, &builder)
    admit(.clientsOfPorts, .portsOfClients(family), admitted.clientsOfPorts, family, &builder)
    var ports = ElementList()
    ports.reserve(restrictions.ports.count, width: 2)
    for flow in restrictions.ports { ports.append(flow, of: restrictions.flows) }
    builder.add(
      NamedSet(
        .family(.restricted, family), key: FlowSide.dialled.key(family), flags: [.interval], isCounted: true,
        elements: ports))
    builder.add(Rule.denyingStrangers(family, provenance), to: .clients)
  }
}

extension Rule {
  /// Denies what is left on restricted ports.
  fileprivate static func denyingStrangers(_ family: AddressFamily, _ provenance: SourceSpan) -> Rule {
    Rule([.dials(.restricted, family), .deny], comment: "clients", provenance: [provenance])
  }
}

/// Sends those who dial an address, or ports of it, to the chain of the list that says who may.
private func admit(_ admitted: AdmittedClients, _ family: AddressFamily, _ builder: inout TableBuilder) {
  let address = Expression.destination(family)
  let ofAddresses = NamedSet(
    .family(.admitted, family), key: [address], data: [.verdict], elements: admitted.listsOfAddresses)
  admitted.lists.lead(through: ofAddresses, address, &builder)
  let ofPorts = NamedSet(
    .family(.admittedPorts, family), key: FlowSide.dialled.key(family), data: [.verdict], flags: [.interval],
    elements: admitted.listsOfPorts)
  admitted.lists.lead(through: ofPorts, .dialled(family), &builder)
  admitted.lists.addChains(&builder) { list, isListed in
    [
      Rule([isListed, .verdict(.return)], provenance: [list.provenance]),
      .denyingStrangers(family, list.provenance),
    ]
  }
}

/// Lets the clients of a set in.
private func admit(
  _ name: FamilySet, _ key: [Expression], _ clients: ElementList, _ family: AddressFamily,
  _ builder: inout TableBuilder
) {
  let set = SetName.family(name, family)
  guard builder.add(NamedSet(set, key: key, flags: [.interval], elements: clients)) else { return }
  builder.add(.in(.concatenation(key), set), .verdict(.return), to: .clients, provenance: clients.firstProvenance)
}

/// Lets clients in that may use every restricted port of an address.
private func admit(
  _ clients: CommonElements<Int>, _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let key = [Expression.destination(family), .source(family)]
  for (length, elements) in zip(clients.traits, clients.lists) {
    let set = SetName.clientPrefix(length, family)
    builder.add(NamedSet(set, key: key, elements: elements))
    builder.add(
      .in(.concatenation([.destination(family), .source(family, prefix: length)]), set), .verdict(.return),
      to: .clients, provenance: elements.firstProvenance)
  }
  admit(.clients, key, clients.others, family, &builder)
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

  init(_ restrictions: Restrictions, _ family: AddressFamily, longestRepeated: Int) {
    lists = CommonLists(.admitted, of: restrictions.users, family, longestRepeated: longestRepeated)
    var admitted: [AdmittedClient] = []
    admitted.reserveCapacity(2 * restrictions.soles.count)
    for sole in restrictions.soles {
      guard let clients = sole.service.clients else { continue }
      if let chain = lists.chain(of: clients) {
        listsOfAddresses.append(
          sole.service.arrival, data: [.verdict(.goto(chain))], comment: sole.service.name,
          provenance: sole.provenance)
        continue
      }
      clients.forEachRange(family) { admitted.append(AdmittedClient(range: $0, sole: sole)) }
    }
    for (flow, clients) in restrictions.shared {
      if let chain = lists.chain(of: clients) {
        listsOfPorts.append(flow, of: restrictions.flows, data: .verdict(.goto(chain)))
      } else {
        clientsOfPorts.append(flow, of: restrictions.flows, from: clients)
      }
    }
    clients = CommonElements(admitted.lazy.map { $0.prefixLength }, width: 2)
    for client in admitted {
      let (service, first) = (client.sole.service, client.range.lowerBound)
      if let position = clients.position(of: client.prefixLength) {
        clients.lists[position].append(
          service.arrival, nil, first...first, comment: service.name, provenance: client.sole.provenance)
      } else {
        clients.others.append(
          service.arrival, nil, client.range, comment: service.name, provenance: client.sole.provenance)
      }
    }
  }
}

extension Restrictions {
  /// The clients of each address, or of ports of it.
  fileprivate var users: [(clients: AddressSet, name: String, provenance: SourceSpan)] {
    soles.compactMap { sole in sole.service.clients.map { ($0, sole.service.name, sole.provenance) } }
      + shared.map { ($0.clients, flows.service($0.flow).name, flows.provenance($0.flow)) }
  }
}

/// Clients that a publication admits which alone restricts an address.
private struct AdmittedClient {
  let range: ClosedRange<IPAddress>
  let sole: Restrictions.Sole

  /// The length of the prefix that they are; `nil` for a range that is no prefix, and for all addresses, which need no
  /// mask.
  var prefixLength: Int? {
    Nftables.prefixLength(range.lowerBound, range.upperBound).flatMap { $0 == 0 ? nil : $0 }
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
    FlowSide.dialled.key(family) + [.source(family)]
  }
}

extension ElementList {
  /// Appends one element for each range of client addresses, which is the last field of its key.
  mutating func append(_ flow: PortFlow, of flows: PortFlows, from clients: AddressSet) {
    let (comment, provenance) = (flows.publications(flow), flows.provenance(flow))
    clients.forEachRange(flows.family) { range in
      append(flow.address, flow.ports, range, comment: comment, provenance: provenance)
    }
  }
}
