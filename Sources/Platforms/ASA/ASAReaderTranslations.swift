import Addressing
import Nftables

/// Writes rules of NAT: where packets lead, what becomes of their source, and which of them the way back would refuse.
///
/// A connection bears the number of the rule that changed its destination as its mark, so that later rules see it.
struct ASATranslationWriter {
  private(set) var destinations: [Rule] = []
  private(set) var sources: [Rule] = []
  /// Connections whose egress is not where their rule leads.
  private(set) var strays: [Rule] = []
  /// Connections whose answers another rule would translate.
  private(set) var asymmetric: [Rule] = []
  private(set) var idle: [(position: Int, rule: Rule)] = []

  mutating func write(
    _ rules: [ASATranslation], _ names: ASALookup, _ maker: inout ASAConditionMaker, inside: [String]
  ) {
    for (index, rule) in rules.enumerated() {
      let mark = Statement.match(.meta("mark"), .equal, .value(.number(Int64(index + 1))))
      let marking = Statement.set(.meta("mark"), to: .value(.number(Int64(index + 1))))
      let found = inbound(rule, names, marking, &maker) + outbound(rule, names, marking, &maker)
      guard !rule.isInactive else {
        idle += found.map { (destinations.count, $0) }
        continue
      }
      destinations += found
      sources += sourceRules(rule, names, &maker)
      if !found.isEmpty {
        // Static NAT says itself where packets leave, whatever the routes are.
        for (interface, isOfOutside) in [(rule.realInterface, true), (rule.mappedInterface, false)]
        where interface != "any" && inside != [interface] && (isOfOutside || rule.destination != nil) {
          let other = isOfOutside ? rule.mappedInterface : rule.realInterface
          strays.append(
            rule.rule([
              mark, .match(.inputInterface, .equal, .value(.interface(other))),
              .match(.outputInterface, .notEqual, .value(.interface(interface))), .verdict(.drop),
            ]))
        }
        if rule.destination != nil { asymmetric.append(rule.rule([mark, .verdict(.return)])) }
      }
      asymmetric += wayBack(rule, mark, &maker)
    }
  }

  /// From the mapped side to the real one: what a static rule does without being asked.
  private func inbound(
    _ rule: ASATranslation, _ names: ASALookup, _ marking: Statement, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    guard rule.isStatic, !rule.isUnidirectional else { return [] }
    let base = Self.comes(rule.mappedInterface)
    if let doubt = rule.doubt { return [rule.rule(base + [.unread(doubt)])] }
    var change = Change(rule: rule, base: base, first: [marking], kind: .destination)
    change.others = rule.destination?.real ?? .any
    change.to = rule.real
    if let services = rule.services {
      guard let real = services.real.only, let mapped = services.mapped.only else {
        return services.real.isOfOthers ? [] : [rule.rule(base + [.unread("the services of `\(rule.line.text)`")])]
      }
      change.ports = (mapped.source, real.source)
      change.otherPorts = mapped.destination
    }
    return AddressFamily.allCases.flatMap { family -> [Rule] in
      change.from = names.addresses(rule.mapped, rule.mappedInterface, family)
      return Self.rules(change, family, &maker)
    }.uniqued
  }

  /// From the real side to the mapped one: the destination of twice NAT.
  private func outbound(
    _ rule: ASATranslation, _ names: ASALookup, _ marking: Statement, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    guard let destination = rule.destination, rule.doubt == nil else { return [] }
    var change = Change(rule: rule, base: Self.comes(rule.realInterface), first: [marking], kind: .destination)
    change.others = rule.real
    change.to = destination.real
    if let services = rule.services {
      guard let real = services.real.only, let mapped = services.mapped.only else { return [] }
      change.ports = (real.destination, mapped.destination)
      change.otherPorts = real.source
    }
    return AddressFamily.allCases.flatMap { family -> [Rule] in
      change.from = names.addresses(destination.mapped, rule.realInterface, family)
      return Self.rules(change, family, &maker)
    }.uniqued
  }

  /// What becomes of the sources of connections in both directions.
  private func sourceRules(
    _ rule: ASATranslation, _ names: ASALookup, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    let base = Self.comes(rule.realInterface) + Self.goes(rule.mappedInterface)
    guard rule.doubt == nil else { return [rule.rule(base + [.unread("`\(rule.line.text)`")])] }
    var change = Change(rule: rule, base: base, first: [], kind: .source)
    change.others = rule.destination?.real ?? .any
    change.from = rule.real
    if let services = rule.services {
      guard let real = services.real.only, let mapped = services.mapped.only else { return [] }
      change.ports = (real.source, mapped.source)
      change.otherPorts = mapped.destination
    }
    return AddressFamily.allCases.flatMap { family -> [Rule] in
      change.to = names.addresses(rule.mapped, rule.mappedInterface, family)
      if rule.isStatic { return Self.rules(change, family, &maker) }
      return Self.dynamic(change, family, &maker)
    }.uniqued
  }

  /// Many addresses behind few.
  private static func dynamic(
    _ change: Change, _ family: AddressFamily, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    let action: Statement
    if case .interface = change.rule.mapped {
      action = .masquerade
    } else if let host = change.to.host {
      guard host.family == family else { return [] }
      action = .translateSource(family, .value(.address(host)))
    } else {
      action = .unread("which of several addresses `\(change.rule.line.text)` takes")
    }
    return maker.conditions(change.from, .source(family), family).flatMap { from in
      maker.conditions(change.others, .destination(family), family).map { other in
        change.rule.rule(change.base + other.and(from).statements + change.otherPortMatch + [action])
      }
    }
  }

  /// A device looks how it would translate the answers; where that is not the rule by which the packet came, it drops
  /// the connection (syslog 305013, "Asymmetric NAT rules matched for forward and reverse flows"). Of two static rules
  /// for one server nobody has told us.
  private func wayBack(
    _ rule: ASATranslation, _ mark: Statement, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    guard rule.doubt == nil, !rule.isInactive else { return [] }
    var services = ASAServices(services: [ASAService()])
    if let own = rule.services {
      guard let real = own.real.only, let mapped = own.mapped.only else { return [] }
      services.services = [ASAService(transport: "tcp", source: mapped.destination, destination: real.source)]
    }
    let base = Self.comes(rule.mappedInterface) + Self.goes(rule.realInterface)
    let ending: Statement =
      rule.isStatic ? .unread("which of two rules for one server the device takes") : .verdict(.drop)
    return maker.conditions(rule.destination?.real ?? .any, rule.real, services).flatMap { condition in
      // What is not known of addresses is said where they are translated.
      condition.doubt != nil
        ? []
        : [
          rule.rule(base + condition.matches + [mark, .verdict(.return)]),
          rule.rule(base + condition.matches + [ending]),
        ]
    }
  }

  private static func comes(_ interface: String) -> [Statement] { interface == "any" ? [] : [.comesFrom(interface)] }
  private static func goes(_ interface: String) -> [Statement] { interface == "any" ? [] : [.leavesTo(interface)] }
}

extension ASALookup {
  /// What stands for the mapped side.
  fileprivate func addresses(
    _ mapped: ASATranslation.Mapped, _ interface: String, _ family: AddressFamily
  ) -> ASAAddresses {
    switch mapped {
    case .addresses(let addresses): addresses
    case .interface(let ipv6): (family == .ipv6) == ipv6 ? self.interface(interface, family) : ASAAddresses()
    }
  }
}

extension ASAServices {
  /// The service, where it is one of TCP.
  fileprivate var only: ASAService? {
    guard doubt == nil, services.count == 1, let service = services.first, service.isOfTCP else { return nil }
    return service
  }

  /// Whether no connection of TCP is meant.
  fileprivate var isOfOthers: Bool { doubt == nil && !services.contains(where: \.isOfTCP) }
}

extension [Rule] {
  /// Each rule once: what has no family is written for both.
  fileprivate var uniqued: [Rule] {
    var seen: Set<Rule> = []
    return filter { seen.insert($0).inserted }
  }
}

extension ASATranslation {
  func rule(_ statements: [Statement]) -> Rule {
    var rule = Rule(statements, provenance: [line.span])
    rule.quotation = line.text
    return rule
  }
}
