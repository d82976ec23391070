import Addressing
import Diagnostics
import Flows

/// The objects of a FortiGate, table by table in the order in which they refer to each other; the way back deletes them
/// from the end.
struct FortiGateObjects {
  private enum Table: String, CaseIterable {
    case address = "firewall address"
    case group = "firewall addrgrp"
    case service = "firewall service custom"
    case virtualAddress = "firewall vip"
    case pool = "firewall ippool"
    case policy = "firewall policy"
  }

  private struct Entry {
    /// As it is written after `edit`.
    var key: String
    /// The lines between `edit` and `next`.
    var settings: [String]
    var provenance: SourceSpan
  }

  private let plan: FlowPlan
  private let names: ObjectNames
  private let pieces: PassivePieces
  private var tables: [Table: [Entry]] = [:]
  /// The name of the virtual address of a piece.
  private var pieceNames: [PieceKey: String] = [:]

  private struct PieceKey: Hashable {
    var owner: ObjectIdentifier
    var ports: PortRange
  }

  init(_ plan: FlowPlan) {
    self.plan = plan
    let services = plan.services
    // Names of addresses, services and policies have at most 35 characters (the CLI reference).
    names = ObjectNames(
      services.map(\.name), longest: 35,
      suffixes: ["ctl", "pasv", "srv", "clients", "c1"] + (plan.isOutbound ? ["deny", "src"] : []))
    pieces = PassivePieces(plan)
    for service in services {
      addServices(service)
      addVirtualAddresses(service)
    }
    for (number, service) in zip(plan.numbers ?? 0...0, services) { addPolicy(number, service) }
    // Their numbers follow those of all permits.
    let refusing = plan.refusingReaches
    for (number, service) in zip((plan.numbers ?? 0...0).dropFirst(services.count), refusing) {
      addRefusal(number, service)
    }
  }

  // MARK: What there is

  /// What the session helper may do is said in the service object, which matches the port of the server: for these
  /// connections alone. `protocol` is left at its default, TCP and its relatives, because newer versions have another
  /// name for it (`TCP/UDP/SCTP`, then `TCP/UDP/UDP-Lite/SCTP`).
  private mutating func addServices(_ service: PublishedService) {
    add(
      .service, names.name(service.name, "ctl"),
      [
        "set helper \(service.wantsHelper ? "ftp" : "disable")",
        "set tcp-portrange \(service.serverControlPort)", "set comment \(quoted(tag(service.name, "ctl")))",
      ], service.provenance(of: .control))
    guard let range = service.passiveRange else { return }
    add(
      .service, names.name(service.name, "pasv"),
      [
        "set helper disable", "set tcp-portrange \(range)", "set comment \(quoted(tag(service.name, "pasv")))",
      ], service.provenance(of: .passive))
  }

  private mutating func addVirtualAddresses(_ service: PublishedService) {
    guard service.isTranslated else {
      let settings = subnet(Prefix(service.serverAddress)) + ["set comment \(quoted(tag(service.name, "srv")))"]
      add(.address, names.name(service.name, "srv"), settings, service.provenance(of: .address))
      return
    }
    addVirtualAddress(
      service, "ctl", PortRange(service.controlPort), PortRange(service.serverControlPort),
      service.provenance(of: .control))
    for (index, piece) in pieces.owned(by: service).enumerated() {
      let part = index == 0 ? "pasv" : "pasv\(index + 1)"
      pieceNames[PieceKey(owner: ObjectIdentifier(service), ports: piece.ports)] = names.name(service.name, part)
      addVirtualAddress(service, part, piece.ports, piece.ports, piece.provenance)
    }
  }

  private mutating func addVirtualAddress(
    _ service: PublishedService, _ part: String, _ dialled: PortRange, _ own: PortRange, _ span: SourceSpan
  ) {
    add(
      .virtualAddress, names.name(service.name, part),
      [
        "set extip \(service.arrival)", "set mappedip \(quoted("\(service.serverAddress)"))",
        "set extintf \(quoted(plan.externalInterface))", "set portforward enable", "set protocol tcp",
        "set extport \(dialled)", "set mappedport \(own)", "set comment \(quoted(tag(service.name, part)))",
      ], span)
  }

  /// Nothing for a service that admits nobody; its number stays unused.
  private mutating func addPolicy(_ number: UInt32, _ service: PublishedService) {
    guard let clients = addClients(service) else { return }
    let services = ["ctl"] + (service.passiveRange == nil ? [] : ["pasv"])
    add(
      .policy, key: "\(number)",
      ["set name \(quoted(names.name(service.name)))"]
        + list("srcintf", plan.outside.map(\.name)) + list("dstintf", plan.inside.map(\.name))
        + ["set srcaddr \(quoted(clients))"] + list("dstaddr", destinations(of: service))
        + [
          "set action accept", "set schedule \(quoted("always"))",
          "set service \(quoted(services.map { names.name(service.name, $0) }))",
          "set logtraffic \(service.logs(.new) ? "all" : "utm")", "set comments \(quoted(tag(service.name)))",
        ] + hiding(service), service.header)
  }

  /// `source gateway` of a `reach`: a pool of one address in the place of the users' (the CLI reference, `firewall
  /// ippool`), for the connections of this policy alone.
  private mutating func hiding(_ service: PublishedService) -> [String] {
    guard plan.isOutbound, service.wantsGatewaySource, let own = plan.ownSource(service.family) else { return [] }
    let name = names.name(service.name, "src")
    add(
      .pool, name,
      [
        "set type overload", "set startip \(own)", "set endip \(own)",
        "set comments \(quoted(tag(service.name, "src")))",
      ], service.provenance(of: .source))
    return ["set nat enable", "set ippool enable", "set poolname \(quoted(name))"]
  }

  /// Users whom a `reach` does not admit: what users may do otherwise is mostly more than nothing.
  private mutating func addRefusal(_ number: UInt32, _ service: PublishedService) {
    let services = ["ctl"] + (service.passiveRange == nil ? [] : ["pasv"])
    add(
      .policy, key: "\(number)",
      ["set name \(quoted(names.name(service.name, "deny")))"]
        + list("srcintf", plan.outside.map(\.name)) + list("dstintf", plan.inside.map(\.name))
        + ["set srcaddr \(quoted("all"))"] + list("dstaddr", destinations(of: service))
        + [
          "set action deny", "set schedule \(quoted("always"))",
          "set service \(quoted(services.map { names.name(service.name, $0) }))",
        ] + (service.logs(.denied) ? ["set logtraffic all"] : [])
        + ["set comments \(quoted(tag(service.name)))"], service.provenance(of: .clients))
  }

  private func destinations(of service: PublishedService) -> [String] {
    guard service.isTranslated else { return [names.name(service.name, "srv")] }
    let ranges = pieces.all(of: service).compactMap {
      pieceNames[PieceKey(owner: ObjectIdentifier($0.owner), ports: $0.piece.ports)]
    }
    return [names.name(service.name, "ctl")] + ranges
  }

  /// The name of what stands for the clients; `nil` where there is none.
  private mutating func addClients(_ service: PublishedService) -> String? {
    guard let clients = service.restrictedClients else { return "all" }
    let span = service.provenance(of: .clients)
    let members = clients.indices.map { names.name(service.name, "c\($0 + 1)") }
    for (member, client) in zip(members, clients) {
      add(.address, member, subnet(client) + ["set comment \(quoted(tag(service.name)))"], span)
    }
    guard members.count > 1 else { return members.first }
    let group = names.name(service.name, "clients")
    add(.group, group, list("member", members) + ["set comment \(quoted(tag(service.name)))"], span)
    return group
  }

  private func subnet(_ prefix: Prefix) -> [String] { ["set subnet \(prefix.address) \(prefix.mask)"] }

  private mutating func add(_ table: Table, _ name: String, _ settings: [String], _ span: SourceSpan) {
    add(table, key: quoted(name), settings, span)
  }

  private mutating func add(_ table: Table, key: String, _ settings: [String], _ span: SourceSpan) {
    tables[table, default: []].append(Entry(key: key, settings: settings, provenance: span))
  }

  // MARK: How it is written

  func artifact(_ name: String, _ head: String, purpose: String) -> Artifact {
    var text = ConfigurationText()
    text.add(head)
    for table in Table.allCases {
      guard let entries = tables[table] else { continue }
      text.add("config \(table.rawValue)")
      for entry in entries {
        text.add("    edit \(entry.key)", for: entry.provenance)
        text.add(lines: entry.settings.map { "        " + $0 }, for: entry.provenance)
        text.add("    next", for: entry.provenance)
      }
      if table == .policy, let before = plan.name(of: .before) {
        let span = plan.provenance(of: .before)
        for entry in entries { text.add("    move \(entry.key) before \(before)", for: span) }
      }
      text.add("end")
    }
    return text.artifact(name, purpose: purpose)
  }

  func wayBack(_ name: String, _ head: String, purpose: String) -> Artifact {
    var text = ConfigurationText()
    text.add(head)
    for table in Table.allCases.reversed() {
      guard let entries = tables[table] else { continue }
      text.add("config \(table.rawValue)")
      for entry in entries.reversed() { text.add("    delete \(entry.key)", for: entry.provenance) }
      text.add("end")
    }
    return text.artifact(name, purpose: purpose)
  }
}

/// A name in quotes. What could end them is in no name that gets here (`FortiGatePlatform.fault`).
private func quoted(_ name: String) -> String { "\"\(name)\"" }

private func quoted(_ names: [String]) -> String { names.map(quoted).joined(separator: " ") }

/// The most names in one line: the console takes long lines, but nobody says how long.
private let mostInLine = 20

/// The lines that give an option a list of names: the first one sets it, so that nothing of an earlier text stays, and
/// the others append to that (`append` of the CLI reference).
private func list(_ option: String, _ names: [String]) -> [String] {
  stride(from: 0, to: names.count, by: mostInLine).map { start in
    let part = Array(names[start..<min(start + mostInLine, names.count)])
    return "\(start == 0 ? "set" : "append") \(option) \(quoted(part))"
  }
}
