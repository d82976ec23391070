import Addressing
import Diagnostics
import Nftables

/// What is to be said of lines whatever a policy says: lines for FTP that do nothing, or not what they seem to.
struct ASARemarks {
  private(set) var diagnostics: [Diagnostic] = []
  private let table: ASATable
  /// The addresses that servers have.
  private var reals: Set<IPAddress> = []
  /// The addresses by which single servers are dialled, with the line that says so.
  private var mapped: [IPAddress: SourceSpan] = [:]
  /// Servers of which the port 21 is translated.
  private var servers: Set<IPAddress> = []
  /// Ports of FTP that somebody may publish.
  private static let ports: [UInt16] = [20, 21, 989, 990]

  init(_ configuration: ASAConfiguration, _ context: GatewayContext, _ table: ASATable) {
    self.table = table
    if let line = configuration.header {
      say(
        "this is what was saved at some time, and what runs may differ", at: line,
        help: "save what `show running-config` shows")
    }
    for rule in table.translations where rule.isStatic && rule.doubt == nil && !rule.isInactive { note(rule) }
    for rule in table.translations where rule.isStatic && rule.doubt == nil && !rule.isInactive { remark(rule) }
    let outside = configuration.accessGroups.filter { group in
      group.isInbound && group.interface.map { context.outside.contains($0) } ?? true
    }
    for list in Set(outside.map(\.list)).sorted() {
      for entry in table.entries[list] ?? [] where entry.isPermit && !entry.isBroken && !entry.isInactive {
        remark(entry)
      }
    }
  }

  private mutating func say(_ message: String, at line: ASALine, notes: [String] = [], help: String? = nil) {
    diagnostics.append(.warning("gateway-remark", message, at: line.span, notes: notes, help: help))
  }

  // MARK: - NAT

  private mutating func note(_ rule: ASATranslation) {
    for range in rule.real.ranges where range.lowerBound == range.upperBound { reals.insert(range.lowerBound) }
    if let host = rule.real.host,
      rule.services?.real.services.contains(where: { $0.source == [PortRange(21)] }) == true
    {
      servers.insert(host)
    }
    guard case .addresses(let addresses) = rule.mapped, let host = addresses.host else { return }
    mapped[host] = mapped[host] ?? rule.line.span
  }

  private mutating func remark(_ rule: ASATranslation) {
    guard let (real, mapped) = rule.services, let own = real.services.first, let dialled = mapped.services.first,
      let server = own.source, let client = dialled.source
    else { return }
    let named = client.contains { range in Self.ports.contains { range == PortRange($0) } }
    if own.transport == "udp" {
      guard named else { return }
      return say(
        "this translates UDP, and FTP has no use for it", at: rule.line, help: "take the line away, or write `tcp`")
    }
    guard own.isOfTCP, server.count == 1, client.count == 1, let own = server.first, let dialled = client.first else {
      return
    }
    if dialled == PortRange(20) {
      return say(
        "port 20 is translated, and no client ever dials it", at: rule.line,
        help: "take the line away: a server sends from port 20 in active mode, which needs no such line")
    }
    let isRange = dialled.count > 1 && own.count > 1
    if isRange, own != dialled {
      say(
        "ports \(dialled) lead to ports \(own), and a server listens on the port that it announces", at: rule.line,
        notes: ["F14 in docs/failures.md"], help: "name one service object on both sides")
    } else if let host = rule.real.host, servers.contains(host), own.count == 1, dialled.count == 1, own != dialled,
      own.low >= 1024, dialled.low >= 1024
    {
      say(
        "port \(dialled) leads to port \(own) alone: these are two ports, and no range", at: rule.line,
        notes: ["F14 in docs/failures.md"], help: "translate a range with twice NAT and a service object")
    }
  }

  // MARK: - Access lists

  private mutating func remark(_ entry: ASAEntry) {
    let services = entry.services.services
    let ports = services.flatMap { $0.destination ?? [] }
    if entry.services.doubt == nil, !services.isEmpty, !entry.isOfTCP {
      let isFTP = services.contains { $0.transport == "udp" } && ports.contains { $0 == PortRange(21) }
      if isFTP { say("this permits UDP, and FTP has no use for it", at: entry.line, help: "write `tcp`") }
      return
    }
    if services.contains(where: { $0.isOfTCP && $0.destination?.contains(PortRange(20)) == true }) {
      say(
        "this permits connections to port 20, and no client ever makes one", at: entry.line,
        help: "leave `ftp-data` out: data comes to the passive range, or from port 20 in active mode")
    }
    let isOfFTP =
      services.contains { $0.isOfTCP && $0.destination == nil }
      || ports.contains { range in range.count > 1 || Self.ports.contains { range == PortRange($0) } }
    guard isOfFTP else { return }
    if let host = entry.destination.host, mapped[host] != nil, !reals.contains(host) {
      say(
        "this permits connections to \(host), which is a mapped address, and access lists look at real ones since 8.3",
        at: entry.line, help: "name the address of the server itself")
    }
    if entry.source.isNothing || entry.destination.isNothing {
      say("no packet meets this line, because a group in it is empty", at: entry.line, help: "put in who is meant")
    }
  }
}

extension ASAAddresses {
  /// Whether no address is among them.
  fileprivate var isNothing: Bool { ranges.isEmpty && doubt == nil }
}
