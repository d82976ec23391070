import Addressing
import Diagnostics
import Flows

/// Commands for an ASA, each with the one that takes it away again. What a command refers to stands before it, so the
/// way back is the same list from its end.
struct ASACommands {
  private struct Command {
    var lines: [String]
    var opposite: [String]
    var provenance: SourceSpan
  }

  private var commands: [Command] = []

  var isEmpty: Bool { commands.isEmpty }

  /// The publications of a gateway.
  init(publishing plan: FlowPlan) {
    guard let list = plan.name(of: .accessList) else { return }
    var publisher = ASAPublisher(plan, list)
    for group in plan.services.runs { publisher.publish(group) }
    for service in plan.isOutbound ? plan.services : [] { publisher.hide(service) }
    for service in plan.isOutbound ? plan.services : [] { publisher.refuse(service) }
    self = publisher.commands
  }

  /// The servers that are taken out of the default inspections, by an access list that the class matches besides: what
  /// it denies is not in the class (Cisco's guide to service policies). Ports in such a list are ignored.
  init(inspecting plan: FlowPlan) {
    let servers = plan.uninspected
    guard let first = servers.first else { return }
    let names = ASANames(plan)
    let scope = plan.provenance(of: .helperScope) ?? first.header
    let list = "access-list \(ASANames.inspection) extended"
    for service in servers {
      let object = names.real(service)
      add("\(list) deny ip any object \(object)", for: service.provenance(of: .helper))
      add("\(list) deny ip object \(object) any", for: service.provenance(of: .helper))
    }
    add("\(list) permit ip any any", for: scope)
    let match = "match access-list \(ASANames.inspection)"
    let mode = "class-map inspection_default"
    commands.append(Command(lines: [mode, " " + match], opposite: [mode, " no " + match], provenance: scope))
  }

  fileprivate init() {}

  /// Adds a command that `no` takes away.
  fileprivate mutating func add(_ line: String, for span: SourceSpan) {
    commands.append(Command(lines: [line], opposite: ["no " + line], provenance: span))
  }

  /// Adds an object with its parts.
  fileprivate mutating func add(_ header: String, _ parts: [String], for span: SourceSpan) {
    commands.append(
      Command(lines: [header] + parts.map { " " + $0 }, opposite: ["no " + header], provenance: span))
  }

  func artifact(_ name: String, _ head: String, purpose: String) -> Artifact {
    var text = ConfigurationText()
    text.add(head)
    for command in commands { text.add(lines: command.lines, for: command.provenance) }
    return text.artifact(name, purpose: purpose)
  }

  func wayBack(_ name: String, _ head: String, purpose: String) -> Artifact {
    var text = ConfigurationText()
    text.add(head)
    for command in commands.reversed() { text.add(lines: command.opposite, for: command.provenance) }
    return text.artifact(name, purpose: purpose)
  }
}

/// What the objects of publications are called: at most 40 characters of `[A-Za-z0-9_-]`, which every version takes.
private struct ASANames {
  static let inspection = ObjectNames.prefix + "inspect"

  private let names: ObjectNames

  init(_ plan: FlowPlan) {
    names = ObjectNames(
      plan.services.map(\.name), longest: 40,
      suffixes: ["real", "mapped", "ctl-real", "ctl-mapped", "pasv", "clients"]
        + (plan.isOutbound ? ["ctl-to", "pasv-to"] : []))
  }

  func real(_ service: PublishedService) -> String { name(service, "real") }
  func mapped(_ service: PublishedService) -> String { name(service, "mapped") }
  func clients(_ service: PublishedService) -> String { name(service, "clients") }

  /// Objects hold one family.
  private func name(_ service: PublishedService, _ part: String) -> String {
    names.name(service.name, service.family == .ipv6 ? part + "6" : part)
  }

  /// Service objects hold ports alone, and both families share them.
  func ports(_ service: PublishedService, _ part: String) -> String { names.name(service.name, part) }
}

/// Writes publications one after the other.
private struct ASAPublisher {
  private let plan: FlowPlan
  private let list: String
  private let names: ASANames
  private let pieces: PassivePieces
  private(set) var commands = ASACommands()
  /// The service objects of translations of users that are there: families share them.
  private var known: Set<String> = []

  init(_ plan: FlowPlan, _ list: String) {
    (self.plan, self.list) = (plan, list)
    names = ASANames(plan)
    pieces = PassivePieces(plan)
  }

  /// Writes one publication, a service for each of its families.
  mutating func publish(_ services: ArraySlice<PublishedService>) {
    var objects = PortObjects()
    for service in services { define(service, &objects) }
    for service in services { translate(service, objects) }
    guard let first = services.first else { return }
    commands.add("access-list \(list) remark \(tag(first.name))", for: first.header)
    for service in services { admit(service) }
  }

  /// The names of the service objects of one publication.
  private struct PortObjects {
    var names: [PortRange: String] = [:]
    /// How many of them are pieces of the passive range.
    var pieces = 0
  }

  private mutating func define(_ service: PublishedService, _ objects: inout PortObjects) {
    let address = service.provenance(of: .address)
    commands.add("object network \(names.real(service))", ["host \(service.serverAddress)"], for: address)
    if service.isTranslated, !plan.usesInterfaceAddress {
      commands.add("object network \(names.mapped(service))", ["host \(service.arrival)"], for: address)
    }
    if service.isForwarded {
      let control = service.provenance(of: .control)
      define(PortRange(service.serverControlPort), names.ports(service, "ctl-real"), &objects, control)
      define(PortRange(service.controlPort), names.ports(service, "ctl-mapped"), &objects, control)
    }
    for piece in pieces.owned(by: service) where objects.names[piece.ports] == nil {
      objects.pieces += 1
      let part = objects.pieces == 1 ? "pasv" : "pasv\(objects.pieces)"
      define(piece.ports, names.ports(service, part), &objects, piece.provenance)
    }
    guard let clients = service.restrictedClients, !clients.isEmpty else { return }
    commands.add(
      "object-group network \(names.clients(service))", clients.map { "network-object \($0.asaText)" },
      for: service.provenance(of: .clients))
  }

  /// In twice NAT the server is the source, so its ports are source ports.
  private mutating func define(
    _ ports: PortRange, _ name: String, _ objects: inout PortObjects, _ span: SourceSpan
  ) {
    guard objects.names[ports] == nil else { return }
    objects.names[ports] = name
    commands.add("object service \(name)", ["service tcp source \(ports.asaText)"], for: span)
  }

  /// One translation of the control port and one of each piece of the range, for each interface where clients come
  /// from.
  private mutating func translate(_ service: PublishedService, _ objects: PortObjects) {
    guard service.isForwarded, let inside = plan.inside.first?.name else { return }
    let real = names.real(service)
    let mapped = service.isTranslated ? (plan.usesInterfaceAddress ? "interface" : names.mapped(service)) : real
    var pairs = [(service.serverControlPorts, service.controlPorts, service.provenance(of: .control))]
    pairs += pieces.owned(by: service).map { ($0.ports, $0.ports, $0.provenance) }
    for outside in plan.outside {
      for (own, dialled, span) in pairs {
        guard let own = objects.names[own], let dialled = objects.names[dialled] else { continue }
        commands.add(
          "nat (\(inside),\(outside.name)) source static \(real) \(mapped) service \(own) \(dialled)", for: span)
      }
    }
  }

  /// `source gateway` of a `reach`: a dynamic translation of the users for each port of the server, which keeps its own
  /// address and port (Cisco's guide, dynamic PAT by twice NAT). Without a range data connections go to any port that
  /// the inspection reads.
  mutating func hide(_ service: PublishedService) {
    guard service.wantsGatewaySource, let own = plan.ownSource(service.family), let leaving = plan.inside.first?.name,
      service.restrictedClients?.isEmpty != true
    else { return }
    let span = service.provenance(of: .source)
    let isInterface = plan.usesInterfaceAddress && service.family == .ipv4
    if !isInterface { commands.add("object network \(names.mapped(service))", ["host \(own)"], for: span) }
    let mapped = isInterface ? "interface" : names.mapped(service)
    let users = service.restrictedClients == nil ? "any" : names.clients(service)
    let data = service.passiveRange ?? PortRange(low: 1024, high: 65535)
    let all = [PortRange(service.serverControlPort)] + (data.map { [$0] } ?? [])
    for (ports, part) in zip(all, ["ctl-to", "pasv-to"]) {
      let object = names.ports(service, part)
      if known.insert(object).inserted {
        commands.add("object service \(object)", ["service tcp destination \(ports.asaText)"], for: span)
      }
      for entering in plan.outside {
        let server = names.real(service)
        commands.add(
          "nat (\(entering.name),\(leaving)) source dynamic \(users) \(mapped) destination static \(server) \(server) "
            + "service \(object) \(object)", for: span)
      }
    }
  }

  /// Users whom a `reach` does not admit are kept out after all whom any does: what users may do otherwise is mostly
  /// more than nothing.
  mutating func refuse(_ service: PublishedService) {
    guard service.restrictedClients != nil else { return }
    let line = "access-list \(list) extended deny tcp any object \(names.real(service))"
    for ports in service.serverPorts {
      commands.add("\(line) \(ports.asaText)", for: service.provenance(of: .clients))
    }
  }

  /// Access lists see real addresses and real ports.
  private mutating func admit(_ service: PublishedService) {
    var source = "any"
    if let clients = service.restrictedClients {
      guard !clients.isEmpty else { return }
      source = "object-group \(names.clients(service))"
    }
    let line = "access-list \(list) extended permit tcp \(source) object \(names.real(service))"
    commands.add("\(line) \(service.serverControlPorts.asaText)", for: service.provenance(of: .control))
    if let range = service.passiveRange {
      commands.add("\(line) \(range.asaText)", for: service.provenance(of: .passive))
    }
  }
}

extension PublishedService {
  fileprivate var controlPorts: PortRange { PortRange(controlPort) }
  fileprivate var serverControlPorts: PortRange { PortRange(serverControlPort) }

  /// Whether packets get another address or another port.
  var isForwarded: Bool { isTranslated || controlPort != serverControlPort }

  /// The clients that may connect; `nil` where every address may.
  var restrictedClients: [Prefix]? {
    clientPrefixes.flatMap { prefixes in prefixes.contains { $0.length == 0 } ? nil : prefixes }
  }
}

extension PortRange {
  /// As an object or an access list says it. Port 21 is shown as `ftp` by the device, whatever was entered.
  fileprivate var asaText: String {
    low == high ? "eq \(low == 21 ? "ftp" : "\(low)")" : "range \(low) \(high)"
  }
}

extension Prefix {
  fileprivate var asaText: String {
    if isHost { return "host \(address)" }
    return family == .ipv4 ? "\(address) \(mask)" : "\(self)"
  }
}

extension [PublishedService] {
  /// The services of each publication side by side, of services that are sorted by name.
  var runs: [ArraySlice<PublishedService>] {
    var runs: [ArraySlice<PublishedService>] = []
    var rest = self[...]
    while let name = rest.first?.name {
      let run = rest.prefix { $0.name == name }
      rest = rest[run.endIndex...]
      runs.append(run)
    }
    return runs
  }
}
