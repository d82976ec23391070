package import Addressing
package import Flows

/// The name of a set or map of our table. `text` and `init(text:)` are inverse to each other: whatever is read prints
/// as it was. Whether a name is ours, and what it is about, is asked here alone.
package enum SetName: Hashable, Sendable {
  /// The interfaces of one side of the gateway.
  case interfaces(InterfaceSide)
  /// A set or map that exists once for each family.
  case family(FamilySet, AddressFamily)
  /// The map of the addresses that have a passive range in common.
  case passiveRange(PortRange, AddressFamily)
  /// The set of the clients whose prefixes have a length in common.
  case clientPrefix(Int, AddressFamily)
  /// A list of clients that several addresses have in common.
  case clientList(ClientListName)
  /// The control ports to which a limit applies.
  case limit(ConnectionLimit, AddressFamily)
  /// What the kernel counts for a limit.
  case limitState(ConnectionLimit, AddressFamily)
  /// The same of the other direction, for `reach` blocks.
  indirect case reach(SetName)

  /// The name in the table. What ends in a number of the family is clear of nft's keywords.
  package var text: String {
    switch self {
    case .interfaces(let side): side.rawValue
    case .family(let set, let family): set.rawValue + family.suffix
    case .passiveRange(let range, let family): "passive_\(range.low)_\(range.high)_v\(family.suffix)"
    case .clientPrefix(let length, let family): "clients_\(length)_v\(family.suffix)"
    case .clientList(let name): name.text
    case .limit(let limit, let family): "\(limit.stem)_\(limit.count)_v\(family.suffix)"
    case .limitState(let limit, let family): "\(limit.stem)_\(limit.count)_state\(family.suffix)"
    case .reach(let set): reachPrefix + set.text
    }
  }

  /// The same name without its direction.
  var undirected: SetName { if case .reach(let set) = self { set } else { self } }

  /// The name as it was read; `nil` when nobody of ours gives such a name.
  package init?(text: String) {
    guard let name = Self.read(text), name.text == text else { return nil }
    self = name
  }

  private static func read(_ text: String) -> SetName? {
    if text.hasPrefix(reachPrefix) {
      guard let set = SetName(text: String(text.dropFirst(reachPrefix.count))), set == set.undirected else {
        return nil
      }
      // The interfaces of a side are those of both directions.
      if case .interfaces = set { return nil }
      return .reach(set)
    }
    if let side = InterfaceSide(rawValue: text) { return .interfaces(side) }
    guard let family = AddressFamily.allCases.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let stem = String(text.dropLast())
    if let set = FamilySet(rawValue: stem) { return .family(set, family) }
    if let list = ClientListName(text: text) { return .clientList(list) }
    let words = stem.split(separator: "_", omittingEmptySubsequences: false)
    if stem.hasPrefix("passive_"), words.count == 4, let low = UInt16(words[1]), let high = UInt16(words[2]) {
      return PortRange(low: low, high: high).map { .passiveRange($0, family) }
    }
    if stem.hasPrefix("clients_"), words.count == 3 {
      return UInt16(words[1]).map { .clientPrefix(Int($0), family) }
    }
    guard words.count > 2, let count = UInt32(words[words.count - 2]),
      let unit = ConnectionLimit.Unit.allCases.first(where: {
        $0.stem == words.dropLast(2).joined(separator: "_")
      })
    else { return nil }
    let limit = ConnectionLimit(unit, count)
    return words.last == "state" ? .limitState(limit, family) : .limit(limit, family)
  }
}

/// Which of the gateway's interfaces a set holds.
package enum InterfaceSide: String, CaseIterable, Sendable {
  case outside = "outside_interfaces"
  case inside = "inside_interfaces"
}

/// Sets and maps that exist once for each family; each value is the beginning of their names.
package enum FamilySet: String, CaseIterable, Sendable {
  case control, passive, active, hairpin, helper, sessions, clients, restricted, admitted
  case restrictedExternal = "restricted_external"
  case clientsOfPorts = "port_clients"
  case admittedPorts = "admitted_ports"
  case deniedInside = "denied_inside"
  case deniedInsidePorts = "denied_inside_ports"
  case helperServers = "helper_servers"
  case helperExternal = "helper_external"
  case relatedIn = "related_in"
  case relatedOut = "related_out"
  case activeOff = "active_off"
  case hairpinServer = "hairpin_server"
  case gatewaySource = "gateway_source_v"
  case gatewaySourceRouted = "gateway_source_routed_v"
  case marked
  case markedActive = "marked_active"
  case gatewayAddress = "gateway_address"
  case logNew = "log_new"
  case logDenied = "log_denied"
  /// Control connections that go to the address and port that clients dial.
  case admittedHere = "admitted_here"
  case limited

  /// The map of the chains that log an event.
  static func log(_ event: LoggedEvent) -> FamilySet { event == .new ? .logNew : .logDenied }
}

/// What a list of clients says of them.
package enum ClientListKind: String, CaseIterable, Sendable {
  /// They may connect.
  case admitted = "admitted_"
  /// They may not connect from inside either.
  case deniedInside = "denied_inside_"
}

/// The name of a list of clients that several addresses have in common: of its set, and of its chain.
package struct ClientListName: Hashable, Sendable {
  package let kind: ClientListKind
  /// The publication whose name it bears: the first one that has the list, in the order of their names.
  package let publication: String
  /// 1 for the first list under that name.
  package let number: Int
  package let family: AddressFamily

  package init(_ kind: ClientListKind, of publication: String, number: Int = 1, _ family: AddressFamily) {
    (self.kind, self.publication, self.number, self.family) = (kind, publication, number, family)
  }

  package var text: String {
    "\(kind.rawValue)\(number == 1 ? "" : "\(number)_")\(publication)_v\(family.suffix)"
  }

  /// - Returns: `nil` for another name.
  package init?(text: String) {
    guard let kind = ClientListKind.allCases.first(where: { text.hasPrefix($0.rawValue) }),
      let family = AddressFamily.allCases.first(where: { text.hasSuffix("_v" + $0.suffix) })
    else { return nil }
    let rest = text.dropFirst(kind.rawValue.count).dropLast(3)
    // The name of a publication begins with a letter, so a number that stands there is none of its own.
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let publication = digits.isEmpty ? rest : rest.dropFirst(digits.count + 1)
    guard !publication.isEmpty, let number = digits.isEmpty ? 1 : Int(digits) else { return nil }
    self.init(kind, of: String(publication), number: number, family)
    guard self.text == text else { return nil }
  }
}

extension ConnectionLimit {
  /// What the names of its sets begin with.
  fileprivate var stem: String { unit.stem }

  /// As a policy says it, for example `10 sessions per client`.
  var words: String {
    switch unit {
    case .newPerMinutePerClient: "\(count) new per minute per client"
    case .sessionsPerClient: "\(count) sessions per client"
    case .sessions: "\(count) sessions"
    }
  }
}

extension ConnectionLimit.Unit {
  fileprivate var stem: String {
    switch self {
    case .newPerMinutePerClient: "new_per_client"
    case .sessionsPerClient: "sessions_per_client"
    case .sessions: "sessions"
    }
  }
}

extension AddressFamily {
  /// What ends the name of a set that exists once for each family.
  fileprivate var suffix: String { self == .ipv4 ? "4" : "6" }
}
