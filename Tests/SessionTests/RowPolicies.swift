import Addressing
import Compilation
import Diagnostics
import FTPSession
import LiveSupport
import Policy

/// Writes policies for the gateways of a row.
struct RowPolicyGenerator {
  private var random: RulesetGenerator
  private let row: Row
  private var text = ""
  /// Whether everything has an address of IPv6 as well.
  private var isDual = false

  private enum Kind { case translated, routed, local }

  init(seed: UInt64, _ row: Row) {
    random = RulesetGenerator(seed: seed)
    self.row = row
  }

  /// A policy that the compiler accepts.
  mutating func accepted() -> (text: String, compilation: Compilation) {
    while true {
      let text = policy()
      let compilation = compile(text)
      if compilation.isAccepted { return (text, compilation) }
    }
  }

  private mutating func policy() -> String {
    text = ""
    isDual = random.chance(2)
    let policed = row.policed
    let last = policed.last ?? 0
    // A box leads to the external address of the gateway after it.
    var translates = policed.map { isAfterBox($0) || !random.chance(4) }
    var kind = random.pick([Kind.translated, .translated, .translated, .local])
    if kind == .local { translates[translates.count - 1] = true }
    if row.box == nil, !translates.contains(true) || random.chance(8) { kind = .routed }
    // Either the outermost gateway says what clients dial, or each publication.
    let isOwn = kind != .routed && translates.first == true && random.chance(3)
    for (position, index) in policed.enumerated() {
      text += "gateway \(RowBench.names[index]) {\n"
      if position > 0 { text += "  behind \(RowBench.names[policed[position - 1]])\n" }
      text += "  outside eth0\n  inside eth1\n"
      if translates[position], !(isOwn && position == 0) { text += "  external ip \(external(index))\n" }
      text += "}\n"
    }
    text += "clients friends = 198.51.100.0/24\(isDual ? ", 2001:db8:51::/64" : "")\n"
    let own = kind == .routed ? both(Address.routedServer) : isOwn ? external(policed.first ?? 0) : nil
    publication(0, kind, on: RowBench.names[last], own)
    if kind == .translated, random.chance(3) { publication(1, kind, on: RowBench.names[last], own) }
    return text
  }

  private func isAfterBox(_ gateway: Int) -> Bool { row.box.map { $0 + 1 == gateway } ?? false }

  private func external(_ gateway: Int) -> String {
    guard isAfterBox(gateway) else { return both(Row.external(gateway)) }
    let ends = (Row.external(gateway - 1), Row.external(gateway))
    return "\(ends.0) at \(ends.1)" + (isDual ? ", \(Row.ipv6(ends.0)) at \(Row.ipv6(ends.1))" : "")
  }

  /// An address, and the one of IPv6 beside it.
  private func both(_ address: String) -> String { isDual ? "\(address), \(Row.ipv6(address))" : address }

  private mutating func publication(_ index: Int, _ kind: Kind, on gateway: String, _ external: String?) {
    let software = random.pick(["proftpd", "proftpd", "pure-ftpd", "vsftpd", "iis", "filezilla", "other"])
    var address = index == 0 ? Address.server : Address.server2
    if kind == .routed || kind == .translated && index == 0 && random.chance(6) { address = Address.routedServer }
    address = kind == .local ? "local" : both(address)
    let tls = mode(of: software)
    text += "server s\(index) {\n  address \(address)\n  software \(software)\n"
    if software == "iis" { text += "  site \"Site\"\n" }
    if tls != "off" {
      text +=
        software == "iis"
        ? "  certificate thumbprint 57686F6120447564652C2049495320526F636B73\n"
        : "  certificate \"/etc/ssl/a.pem\" key \"/etc/ssl/a.key\"\n"
    }
    text += "}\npublish p\(index) {\n  gateway \(gateway)\n  server s\(index)\n"
    if let external { text += "  external ip \(external)\n" }
    if index > 0 {
      text += "  control port 2222\n"
    } else if tls != "implicit", random.chance(3) {
      text += "  control port 2121\(random.chance(3) ? "" : " -> 21")\n"
    }
    let isReadable = tls == "off" || tls == "explicit optional" || tls.hasSuffix("clear-control")
    let helper = isReadable && random.chance(2)
    if !helper || !random.chance(3) {
      let low = 50_000 + index * 1000
      text += "  passive range \(low)-\(low + random.number(100...399))\n"
    }
    text += "  tls \(tls)\n"
    if helper { text += "  helper on\n" }
    if random.chance(2), software != "filezilla" { text += "  active on\n" }
    if random.chance(2) { text += "  allow friends\n" }
    if random.chance(5) { text += "  deny 192.0.2.0/24\n" }
    if kind != .routed, random.chance(2) { text += "  hairpin on\n" }
    if kind != .local, random.chance(5) { text += "  source gateway\n" }
    text += "}\n"
  }

  private mutating func mode(of software: String) -> String {
    var modes = ["explicit optional", "explicit optional", "explicit required"]
    if software != "filezilla" { modes += ["off", "off"] }
    if software == "proftpd" { modes += ["explicit optional clear-control", "explicit required clear-control"] }
    if software != "pure-ftpd" { modes.append("implicit") }
    return random.pick(modes)
  }
}

/// One session of which `explain` says something, and the same for the bench.
struct RowPolicySession {
  var cell: SessionCell
  var duel: Duel

  /// - Parameter name: Begins the name of the session.
  /// - Returns: `nil` for a kind of session in which there is nothing to dial.
  init?(_ cell: SessionCell, _ row: Row, _ name: String) {
    guard var session = cell.performance?.session else { return nil }
    self.cell = cell
    let addresses: [String]
    var serverHost: LabHost?
    switch session.server.party {
    case .gateway(let own, _):
      addresses = own.map(\.description)
      session.server.party = .gateway(own, at: row.policed.count - 1)
      serverHost = row.hosts.last
    case .host(let host):
      addresses = host.addresses.map(\.description)
      session.server.party = RowBench.server(row, addresses)
    }
    duel = Duel(
      name: "\(name), \(cell.title)", client: cell.place == .inside ? .inside : .client,
      serverAddresses: addresses, model: session)
    duel.serverHost = serverHost
  }

  /// Networks to which the client has no route, of those outside.
  var hidden: [Prefix] {
    guard cell.place != .inside, case .host(let host)? = cell.performance?.session.client else { return [] }
    return host.unreachable.map(\.canonical)
  }

  /// Whether the bench has a client where `explain` puts one. On the network of a server that is reached by plain
  /// routing the bench has none.
  var isOnBench: Bool { !(cell.place == .inside && duel.serverAddresses.contains(Address.routedServer)) }

  /// Whether what `explain` says is what happened; `nil` where it does not commit itself.
  func isRight(_ observed: ScriptedEnding) -> Bool? {
    guard isOnBench, let ending = cell.performance?.ending, ending.loss?.isUndecided != true else { return nil }
    return (ending == .works) == (observed == .works)
  }
}
