import Addressing
import Nftables

/// Makes conditions of rules of what lines name. Large groups become sets, each once.
struct ASAConditionMaker {
  private(set) var sets: [NamedSet] = []
  private var known: Set<String> = []
  private let groups: [String: ASAConfiguration.Object]

  init(_ configuration: ASAConfiguration) { groups = configuration.objects }

  /// Members up to which a group stands in the rule itself.
  private static let mostInline = 16

  /// Every way in which connections can meet some addresses of both sides and services, in rules one after the other.
  ///
  /// - Parameter ignoresPorts: Whether ports of the services are no condition.
  mutating func conditions(
    _ source: ASAAddresses, _ destination: ASAAddresses, _ services: ASAServices, ignoresPorts: Bool = false
  ) -> [ASAConditions] {
    let ports = conditions(services, ignoresPorts: ignoresPorts)
    if source.isAny, destination.isAny { return ports }
    return AddressFamily.allCases.flatMap { family -> [ASAConditions] in
      let sources = conditions(source, .source(family), family)
      let destinations = conditions(destination, .destination(family), family)
      return sources.flatMap { source in
        destinations.flatMap { destination in ports.map { source.and(destination).and($0) } }
      }
    }
  }

  /// The conditions by which an address is one of some, and beside them the one that is not known.
  mutating func conditions(
    _ addresses: ASAAddresses, _ side: Expression, _ family: AddressFamily
  ) -> [ASAConditions] {
    let ranges = addresses.merged(family)
    var result: [ASAConditions] = []
    if ranges == [ASAAddresses.every(family)] {
      let version = Statement.match(.meta("nfproto"), .equal, .value(.symbol(family == .ipv4 ? "ipv4" : "ipv6")))
      result.append(ASAConditions(matches: [version]))
    } else if let values = values(ranges, addresses.name, family, side) {
      result.append(ASAConditions(matches: [.match(side, .equal, values)]))
    }
    if let doubt = addresses.doubt { result.append(ASAConditions(doubt: doubt)) }
    return result
  }

  private mutating func values(
    _ ranges: [ClosedRange<IPAddress>], _ name: String?, _ family: AddressFamily, _ side: Expression
  ) -> Expression? {
    guard let first = ranges.first else { return nil }
    if ranges.count == 1 { return .value(Value(first)) }
    guard ranges.count > Self.mostInline, let name else {
      return .members(ranges.map { Member(.value(Value($0))) })
    }
    let title = name + (family == .ipv4 ? "" : " of IPv6")
    declare(title, ranges, of: name)
    return .set(title)
  }

  /// Declares the set of a group that rules refer to.
  private mutating func declare(_ title: String, _ ranges: [ClosedRange<IPAddress>], of group: String) {
    guard known.insert(title).inserted, let span = groups[group]?.span else { return }
    var elements = ElementList()
    for range in ranges { elements.append(key: [Value(range)], provenance: span) }
    sets.append(NamedSet(title, key: [.source(.ipv4)], flags: [.interval], elements: elements))
  }

  private func conditions(_ services: ASAServices, ignoresPorts: Bool) -> [ASAConditions] {
    let own = services.services.filter(\.isOfTCP)
    var result: [ASAConditions] = []
    // Services that differ in the port of the server alone are one rule.
    let plain = own.filter { $0.source == nil }
    if plain.contains(where: { $0.destination == nil && $0.transport == nil }) || (ignoresPorts && !own.isEmpty) {
      result.append(ASAConditions())
    } else if plain.contains(where: { $0.destination == nil }) {
      result.append(ASAConditions(matches: [.isTCP]))
    } else {
      let ports = plain.flatMap { $0.destination ?? [] }
      if !ports.isEmpty { result.append(ASAConditions(matches: [.ports(.destinationPort, ports)])) }
    }
    for service in own where service.source != nil && !ignoresPorts {
      let sides = [(Expression.sourcePort, service.source), (.destinationPort, service.destination)]
      guard !sides.contains(where: { $0.1?.isEmpty == true }) else { continue }
      result.append(
        ASAConditions(matches: sides.compactMap { side, ports in ports.map { .ports(side, $0) } }))
    }
    if let doubt = services.doubt { result.append(ASAConditions(doubt: doubt)) }
    return result
  }
}

extension Statement {
  /// A port is one of some.
  static func ports(_ side: Expression, _ ports: [PortRange]) -> Statement {
    if ports.count == 1, let only = ports.first { return .match(side, .equal, .value(Value(only))) }
    return .match(side, .equal, .members(ports.map { Member(.value(Value($0))) }))
  }
}
