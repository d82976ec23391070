package import Addressing
package import FTPSession
import Glibc
import Synchronization

/// The kernel's own answers about the way of packets, in the network namespace of this process. What was asked once is
/// remembered, so that one run judges one state of the machine.
package final class KernelRoutes: Routing {
  private let machine: Machine
  private let rules: [AddressFamily: RoutingRules]
  private let neighbours: NeighbourTable
  private let answers = Mutex<[RouteQuestion: RouteAnswer]>([:])
  private let lookups = Mutex<[Lookup: RouteLookup]>([:])
  private let hops = Mutex<[Lookup: NextHop?]>([:])

  private struct Lookup: Hashable {
    var address: IPAddress
    var interface: String?
  }

  package init(_ machine: Machine) {
    self.machine = machine
    rules = Dictionary(
      AddressFamily.allCases.compactMap { family in RoutingRules(family).map { (family, $0) } },
      uniquingKeysWith: { $1 })
    neighbours = NeighbourTable.current()
  }

  package var ports: [ClosedRange<UInt16>] { rules.values.flatMap(\.ports) }

  package func way(of question: RouteQuestion) -> RouteAnswer {
    if let known = answers.withLock({ $0[question] }) { return known }
    let answer = find(question)
    answers.withLock { $0[question] = answer }
    return answer
  }

  package func lookUp(_ address: IPAddress, on interface: String?) -> RouteLookup {
    let key = Lookup(address: address, interface: interface)
    if let known = lookups.withLock({ $0[key] }) { return known }
    var request = RouteRequest(to: address)
    request.output = interface.flatMap { machine.link(named: $0)?.index }
    // The route itself: with an interface alone the kernel would take everybody for a neighbour there.
    request.wantsRoute = true
    var found = RouteLookup(type: "unicast", interface: nil)
    switch RouteReply.ask(request) {
    case .success(let reply):
      found.type = reply.type?.name ?? "unicast"
      found.interface = reply.type == .local ? "lo" : reply.interface.flatMap { machine.link($0)?.name }
    case .failure(let error): found.type = error.type.name
    }
    lookups.withLock { $0[key] = found }
    return found
  }

  package func nextHop(towards address: IPAddress, on interface: String) -> NextHop? {
    let key = Lookup(address: address, interface: interface)
    if let known = hops.withLock({ $0[key] }) { return known }
    var found: NextHop?
    if case .success(let reply) = RouteReply.ask(RouteRequest(to: address)), let index = reply.interface,
      machine.link(index)?.name == interface
    {
      let hop = reply.nextHop ?? address
      let entry = neighbours.entries[Neighbour(address: hop, link: index)]
      found = NextHop(hop, linkAddress: entry?.linkAddress, isPermanent: entry?.isPermanent ?? false)
    }
    hops.withLock { $0[key] = .some(found) }
    return found
  }

  private func find(_ question: RouteQuestion) -> RouteAnswer {
    let family = question.tuple.family
    var request = RouteRequest(to: question.tuple.destination)
    request.tuple = question.tuple
    request.mark = question.mark
    if let input = question.input {
      guard let link = machine.link(named: input) else {
        return .lost(reason: "there is no interface `\(input)`", isNoticed: false)
      }
      if let trouble = trouble(link, family, verb: "comes in on") { return trouble }
      request.input = link.index
    }
    guard let rules = rules[family] else {
      return .unknown(reason: "the kernel does not list its routing rules")
    }
    var found: Set<RouteAnswer> = []
    for service in rules.services.sorted() {
      for user in question.input == nil ? rules.users : [nil] {
        request.service = service
        request.user = user
        found.insert(answer(to: request, question))
      }
    }
    guard found.count == 1, let only = found.first else {
      return .unknown(
        reason:
          "rules of `ip rule` choose the way to \(question.tuple.destination) by the DSCP of packets or the user of the "
          + "program that sends them, and these are not known")
    }
    if let unknown = rules.unknown {
      return .unknown(reason: "rules of `ip rule` choose the way of packets by \(unknown)")
    }
    return only
  }

  private func answer(to request: RouteRequest, _ question: RouteQuestion) -> RouteAnswer {
    let destination = question.tuple.destination
    let reply: RouteReply
    switch RouteReply.ask(request) {
    case .failure(let error): return RouteLoss(question, request, error, machine).answer
    case .success(let found): reply = found
    }
    switch reply.type {
    case .local, .anycast: return .local
    case .unicast: break
    case .blackhole, .unreachable, .prohibit:
      return .lost(
        reason: "the route to \(destination) is of type \(reply.type?.name ?? "")",
        isNoticed: reply.type != .blackhole)
    case .broadcast, .multicast, nil: return .lost(reason: "\(destination) is no single machine", isNoticed: false)
    }
    if question.input != nil, !forwards(question) {
      return .lost(reason: "net.ipv6.conf.all.forwarding is 0", isNoticed: true)
    }
    guard let link = reply.interface.flatMap({ machine.link($0) }) else {
      return .unknown(reason: "the interface towards \(destination) has no name")
    }
    // What the host sends to itself has the type local, but for addresses of loopback.
    if link.name == "lo", question.input == nil { return .local }
    if let trouble = trouble(link, question.tuple.family, verb: "goes out of") { return trouble }
    var whole = request
    whole.wantsRoute = true
    if case .success(let route) = RouteReply.ask(whole), route.alternatives.count > 1 {
      let names = route.alternatives.compactMap { machine.link($0)?.name }.sorted().joined(separator: " and ")
      return .unknown(
        reason:
          "the route to \(destination) has several next hops, on \(names), and a hash of each connection chooses")
    }
    let hop = reply.nextHop ?? destination
    guard neighbours.silent.contains(Neighbour(address: hop, link: link.index)) else { return .leaves(link.name) }
    return .leaves(
      link.name,
      doubt: "\(hop) did not answer when the machine last asked for it on \(link.name) (`ip neigh show \(hop)`); "
        + "`ping \(hop)` tells whether it does now")
  }

  /// Whether packets that come in are passed on. The kernel's answer has it for IPv4 alone (`ip6_forward` in
  /// ip6_output.c).
  private func forwards(_ question: RouteQuestion) -> Bool {
    guard question.tuple.family == .ipv6, let input = question.input else { return true }
    return KernelSetting.number("net.ipv6.conf.all.forwarding") ?? 1 != 0
      || KernelSetting.number("force_forwarding", of: input, .ipv6) ?? 0 != 0
  }

  /// What keeps an interface from passing packets, or from being judged.
  private func trouble(_ link: Machine.Link, _ family: AddressFamily, verb: String) -> RouteAnswer? {
    if !link.isUp { return .lost(reason: "it \(verb) \(link.name), which is down", isNoticed: false) }
    if !link.hasCarrier {
      return .lost(reason: "it \(verb) \(link.name), which has no carrier", isNoticed: false)
    }
    if family == .ipv6, KernelSetting.number("disable_ipv6", of: link.name, .ipv6) == 1 {
      return .lost(
        reason: "it \(verb) \(link.name), where IPv6 is off (net.ipv6.conf.\(link.name).disable_ipv6)",
        isNoticed: false)
    }
    if let master = link.master.flatMap({ machine.link($0) }), master.kind == "vrf" {
      return .unknown(
        reason: "\(link.name) belongs to the VRF \(master.name), whose routes and rules are not judged")
    }
    return nil
  }
}

/// The neighbours as the kernel knows them (`ip neigh`).
struct NeighbourTable {
  struct Entry {
    /// `nil` where it is not known, or of another form.
    var linkAddress: String?
    /// Whether nobody asks for it.
    var isPermanent: Bool
  }

  /// Those that the kernel asked for and that have not answered: `NUD_INCOMPLETE`, `NUD_FAILED` (`linux/neighbour.h`).
  private(set) var silent: Set<Neighbour> = []
  /// All others, with what the kernel knows of them.
  private(set) var entries: [Neighbour: Entry] = [:]

  static func current() -> NeighbourTable {
    var table = NeighbourTable()
    for message in Netlink.list(.getNeighbour, [UInt8](repeating: 0, count: 12)) ?? [] {
      // Entries of bridges have another family.
      guard [UInt8(2), 10].contains(message.number(at: 0, as: UInt8.self)) else { continue }
      let attributes = message.attributes(after: 12)
      guard let address = attributes[1].flatMap({ IPAddress(bytes: $0) }) else { continue }
      let neighbour = Neighbour(address: address, link: message.number(at: 4, as: Int32.self))
      let state = message.number(at: 8, as: UInt16.self)
      if state & 0x21 != 0 {
        table.silent.insert(neighbour)
      } else {
        // NDA_LLADDR; NUD_PERMANENT, NUD_NOARP
        table.entries[neighbour] = Entry(
          linkAddress: attributes[2].flatMap(\.linkAddress), isPermanent: state & 0xC0 != 0)
      }
    }
    return table
  }
}

/// A machine on the other end of an interface.
struct Neighbour: Hashable {
  var address: IPAddress
  /// The index of the interface.
  var link: Int32

  /// Those for which the machine answers (`ip neigh add proxy`, `NTF_PROXY`).
  static func proxies() -> Set<Neighbour> {
    var body = [UInt8](repeating: 0, count: 12)
    body[10] = 8
    return Set(
      (Netlink.list(.getNeighbour, body) ?? []).compactMap { message in
        message.attributes(after: 12)[1].flatMap { IPAddress(bytes: $0) }.map {
          Neighbour(address: $0, link: message.number(at: 4, as: Int32.self))
        }
      })
  }
}

extension RouteType {
  /// As nft and ip name it.
  var name: String { "\(self)" }
}
