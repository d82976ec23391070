import Addressing
package import Diagnostics
import Flows
import Nftables
package import Platforms
import Policy

/// A policy that says what a gateway publishes today. What its configuration does not tell stands in comments that
/// begin with `DECIDE`.
package struct GatewayDraft {
  /// What leads to one server from one address.
  private struct Door: Hashable {
    /// `nil` where clients dial the server's own address, or nobody knows which.
    var external: IPAddress?
    var server: IPAddress
  }

  private var doors: [Door] = []
  private var forwards: [Door: [PublishedForward]] = [:]
  private let all: PublishedForwards
  /// The permits, by the server that they are for.
  private let permits: [IPAddress: [PublishedForward]]
  /// The servers to which some rule translates.
  private let translated: Set<IPAddress>
  private let platform: any Platform
  private var lines: [String]
  /// Whether rules name the interfaces of both sides.
  private var knowsInterfaces = false

  /// - Parameters:
  ///   - path: What was read, for the first comment.
  ///   - locate: `FILE:LINE` of a place in what was read.
  package init(
    _ saved: SavedGateway, of platform: any Platform, from path: String, locate: (SourceSpan) -> String = { _ in "" }
  ) {
    self.platform = platform
    all = PublishedForwards(saved.ruleset)
    permits = Dictionary(grouping: all.permits, by: \.server)
    translated = Set(all.translations.map(\.server))
    lines = [
      "# What is published by \(String(path.map { $0.isNewline ? "?" : $0 })), as a policy.",
      "# Lines with DECIDE ask for what it does not tell.",
    ]
    collect()
    guard !doors.isEmpty else { return }
    addGateway()
    let names = doors.count == 1 ? ["files"] : doors.indices.map { "files-\($0 + 1)" }
    for (door, name) in zip(doors, names) { add(door, as: name) }
    addDoubts(saved, locate)
  }

  /// Findings that are told at most.
  private static let mostDoubts = 8

  /// What of the policy the gateway does not do, although its rules look like it: found by the audit of what was
  /// written.
  private mutating func addDoubts(_ saved: SavedGateway, _ locate: (SourceSpan) -> String) {
    guard knowsInterfaces || !saved.ruleset.looksAtInterfaces else {
      lines += [
        "", "# DECIDE whom it lets in: rules ask for interfaces, and none that leads to a server names both; write",
        "# `outside` and `inside`, and see `audit --gateway` before anything is made of this policy.",
      ]
      return
    }
    let isWhole = lines.contains { $0.hasPrefix("    passive range") }
    let text = isWhole ? lines.map { $0.hasPrefix(Self.tls) ? "    tls explicit required" : $0 } : lines
    let source = SourceFile(name: "draft.sally", text: text.map { printable($0) }.joined(separator: "\n") + "\n")
    let compilation = Compilation(loadSources([source]) { _ in .failure(.missing) })
    // Spans of what was read have numbers of files of their own; that of the draft is never the place of a finding.
    let found = compilation.audit(of: saved, gateway: 0, file: SourceSpan(file: SourceID(0), 0..<0))
      .filter { $0.severity != .note && $0.code != "gateway-remark" }
    guard !found.isEmpty else { return }
    lines += ["", "# DECIDE whether this is meant, which the gateway does today:"]
    for diagnostic in found.prefix(Self.mostDoubts) {
      lines.append("# \(locate(diagnostic.primary.span)) \(diagnostic.message)")
    }
    if found.count > Self.mostDoubts { lines.append("# and \(found.count - Self.mostDoubts) more") }
  }

  private static let tls = "    # DECIDE tls"

  /// Whether nothing is published there that looks like an FTP server.
  package var isEmpty: Bool { doors.isEmpty }

  /// In the canonical layout.
  package var text: String {
    let text = lines.map { printable($0) }.joined(separator: "\n") + "\n"
    return inCanonicalLayout(text) ?? text
  }

  /// Ports by which a control connection of FTP is known.
  private static let controlPorts: Set<UInt16> = [21, 990]

  /// Whether one of the ports is that of a control connection, before or after translation.
  private static func isControl(_ forward: PublishedForward) -> Bool {
    forward.serverPort.map(controlPorts.contains) == true
      || forward.ports.contains { $0.count < 100 && controlPorts.contains(where: $0.contains) }
  }

  private mutating func collect() {
    for forward in all.translations {
      for external in forward.external.isEmpty ? [nil] : forward.external.map(Optional.some) {
        add(forward, to: Door(external: external, server: forward.server))
      }
    }
    let external = Set(doors.compactMap(\.external))
    for permit in all.permits where !translated.contains(permit.server) && !external.contains(permit.server) {
      add(permit, to: Door(external: nil, server: permit.server))
    }
    // A translation of a whole address says nothing of ports; what is permitted at the server does.
    for door in doors where (forwards[door] ?? []).contains(where: \.ports.isEmpty) {
      forwards[door, default: []] += permits[door.server] ?? []
    }
    doors.removeAll { door in !(forwards[door] ?? []).contains(where: Self.isControl) }
  }

  private mutating func add(_ forward: PublishedForward, to door: Door) {
    if forwards[door] == nil { doors.append(door) }
    forwards[door, default: []].append(forward)
  }

  private mutating func statement(_ keyword: String, _ value: String) { lines.append("    \(keyword)  \(value)") }
  private mutating func decide(_ what: String) { lines.append("    # DECIDE \(what)") }

  private mutating func addGateway() {
    lines += ["", "gateway edge {"]
    statement("platform", platform.name)
    var names: [String] = []
    for door in doors {
      for name in (forwards[door] ?? []).compactMap(\.interface) where !names.contains(name) { names.append(name) }
    }
    if names.isEmpty {
      decide("outside: the interface, zone or network where clients come from")
    } else {
      statement("outside", names.map(Self.quoted).joined(separator: ", "))
    }
    let servers = Set(doors.map(\.server))
    var inner: [String] = []
    for name in all.permits.filter({ servers.contains($0.server) }).compactMap(\.output)
    where !inner.contains(name) && !names.contains(name) { inner.append(name) }
    knowsInterfaces = !names.isEmpty && !inner.isEmpty
    if inner.isEmpty {
      decide("inside: the interface, zone or network where the servers are")
    } else {
      statement("inside", inner.map(Self.quoted).joined(separator: ", "))
    }
    addInputs()
    lines.append("}")
  }

  /// What else the platform has to be told.
  private mutating func addInputs() {
    let plan = FlowPlan(Policy(), gateway: nil)
    for input in GatewayInput.allCases where !input.isOfPackets {
      guard platform.need(of: input, for: plan) == .required else { continue }
      decide("\(input.spelling): such as `\(platform.example(of: input))`")
    }
  }

  private static func quoted(_ name: String) -> String {
    let safe = printable(name).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(safe)\""
  }

  private mutating func add(_ door: Door, as name: String) {
    let rules = forwards[door] ?? []
    let isTranslated = translated.contains(door.server)
    lines += ["", "publish \(name) {"]
    statement("server", "\(door.server) other")
    decide(
      "server: the program instead of `other`; its own configuration tells more (`import --server-config`)"
    )
    if let external = door.external ?? (isTranslated ? nil : door.server) {
      statement("external ip", "\(external)")
    } else {
      decide("external ip: the rules name no address that clients dial")
    }
    let control = rules.first(where: Self.isControl)
    addControlPort(control)
    addRange(rules, door)
    decide("tls: a firewall does not know it; with `off` everything passes in clear text")
    if all.assignsHelper { decide("helper: the gateway has the FTP helper; it serves sessions in clear text alone") }
    addClients(rules, door)
    lines.append("}")
  }

  private mutating func addControlPort(_ control: PublishedForward?) {
    guard let control else { return }
    let dialled = control.ports.first { range in
      range.count == 1 && control.serverPort != nil || Self.controlPorts.contains(where: range.contains)
    }
    guard let dialled else { return }
    let port =
      dialled.count == 1 ? dialled.low : Self.controlPorts.sorted().first(where: dialled.contains) ?? dialled.low
    let server = control.serverPort ?? port
    if port != server {
      statement("control port", "\(port) -> \(server)")
    } else if port != 21 {
      statement("control port", "\(port)")
    }
  }

  private mutating func addRange(_ rules: [PublishedForward], _ door: Door) {
    let own = rules.filter { $0.serverPort == nil }.flatMap(\.ports).filter { $0.low >= 1024 }
    let permitted = (permits[door.server] ?? []).flatMap(\.ports).filter { $0.low >= 1024 }
    let ranges = own.contains { $0.count > 1 } ? own : own + permitted
    var sorted: [PortRange] = []
    for range in ranges.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }) where sorted.last != range {
      sorted.append(range)
    }
    guard let widest = sorted.max(by: { $0.count < $1.count }), widest.count > 1 else {
      decide("passive range: no range of ports leads to the server, so under TLS no listing works (F04)")
      return
    }
    statement("passive range", "\(widest)")
    if let other = sorted.first(where: { $0.count > 1 && $0 != widest }) {
      decide("passive range: \(other) leads to the server as well")
    }
    let shifted = rules.contains { $0.isOfPassiveRange && $0.serverPort != nil }
    if shifted {
      decide("passive range: some rule gives a range another port, which no passive session survives (F14)")
    }
  }

  private mutating func addClients(_ rules: [PublishedForward], _ door: Door) {
    let ports = rules.compactMap(\.serverPort)
    let permits = (permits[door.server] ?? []).filter { permit in
      Self.isControl(permit) || ports.contains { port in permit.ports.contains { $0.contains(port) } }
    }
    // Clients may be told where they are permitted, or where they are led to the server.
    let asked = [permits, rules.filter(Self.isControl)].first { rules in
      !rules.isEmpty && rules.allSatisfy { $0.clients != nil }
    }
    guard let asked else { return }
    let prefixes = asked.flatMap { $0.clients ?? [] }.flatMap(fewestPrefixes(of:))
    var known: Set<String> = []
    let texts = prefixes.map { $0.length == $0.family.bits ? "\($0.address)" : "\($0)" }.filter {
      known.insert($0).inserted
    }
    if texts.isEmpty {
      decide("allow: nobody may connect today")
    } else {
      statement("allow", texts.joined(separator: ", "))
    }
  }
}
