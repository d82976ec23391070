import Addressing
import Diagnostics
import Flows

/// A list of clients, and what a chain does with it.
struct ClientListUse: Hashable {
  enum Kind { case allow, keepOut, answer }

  var kind: Kind
  var clients: AddressSet
}

/// A line of the log: what happened to connections of which publication.
struct LogUse: Hashable {
  var event: LoggedEvent
  var publication: String
}

private let decision = ownChain("DECISION")
private let clients = ownChain("CLIENTS")
private let admitted = ownChain("ADMITTED")
private let denied = ownChain("DENIED")
private let deniedLog = ownChain("DENIED-LOG")

extension IptablesLowering {
  /// `allow`, `deny`, `limit`, `log`: who gets in, decided by the first packet of a connection as it was dialled.
  mutating func decide() {
    lowerClients()
    lowerAdmitted()
    let parts = [clients, admitted].filter { rules.has($0, .mangle) }
    rules.add(parts.map { IptablesRule([], .jump($0), for: plan.header) }, to: decision, .mangle)
    enter(.admission, to: decision, state: .new)
    lowerDenied()
  }

  private func deny(_ matches: [IptablesMatch], _ comment: String? = nil, for span: SourceSpan?) -> IptablesRule {
    IptablesRule(matches, .jump(denied), comment: comment, for: span)
  }

  private mutating func lowerClients() {
    guard let restrictions = flows.restrictions else { return }
    var entries: [AddressedRules] = []
    if !inside.isEmpty, flows.hasHairpin { entries = admitInside() }
    let ports = restrictions.flows
    for flow in restrictions.ports {
      guard let admitted = ports.clients(flow) else { continue }
      let span = ports.provenance(flow)
      let list = chain(.allow, admitted, for: span)
      entries.append(
        AddressedRules(
          prefix: Prefix(flow.address),
          rules: [
            IptablesRule(
              [.dials(flow.ports)], .jump(list), comment: comment(ports.publications(flow), "clients"), for: span)
          ]))
    }
    rules.addTree(clients, .mangle, by: .destination, entries)
  }

  /// `hairpin on` lets clients behind the inside interfaces in, whatever `allow` lists; `deny` wins there too.
  private mutating func admitInside() -> [AddressedRules] {
    let ports = flows.hairpinPorts
    var entries: [AddressedRules] = []
    for flow in ports.flows {
      let (kept, span) = (ports.deniedInside(flow), ports.provenance(flow))
      let keeping = kept.isEmpty(family) ? nil : chain(.keepOut, kept, for: span)
      let comment = comment(ports.publications(flow), "hairpin")
      let own = inside.flatMap { name -> [IptablesRule] in
        let from: [IptablesMatch] = [.comesIn(name), .dials(flow.ports)]
        let keep = keeping.map { [IptablesRule(from, .jump($0), comment: comment, for: span)] } ?? []
        return keep + [IptablesRule(from, .return, comment: comment, for: span)]
      }
      entries.append(AddressedRules(prefix: Prefix(flow.address), rules: own))
    }
    return entries
  }

  /// The chain of a list of clients, made where there is none yet.
  mutating func chain(_ kind: ClientListUse.Kind, _ all: AddressSet, for span: SourceSpan?) -> String {
    let use = ClientListUse(kind: kind, clients: all.only(family))
    if let last = lastList, last.use == use { return last.chain }
    let known = lists[use]
    let chain = known ?? addChain(use, for: span)
    if known == nil { lists[use] = chain }
    lastList = (use, chain)
    return chain
  }

  private mutating func addChain(_ use: ClientListUse, for span: SourceSpan?) -> String {
    let kind = use.kind
    let table: IptablesTable = kind == .answer ? .filter : .mangle
    let name = rules.freshName(ownChain(kind == .allow ? "ALLOW" : kind == .keepOut ? "KEEP-OUT" : "CLIENTS"))
    let rule =
      switch kind {
      case .allow: IptablesRule([], .return, for: span)
      case .keepOut: deny([], for: span)
      case .answer: IptablesRule([], .accept, for: span)
      }
    let tail = kind == .allow ? deny([], for: span) : nil
    let prefixes = use.clients.prefixes(family)
    if usesSets, kind != .answer, prefixes.count > 1 {
      let set = ClientSet(family: family, prefixes: prefixes)
      sets.append(set)
      var first = rule
      first.matches = [.fromSet(set.name)]
      rules.add([first] + (tail.map { [$0] } ?? []), to: name, table)
    } else {
      rules.addTree(
        name, table, by: kind == .answer ? .destination : .source,
        prefixes.map { AddressedRules(prefix: $0, rules: [rule]) }, tail: tail)
    }
    return name
  }

  /// Limits in their order, then the log of what is let in.
  private mutating func lowerAdmitted() {
    var entries: [AddressedRules] = []
    func add(_ address: IPAddress, _ rule: IptablesRule) {
      entries.append(AddressedRules(prefix: Prefix(address), rules: [rule]))
    }
    for (limit, controls) in flows.limits {
      for control in controls {
        add(
          control.address,
          deny(
            [.dials(PortRange(control.port)), limit.match(control, family)], comment(control.service, "limit"),
            for: control.provenance))
      }
    }
    let totals = Dictionary(plan.totalLimits.map { ($0.publication, $0) }) { first, _ in first }
    var counting: [String: String] = [:]
    for control in flows.totallyLimited {
      guard let total = totals[control.service.name] else { continue }
      let chain = counting[total.publication] ?? rules.freshName(ownChain("SESSIONS"))
      if counting.updateValue(chain, forKey: total.publication) == nil {
        let rule = deny([.connections(over: total.limit.count, bits: 0)], for: total.provenance)
        rules.add([rule], to: chain, .mangle)
      }
      add(
        control.address,
        IptablesRule(
          [.dials(PortRange(control.port))], .jump(chain), comment: comment(control.service, "limit"),
          for: control.provenance))
    }
    let logged = flows.logged(.new)
    for flow in logged.flows { add(flow.address, logging(.new, flow, of: logged)) }
    rules.addTree(admitted, .mangle, by: .destination, entries)
  }

  /// What becomes of those who are kept out.
  private mutating func lowerDenied() {
    guard flows.restrictions != nil || !flows.limits.isEmpty || !flows.totallyLimited.isEmpty else { return }
    let logged = flows.logged(.denied)
    var entries: [AddressedRules] = []
    for flow in logged.flows {
      entries.append(
        AddressedRules(prefix: Prefix(flow.address), rules: [logging(.denied, flow, of: logged)]))
    }
    rules.addTree(deniedLog, .mangle, by: .destination, entries)
    let log = rules.has(deniedLog, .mangle) ? [IptablesRule([], .jump(deniedLog), for: plan.denial)] : []
    rules.add(log + [IptablesRule([], .drop, for: plan.denial)], to: denied, .mangle)
  }

  private mutating func logging(_ event: LoggedEvent, _ flow: PortFlow, of logged: PortFlows) -> IptablesRule {
    let span = logged.provenance(flow)
    let name = logged.allServices(flow).map(\.name).min() ?? logged.service(flow).name
    let use = LogUse(event: event, publication: name)
    let chain = logChains[use] ?? rules.freshName(ownChain("LOG"))
    if logChains[use] == nil {
      logChains[use] = chain
      let prefix = "sallyport \(logNames.stem(name)) \(event.rawValue): "
      rules.add([IptablesRule([.loggable], .log(prefix: prefix), for: span)], to: chain, .mangle)
    }
    return IptablesRule([.dials(flow.ports)], .jump(chain), comment: comment(name, "log"), for: span)
  }
}

extension ConnectionLimit {
  fileprivate func match(_ control: ControlFlow, _ family: AddressFamily) -> IptablesMatch {
    switch unit {
    case .sessionsPerClient: .connections(over: count, bits: family.bits)
    case .sessions: .connections(over: count, bits: 0)
    case .newPerMinutePerClient:
      // Tables of `hashlimit` are found by their names and keep the rate with which they were made
      // (`htable_find_get` in `xt_hashlimit.c`), so the rate is a part of the name. 15 characters at most.
      .rate(
        over: count,
        table: "sp-" + hexadecimal(of: "\(control.address) \(control.port) \(count)", digits: 12))
    }
  }
}

extension AddressSet {
  /// The addresses of one family alone.
  func only(_ family: AddressFamily) -> AddressSet {
    var list = AddressSet()
    switch family {
    case .ipv4: list.ipv4 = ipv4
    case .ipv6: list.ipv6 = ipv6
    }
    return list
  }

  /// Whether it has no address of a family.
  func isEmpty(_ family: AddressFamily) -> Bool { only(family).isEmpty }
}
