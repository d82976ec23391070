import Addressing
import Flows
package import Nftables

/// What a table says about one publication, in the words of the language: read back from the elements that have its
/// name as their comment.
struct PublicationFacts: Equatable {
  private var words: [Aspect: Set<String>] = [:]
  private var passive: [PortRange] = []
  /// Port ranges that clients dial, where no passive map names them.
  private var dialled: [PortRange] = []
  private var controlPorts: Set<String> = []
  private(set) var clients: Set<Value> = []
  private(set) var isRestricted = false

  /// The values of an aspect, sorted as people expect; empty when the table says nothing about it.
  func values(_ aspect: Aspect) -> [String] {
    switch aspect {
    case .passive: merged(passive.isEmpty ? dialled : passive).map(\.description)
    case .control: (words[.control] ?? controlPorts).sorted()
    case .clients: isRestricted ? clients.map(\.text).sorted() : []
    case .log: words[.log] == ["denied", "new"] ? ["all"] : (words[.log] ?? []).sorted()
    default: (words[aspect] ?? []).sorted()
    }
  }

  private func merged(_ ranges: [PortRange]) -> [PortRange] {
    var result: [PortRange] = []
    for range in ranges.sorted() {
      if let last = result.last, Int(range.low) <= Int(last.high) + 1 {
        result[result.count - 1] = PortRange(low: last.low, high: max(last.high, range.high)) ?? last
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// The facts of the publications that a table names.
  ///
  /// - Parameter names: Those that are asked about; `nil` for all.
  static func all(in table: Table, of names: Set<String>? = nil) -> [String: PublicationFacts] {
    var facts: [String: PublicationFacts] = [:]
    let lists = table.clientLists
    for set in table.sets {
      guard let owned = SetName(text: set.name) else { continue }
      for element in set.elements where element.mayName(oneOf: names) {
        for name in publications(of: element) where names?.contains(name) ?? true {
          facts[name, default: PublicationFacts()].add(element, of: owned)
          if let list = element.clientList { facts[name]?.add(clients: lists[list] ?? []) }
        }
      }
    }
    for chain in table.chains {
      guard let name = ChainName(text: chain.name)?.publication, facts[name] != nil else { continue }
      for case .connectionCount(let count, isOver: true) in chain.rules.flatMap(\.statements) {
        facts[name]?.words[.limit, default: []].insert("\(count) sessions")
      }
    }
    return facts
  }

  private mutating func add(_ element: Element, of set: SetName) {
    let aspect = set.aspect
    var isHelper = false
    if case .family(.helper, _) = set.undirected { isHelper = true }
    if [.control, .passive, .clients, .limit, .log].contains(aspect) || isHelper,
      case .address(let external)? = element.key.first
    {
      // Of a `reach` it is that of the server.
      words[set == set.undirected ? .external : .server, default: []].insert(external.description)
    }
    switch aspect {
    case .control:
      guard case .port(let port)? = element.key.last, case .address(let server)? = element.data.first,
        case .port(let inner)? = element.data.last
      else { return }
      words[.control, default: []].insert(port == inner ? "\(port)" : "\(port) -> \(inner)")
      words[.server, default: []].insert(server.description)
    case .passive:
      switch element.key.last {
      case .port(let port): passive.append(PortRange(port))
      case .ports(let range): passive.append(range)
      default: if let range = set.passiveRange { passive.append(range) }
      }
      if case .address(let server)? = element.data.first { words[.server, default: []].insert(server.description) }
    case .clients:
      isRestricted = true
      if set.holdsClients, let client = element.key.last {
        clients.insert(client.prefix(set.clientPrefix))
      }
      addDialled(element)
    case .limit:
      if let limit = set.limit { words[.limit, default: []].insert(limit.words) }
      addDialled(element)
    case .log:
      var event = LoggedEvent.denied
      if case .family(.logNew, _) = set.undirected { event = .new }
      words[.log, default: []].insert(event.rawValue)
      addDialled(element)
    case .helper:
      words[.helper, default: []].insert("on")
      if isHelper { addDialled(element) }
    default: words[aspect, default: []].insert("on")
    }
  }

  /// Adds a list that several publications may have in common; it is not copied where it is the only one.
  private mutating func add(clients list: Set<Value>) {
    if clients.isEmpty { clients = list } else if clients != list { clients.formUnion(list) }
  }

  private mutating func addDialled(_ element: Element) {
    switch element.key.dropFirst().first {
    case .port(let port): controlPorts.insert("\(port)")
    case .ports(let range): dialled.append(range)
    default: break
    }
  }

  /// The publications that the comment of an element names; none when it is no comment of ours.
  static func publications(of element: Element) -> [String] {
    guard let comment = element.comment, !element.key.contains(where: \.isForeign) else { return [] }
    var names: [String] = []
    for piece in comment.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let name = names.isEmpty ? piece : piece.first == UInt8(ascii: " ") ? piece.dropFirst() : piece
      guard let first = name.first, isLetter(first), name.allSatisfy({ isLetter($0) || isOther($0) }) else {
        return []
      }
      names.append(String(decoding: name, as: UTF8.self))
    }
    // nft takes 128 bytes, so the last name of a full comment may be cut.
    return comment.utf8.count == 128 && names.count > 1 ? names.dropLast() : names
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isOther(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F }
}

extension Value {
  /// The prefix of that length that begins with this address; the value itself without a length.
  fileprivate func prefix(_ length: Int?) -> Value {
    guard let length, case .address(let base) = self else { return self }
    return Value(base: base, length: length) ?? self
  }
}

extension Table {
  /// The lists of clients that have a chain, by its name.
  fileprivate var clientLists: [String: Set<Value>] {
    var lists: [String: Set<Value>] = [:]
    for set in sets where SetName(text: set.name)?.isClientList == true {
      lists[set.name] = Set(set.elements.compactMap(\.key.last))
    }
    return lists
  }

  /// The publications whose list of clients is one of some sets.
  func publications(withLists names: Set<String>) -> Set<String> {
    var publications: Set<String> = []
    for map in sets where SetName(text: map.name)?.leadsToLists == true {
      for element in map.elements where element.clientList.map(names.contains) ?? false {
        publications.formUnion(element.publications)
      }
    }
    return publications
  }
}

extension Element {
  /// The chain of the list of clients to which it leads.
  fileprivate var clientList: String? {
    guard case .verdict(.goto(let chain))? = data.first, ClientListName(text: chain) != nil else {
      return nil
    }
    return chain
  }

  /// Whether its comment is one of some names, or holds several names; of no names in particular, it may be any.
  fileprivate func mayName(oneOf names: Set<String>?) -> Bool {
    guard let names else { return true }
    return comment.map { names.contains($0) || $0.utf8.contains(UInt8(ascii: ",")) } ?? false
  }

  /// The publications that asked for the element, as far as its comment names them.
  package var publications: [String] { PublicationFacts.publications(of: self) }
}
