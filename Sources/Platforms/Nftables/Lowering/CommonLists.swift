import Addressing
import Diagnostics
import Nftables

/// Long lists of clients that several addresses have in common, or several ports of them: each is a set of its own with
/// a chain that asks it, and a map says which chain an address leads to.
///
/// An element for each address and each of its clients would make the table grow with their product: 3,000 publications
/// that share a list of 3,000 clients would be nine million elements. Short lists stay where they are: one lookup is
/// quicker than two, and they make the table longer by a constant at most.
struct CommonLists {
  /// One list.
  struct List {
    let name: ClientListName
    var elements = ElementList()
    /// The first statement that asked for it.
    var provenance: SourceSpan
  }

  private(set) var lists: [List] = []
  private let kind: ClientListKind
  private let family: AddressFamily
  private let longestRepeated: Int
  private var positions: [AddressSet: Int] = [:]
  /// What was asked for last. Neighbours often have the same list, and one that is compared with itself is equal at
  /// once.
  private var last: (clients: AddressSet, position: Int?)?

  /// Finds the lists that are said more than once.
  ///
  /// - Parameters:
  ///   - users: Each address, or flow, that a list is about: the list, and the publication with its
  ///     statement.
  ///   - longestRepeated: How many ranges a list has at most that is left where it is.
  init(
    _ kind: ClientListKind, of users: some Sequence<(clients: AddressSet, name: String, provenance: SourceSpan)>,
    _ family: AddressFamily, longestRepeated: Int
  ) {
    (self.kind, self.family) = (kind, family)
    self.longestRepeated = longestRepeated
    var found: [AddressSet: Users] = [:]
    var run: (clients: AddressSet, users: Users)?
    func endRun() {
      if let run { found[run.clients, default: Users(run.users.first, count: 0)].add(run.users) }
    }
    for user in users {
      guard let clients = user.clients.list(family, longerThan: longestRepeated) else { continue }
      let one = Users((user.name, user.provenance), count: 1)
      if run?.clients == clients {
        run?.users.add(one)
      } else {
        endRun()
        run = (clients, one)
      }
    }
    endRun()
    for (clients, users) in found.filter({ $0.value.count > 1 }).sorted(by: { $0.value.precedes($1.value) }) {
      add(clients, users)
    }
  }

  /// Adds a list under the first free name of the publication that comes first among those which have it.
  private mutating func add(_ clients: AddressSet, _ users: Users) {
    let known = lists.reversed().prefix { $0.name.publication == users.first.name }.count
    var list = List(
      name: ClientListName(kind, of: users.first.name, number: known + 1, family), provenance: users.first.provenance)
    clients.forEachRange(family) { list.elements.append(key: [Value($0)], provenance: users.first.provenance) }
    positions[clients] = lists.count
    lists.append(list)
  }

  /// The chain of the list that these clients are; `nil` where no list is made of them.
  mutating func chain(of all: AddressSet) -> String? {
    guard !lists.isEmpty, let clients = all.list(family, longerThan: longestRepeated) else { return nil }
    if last?.clients != clients { last = (clients, positions[clients]) }
    return last?.position.map { lists[$0].name.text }
  }

  /// A map that leads to the chains, and the rule that asks it.
  ///
  /// - Parameter conditions: What holds before the map is asked.
  func lead(
    _ conditions: Statement..., through map: NamedSet, _ key: Expression, _ builder: inout TableBuilder
  ) {
    guard builder.add(map) else { return }
    builder.add(
      Rule(
        conditions + [.verdictMap(key: key, name: map.name)],
        provenance: map.elements.firstProvenance.map { [$0] } ?? []), to: .clients)
  }

  /// Adds the sets, and a chain for each.
  ///
  /// - Parameter rules: The rules of the chain of a list, given what matches its clients.
  func addChains(_ builder: inout TableBuilder, rules: (List, Statement) -> [Rule]) {
    for list in lists {
      let set = SetName.clientList(list.name)
      builder.add(NamedSet(set, key: [.source(family)], flags: [.interval], elements: list.elements))
      builder.addPublicationChain(.clientList(list.name), rules: rules(list, .in(.source(family), set)))
    }
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
