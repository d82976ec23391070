import Addressing
import Diagnostics
import Nftables

/// A virtual address: what is dialled becomes an address and a port of a server.
struct FortiGateVirtualAddress {
  let entry: FortiGateEntry
  /// What is dialled; `nil` where that is not known.
  private(set) var external: ClosedRange<IPAddress>?
  private(set) var mapped: ClosedRange<IPAddress>?
  /// The ports that are dialled, and those that they become, as many; `nil` for all ports of all protocols.
  private(set) var ports: (external: PortRange, mapped: PortRange)?
  private(set) var transport = "tcp"
  /// Why it is not known what it does.
  private(set) var doubt: String?
  private let interfaces: [String]?
  /// The interfaces for which alone it is there; `nil` for all.
  private let filter: [String]?

  init(_ entry: FortiGateEntry, _ configuration: FortiGateConfiguration, _ context: GatewayContext) {
    self.entry = entry
    let interface = entry["extintf"]
    interfaces = interface.isEmpty ? nil : configuration.interfaces(interface)
    filter = entry["srcintf-filter"].isEmpty ? nil : configuration.interfaces(entry["srcintf-filter"])
    let kind = entry.value("type") ?? "static-nat"
    if kind != "static-nat" { doubt = "a virtual address of the kind \(kind)" }
    for name in ["service", "extaddr", "mapped-addr"] where !(entry.value(name) ?? "").isEmpty {
      doubt = "`set \(name)` of the virtual address `\(entry.key)`"
    }
    mapped = entry.value("mappedip").flatMap(Self.range)
    external = entry.value("extip").flatMap(Self.range)
    if let own = external, own.lowerBound.value == 0 {
      // The address of the interface.
      let address = interface.first.flatMap { configuration.address(ofInterface: $0) }
      let arrivals = context.arrivals.filter { $0.family == .ipv4 }
      let found = address ?? (arrivals.count == 1 ? arrivals.first : nil)
      external = found.map { $0...$0 }
    }
    if external == nil || mapped == nil { doubt = doubt ?? "where the virtual address `\(entry.key)` is or leads" }
    if entry.value("arp-reply") == "disable", let external,
      configuration.address(ofInterface: interface.first ?? "") != external.lowerBound
    {
      doubt = doubt ?? "whether neighbours find `\(entry.key)`: `arp-reply disable`"
    }
    readPorts()
  }

  private mutating func readPorts() {
    guard entry.isEnabled("portforward") else { return }
    transport = (entry.value("protocol") ?? "tcp").lowercased()
    guard ["tcp", "udp", "sctp"].contains(transport) else { return }
    guard let text = entry.value("extport"), let external = PortRange(dashed: text) else {
      doubt = doubt ?? "the ports of the virtual address `\(entry.key)`"
      return
    }
    // There are as many on the other side; the first one counts.
    let first = entry.value("mappedport").flatMap { PortRange(dashed: $0) } ?? external
    let last = UInt16(clamping: Int(first.low) + external.count - 1)
    ports = PortRange(low: first.low, high: last).map { (external, $0) }
  }

  /// `A` or `A-B`.
  private static func range(_ text: String) -> ClosedRange<IPAddress>? {
    let ends = text.split(separator: "-").map { IPAddress(String($0)) }
    guard (1...2).contains(ends.count), let low = ends.first.flatMap(\.self), let high = ends.last.flatMap(\.self),
      low.family == .ipv4, high.family == .ipv4, low <= high
    else { return nil }
    return low...high
  }

  var isEnabled: Bool { entry.value("status") != "disable" }

  /// What was translated by it, for a policy.
  var translated: [Statement] {
    var statements: [Statement] = [.isTranslated]
    if let external { statements.append(.match(.tuple("original", "ip daddr"), .equal, .value(Value(external)))) }
    if let ports {
      statements.append(.match(.tuple("original", "proto-dst"), .equal, .value(Value(ports.external))))
    }
    return statements
  }

  private func rule(_ statements: [Statement], at span: SourceSpan) -> Rule {
    var rule = Rule(statements, provenance: [span])
    rule.quotation = "virtual address \(entry.key)"
    return rule
  }

  /// The translations, or the one rule that is not read.
  var rules: [Rule] {
    // No session is made of anything else.
    guard ["tcp", "udp", "sctp"].contains(transport) else { return [] }
    var conditions: [Statement] = []
    for interfaces in [interfaces, filter].compactMap(\.self) {
      conditions.append(.match(.inputInterface, .equal, .members(interfaces.map { Member(.value(.interface($0))) })))
    }
    let filters = entry["src-filter"].map {
      $0.contains("-") ? Self.range($0).map { Value($0) } : FortiGateConfiguration.subnet([$0])
    }
    if !filters.isEmpty {
      if filters.contains(nil) { conditions.append(.unknownCondition("src-filter of `\(entry.key)`")) }
      conditions.append(
        .match(.source(.ipv4), .equal, .members(filters.compactMap(\.self).map { Member(.value($0)) })))
    }
    if let ports {
      conditions.append(.match(.payload(transport, "dport"), .equal, .value(Value(ports.external))))
    }
    guard doubt == nil, let external, let mapped else {
      if let external { conditions.insert(.match(.destination(.ipv4), .equal, .value(Value(external))), at: 0) }
      return [rule(conditions + [.unread(doubt ?? "a virtual address")], at: entry.span)]
    }
    let count = external.upperBound.value - external.lowerBound.value
    guard count < 256, mapped.upperBound.value - mapped.lowerBound.value == count else {
      conditions.insert(.match(.destination(.ipv4), .equal, .value(Value(external))), at: 0)
      return [rule(conditions + [.unread("which of several servers `\(entry.key)` leads to")], at: entry.span)]
    }
    if let ports, isShifted, ports.external.count > 64, min(ports.external.low, ports.mapped.low) < 1024 {
      conditions.insert(.match(.destination(.ipv4), .equal, .value(Value(external))), at: 0)
      return [
        rule(conditions + [.unread("how `\(entry.key)` shifts so many ports")], at: entry.span(of: "mappedport"))
      ]
    }
    return (0...count).compactMap { step in
      guard let dialled = IPAddress(family: .ipv4, value: external.lowerBound.value + step),
        let server = IPAddress(family: .ipv4, value: mapped.lowerBound.value + step)
      else { return nil }
      let translation = Translation(.destination, .ipv4, address: .value(.address(server)), port: targetPort)
      return rule(
        [.match(.destination(.ipv4), .equal, .value(.address(dialled)))] + conditions + [.translate(translation)],
        at: entry.span(of: isShifted ? "mappedport" : "extip"))
    }
  }

  private var isShifted: Bool { ports.map { $0.external != $0.mapped } ?? false }

  /// Each port becomes the one at the same place of the other range.
  private var targetPort: Expression? {
    guard let ports, isShifted else { return nil }
    guard ports.external.count > 1 else { return .value(.port(ports.mapped.low)) }
    // Each of many ports would be judged by itself; that a data connection does not arrive at the port that was
    // announced is true of the range as well.
    guard ports.external.count <= 64 else { return .value(Value(ports.mapped)) }
    let members = zip(ports.external.ports, ports.mapped.ports).map { Member(.value(.port($0)), .value(.port($1))) }
    return .lookup(.payload(transport, "dport"), in: .members(members))
  }

  var remarks: [Diagnostic] {
    guard isEnabled, let ports else { return [] }
    let range = ports.external
    func remark(_ message: String, _ help: String) -> Diagnostic {
      .warning("gateway-remark", message, at: entry.span(of: "extport"), help: help)
    }
    if transport == "udp", [20, 21, 989, 990].contains(where: { range.low == $0 || range.high == $0 }) {
      return [
        remark("FTP has no UDP, so no packet meets this virtual address", "write `set protocol tcp`, or take it away")
      ]
    }
    if transport == "tcp", range.low == 20, range.high <= 21 {
      return [
        remark(
          "port 20 is published, and nobody connects to it",
          "take it away: data connections in active mode come from port 20 of the server")
      ]
    }
    return []
  }
}
