import Addressing
import Diagnostics
import Flows

/// The lines for one device, and those that take them away.
///
/// A line that sets adds to what is there. So what holds lists is emptied first, in the same candidate: applied to an
/// earlier version of itself, the text leaves no client, no port and no rule that it does not name. Policies are
/// emptied and not deleted, because a policy that comes anew comes last. To delete what is not there is a warning.
struct SRXConfiguration {
  private let plan: FlowPlan
  let names: SRXNames
  /// What is published to anybody, by publication and family.
  let entries: [Entry]

  /// One family of a publication.
  struct Entry {
    let service: PublishedService
    /// The clients; `nil` for every client.
    let clients: [Prefix]?
    /// Whether it is the first of its publication, which brings what the families have in common.
    let isFirst: Bool
    /// Whether packets for the passive range need a rule of their own, and no earlier entry has it.
    let translatesRange: Bool

    var translatesControl: Bool { service.isTranslated || service.controlPort != service.serverControlPort }
    /// Whether the clients are a list of our own.
    var hasClientSet: Bool { clients?.contains { $0.length == 0 } == false }
  }

  init(_ plan: FlowPlan) {
    self.plan = plan
    names = SRXNames(plan)
    var entries: [Entry] = []
    var ranges: Set<TranslatedRange> = []
    for service in plan.services where !service.isLocal {
      let clients = service.clientPrefixes
      // A policy without any source address is none that Junos takes.
      guard clients?.isEmpty != true else { continue }
      let range = service.isTranslated ? service.passiveRange : nil
      let isNew = range.map { ranges.insert(TranslatedRange(address: service.arrival, ports: $0)).inserted } ?? false
      entries.append(
        Entry(
          service: service, clients: clients, isFirst: entries.last?.service.name != service.name,
          translatesRange: isNew))
    }
    self.entries = entries
  }

  /// Publications of one server may have a range in common, and a second rule for it would never be met. Ranges that
  /// overlap partly have a rule each: the policy lets no two servers share a port of an address, so whichever is met
  /// leads to the same one.
  private struct TranslatedRange: Hashable {
    var address: IPAddress
    var ports: PortRange
  }

  var translates: Bool { entries.contains { $0.translatesControl || $0.translatesRange } }

  /// From each zone where clients are to each zone where servers are.
  var zonePairs: [String] {
    plan.outside.flatMap { from in plan.inside.map { "from-zone \(from.name) to-zone \($0.name)" } }
  }

  /// The external addresses for which the device answers on a unit of its own, each once.
  private var proxies: [(line: String, span: SourceSpan)] {
    guard let unit = plan.name(of: .unitOutside) else { return [] }
    var known: Set<IPAddress> = []
    return entries.compactMap { entry in
      guard entry.service.isTranslated, known.insert(entry.service.arrival).inserted else { return nil }
      let line = "security nat proxy-arp interface \(unit) address \(host(entry.service.arrival))"
      return (line, entry.service.provenance(of: .address))
    }
  }

  // MARK: What is set

  func write(to text: inout ConfigurationText) {
    empty(&text)
    for entry in entries where entry.isFirst { writeApplications(of: entry, &text) }
    for entry in entries { writeAddresses(of: entry, &text) }
    for entry in entries { writePools(of: entry, &text) }
    if translates {
      for zone in plan.outside {
        text.add(
          "set security nat destination rule-set \(names.ruleSet) from zone \(zone.name)", for: zone.provenance)
      }
    }
    for entry in entries { writeRules(of: entry, &text) }
    for proxy in proxies { text.add("set " + proxy.line, for: proxy.span) }
    let pairs = zonePairs
    for entry in entries {
      for pair in pairs { writePolicy(of: entry, pair, &text) }
    }
    for entry in refusing {
      for pair in pairs { writeRefusal(of: entry, pair, &text) }
    }
    guard let before = plan.names(of: .before).first else { return }
    for entry in entries {
      for pair in pairs {
        text.add(
          "insert security policies \(pair) policy \(names.name(entry.service)) before policy \(before.name)",
          for: before.provenance)
      }
    }
    for entry in refusing {
      for pair in pairs {
        text.add(
          "insert security policies \(pair) policy \(names.name(entry.service, "deny")) before policy \(before.name)",
          for: before.provenance)
      }
    }
  }

  /// Of a `reach` that not every user may use: others are kept out by a policy, because what users may do otherwise is
  /// mostly more than nothing.
  private var refusing: [Entry] { plan.isOutbound ? entries.filter(\.hasClientSet) : [] }

  private func writeRefusal(of entry: Entry, _ pair: String, _ text: inout ConfigurationText) {
    let service = entry.service
    let policy = "set security policies \(pair) policy \(names.name(service, "deny"))"
    let span = service.provenance(of: .clients)
    text.add(policy + " description \"\(tag(service.name))\"", for: service.header)
    text.add(policy + " match source-address \(service.family == .ipv4 ? "any-ipv4" : "any-ipv6")", for: span)
    text.add(policy + " match destination-address \(names.name(service, "srv"))", for: span)
    text.add(policy + " match application \(names.name(service.name, "ctl"))", for: span)
    if service.passiveRange != nil {
      text.add(policy + " match application \(names.name(service.name, "pasv"))", for: span)
    }
    text.add(policy + " then deny", for: span)
    if service.logs(.denied) { text.add(policy + " then log session-init", for: service.provenance(of: .log)) }
  }

  private func empty(_ text: inout ConfigurationText) {
    let pairs = zonePairs
    for entry in entries {
      let header = entry.service.header
      for pair in pairs {
        let policy = "delete security policies \(pair) policy \(names.name(entry.service))"
        text.add(lines: [policy + " match", policy + " then"], for: header)
      }
    }
    for entry in refusing {
      for pair in pairs {
        let policy = "delete security policies \(pair) policy \(names.name(entry.service, "deny"))"
        text.add(lines: [policy + " match", policy + " then"], for: entry.service.provenance(of: .clients))
      }
    }
    if translates { text.add("delete security nat destination rule-set \(names.ruleSet)") }
    for entry in entries {
      for pool in pools(of: entry) {
        text.add("delete security nat destination pool \(pool.name)", for: entry.service.header)
      }
    }
    for entry in entries where entry.hasClientSet {
      text.add(
        "delete security address-book global address-set \(names.name(entry.service, "clients"))",
        for: entry.service.provenance(of: .clients))
    }
  }

  private func writeApplications(of entry: Entry, _ text: inout ConfigurationText) {
    let service = entry.service
    let publication = service.name
    write(
      application: names.name(publication, "ctl"), PortRange(service.serverControlPort),
      service.wantsHelper ? "ftp" : "ignore", for: service.provenance(of: .control), service.provenance(of: .helper),
      &text)
    guard let range = service.passiveRange else { return }
    // Ports of other protocols with an ALG of their own may lie in the range.
    let span = service.provenance(of: .passive)
    write(application: names.name(publication, "pasv"), range, "ignore", for: span, span, &text)
  }

  private func write(
    application name: String, _ ports: PortRange, _ inspection: String, for span: SourceSpan,
    _ inspectionSpan: SourceSpan, _ text: inout ConfigurationText
  ) {
    let line = "set applications application \(name)"
    text.add(lines: [line + " protocol tcp", line + " destination-port \(ports)"], for: span)
    text.add(line + " application-protocol \(inspection)", for: inspectionSpan)
  }

  private func writeAddresses(of entry: Entry, _ text: inout ConfigurationText) {
    let service = entry.service
    let book = "set security address-book global"
    text.add(
      "\(book) address \(names.name(service, "srv")) \(host(service.serverAddress))", for: service.header)
    guard entry.hasClientSet, let clients = entry.clients else { return }
    let span = service.provenance(of: .clients)
    let members = clients.enumerated().map { (name: names.name(service, "c\($0.offset + 1)"), prefix: $0.element) }
    for member in members { text.add("\(book) address \(member.name) \(slashed(member.prefix))", for: span) }
    for member in members {
      text.add("\(book) address-set \(names.name(service, "clients")) address \(member.name)", for: span)
    }
  }

  /// A rule of destination NAT with its pool, which bears the same name.
  private struct Pool {
    var name: String
    /// The ports that clients dial.
    var ports: PortRange
    /// The port that they become; `nil` where each port stays the same.
    var port: UInt16?
    var span: SourceSpan
  }

  private func pools(of entry: Entry) -> [Pool] {
    let service = entry.service
    var pools: [Pool] = []
    if entry.translatesControl {
      pools.append(
        Pool(
          name: names.name(service.name, "ctl"), ports: PortRange(service.controlPort),
          port: service.serverControlPort, span: service.provenance(of: .control)))
    }
    if entry.translatesRange, let range = service.passiveRange {
      pools.append(
        Pool(name: names.name(service.name, "pasv"), ports: range, span: service.provenance(of: .passive)))
    }
    return pools
  }

  private func writePools(of entry: Entry, _ text: inout ConfigurationText) {
    for pool in pools(of: entry) {
      let port = pool.port.map { " port \($0)" } ?? ""
      text.add(
        "set security nat destination pool \(pool.name) address \(host(entry.service.serverAddress))\(port)",
        for: pool.span)
    }
  }

  private func writeRules(of entry: Entry, _ text: inout ConfigurationText) {
    for pool in pools(of: entry) {
      let rule = "set security nat destination rule-set \(names.ruleSet) rule \(pool.name)"
      let ports = pool.ports.count == 1 ? "\(pool.ports.low)" : "\(pool.ports.low) to \(pool.ports.high)"
      text.add(
        lines: [
          rule + " match destination-address \(host(entry.service.arrival))",
          rule + " match destination-port \(ports)",
          rule + " match protocol tcp", rule + " then destination-nat pool \(pool.name)",
        ], for: pool.span)
    }
  }

  private func writePolicy(of entry: Entry, _ pair: String, _ text: inout ConfigurationText) {
    let service = entry.service
    let policy = "set security policies \(pair) policy \(names.name(service))"
    let source =
      entry.hasClientSet
      ? names.name(service, "clients") : service.family == .ipv4 ? "any-ipv4" : "any-ipv6"
    text.add(policy + " description \"\(tag(service.name))\"", for: service.header)
    text.add(policy + " match source-address \(source)", for: service.provenance(of: .clients))
    text.add(policy + " match destination-address \(names.name(service, "srv"))", for: service.header)
    text.add(
      policy + " match application \(names.name(service.name, "ctl"))", for: service.provenance(of: .control))
    if service.passiveRange != nil {
      text.add(
        policy + " match application \(names.name(service.name, "pasv"))", for: service.provenance(of: .passive))
    }
    text.add(policy + " then permit", for: service.header)
    if service.logs(.new) { text.add(policy + " then log session-init", for: service.provenance(of: .log)) }
  }

  // MARK: The way back

  /// Deletes what is ours, before what it refers to.
  func writeWayBack(to text: inout ConfigurationText) {
    let pairs = zonePairs
    for entry in entries {
      for pair in pairs { text.add("delete security policies \(pair) policy \(names.name(entry.service))") }
    }
    for entry in refusing {
      for pair in pairs { text.add("delete security policies \(pair) policy \(names.name(entry.service, "deny"))") }
    }
    if translates { text.add("delete security nat destination rule-set \(names.ruleSet)") }
    for entry in entries {
      for pool in pools(of: entry) { text.add("delete security nat destination pool \(pool.name)") }
    }
    for proxy in proxies { text.add("delete " + proxy.line) }
    for entry in entries {
      let book = "delete security address-book global"
      if entry.hasClientSet, let clients = entry.clients {
        text.add("\(book) address-set \(names.name(entry.service, "clients"))")
        for number in clients.indices { text.add("\(book) address \(names.name(entry.service, "c\(number + 1)"))") }
      }
      text.add("\(book) address \(names.name(entry.service, "srv"))")
    }
    for entry in entries where entry.isFirst {
      text.add("delete applications application \(names.name(entry.service.name, "ctl"))")
      if entry.service.passiveRange != nil {
        text.add("delete applications application \(names.name(entry.service.name, "pasv"))")
      }
    }
  }
}

/// One address as a prefix.
private func host(_ address: IPAddress) -> String { "\(address)/\(address.family.bits)" }

/// A prefix with its length, which a description may leave out.
private func slashed(_ prefix: Prefix) -> String { "\(prefix.address)/\(prefix.length)" }
