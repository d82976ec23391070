import Addressing
import Diagnostics
import Nftables

/// One rule of a gateway that leads connections to a server behind it, or permits them.
struct PublishedForward {
  /// The addresses that clients dial; empty where the rule names none.
  var external: [IPAddress]
  /// The ports that clients dial; empty where the rule names none.
  var ports: [PortRange]
  var server: IPAddress
  /// The port that the server gets; `nil` where it keeps that of the client.
  var serverPort: UInt16?
  /// The clients; `nil` where the rule asks for none.
  var clients: [ClosedRange<IPAddress>]?
  /// The interface by which connections come; `nil` for any.
  var interface: String?
  /// The interface by which they leave; `nil` for any.
  var output: String?
  /// Where the rule stands; `nil` where it was not read from a text.
  var place: SourceSpan?

  var isOfPassiveRange: Bool { ports.contains { $0.count > 1 } }
}

/// The rules of a ruleset that lead TCP connections to servers, and those that permit them.
struct PublishedForwards {
  /// Destination translations, in the order in which they stand.
  private(set) var translations: [PublishedForward] = []
  /// Permits of connections that pass the gateway, with the server as they see it.
  private(set) var permits: [PublishedForward] = []
  /// Whether some rule assigns the FTP helper.
  private(set) var assignsHelper = false

  init(_ ruleset: Ruleset) {
    for table in ruleset.tables where !table.isDormant {
      var sets = NamedConstants(table)
      for chain in table.chains {
        for rule in chain.rules { add(rule, &sets) }
      }
    }
    var servers: [IPAddress: Set<IPAddress>] = [:]
    for translation in translations {
      for external in translation.external { servers[external, default: []].insert(translation.server) }
    }
    permits += byDialled.flatMap { permit in
      Set(permit.external.flatMap { servers[$0] ?? [] }).sorted().map { server in
        var permit = permit
        permit.server = server
        return permit
      }
    }
  }

  /// Permits that ask for the address that clients dial, before it is known which server has it.
  private var byDialled: [PublishedForward] = []

  private mutating func add(_ rule: Rule, _ sets: inout NamedConstants) {
    var conditions = RuleConditions()
    for statement in rule.statements {
      switch statement {
      case .match(let left, let comparison, let right): conditions.add(left, comparison, right, &sets)
      case .assignHelper, .object("ct helper", _): assignsHelper = true
      case .translate(let translation) where translation.kind == .destination:
        guard conditions.isOfTCP, case .value(.address(let target))? = translation.address else { return }
        translations.append(conditions.forward(to: target, port: translation.singlePort, of: rule))
        return
      case .verdict(.accept):
        guard conditions.isOfTCP, !conditions.ports.isEmpty else { return }
        permits += conditions.destinations.map { conditions.forward(to: $0, port: nil, of: rule) }
        if let dialled = conditions.dialled.first {
          var permit = conditions.forward(to: dialled, port: nil, of: rule)
          permit.external = conditions.dialled
          byDialled.append(permit)
        }
        return
      case .verdict(.drop), .reject: return
      default: continue
      }
    }
  }
}

extension Translation {
  /// The one port to which it leads all.
  fileprivate var singlePort: UInt16? {
    guard case .value(.port(let port))? = port else { return nil }
    return port
  }
}

/// What the matches of a rule ask for.
private struct RuleConditions {
  var destinations: [IPAddress] = []
  /// As clients dial them, where the rule asks for that.
  var dialled: [IPAddress] = []
  var ports: [PortRange] = []
  var clients: [ClosedRange<IPAddress>]?
  var interface: String?
  var output: String?
  var isOfTCP = true

  func forward(to server: IPAddress, port: UInt16?, of rule: Rule) -> PublishedForward {
    PublishedForward(
      external: destinations, ports: ports, server: server, serverPort: port, clients: clients, interface: interface,
      output: output, place: rule.provenance.first)
  }

  mutating func add(
    _ left: Expression, _ comparison: MatchOperator, _ right: Expression, _ sets: inout NamedConstants
  ) {
    guard comparison == .equal || comparison == .isIn, let values = sets.values(right) else { return }
    switch left {
    case .payload("ip", "daddr"), .payload("ip6", "daddr"):
      destinations += values.compactMap { if case .address(let address) = $0 { address } else { nil } }
    case .tuple("original", "ip daddr"), .tuple("original", "ip6 daddr"):
      dialled += values.compactMap { if case .address(let address) = $0 { address } else { nil } }
    case .dialledPort: ports += values.compactMap(\.portRange)
    case .payload("ip", "saddr"), .payload("ip6", "saddr"):
      clients = (clients ?? []) + values.compactMap(\.addressRange)
    case .payload("tcp", "dport"), .payload("th", "dport"):
      ports += values.compactMap(\.portRange)
    case .payload("udp", _): isOfTCP = false
    case .meta("l4proto"), .payload("ip", "protocol"), .payload("ip6", "nexthdr"):
      isOfTCP = values.contains { $0 == .symbol("tcp") || $0 == .string("tcp") || $0 == .number(6) }
    case .meta("iifname"), .meta("iif"):
      interface = values.lazy.compactMap(\.interfaceName).first
    case .meta("oifname"), .meta("oif"):
      output = values.lazy.compactMap(\.interfaceName).first
    default: break
    }
  }
}

/// The elements of the named sets of a table, each set read once.
private struct NamedConstants {
  private let sets: [String: NamedSet]
  private var read: [String: [Value]] = [:]

  init(_ table: Table) {
    sets = Dictionary(table.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The constants on the right side of a match; `nil` for what is none.
  mutating func values(_ right: Expression) -> [Value]? {
    switch right {
    case .value, .members: return right.constantValues
    case .flags: return []
    case .set(let name):
      if let known = read[name] { return known }
      guard let set = sets[name], set.key.count == 1 else { return nil }
      let values = set.elements.compactMap { $0.key.first }
      read[name] = values
      return values
    default: return nil
    }
  }
}
