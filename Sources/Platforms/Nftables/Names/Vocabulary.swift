import Addressing
import Flows
import Nftables

/// The name of the one table that we own, of family `inet`.
package let ownTableName = "sallyport"

/// The name of our helper object.
let ownHelperName = "published-ftp"

/// What of a publication an object of our table is about, in the words of the language.
enum Aspect: Int, Hashable, Sendable, CaseIterable {
  case external, control, server, passive, clients, limit, helper, active, activeOff, hairpin, source, log, mark
  case gateway
}

extension SetName {
  /// What it is about.
  var aspect: Aspect {
    switch self {
    case .interfaces: .gateway
    case .family(let set, _): set.aspect
    case .passiveRange: .passive
    case .clientPrefix: .clients
    case .clientList(let name): name.kind == .admitted ? .clients : .hairpin
    case .limit, .limitState: .limit
    case .reach(let set): set.aspect
    }
  }

  /// Whether its elements have no comment: addresses that several publications share, and interfaces.
  var hasPlainElements: Bool {
    switch undirected {
    case .interfaces, .clientList, .family(.helperServers, _), .family(.helperExternal, _),
      .family(.restrictedExternal, _):
      true
    default: false
    }
  }

  /// Whether the last field of its keys is an admitted client.
  var holdsClients: Bool {
    switch undirected {
    case .family(.clients, _), .family(.clientsOfPorts, _), .clientPrefix, .clientList: aspect == .clients
    default: false
    }
  }

  /// Whether it leads from addresses to the chains of lists of clients.
  var leadsToLists: Bool {
    switch undirected {
    case .family(.admitted, _), .family(.admittedPorts, _), .family(.deniedInsidePorts, _): true
    default: false
    }
  }

  /// Whether it is a list of clients.
  var isClientList: Bool { if case .clientList = undirected { true } else { false } }

  /// Whether it holds what many publications have in common, and another one where few have.
  var isInCommon: Bool {
    switch undirected {
    case .passiveRange, .clientPrefix, .clientList: true
    default: leadsToLists
    }
  }

  /// The passive range of its addresses, where they have one in common.
  var passiveRange: PortRange? { if case .passiveRange(let range, _) = undirected { range } else { nil } }

  /// The length of the prefixes of its clients, where they have one in common.
  var clientPrefix: Int? { if case .clientPrefix(let length, _) = undirected { length } else { nil } }

  /// What it limits.
  var limit: ConnectionLimit? {
    switch undirected {
    case .limit(let limit, _), .limitState(let limit, _): limit
    default: nil
    }
  }
}

extension FamilySet {
  fileprivate var aspect: Aspect {
    switch self {
    case .control, .admittedHere: .control
    case .passive: .passive
    case .restrictedExternal, .restricted, .clients, .clientsOfPorts, .admitted, .admittedPorts: .clients
    case .deniedInside, .deniedInsidePorts, .hairpin, .hairpinServer: .hairpin
    case .helper, .relatedIn, .helperServers, .helperExternal: .helper
    case .relatedOut, .active: .active
    case .activeOff: .activeOff
    case .gatewaySource, .gatewaySourceRouted, .gatewayAddress: .source
    case .sessions, .limited: .limit
    case .logNew, .logDenied: .log
    case .marked, .markedActive: .mark
    }
  }
}

extension Rule {
  /// Whether we write such a rule into a chain: it refers to a set, map, chain or object of ours, or it is one of the
  /// few that refer to none.
  func isOurs(in chain: String) -> Bool {
    guard let chain = ChainName(text: chain), statements.allSatisfy(\.isWritten) else { return false }
    if names.contains(where: Self.isOurs) { return true }
    switch chain.undirected {
    case .single(.denied): return statements == [.counter, .verdict(.drop)]
    case .single(.prerouting):
      return statements == [.match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept)]
    default:
      guard chain.publication != nil, case .log? = statements.last else { return false }
      return statements.count == 2
    }
  }

  /// The names of sets, chains and objects that it refers to.
  var names: [String] { statements.flatMap(\.names) }

  private static func isOurs(_ name: String) -> Bool {
    SetName(text: name) != nil || ChainName(text: name) != nil || name == ownHelperName
  }
}

extension Statement {
  fileprivate var names: [String] {
    switch self {
    case .match(_, _, .set(let name)), .verdicts(_, .set(let name)), .assignHelper(let name): [name]
    case .translate(let translation):
      if case .lookup(_, .set(let name))? = translation.address { [name] } else { [] }
    case .update(let update): [update.name]
    case .verdict(.jump(let name)), .verdict(.goto(let name)): [name]
    default: []
    }
  }
}
