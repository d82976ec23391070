import Addressing
import Diagnostics
import Nftables
import Policy

/// Long lists of clients that several addresses have in common, or several ports of them: each is a set of its own with a chain
/// that asks it, and a map says which chain an address leads to.
///
/// An element for each address and each of its clients would make the table grow with their product: 3,000 publications that
/// share a list of 3,000 clients would be nine million elements. Short lists stay where they are: one lookup is quicker than
/// two, and they make the table longer by a constant at most.
struct CommonLists {
  /// One list.
  struct List {
    /// The name of the set and of the chain.
    let name: String
    var elements = ElementList()
    /// The first statement that asked for it.
    var provenance: SourceSpan
  }

  private(set) var lists: [List] = []
  /// Addresses that one publication alone restricts, each with the chain of its list.
  private(set) var addresses = ElementList()
  /// Ports of other addresses, each with the chain of its list.
  private(set) var ports = ElementList()
  private let family: AddressFamily
  private let longestRepeated: Int
  private var positions: [AddressSet: Int] = [:]
  /// What was asked for last. Neighbours often have the same list, and one that is compared with itself is equal at once.
  private var last: (clients: AddressSet, position: Int?)?

  /// Finds the lists that more than one address, or more than one segment of ports, has.
  ///
  /// - Parameter longestRepeated: How many ranges a list has at most that is left where it is.
  init(_ restrictions: Restrictions, _ services: FamilyServices, longestRepeated: Int) {
    family = services.family
    self.longestRepeated = longestRepeated
    var users: [AddressSet: Users] = [:]
    var run: (clients: AddressSet, users: Users)?
    func endRun() {
      if let run { users[run.clients, default: Users(run.users.first, count: 0)].add(run.users) }
    }
    func count(_ all: AddressSet, _ user: (name: String, provenance: SourceSpan)) {
      guard let clients = all.list(family, longerThan: longestRepeated) else { return }
      if run?.clients == clients {
        run?.users.add(Users(user, count: 1))
      } else {
        endRun()
        run = (clients, Users(user, count: 1))
      }
    }
    for (service, provenance) in restrictions.soles {
      guard let clients = services[service].clients else { continue }
      count(clients, (services[service].name, provenance))
    }
    for (segment, clients) in restrictions.shared {
      let segments = restrictions.segments
      count(clients, (segments.service(segment).name, segments.provenance(segment)))
    }
    endRun()
    for (clients, users) in users.filter({ $0.value.count > 1 }).sorted(by: { $0.value.precedes($1.value) }) {
      add(clients, users)
    }
  }

  /// Adds a list under the first free name of the publication that comes first among those which have it.
  private mutating func add(_ clients: AddressSet, _ users: Users) {
    let known = lists.reversed().prefix { Vocabulary.publication(ofList: $0.name) == users.first.name }.count
    var list = List(
      name: Vocabulary.clientList(of: users.first.name, number: known + 1, family),
      provenance: users.first.provenance)
    clients.forEachRange(family) { list.elements.append(key: [Value($0)], provenance: users.first.provenance) }
    positions[clients] = lists.count
    lists.append(list)
  }

  /// Says for an address that one publication alone restricts which list it has. Returns whether it has one of these.
  mutating func take(_ clients: AddressSet, of service: PublishedService, provenance: SourceSpan) -> Bool {
    guard let list = list(of: clients) else { return false }
    addresses.append(service.arrival, nil, comment: service.name, provenance: provenance)
    addresses.addData(.verdict(.goto(list)))
    return true
  }

  /// Says the same for ports of an address.
  mutating func take(_ clients: AddressSet, of segment: PortSegments.Segment, _ segments: PortSegments) -> Bool {
    guard let list = list(of: clients) else { return false }
    ports.append(segment, of: segments, data: .verdict(.goto(list)))
    return true
  }

  private mutating func list(of all: AddressSet) -> String? {
    guard !lists.isEmpty, let clients = all.list(family, longerThan: longestRepeated) else { return nil }
    if last?.clients != clients { last = (clients, positions[clients]) }
    return last?.position.map { lists[$0].name }
  }
}

/// Who has a list.
private struct Users {
  /// The publication that comes first by its name, with its statement.
  private(set) var first: (name: String, provenance: SourceSpan)
  private(set) var count: Int

  init(_ first: (name: String, provenance: SourceSpan), count: Int) {
    self.first = first
    self.count = count
  }

  mutating func add(_ others: Users) {
    if others.precedes(self) { first = others.first }
    count += others.count
  }

  /// By the name of the first publication, and by its statement.
  func precedes(_ other: Users) -> Bool {
    (first.name, first.provenance) < (other.first.name, other.first.provenance)
  }
}

extension AddressSet {
  /// The addresses of one family alone; `nil` where they are no more than that many ranges.
  fileprivate func list(_ family: AddressFamily, longerThan least: Int) -> AddressSet? {
    var list = AddressSet()
    switch family {
    case .ipv4: list.ipv4 = ipv4
    case .ipv6: list.ipv6 = ipv6
    }
    return list.ipv4.intervals.count + list.ipv6.intervals.count > least ? list : nil
  }
}
