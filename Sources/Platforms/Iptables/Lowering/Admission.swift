import Addressing
import Diagnostics
import Flows

private let new = ownChain("NEW")
private let newInside = ownChain("NEW-INSIDE")
private let toServer = ownChain("TO-SERVER")
private let fromServer = ownChain("FROM-SERVER")
private let active = ownChain("ACTIVE")
private let refused = ownChain("REFUSED")
private let related = ownChain("RELATED")
private let others = ownChain("OTHERS")
private let othersBack = ownChain("OTHERS-BACK")

/// The ports of a client's data connections.
private let dataPorts = PortRange(low: 1024, high: 65535) ?? PortRange(1024)

extension IptablesLowering {
  /// `filter`: what was let in passes, and no rule after ours stops it; so do answers, and data connections.
  mutating func admit() {
    admitNew()
    admitKnown()
    openActive()
    relate()
    lead()
  }

  /// Rules of services by the server's address, none of them twice: two publications of one server may have a range in
  /// common.
  private func byServer(
    _ services: [PublishedService], _ rules: (PublishedService) -> [IptablesRule]
  ) -> [AddressedRules] {
    var known: [IPAddress: Set<IptablesRule>] = [:]
    return services.map { service in
      let own = rules(service).filter { rule in
        var plain = rule
        (plain.comment, plain.provenance) = (nil, nil)
        return known[service.serverAddress, default: []].insert(plain).inserted
      }
      return AddressedRules(prefix: Prefix(service.serverAddress), rules: own)
    }
  }

  private mutating func admitNew() {
    func accepting(_ services: [PublishedService]) -> [AddressedRules] {
      byServer(services) { service in
        ends(service).map { end in
          IptablesRule(
            [.dials(end.served)] + dialled(service, end.dialled, nil), .accept, comment: comment(service, end.part),
            for: end.span)
        }
      }
    }
    // Clients inside dial the outermost address; those from outside arrive where the box before sends them.
    rules.addTree(new, .filter, by: .destination, accepting(services))
    guard !plan.outside.isEmpty, plan.opensInside else { return }
    rules.addTree(newInside, .filter, by: .destination, accepting(services.filter(\.wantsHairpin)))
  }

  /// Packets of connections that are known, of either direction.
  private mutating func admitKnown() {
    rules.addTree(
      toServer, .filter, by: .destination,
      byServer(services) { service in
        known(service, { .dials($0) }, { .sends($0) })
      })
    rules.addTree(
      fromServer, .filter, by: .source,
      byServer(services) { service in
        known(service, { .sends($0) }, { .dials($0) })
      })
  }

  /// - Parameters:
  ///   - ofServer: Matches the server's port.
  ///   - ofClient: Matches the client's.
  private func known(
    _ service: PublishedService, _ ofServer: (PortRange) -> IptablesMatch, _ ofClient: (PortRange) -> IptablesMatch
  ) -> [IptablesRule] {
    var rules = ends(service).map { end in
      IptablesRule([ofServer(end.served)], .accept, comment: comment(service, end.part), for: end.span)
    }
    if service.wantsHelper {
      rules.append(
        IptablesRule(
          [.helper(port: helperPort(service))], .accept, comment: comment(service, "data"),
          for: service.provenance(of: .helper)))
    }
    if service.opensActiveData {
      rules.append(
        IptablesRule(
          service.activeSourcePort.map { [ofServer(PortRange($0))] } ?? [ofClient(dataPorts)], .accept,
          comment: comment(service, "active"), for: service.provenance(of: .active)))
    }
    return rules
  }

  /// The port that the helper of a connection has in its name: none but 21 where a rule assigns it.
  private func helperPort(_ service: PublishedService) -> UInt16 {
    kernel.helpsByRule ? 21 : service.serverControlPort
  }

  /// `active on` without helper: the server opens data connections to its clients. `active off`: those of a server
  /// that cannot be told to refuse PORT are dropped.
  private mutating func openActive() {
    let refusals = flows.activeRefusals
    rules.addTree(
      refused, .filter, by: .source,
      refusals.flows.map { flow in
        AddressedRules(
          prefix: Prefix(flow.address),
          rules: [
            IptablesRule(
              [.sends(flow.ports)], .drop, comment: comment(refusals.publications(flow), "active-off"),
              for: refusals.provenance(flow))
          ])
      })
    // Where nobody of the family may connect there is nobody to open connections to.
    let opening = services.filter { $0.opensActiveData && $0.clients?.isEmpty(family) != true }
    // A server that several addresses publish opens the same connections.
    var targets: [String: String?] = [:]
    for service in opening {
      targets[service.name] = service.clients.map { chain(.answer, $0, for: service.provenance(of: .clients)) }
    }
    rules.addTree(
      active, .filter, by: .source,
      byServer(opening) { service in
        let ports: [IptablesMatch] =
          (service.activeSourcePort.map { [.sends(PortRange($0))] } ?? []) + [.dials(dataPorts)]
        let target = targets[service.name].flatMap(\.self)
        return [
          IptablesRule(
            ports, target.map { .jump($0) } ?? .accept, comment: comment(service, "active"),
            for: service.provenance(of: .active))
        ]
      })
  }

  /// `helper on`: of the data connections that the FTP helper expects, those to a published server on its data ports,
  /// and with `active on` those from it, are accepted; any other to or from it is dropped (promise 7,
  /// docs/promises.md).
  private mutating func relate() {
    guard flows.helped.isEmpty == false else { return }
    func accepting(_ expected: PortFlows, _ part: String) -> [AddressedRules] {
      expected.flows.map { flow in
        AddressedRules(
          prefix: Prefix(flow.address),
          rules: [
            IptablesRule(
              [.dials(flow.ports)], .accept, comment: comment(expected.publications(flow), part),
              for: expected.provenance(flow))
          ])
      }
    }
    func dropping(_ chain: String) -> [AddressedRules] {
      flows.helpedServers.map { server in
        AddressedRules(
          prefix: Prefix(server.address), rules: [IptablesRule([], .jump(chain), for: server.provenance)])
      }
    }
    let arrivals = flows.helpedArrivals
    rules.add(
      arrivals.map { IptablesRule([.dialled($0.address, port: nil, nil)], .drop, for: $0.provenance) }, to: others,
      .filter)
    rules.add(
      arrivals.map { IptablesRule([.answered($0.address)], .drop, for: $0.provenance) }, to: othersBack, .filter)
    let parts: [(String, AddressedEnd, [AddressedRules])] = [
      ("DATA-IN", .destination, accepting(flows.expectedInbound, "data")),
      ("DATA-OUT", .source, accepting(flows.expectedOutbound, "active")),
      ("NO-DATA-IN", .destination, dropping(others)), ("NO-DATA-OUT", .source, dropping(othersBack)),
    ]
    for (name, end, entries) in parts where !entries.isEmpty {
      rules.addTree(ownChain(name), .filter, by: end, entries)
      rules.add([IptablesRule([], .jump(ownChain(name)), for: flows.helped.first?.provenance)], to: related, .filter)
    }
  }

  /// Leads packets of the three built-in chains to what decides about them.
  private mutating func lead() {
    if isAnyForwarded { lead(.forward) }
    // A server on the gateway itself may be published at an address that is translated to the gateway's.
    if isAnyLocal {
      lead(.input)
      lead(.output)
    }
  }

  private mutating func lead(_ hook: IptablesEntrance) {
    let span = plan.header
    var leads: [IptablesRule] = []
    func add(_ chain: String, _ matches: [IptablesMatch]) {
      guard rules.has(chain, .filter) else { return }
      leads.append(IptablesRule(matches, .jump(chain), for: span))
    }
    let ports = services.filter(\.wantsHelper).map { helperPort($0) }.uniqued().sorted()
    for port in ports {
      for way in sides { add(related, way + [.state(.related), .helper(port: port)]) }
    }
    if hook != .output { add(toServer, [.state(.established)]) }
    if hook != .input { add(fromServer, [.state(.established)]) }
    if hook != .input {
      if flows.activeRefusals.haveServers(local: hook == .output) { add(refused, [.state(.new)]) }
      let from = hook == .output ? [] : inside
      for way in ways(from: from, to: outside) { add(active, way + [.state(.new)]) }
    }
    if hook != .output {
      let behind = hook == .input ? [] : inside
      for way in ways(from: outside, to: behind) { add(new, way + [.state(.new)]) }
      for way in ways(from: inside, to: behind) { add(newInside, way + [.state(.new)]) }
    }
    rules.add(leads, to: hook)
  }

  /// On which side data connections are looked at: those of a published server on any, those of users where they are.
  private var sides: [[IptablesMatch]] {
    guard plan.isOutbound, !outside.isEmpty else { return [[]] }
    return outside.flatMap { [[.comesIn($0)], [.leaves($0)]] }
  }

  /// Every pair of interfaces; those of a side that the policy does not name do not matter.
  private func ways(from: [String], to: [String]) -> [[IptablesMatch]] {
    let incoming: [[IptablesMatch]] = from.isEmpty ? [[]] : from.map { [.comesIn($0)] }
    let leaving: [[IptablesMatch]] = to.isEmpty ? [[]] : to.map { [.leaves($0)] }
    return incoming.flatMap { one in leaving.map { one + $0 } }
  }
}
