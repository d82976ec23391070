import Addressing
import Diagnostics
import Flows

/// What one family of one publication needs.
struct RouterOSServiceLines {
  /// What follows a publication in the names of lists, chains and marks.
  static let suffixes = ["clients", "denied", "limit", "new", "refused", "source"]

  /// Where clients come from, and which of them.
  private struct Entrance {
    /// The value of `in-interface`; `nil` for any.
    var interface: String?
    /// The value of `src-address-list`; `nil` for all.
    var sources: String?
  }

  private let service: PublishedService
  private let plan: FlowPlan
  private let names: ObjectNames
  /// The clients; `nil` for all of them.
  private let clients: [Prefix]?
  private let denied: [Prefix]

  init(_ service: PublishedService, _ plan: FlowPlan, _ names: ObjectNames) {
    self.service = service
    self.plan = plan
    self.names = names
    let prefixes = service.clientPrefixes
    clients = prefixes?.first?.length == 0 ? nil : prefixes
    denied = service.wantsHairpin ? service.deniedPrefixes : []
  }

  private var family: AddressFamily { service.family }
  private func comment(_ part: String) -> String { tag(service.name, part) }
  private func span(_ aspect: ServiceAspect) -> SourceSpan { service.provenance(of: aspect) }
  private func list(_ ports: [PortRange]) -> String { ports.map { "\($0)" }.joined(separator: ",") }

  private var outsideEntrances: [Entrance] {
    guard clients?.isEmpty != true else { return [] }
    let sources = clients.map { _ in names.name(service.name, "clients") }
    return plan.outside.routerOSInterfaces.map { Entrance(interface: $0, sources: sources) }
  }

  /// `hairpin on`: clients inside, whatever `allow` lists.
  private var insideEntrances: [Entrance] {
    guard service.wantsHairpin, !plan.inside.isEmpty else { return [] }
    let sources = denied.isEmpty ? nil : "!" + names.name(service.name, "denied")
    return plan.inside.routerOSInterfaces.map { Entrance(interface: $0, sources: sources) }
  }

  private var entrances: [Entrance] {
    // Without names of interfaces, and for all clients, those inside are among them.
    plan.outside.isEmpty && clients == nil ? outsideEntrances : outsideEntrances + insideEntrances
  }

  func write(to entries: inout RouterOSEntries) {
    writeLists(&entries)
    writeSource(&entries)
    for entrance in entrances { writeTranslation(entrance, &entries) }
    writeLimits(&entries)
  }

  /// What passes the `forward` chain.
  func writePermits(to entries: inout RouterOSEntries) {
    for entrance in entrances { writePermits(entrance, &entries) }
    writeActive(&entries)
  }

  private func writeLists(_ entries: inout RouterOSEntries) {
    for (suffix, prefixes) in [("clients", clients ?? []), ("denied", denied)] {
      for prefix in prefixes {
        let line = RouterOSLine(["list": names.name(service.name, suffix), "address": prefix.routerOS])
        entries.add(line, to: .addressList, comment(suffix), span(.clients))
      }
    }
  }

  // MARK: Translation

  private var dialledPorts: [PortRange] {
    [PortRange(service.controlPort)] + (service.passiveRange.map { [$0] } ?? [])
  }

  private func dialled(_ chain: String, _ action: String, _ entrance: Entrance, _ ports: [PortRange]) -> RouterOSLine
  {
    RouterOSLine([
      "chain": chain, "action": action, "in-interface": entrance.interface, "dst-address": service.arrival.routerOS,
      "protocol": "tcp", "dst-port": list(ports), "src-address-list": entrance.sources,
    ])
  }

  private func writeTranslation(_ entrance: Entrance, _ entries: inout RouterOSEntries) {
    let target = family.routerOSTarget
    if service.translatesControl {
      let ports = [PortRange(service.controlPort)]
      // Where limits decide later, the log waits for them.
      if service.logs(.new), !isLimited {
        var log = dialled("dstnat", "log", entrance, ports)
        log.add(logging(.new))
        entries.add(log, to: .nat, comment("log"), span(.log))
      }
      var line = dialled("dstnat", "dst-nat", entrance, ports)
      line.add([
        target: service.serverAddress.routerOS,
        "to-ports": service.controlPort == service.serverControlPort ? nil : "\(service.serverControlPort)",
      ])
      entries.add(line, to: .nat, comment("ctl"), span(.control))
    }
    // Without `to-ports` every port stays as it is.
    if service.isTranslated, let range = service.passiveRange {
      var line = dialled("dstnat", "dst-nat", entrance, [range])
      line.add([target: service.serverAddress.routerOS])
      entries.add(line, to: .nat, comment("pasv"), span(.passive))
    }
  }

  /// The server sees the router's address. The chain that changes sources does not know by which interface a packet
  /// came, nor what it was dialled as; so the first packet of a connection gets a mark while that is known.
  private func writeSource(_ entries: inout RouterOSEntries) {
    let isHairpin = service.wantsHairpin && service.isTranslated
    guard service.wantsGatewaySource || isHairpin else { return }
    let entrances = service.wantsGatewaySource ? outsideEntrances + insideEntrances : insideEntrances
    guard !entrances.isEmpty else { return }
    let (mark, aspect) = (
      names.name(service.name, "source"), service.wantsGatewaySource ? span(.source) : span(.hairpin)
    )
    for entrance in entrances {
      var line = dialled("prerouting", "mark-packet", entrance, dialledPorts)
      line.add(["connection-state": "new", "new-packet-mark": mark, "passthrough": "yes"])
      entries.add(line, to: .mangle, comment("source"), aspect)
    }
    let own = plan.isOutbound ? plan.ownSource(family) : nil
    var line = RouterOSLine([
      "chain": "srcnat", "action": own == nil ? "masquerade" : "src-nat", "packet-mark": mark,
    ])
    // Users leave with the address that the other side was told.
    if let own { line.add([family.routerOSTarget: own.routerOS]) }
    entries.add(line, to: .nat, comment("source"), aspect)
  }

  // MARK: Permits

  private func served(
    _ action: String, _ entrance: Entrance, _ ports: [PortRange], isTranslated: Bool, leaving: String?,
    to chain: String? = nil
  ) -> RouterOSLine {
    RouterOSLine([
      "chain": "forward", "action": action, "jump-target": chain, "connection-state": "new",
      "connection-nat-state": isTranslated ? "dstnat" : nil, "protocol": "tcp", "in-interface": entrance.interface,
      "out-interface": leaving, "dst-address": service.serverAddress.routerOS, "dst-port": list(ports),
      "src-address-list": entrance.sources,
    ])
  }

  private func writePermits(_ entrance: Entrance, _ entries: inout RouterOSEntries) {
    let control = PortRange(service.serverControlPort)
    let isOne = !isLimited && service.translatesControl == service.isTranslated
    for leaving in plan.inside.routerOSInterfaces {
      if service.logs(.new), !isLimited, !service.translatesControl {
        var log = served("log", entrance, [control], isTranslated: false, leaving: leaving)
        log.add(logging(.new))
        entries.addPlaced(log, comment("log"), span(.log))
      }
      if isLimited {
        entries.addPlaced(
          served(
            "jump", entrance, [control], isTranslated: service.translatesControl, leaving: leaving,
            to: names.name(service.name, "limit")),
          comment("ctl"), span(.control))
      } else {
        entries.addPlaced(
          served(
            "accept", entrance, isOne ? service.serverPorts : [control], isTranslated: service.translatesControl,
            leaving: leaving),
          comment(isOne ? "permit" : "ctl"), span(.control))
      }
      if !isOne, let range = service.passiveRange {
        entries.addPlaced(
          served("accept", entrance, [range], isTranslated: service.isTranslated, leaving: leaving), comment("pasv"),
          span(.passive))
      }
    }
  }

  /// `active on` without the helper: the server opens data connections, from the one port that it has for them.
  private func writeActive(_ entries: inout RouterOSEntries) {
    guard service.opensActiveData, let port = service.activeSourcePort, clients?.isEmpty != true else { return }
    for entering in plan.inside.routerOSInterfaces {
      for leaving in plan.outside.routerOSInterfaces {
        let line = RouterOSLine([
          "chain": "forward", "action": "accept", "connection-state": "new", "protocol": "tcp",
          "in-interface": entering, "out-interface": leaving, "src-address": service.serverAddress.routerOS,
          "src-port": "\(port)", "dst-port": "1024-65535",
          "dst-address-list": clients.map { _ in names.name(service.name, "clients") },
        ])
        entries.addPlaced(line, comment("active"), span(.active))
      }
    }
  }

  /// Users whom a `reach` does not admit are kept out after all whom any does: what users may do otherwise is mostly
  /// more than nothing.
  func writeRefusals(to entries: inout RouterOSEntries) {
    guard clients != nil else { return }
    for interface in plan.outside.routerOSInterfaces {
      let door = Entrance(interface: interface)
      entries.addPlaced(
        served("drop", door, service.serverPorts, isTranslated: false, leaving: nil), comment("denied"),
        span(.clients))
    }
  }

  // MARK: Limits

  var isLimited: Bool { !service.limits.isEmpty }

  /// The least limit of a kind: whoever keeps it keeps the others.
  private func least(_ unit: ConnectionLimit.Unit) -> (limit: ConnectionLimit, provenance: SourceSpan)? {
    service.limits.filter { $0.limit.unit == unit }.min { $0.limit < $1.limit }
  }

  /// A chain of its own, so that one rule counts, however many lead there. `connection-limit` matches when there are
  /// more; `dst-limit` matches until the rate is exceeded, with a count for each source (the manual's page of filters).
  private func writeLimits(_ entries: inout RouterOSEntries) {
    guard isLimited, !entrances.isEmpty else { return }
    let chain = names.name(service.name, "limit")
    let refused = names.name(service.name, "refused")
    let logsDenied = service.logs(.denied)
    let refusal: KeyValuePairs<String, String?> =
      logsDenied ? ["action": "jump", "jump-target": refused] : ["action": "drop"]
    func add(_ chain: String, _ part: String, _ span: SourceSpan, _ parameters: KeyValuePairs<String, String?>...) {
      var line = RouterOSLine(["chain": chain])
      for some in parameters { line.add(some) }
      entries.add(line, to: .filter, comment(part), span)
    }
    if let limit = least(.sessionsPerClient) {
      add(
        chain, "limit", limit.provenance, refusal,
        ["protocol": "tcp", "connection-limit": "\(limit.limit.count),\(family.bits)"])
    }
    var accepting = chain
    let rate = least(.newPerMinutePerClient)
    if let rate {
      accepting = names.name(service.name, "new")
      let count = rate.limit.count
      add(
        chain, "limit", rate.provenance, ["action": "jump", "jump-target": accepting],
        ["dst-limit": "\(count)/1m,\(count),src-address/5m"])
      add(chain, "limit", rate.provenance, refusal)
    }
    if service.logs(.new) { add(accepting, "log", span(.log), ["action": "log"], logging(.new)) }
    add(accepting, "limit", span(.control), ["action": "accept"])
    if logsDenied {
      add(refused, "log", span(.log), ["action": "log"], logging(.denied))
      add(refused, "limit", span(.log), ["action": "drop"])
    }
  }

  // MARK: Logs

  /// At most 5 lines a second after a burst of 10, as everywhere. What stands for the publication is short enough for a
  /// prefix of Linux, which has at most 29 characters (`linux/netfilter/xt_LOG.h`); that of RouterOS is not documented.
  private func logging(_ event: LoggedEvent) -> KeyValuePairs<String, String?> {
    [
      "limit": "5,10:packet",
      "log-prefix": routerOSQuoted("sallyport \(names.stem(service.name)) \(event.rawValue)"),
    ]
  }

  /// `log denied`: what no line before took. To be written after those of all publications.
  func writeDenied(to entries: inout RouterOSEntries) {
    guard service.logs(.denied) else { return }
    var doors = clients == nil ? [] : plan.outside.routerOSInterfaces.map { Entrance(interface: $0) }
    if !denied.isEmpty { doors += plan.inside.routerOSInterfaces.map { Entrance(interface: $0) } }
    let translated =
      (service.translatesControl ? [PortRange(service.controlPort)] : [])
      + (service.isTranslated ? service.passiveRange.map { [$0] } ?? [] : [])
    let routed =
      (service.translatesControl ? [] : [PortRange(service.serverControlPort)])
      + (service.isTranslated ? [] : service.passiveRange.map { [$0] } ?? [])
    for door in doors {
      if !translated.isEmpty {
        var line = dialled("dstnat", "log", door, translated)
        line.add(logging(.denied))
        entries.add(line, to: .nat, comment("log"), span(.log))
      }
      if !routed.isEmpty {
        var line = served("log", door, routed, isTranslated: false, leaving: nil)
        line.add(logging(.denied))
        entries.addPlaced(line, comment("log"), span(.log))
      }
    }
  }
}
