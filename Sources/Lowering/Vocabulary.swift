package import Addressing
package import Nftables

/// The name of the one table that we own, of family `inet`.
package let ownTableName = "sallyport"

/// What of a publication an object of our table is about, in the words of the language.
package enum Aspect: Int, Hashable, Sendable, CaseIterable, Comparable {
  case external, control, server, passive, clients, limit, helper, active, activeOff, hairpin, source, log, gateway

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Every name that lowering gives to sets and chains, read backwards: from the name to what it is about. A name that is
/// not known here was given by nobody of ours.
package enum Vocabulary {
  /// What a set or map is about; `nil` for a name that is not ours.
  package static func aspect(ofSet name: String) -> Aspect? {
    if name == outsideSet || name == insideSet { return .gateway }
    guard name.hasSuffix("4") || name.hasSuffix("6") else { return nil }
    let stem = String(name.dropLast())
    if let aspect = stems[stem] { return aspect }
    if passiveRange(ofMap: name) != nil { return .passive }
    if clientPrefix(ofSet: name) != nil { return .clients }
    if let kind = clientList(name)?.kind { return kind == .admitted ? .clients : .hairpin }
    return limit(ofStem: stem) == nil ? nil : .limit
  }

  /// The set of the interfaces of one side of the gateway.
  package static func interfaceSet(outside: Bool) -> String { outside ? outsideSet : insideSet }

  /// Whether the elements of a set have no comment: addresses that several publications share, and interfaces.
  package static func hasPlainElements(_ set: String) -> Bool {
    set.hasPrefix("helper_") || set.hasPrefix("restricted_external") || aspect(ofSet: set) == .gateway
      || publication(ofList: set) != nil
  }

  /// Whether the last field of the keys of a set is an admitted client.
  package static func holdsClients(_ set: String) -> Bool {
    aspect(ofSet: set) == .clients && !set.hasPrefix("restricted") && !leadsToLists(set)
  }

  /// Whether a map leads from addresses to the chains of lists of clients.
  package static func leadsToLists(_ map: String) -> Bool {
    ["admitted", "admitted_ports", "denied_inside_ports"].contains(map.dropLast())
  }

  /// The set, and the chain, of a list of clients that several addresses have in common.
  ///
  /// - Parameters:
  ///   - publication: The first one that has it, in the order of their names.
  ///   - number: 1 for the first list under that name.
  static func clientList(
    _ kind: ClientListKind, of publication: String, number: Int, _ family: AddressFamily
  ) -> String {
    "\(kind.rawValue)\(number == 1 ? "" : "\(number)_")\(publication)_v\(family.suffix)"
  }

  /// The publication whose name such a set and its chain bear; `nil` for another name.
  package static func publication(ofList name: String) -> String? { clientList(name)?.publication }

  private static func clientList(_ name: String) -> (kind: ClientListKind, publication: String)? {
    guard let kind = ClientListKind.allCases.first(where: { name.hasPrefix($0.rawValue) }),
      name.hasSuffix("_v4") || name.hasSuffix("_v6")
    else { return nil }
    let rest = name.dropFirst(kind.rawValue.count).dropLast(3)
    // The name of a publication begins with a letter, so a number that stands there is none of its own.
    let number = rest.prefix { $0.isASCII && $0.isNumber }
    let publication = number.isEmpty ? rest : rest.dropFirst(number.count + 1)
    return publication.isEmpty ? nil : (kind, String(publication))
  }

  /// The map of the addresses that have a passive range in common.
  package static func passiveMap(_ range: PortRange, _ family: AddressFamily) -> String {
    "passive_\(range.low)_\(range.high)_v\(family.suffix)"
  }

  /// The passive range of the addresses in such a map; `nil` for another name.
  package static func passiveRange(ofMap name: String) -> PortRange? {
    guard let numbers = numbers(in: name, behind: "passive_"), numbers.count == 2, let low = numbers.first,
      let high = numbers.last
    else { return nil }
    return PortRange(low: low, high: high)
  }

  /// The set of the clients whose prefixes have a length in common.
  package static func clientSet(prefix length: Int, _ family: AddressFamily) -> String {
    "clients_\(length)_v\(family.suffix)"
  }

  /// The length of the prefixes in such a set; `nil` for another name.
  package static func clientPrefix(ofSet name: String) -> Int? {
    guard let numbers = numbers(in: name, behind: "clients_"), numbers.count == 1 else { return nil }
    return numbers.first.map { Int($0) }
  }

  /// Whether a set holds what many publications have in common, and another one where few have.
  package static func isInCommon(_ set: String) -> Bool {
    passiveRange(ofMap: set) != nil || clientPrefix(ofSet: set) != nil || publication(ofList: set) != nil
      || leadsToLists(set)
  }

  /// The numbers between a prefix of a name and the family.
  private static func numbers(in name: String, behind prefix: String) -> [UInt16]? {
    guard name.hasPrefix(prefix), name.hasSuffix("_v4") || name.hasSuffix("_v6") else { return nil }
    let words = name.dropFirst(prefix.count).dropLast(3).split(separator: "_", omittingEmptySubsequences: false)
    let numbers = words.compactMap { UInt16($0) }
    return numbers.count == words.count ? numbers : nil
  }

  /// What a set limits, as the statement says it, for example `10 sessions per client`.
  package static func limit(ofSet name: String) -> String? {
    limit(ofStem: String(name.dropLast()))
  }

  /// Whether a chain has a name of ours.
  package static func isChain(_ name: String) -> Bool {
    ChainName(text: name) != nil || publication(ofChain: name) != nil
  }

  /// Whether a helper object has the name of ours.
  package static func isHelper(_ name: String) -> Bool { name == TableBuilder.helperName }

  /// The publication of a chain that exists for one.
  package static func publication(ofChain name: String) -> String? {
    for prefix in ["log_new_", "log_denied_", "sessions_"] where name.hasPrefix(prefix) {
      return String(name.dropFirst(prefix.count))
    }
    return publication(ofList: name)
  }

  /// Whether lowering writes such a rule: it refers to a set, map, chain or object of ours, or it is one of the few
  /// that refer to none.
  package static func isRule(_ rule: Rule, in chain: String) -> Bool {
    guard isChain(chain), !rule.statements.contains(where: { $0.isForeign }) else { return false }
    if rule.statements.contains(where: { $0.names.contains(where: isOurs) }) { return true }
    switch chain {
    case ChainName.denied.text: return rule.statements == [.counter, .verdict(.drop)]
    case ChainName.prerouting.text:
      return rule.statements == [.match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept)]
    default:
      guard publication(ofChain: chain) != nil, case .log? = rule.statements.last else { return false }
      return rule.statements.count == 2
    }
  }

  /// The names of sets, chains and objects that a rule refers to.
  package static func names(in rule: Rule) -> [String] { rule.statements.flatMap(\.names) }

  private static func isOurs(_ name: String) -> Bool {
    aspect(ofSet: name) != nil || isChain(name) || name == TableBuilder.helperName
  }

  private static let stems: [String: Aspect] = [
    "restricted_external": .clients, "restricted": .clients, "clients": .clients, "port_clients": .clients,
    "admitted": .clients, "admitted_ports": .clients,
    "denied_inside": .hairpin, "denied_inside_ports": .hairpin, "helper": .helper, "related_in": .helper,
    "related_out": .active,
    "helper_servers": .helper, "helper_external": .helper, "control": .control, "passive": .passive,
    "active": .active, "active_off": .activeOff, "hairpin": .hairpin, "hairpin_server": .hairpin,
    "gateway_source_v": .source, "gateway_source_routed_v": .source, "sessions": .limit, "log_new": .log,
    "log_denied": .log,
  ]

  private static func limit(ofStem stem: String) -> String? {
    let forms = [
      ("new_per_client_", "new per minute per client"), ("sessions_per_client_", "sessions per client"),
      ("sessions_", "sessions"),
    ]
    for (prefix, words) in forms where stem.hasPrefix(prefix) {
      let parts = stem.dropFirst(prefix.count).split(separator: "_")
      guard let count = parts.first.flatMap({ UInt32($0) }), let last = parts.last, parts.count == 2,
        last == "v" || last == "state"
      else { return nil }
      return "\(count) \(words)"
    }
    return nil
  }
}

extension Statement {
  fileprivate var isForeign: Bool {
    switch self {
    case .foreign: true
    case .dynamic(_, _, _, let statement): statement.isForeign
    default: false
    }
  }

  fileprivate var names: [String] {
    switch self {
    case .match(_, _, .set(let name)), .verdictMap(_, let name), .assignHelper(let name): [name]
    case .translateDestination(_, .map(_, let name)), .translateSource(_, .map(_, let name)): [name]
    case .dynamic(_, let name, _, _): [name]
    case .verdict(.jump(let name)), .verdict(.goto(let name)): [name]
    default: []
    }
  }
}
