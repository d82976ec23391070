import Addressing
import Diagnostics
package import Flows
package import Nftables

/// A firewall that is not Linux. Its sessions are played through rules that do what its configuration asks for, with
/// the helper that it is documented to have; nothing of that was run on a device.
package protocol DevicePlatform: SessionPlatform {
  /// What its helper does, by the type that the session model knows.
  ///
  /// - Parameter plan: Names the version, where that matters.
  func helperType(for plan: FlowPlan) -> String
  /// Whether its helper reads the control connections of a service under the configuration that is written for it:
  /// where it is asked for, and where the device has it on by itself and nothing is written that switches it off.
  func inspects(_ service: PublishedService, in plan: FlowPlan) -> Bool
}

extension DevicePlatform {
  package var wasRun: Bool { false }
  package func inspects(_ service: PublishedService, in plan: FlowPlan) -> Bool { service.wantsHelper }
  package func ruleset(of plan: FlowPlan) -> Ruleset { Ruleset([DeviceRuleset(plan, self).table]) }
}

/// What a device does whose configuration was written by us: it translates, permits by connection, and drops the rest
/// that comes from outside. What others let out is not known.
private struct DeviceRuleset {
  private let plan: FlowPlan
  private let platform: any DevicePlatform
  private var translations: [Rule] = []
  private var permits: [Rule] = []
  private var local: [Rule] = []
  private var sources: [Rule] = []
  private var inspections: [Rule] = []

  init(_ plan: FlowPlan, _ platform: any DevicePlatform) {
    self.plan = plan
    self.platform = platform
    for service in plan.services { add(service) }
    for service in plan.isOutbound ? plan.services : [] { addRefusals(service) }
  }

  var table: Table {
    // What else users may do is not known.
    let doors = plan.isOutbound ? [] : plan.outside
    let refusals = doors.map { interface in
      Rule([.comesFrom(interface.name), .verdict(.drop)], provenance: [interface.provenance])
    }
    let unknown = Rule.unknown("what else the device lets pass")
    return Table(
      platform.name, helpers: [HelperObject("ftp", type: platform.helperType(for: plan))],
      chains: [
        Chain("translations", BaseChain(.nat, .prerouting, priority: -100), rules: translations),
        Chain("inspection", BaseChain(.filter, .forward, priority: -10), rules: inspections),
        Chain(
          "permits", BaseChain(.filter, .forward, priority: 0),
          rules: [.acceptsKnown] + permits + (refusals.isEmpty && !plan.isOutbound ? defaultRefusals : refusals) + [
            unknown
          ]),
        // Where no server is on the device, nobody of FTP listens there.
        Chain(
          "local", BaseChain(.filter, .input, priority: 0),
          rules: local.isEmpty ? [] : [.acceptsKnown] + local + refusals + [unknown]),
        Chain("sources", BaseChain(.nat, .postrouting, priority: 100), rules: sources),
      ]
    ).ofDevice
  }

  /// Without names of interfaces: what nothing admits does not reach a server.
  private var defaultRefusals: [Rule] {
    plan.services.map { service in
      Rule(
        [.match(.destination(service.family), .equal, .value(.address(service.serverAddress))), .verdict(.drop)],
        provenance: [service.header])
    }
  }

  private mutating func add(_ service: PublishedService) {
    addTranslations(service)
    addPermits(service, PortRange(service.serverControlPort), .control)
    if let range = service.passiveRange { addPermits(service, range, .passive) }
    if platform.inspects(service, in: plan) {
      inspections.append(
        Rule(
          served(service, PortRange(service.serverControlPort)) + [.assignHelper("ftp")],
          provenance: [service.provenance(of: .helper)]))
    }
    addActive(service)
  }

  private mutating func addTranslations(_ service: PublishedService) {
    let isShifted = service.controlPort != service.serverControlPort
    if service.isTranslated || isShifted {
      let translation = translate(service, to: isShifted ? service.serverControlPort : nil)
      translations += dialled(service, PortRange(service.controlPort)).map {
        Rule($0 + [translation], provenance: [service.provenance(of: .control)])
      }
    }
    guard service.isTranslated, let range = service.passiveRange else { return }
    translations += dialled(service, range).map {
      Rule($0 + [translate(service, to: nil)], provenance: [service.provenance(of: .passive)])
    }
  }

  private mutating func addPermits(_ service: PublishedService, _ ports: PortRange, _ aspect: ServiceAspect) {
    let served = served(service, ports)
    let rules = entrances(service).map {
      Rule($0 + served + [.verdict(.accept)], provenance: [service.provenance(of: aspect)])
    }
    if service.isLocal { local += rules } else { permits += rules }
    if service.wantsGatewaySource {
      let own = plan.isOutbound ? plan.ownSource(service.family) : nil
      let translation = own.map { Statement.translateSource(service.family, .value(.address($0))) } ?? .masquerade
      sources.append(Rule(served + [translation], provenance: [service.provenance(of: .source)]))
    } else if service.wantsHairpin, service.isTranslated {
      sources += plan.inside.map {
        Rule(
          [.comesFrom($0.name), .isTranslated] + served + [.masquerade],
          provenance: [service.provenance(of: .hairpin)])
      }
    }
  }

  /// Users whom a `reach` does not admit, after all whom any does.
  private mutating func addRefusals(_ service: PublishedService) {
    guard service.restrictedClients != nil else { return }
    for ports in service.serverPorts {
      permits += entrancesOfAll.map {
        Rule($0 + served(service, ports) + [.verdict(.drop)], provenance: [service.provenance(of: .clients)])
      }
    }
  }

  private var entrancesOfAll: [[Statement]] {
    plan.outside.isEmpty ? [[]] : plan.outside.map { [.comesFrom($0.name)] }
  }

  /// Data connections that the server opens, known by the one port that it has for them.
  private mutating func addActive(_ service: PublishedService) {
    guard service.opensActiveData, let port = service.activeSourcePort else { return }
    let source: [Statement] = [
      .match(.source(service.family), .equal, .value(.address(service.serverAddress))),
      .match(.sourcePort, .equal, .value(.port(port))),
    ]
    permits.append(Rule(source + [.verdict(.accept)], provenance: [service.provenance(of: .active)]))
    guard service.isTranslated else { return }
    sources.append(
      Rule(
        source + [.translateSource(service.family, .value(.address(service.arrival)))],
        provenance: [service.provenance(of: .active)]))
  }

  /// Packets as clients send them: from outside, and from inside where they may dial the external address.
  private func dialled(_ service: PublishedService, _ ports: PortRange) -> [[Statement]] {
    let interfaces = plan.outside.map(\.name) + (service.wantsHairpin ? plan.inside.map(\.name) : [])
    let destination: [Statement] = [
      .match(.destination(service.family), .equal, .value(.address(service.arrival))),
      .match(.destinationPort, .equal, .value(Value(ports))),
    ]
    return plan.outside.isEmpty ? [destination] : interfaces.map { [.comesFrom($0)] + destination }
  }

  private func translate(_ service: PublishedService, to port: UInt16?) -> Statement {
    .translate(
      Translation(
        .destination, service.family, address: .value(.address(service.serverAddress)),
        port: port.map { .value(.port($0)) }))
  }

  /// Packets as the server gets them.
  private func served(_ service: PublishedService, _ ports: PortRange) -> [Statement] {
    [
      .match(.destination(service.family), .equal, .value(.address(service.serverAddress))),
      .match(.destinationPort, .equal, .value(Value(ports))),
    ]
  }

  /// Where admitted clients come from, and which of them.
  private func entrances(_ service: PublishedService) -> [[Statement]] {
    let sources = service.clientSources.map { prefix -> [Statement] in
      prefix.map { [.match(.source(service.family), .equal, .value(Value($0)))] } ?? []
    }
    let outside =
      plan.outside.isEmpty
      ? sources
      : plan.outside.flatMap { interface in
        sources.map { [.comesFrom(interface.name)] + $0 }
      }
    guard service.wantsHairpin else { return outside }
    let denied = service.deniedPrefixes
    return outside
      + plan.inside.map { interface in
        [.comesFrom(interface.name)]
          + denied.map { .match(.source(service.family), .notEqual, .value(Value($0))) }
      }
  }
}
