import Addressing
import Diagnostics
import Nftables

/// What names stand for: interfaces, addresses, services, virtual addresses.
struct FortiGateConfiguration {
  private let root: FortiGateEntry
  private let part: FortiGateEntry
  /// Why it is not known which part of the device sessions pass.
  let doubt: (words: String, span: SourceSpan)?
  /// The VDOM that sessions pass; empty where there are none.
  let partName: String
  private let addresses: [String: FortiGateEntry]
  private let groups: [String: FortiGateEntry]
  private let services: [String: FortiGateEntry]
  private let serviceGroups: [String: FortiGateEntry]
  private let virtualGroups: [String: FortiGateEntry]
  /// By the name of an interface: the zones that have it.
  private var zones: [String: [String]] = [:]
  private var members: [String: [String]] = [:]

  init(_ root: FortiGateEntry, _ context: GatewayContext) {
    self.root = root
    let parts = root.tables["vdom"]?.entries.filter { $0.tables["firewall policy"] != nil } ?? []
    let names = context.outside + context.inside
    let fitting = parts.filter { part in
      part.tables["firewall policy"]?.entries.contains { policy in
        (policy["srcintf"] + policy["dstintf"]).contains { names.contains($0) }
      } ?? false
    }
    let chosen = fitting.isEmpty ? parts : fitting
    part = chosen.first ?? root
    partName = chosen.first?.key ?? ""
    doubt = chosen.count > 1 ? ("which of several VDOMs sessions pass", chosen.last?.span ?? root.span) : nil
    addresses = Self.byName(part, "firewall address")
    groups = Self.byName(part, "firewall addrgrp")
    services = Self.byName(part, "firewall service custom")
    serviceGroups = Self.byName(part, "firewall service group")
    virtualGroups = Self.byName(part, "firewall vipgrp")
    readZones()
  }

  private static func byName(_ part: FortiGateEntry, _ table: String) -> [String: FortiGateEntry] {
    Dictionary((part.tables[table]?.entries ?? []).map { ($0.key, $0) }) { $1 }
  }

  func table(_ name: String) -> FortiGateTable? {
    part.tables[name] ?? root.tables[name] ?? root.tables["global"]?.own.tables[name]
  }

  func entries(_ name: String) -> [FortiGateEntry] { table(name)?.entries ?? [] }

  // MARK: Interfaces

  private mutating func readZones() {
    func add(_ zone: String, _ interface: String) {
      zones[interface, default: []].append(zone)
      members[zone, default: []].append(interface)
    }
    for zone in entries("system zone") { for interface in zone["interface"] { add(zone.key, interface) } }
    for name in ["system sdwan", "system virtual-wan-link"] {
      for member in table(name)?.own.tables["members"]?.entries ?? [] {
        if let interface = member.value("interface") { add(member.value("zone") ?? "virtual-wan-link", interface) }
      }
    }
  }

  /// The names by which a policy of ours may call the interfaces that a name stands for; `nil` for every one.
  func interfaces(_ names: [String]) -> [String]? {
    if names.contains("any") { return nil }
    return names.flatMap { [$0] + (zones[$0] ?? []) + (members[$0] ?? []) }
  }

  /// The address of an interface; `nil` where it is not told.
  func address(ofInterface name: String) -> IPAddress? {
    let interface = entries("system interface").first { $0.key == name }
    return interface?["ip"].first.flatMap { IPAddress($0) }.flatMap { $0.value == 0 ? nil : $0 }
  }

  // MARK: Addresses

  /// Addresses, and the names of which nobody knows them.
  struct AddressSet {
    var known: [Value] = []
    var isAll = false
    var unknown: [String] = []

    var isEmpty: Bool { known.isEmpty && !isAll && unknown.isEmpty }
  }

  func addresses(_ names: [String]) -> AddressSet {
    var set = AddressSet()
    var seen: Set<String> = []
    var waiting = Array(names.reversed())
    while let name = waiting.popLast() {
      guard seen.insert(name).inserted else { continue }
      if let group = groups[name] {
        if group.isEnabled("exclude") { set.unknown.append("the group `\(name)`, which excludes some") }
        waiting += group["member"].reversed()
      } else if let entry = addresses[name] {
        add(entry, to: &set)
      } else if name == "all" {
        set.isAll = true
      } else {
        set.unknown.append("the address `\(name)`, which is not told")
      }
    }
    return set
  }

  private func add(_ entry: FortiGateEntry, to set: inout AddressSet) {
    switch entry.value("type") ?? "ipmask" {
    case "ipmask", "subnet":
      let words = entry["subnet"]
      guard !words.isEmpty else {
        set.isAll = true
        return
      }
      guard let value = Self.subnet(words) else { break }
      if case .addresses(let low, let high) = value, low.value == 0, high.value == AddressFamily.ipv4.highest {
        set.isAll = true
      } else {
        set.known.append(value)
      }
      return
    case "iprange":
      guard let low = entry.value("start-ip").flatMap({ IPAddress($0) }),
        let high = entry.value("end-ip").flatMap({ IPAddress($0) }), low.family == .ipv4, high.family == .ipv4,
        low <= high
      else { break }
      set.known.append(Value(low...high))
      return
    default: break
    }
    set.unknown.append("the address `\(entry.key)` of the kind \(entry.value("type") ?? "ipmask")")
  }

  /// `A MASK` and `A/LENGTH`.
  static func subnet(_ words: [String]) -> Value? {
    let parts = words.count == 1 ? words[0].split(separator: "/").map(String.init) : words
    guard parts.count <= 2, let first = parts.first.flatMap({ IPAddress($0) }), first.family == .ipv4 else {
      return nil
    }
    guard parts.count == 2 else { return .address(first) }
    if let length = Int(parts[1]) { return Value(base: first, length: length) }
    guard let mask = IPAddress(parts[1]) else { return nil }
    return (0...32).first { IPAddress(mask: $0, .ipv4) == mask }.flatMap { Value(base: first, length: $0) }
  }

  // MARK: Services

  /// What a service object matches, and what it says of the session helper.
  struct Service {
    var name: String
    /// Ports of TCP; `nil` for every packet.
    var ports: [PortRange]?
    var sources: [PortRange] = []
    /// `auto`, `disable`, `ftp` or another one.
    var helper = "auto"
    /// Why nobody knows what it matches.
    var doubt: String?
    /// The line that says what the session helper may do.
    var span: SourceSpan?
  }

  func services(_ names: [String]) -> [Service] {
    var found: [Service] = []
    var seen: Set<String> = []
    var waiting = Array(names.reversed())
    while let name = waiting.popLast() {
      guard seen.insert(name).inserted else { continue }
      if let group = serviceGroups[name] {
        waiting += group["member"].reversed()
      } else if let entry = services[name] {
        found.append(Self.service(entry))
      } else if let ports = Self.predefined[name] {
        found.append(Service(name: name, ports: ports))
      } else if name == "ALL" || name == "ANY" {
        found.append(Service(name: name, ports: nil))
      } else {
        found.append(Service(name: name, ports: nil, doubt: "the service `\(name)`, which is not told"))
      }
    }
    return found
  }

  private static func service(_ entry: FortiGateEntry) -> Service {
    var service = Service(name: entry.key, ports: [])
    service.helper = entry.value("helper") ?? "auto"
    service.span = entry.span(of: "helper")
    let kind = entry.value("protocol") ?? "TCP/UDP/SCTP"
    switch kind {
    case "IP": service.ports = ["0", "6"].contains(entry.value("protocol-number") ?? "0") ? nil : []
    case "ALL": service.ports = nil
    case "ICMP", "ICMP6": service.ports = []
    default:
      if kind != "TCP", !kind.hasPrefix("TCP/") { service.doubt = "the service `\(entry.key)` of the kind \(kind)" }
      for word in entry["tcp-portrange"] {
        let sides = word.split(separator: ":").map { PortRange(dashed: $0) }
        guard let first = sides.first, let range = first, !sides.contains(nil) else {
          service.doubt = "the service `\(entry.key)`, whose ports are `\(word)`"
          continue
        }
        service.ports?.append(range)
        if sides.count > 1, let source = sides[1] { service.sources.append(source) }
      }
    }
    if entry.value("iprange").map({ $0 != "0.0.0.0" }) ?? false || !(entry["fqdn"].first ?? "").isEmpty {
      service.doubt = "the service `\(entry.key)`, which names addresses"
    }
    // With ports of sources for some and not for others.
    if !service.sources.isEmpty, service.ports?.count != 1 { service.doubt = "the service `\(entry.key)`" }
    return service
  }

  /// Services that every device has, where the text does not tell them; those of other protocols have no ports of TCP.
  private static let predefined: [String: [PortRange]] = {
    let ports: [String: UInt16] = [
      "FTP": 21, "FTP_GET": 21, "FTP_PUT": 21, "SSH": 22, "TELNET": 23, "SMTP": 25, "HTTP": 80, "POP3": 110,
      "IMAP": 143, "HTTPS": 443, "SMTPS": 465, "IMAPS": 993, "POP3S": 995, "RDP": 3389, "DNS": 53, "LDAP": 389,
    ]
    var all = ports.mapValues { [PortRange($0)] }
    all["ALL_TCP"] = PortRange(low: 1, high: 65535).map { [$0] }
    for name in [
      "ALL_UDP", "ALL_ICMP", "ALL_ICMP6", "PING", "TFTP", "NTP", "SNMP", "SYSLOG", "DHCP", "IKE", "ESP", "GRE",
    ] {
      all[name] = []
    }
    return all
  }()

  /// The ports that the session helper for FTP has, with the line that says so; none where it was deleted.
  var helperPorts: (ports: [UInt16], span: SourceSpan?) {
    guard let table = table("system session-helper") else { return ([21], nil) }
    let own = table.entries.filter { $0.value("name") == "ftp" }
    return (own.compactMap { $0.value("port").flatMap { UInt16($0) } ?? 21 }, own.first?.span ?? table.own.span)
  }

  // MARK: Virtual addresses

  /// The virtual addresses that names of a policy's destinations stand for, and the names of other addresses.
  func destinations(_ names: [String], known: [String: Int]) -> (virtual: [Int], others: [String]) {
    var virtual: [Int] = []
    var others: [String] = []
    for name in names {
      if let group = virtualGroups[name] {
        virtual += group["member"].compactMap { known[$0] }
      } else if let own = known[name] {
        virtual.append(own)
      } else {
        others.append(name)
      }
    }
    return (virtual, others)
  }
}
