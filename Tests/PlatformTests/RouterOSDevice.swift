import Addressing

/// The firewall of a router, as far as our scripts change it, and what it does with the first packet of a connection.
struct RouterOSDevice {
  /// One entry of a menu.
  struct Entry: Equatable {
    var parameters: [String: String]
    fileprivate let match: Match

    init(_ parameters: [String: String]) {
      self.parameters = parameters
      match = Match(parameters)
    }

    static func == (left: Self, right: Self) -> Bool { left.parameters == right.parameters }
  }

  /// The first packet of a connection.
  struct Packet {
    var interface: String
    var source: IPAddress
    var destination: IPAddress
    var port: UInt16
    var sourcePort: UInt16 = 40_000
  }

  /// Where it goes.
  struct Arrival: Hashable {
    var address: IPAddress
    var port: UInt16
    /// The source that the server sees; `nil` for that of the router.
    var source: IPAddress?
  }

  /// Whether every client has as many connections as `connection-limit` says.
  var hasManyConnections = false
  /// Whether every client has exceeded the rate of `dst-limit`.
  var hasManyNewOnes = false
  /// The entries of the menus that have any.
  private(set) var menus: [String: [Entry]] = [:]
  private(set) var helperPorts: String?
  /// The address lists, by the menu of the family and their name.
  private var lists: [String: [String: [ClosedRange<IPAddress>]]] = [:]

  /// A router with a rule that refuses the rest, which has a comment, between two of somebody else's.
  init(refusing comment: String? = "drop the rest") {
    for menu in ["/ip/firewall/filter", "/ipv6/firewall/filter"] {
      menus[menu] = [Entry(["chain": "forward", "action": "accept", "connection-state": "established,related"])]
      if let comment { menus[menu]?.append(Entry(["chain": "forward", "action": "drop", "comment": comment])) }
      menus[menu]?.append(Entry(["chain": "input", "action": "drop", "comment": "mine"]))
    }
    menus["/ip/firewall/nat"] = [
      Entry(["chain": "srcnat", "action": "masquerade", "out-interface": "wan", "comment": "mine"])
    ]
    menus["/ip/firewall/address-list"] = [
      Entry(["list": "mine", "address": "192.0.2.1", "comment": "mine: sallyport:"])
    ]
  }

  func entries(_ menu: String) -> [Entry] { menus[menu] ?? [] }

  /// Imports a script; stops where it says so.
  ///
  /// - Throws: What the script cannot do, and the text of its own error.
  mutating func run(_ script: String) throws {
    defer { for root in ["/ip/firewall", "/ipv6/firewall"] { lists[root] = readLists(root) } }
    for command in try RouterOSReader.commands(script) {
      switch command.verb {
      case ":if":
        if positions(command.menu, command.found ?? []).count != 1 { throw RouterOSError(command.error ?? "") }
      case "remove":
        guard let found = command.found, !found.isEmpty else { throw RouterOSError("removes everything") }
        for position in positions(command.menu, found).reversed() { menus[command.menu]?.remove(at: position) }
        if entries(command.menu).isEmpty { menus[command.menu] = nil }
      case "add":
        let entry = Entry(Dictionary(command.parameters.map { ($0.name, $0.value) }) { $1 })
        var position = entries(command.menu).count
        if let place = command.place {
          let found = positions(command.menu, place)
          guard found.count == 1, let first = found.first else { throw RouterOSError("no place") }
          position = first
        }
        menus[command.menu, default: []].insert(entry, at: position)
      case "set":
        guard command.menu == "/ip/firewall/service-port", command.words == ["ftp"], command["disabled"] == "no"
        else {
          throw RouterOSError("sets \(command.menu)")
        }
        helperPorts = command["ports"]
      default: throw RouterOSError("the command \(command.verb)")
      }
    }
  }

  private func positions(_ menu: String, _ conditions: [RouterOSCommand.Condition]) -> [Int] {
    entries(menu).indices.filter { index in
      conditions.allSatisfy { condition in
        let value = entries(menu)[index].parameters[condition.name] ?? ""
        guard condition.relation == "~" else { return value == condition.value }
        // The one expression that we write.
        return condition.value.hasPrefix("^")
          ? value.hasPrefix(condition.value.dropFirst()) : value.contains(condition.value)
      }
    }
  }

  // MARK: Packets

  /// Where the first packet of a connection arrives; `nil` where it is refused, or stays at the router.
  ///
  /// - Parameters:
  ///   - leaving: The interface towards the server.
  ///   - servers: The addresses that are behind the router.
  func arrival(of packet: Packet, leaving: String, servers: Set<IPAddress>) -> Arrival? {
    let root = packet.destination.family == .ipv4 ? "/ip/firewall" : "/ipv6/firewall"
    var state = State(packet: packet, lists: lists[root] ?? [:])
    for entry in entries("\(root)/mangle") where matches(entry, "prerouting", state) {
      state.mark = entry.parameters["new-packet-mark"]
    }
    if let entry = first(entries("\(root)/nat"), "dstnat", state) {
      let target =
        entry.parameters["to-addresses"]
        ?? entry.parameters["to-address"]?.split(separator: "/").first.map(String.init)
      state.packet.destination = target.flatMap { IPAddress($0) } ?? state.packet.destination
      state.packet.port = entry.parameters["to-ports"].flatMap { UInt16($0) } ?? state.packet.port
      state.isTranslated = true
    }
    guard servers.contains(state.packet.destination) else { return nil }
    state.leaving = leaving
    guard accepts(entries("\(root)/filter"), "forward", state) == true else { return nil }
    let source = first(entries("\(root)/nat"), "srcnat", state)
    let seen: IPAddress? =
      switch source?.parameters["action"] {
      case nil: state.packet.source
      case "src-nat":
        (source?.parameters["to-addresses"] ?? source?.parameters["to-address"])?.split(separator: "/").first
          .flatMap { IPAddress(String($0)) }
      default: nil
      }
    return Arrival(address: state.packet.destination, port: state.packet.port, source: seen)
  }

  private struct State {
    var packet: Packet
    var lists: [String: [ClosedRange<IPAddress>]]
    var mark: String?
    var isTranslated = false
    var leaving: String?
  }

  private func readLists(_ root: String) -> [String: [ClosedRange<IPAddress>]] {
    var lists: [String: [ClosedRange<IPAddress>]] = [:]
    for entry in entries("\(root)/address-list") {
      guard let name = entry.parameters["list"], let range = Match.range(entry.parameters["address"]) else {
        continue
      }
      lists[name, default: []].append(range)
    }
    return lists
  }

  /// The first that decides.
  private func first(_ entries: [Entry], _ chain: String, _ state: State) -> Entry? {
    entries.first { $0.parameters["action"] != "log" && matches($0, chain, state) }
  }

  /// What a chain says; `nil` where it says nothing.
  private func accepts(_ entries: [Entry], _ chain: String, _ state: State) -> Bool? {
    for entry in entries where matches(entry, chain, state) {
      switch entry.parameters["action"] {
      case "accept": return true
      case "drop": return false
      case "jump":
        if let verdict = accepts(entries, entry.parameters["jump-target"] ?? "", state) { return verdict }
      default: continue
      }
    }
    return nil
  }

  private func matches(_ entry: Entry, _ chain: String, _ state: State) -> Bool {
    let match = entry.match
    guard match.chain == chain, match.isForNew else { return false }
    if match.countsConnections, !hasManyConnections { return false }
    if match.countsNewOnes, hasManyNewOnes { return false }
    guard !match.needsTranslation || state.isTranslated else { return false }
    if let interface = match.entering, interface != state.packet.interface { return false }
    if let interface = match.leaving, interface != state.leaving { return false }
    if let range = match.source, !range.contains(state.packet.source) { return false }
    if let range = match.destination, !range.contains(state.packet.destination) { return false }
    if let ports = match.ports, !ports.contains(where: { $0.contains(state.packet.port) }) { return false }
    if let port = match.sourcePort, port != state.packet.sourcePort { return false }
    if let mark = match.mark, mark != state.mark { return false }
    if let (name, isOthers) = match.sources {
      let holds = state.lists[name]?.contains { $0.contains(state.packet.source) } ?? false
      if holds == isOthers { return false }
    }
    if let (name, isOthers) = match.destinations {
      let holds = state.lists[name]?.contains { $0.contains(state.packet.destination) } ?? false
      if holds == isOthers { return false }
    }
    return true
  }
}

/// What an entry matches, taken apart once.
private struct Match {
  var chain: String?
  var isForNew: Bool
  var countsConnections: Bool
  var countsNewOnes: Bool
  var needsTranslation: Bool
  var entering: String?
  var leaving: String?
  var source: ClosedRange<IPAddress>?
  var destination: ClosedRange<IPAddress>?
  var ports: [PortRange]?
  var sourcePort: UInt16?
  var mark: String?
  var sources: (String, Bool)?
  var destinations: (String, Bool)?

  init(_ parameters: [String: String]) {
    chain = parameters["chain"]
    isForNew = parameters["connection-state"].map { $0.split(separator: ",").contains("new") } ?? true
    countsConnections = parameters["connection-limit"] != nil
    countsNewOnes = parameters["dst-limit"] != nil
    needsTranslation = parameters["connection-nat-state"] == "dstnat"
    entering = parameters["in-interface"]
    leaving = parameters["out-interface"]
    source = Self.range(parameters["src-address"])
    destination = Self.range(parameters["dst-address"])
    ports = parameters["dst-port"]?.split(separator: ",").compactMap { part in
      let ends = part.split(separator: "-").compactMap { UInt16($0) }
      guard let low = ends.first, let high = ends.last else { return nil }
      return PortRange(low: low, high: high)
    }
    sourcePort = parameters["src-port"].flatMap { UInt16($0) }
    mark = parameters["packet-mark"]
    func list(_ name: String) -> (String, Bool)? {
      parameters[name].map { $0.hasPrefix("!") ? (String($0.dropFirst()), true) : ($0, false) }
    }
    sources = list("src-address-list")
    destinations = list("dst-address-list")
  }

  static func range(_ text: String?) -> ClosedRange<IPAddress>? {
    guard let parts = text?.split(separator: "/"), let address = parts.first.flatMap({ IPAddress(String($0)) }) else {
      return nil
    }
    let length = parts.count > 1 ? Int(parts[1]) : address.family.bits
    guard let length, let prefix = Prefix(address, length: length) else { return nil }
    return prefix.canonical.address...prefix.last
  }
}
