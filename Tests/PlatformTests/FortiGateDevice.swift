import Addressing

/// As much of a FortiGate as our text needs: tables with the options that we use and no others, references that must
/// exist, virtual addresses that must not overlap, and nothing deleted that is in use.
struct FortiGateDevice {
  private typealias Entry = [String: [String]]

  /// The options of each table, as Fortinet's CLI reference has them (6.0 on).
  private static let options: [String: Set<String>] = [
    "firewall address": ["subnet", "comment"],
    "firewall addrgrp": ["member", "comment"],
    "firewall service custom": ["helper", "tcp-portrange", "comment"],
    "firewall vip": [
      "extip", "mappedip", "extintf", "portforward", "protocol", "extport", "mappedport", "comment",
    ],
    "firewall policy": [
      "name", "srcintf", "dstintf", "srcaddr", "dstaddr", "action", "schedule", "service", "logtraffic", "comments",
    ],
  ]

  private var tables: [String: [String: Entry]] = [:]
  /// How often something refers to a thing, by table and name; addresses, groups and virtual addresses are one.
  private var uses: [String: Int] = [:]
  /// The names of policies, by which id they have.
  private var policyNames: [String: String] = [:]
  /// Virtual addresses by the address that is dialled.
  private var dialled: [String: [String: PublishedPorts.Forward]] = [:]
  /// The order of the policies; somebody else's are there.
  private(set) var order: [String]
  private(set) var complaints: [String] = []
  private var table: String?
  private var edited: (key: String, entry: Entry)?

  init(policies: [String] = ["5"]) { order = policies }

  var isEmpty: Bool { tables.values.allSatisfy(\.isEmpty) && order == ["5"] }
  var state: String {
    let entries = tables.flatMap { table, entries in
      entries.map { "\(table) \($0.key) \($0.value.sorted { $0.key < $1.key })" }
    }
    return entries.sorted().joined(separator: "\n") + order.joined(separator: " ")
  }

  mutating func paste(_ text: String) {
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
      if line.hasPrefix("#"), number == 0 { continue }
      if !accepts(String(line)) { complaints.append("\(number + 1): \(line)") }
    }
    if table != nil || edited != nil { complaints.append("open at the end") }
  }

  private mutating func accepts(_ line: String) -> Bool {
    guard let words = Self.words(line.drop { $0 == " " }), let verb = words.first else { return false }
    let depth = table == nil ? 0 : edited == nil ? 1 : 2
    let indent = line.prefix { $0 == " " }.count
    switch (verb, depth) {
    case ("config", 0) where indent == 0:
      let name = words.dropFirst().joined(separator: " ")
      table = name
      return Self.options[name] != nil
    case ("end", 1) where indent == 0 && words.count == 1:
      table = nil
      return true
    case ("edit", 1) where indent == 4 && words.count == 2:
      edited = (words[1], tables[table ?? ""]?[words[1]] ?? [:])
      return words[1].count <= 35 && !words[1].isEmpty
    case ("set", 2) where indent == 8 && words.count > 2:
      edited?.entry[words[1]] = Array(words.dropFirst(2))
      return Self.options[table ?? ""]?.contains(words[1]) == true
    case ("append", 2) where indent == 8 && words.count > 2 && edited?.entry[words[1]] != nil:
      edited?.entry[words[1], default: []] += words.dropFirst(2)
      return Self.options[table ?? ""]?.contains(words[1]) == true
    case ("next", 2) where indent == 4 && words.count == 1: return keeps()
    case ("delete", 1) where indent == 4 && words.count == 2: return deletes(words[1])
    case ("move", 1) where indent == 4 && words.count == 4 && words[2] == "before" && table == "firewall policy":
      guard let from = order.firstIndex(of: words[1]), order.contains(words[3]), words[1] != words[3] else {
        return false
      }
      order.remove(at: from)
      order.insert(words[1], at: order.firstIndex(of: words[3]) ?? 0)
      return true
    default: return false
    }
  }

  /// The words of a line, quoted ones without their quotes; `nil` where quotes do not close or the console would not
  /// take a character.
  private static func words(_ line: some StringProtocol) -> [String]? {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in line {
      if character == "?" || character == "\\" || character == "'" || character == "#" { return nil }
      if character == "\"" {
        isQuoted.toggle()
        word = word ?? ""
      } else if character == " ", !isQuoted {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return isQuoted ? nil : words
  }

  private mutating func keeps() -> Bool {
    guard let table, let (key, entry) = edited else { return false }
    edited = nil
    guard isRight(entry, key, in: table) else { return false }
    if let old = tables[table]?[key] { release(old) }
    for use in Self.references(entry) { uses[use, default: 0] += 1 }
    if let name = entry["name"]?.first { policyNames[name] = key }
    if let forward = forward(entry) { dialled[forward.arrival, default: [:]][key] = forward }
    if table == "firewall policy", !order.contains(key) { order.append(key) }
    tables[table, default: [:]][key] = entry
    return true
  }

  private mutating func deletes(_ key: String) -> Bool {
    guard let table, let entry = tables[table]?[key],
      table == "firewall policy" || uses[Self.use(key, of: table), default: 0] == 0
    else { return false }
    release(entry)
    if let name = entry["name"]?.first { policyNames[name] = nil }
    if let forward = forward(entry) { dialled[forward.arrival]?[key] = nil }
    tables[table]?[key] = nil
    if table == "firewall policy" { order.removeAll { $0 == key } }
    return true
  }

  private mutating func release(_ entry: Entry) {
    for use in Self.references(entry) { uses[use, default: 0] -= 1 }
  }

  private static func use(_ key: String, of table: String) -> String {
    (table == "firewall service custom" ? "service " : "address ") + key
  }

  private static func references(_ entry: Entry) -> [String] {
    ["member", "srcaddr", "dstaddr"].flatMap { entry[$0] ?? [] }.map { "address " + $0 }
      + (entry["service"] ?? []).map { "service " + $0 }
  }

  private func has(_ key: String, _ names: String...) -> Bool { names.contains { tables[$0]?[key] != nil } }

  private func isRight(_ entry: Entry, _ key: String, in table: String) -> Bool {
    func one(_ option: String) -> String { entry[option].flatMap { $0.count == 1 ? $0[0] : nil } ?? "" }
    guard let options = Self.options[table], Set(entry.keys) == options else { return false }
    switch table {
    case "firewall address":
      // Addresses, groups and virtual addresses share their names.
      return entry["subnet"]?.count == 2 && subnet(entry) != nil && !has(key, "firewall vip", "firewall addrgrp")
    case "firewall addrgrp":
      return (entry["member"] ?? []).allSatisfy { has($0, "firewall address") }
        && !has(key, "firewall vip", "firewall address")
    case "firewall service custom":
      return ["ftp", "disable"].contains(one("helper")) && range(one("tcp-portrange")) != nil
    case "firewall vip":
      guard let forward = forward(entry), !has(key, "firewall address", "firewall addrgrp") else { return false }
      let others = dialled[forward.arrival] ?? [:]
      return one("portforward") == "enable" && one("protocol") == "tcp" && !one("extintf").isEmpty
        && !others.contains { $0.key != key && $0.value.ports.overlaps(forward.ports) }
    default:
      return UInt32(key) != nil && one("action") == "accept" && one("schedule") == "always"
        && ["all", "utm"].contains(one("logtraffic")) && policyNames[one("name"), default: key] == key
        && one("name").count <= 35
        && entry["srcintf"]?.isEmpty == false && entry["dstintf"]?.isEmpty == false
        && (entry["srcaddr"] ?? []).allSatisfy { $0 == "all" || has($0, "firewall address", "firewall addrgrp") }
        && (entry["dstaddr"] ?? []).allSatisfy { has($0, "firewall address", "firewall vip") }
        && (entry["service"] ?? []).allSatisfy { has($0, "firewall service custom") }
    }
  }

  private func subnet(_ entry: Entry) -> Prefix? {
    guard let words = entry["subnet"], words.count == 2 else { return nil }
    return network(words[0], mask: words[1])
  }

  private func range(_ text: String) -> PortRange? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { portNumber($0) }
    guard let low = ends.first, let low, let high = ends.last, let high, ends.count < 3 else { return nil }
    return ends.count == 2 && low == high ? nil : PortRange(low: low, high: high)
  }

  private func forward(_ entry: Entry) -> PublishedPorts.Forward? {
    guard let arrival = entry["extip"]?.first, let server = entry["mappedip"]?.first, IPAddress(arrival) != nil,
      IPAddress(server) != nil, let dialled = entry["extport"]?.first.flatMap(range),
      let own = entry["mappedport"]?.first.flatMap(range), own.count == dialled.count
    else { return nil }
    return .init(arrival: arrival, ports: dialled, server: server, first: own.low)
  }

  /// What the device publishes from one interface to others; `nil` where a policy does not fit its virtual addresses.
  func published(outside: String, interface: String, inside: [String]) -> PublishedPorts? {
    var published = PublishedPorts()
    for entry in (tables["firewall vip"] ?? [:]).values {
      guard entry["extintf"] == [interface], let forward = forward(entry) else { return nil }
      published.add(forward)
    }
    for policy in (tables["firewall policy"] ?? [:]).values {
      guard policy["srcintf"] == [outside], policy["dstintf"] == inside else { return nil }
      let clients = clients(policy["srcaddr"] ?? [])
      var reached: [PublishedPorts.Forward] = []
      var routed: [String] = []
      for name in policy["dstaddr"] ?? [] {
        if let entry = tables["firewall vip"]?[name], let forward = forward(entry) { reached.append(forward) }
        if let entry = tables["firewall address"]?[name], let host = subnet(entry), host.isHost {
          routed.append("\(host.address)")
        }
      }
      for name in policy["service"] ?? [] {
        guard let ports = tables["firewall service custom"]?[name]?["tcp-portrange"]?.first.flatMap(range) else {
          return nil
        }
        var servers = Set(routed)
        // Through virtual addresses only the ports that they lead to, and all of these.
        let open = reached.filter { ports.contains($0.first) }
        if routed.isEmpty, open.reduce(0, { $0 + $1.ports.count }) != ports.count { return nil }
        servers.formUnion(open.map(\.server))
        for server in servers { published.permits.insert(.init(clients: clients, server: server, ports: ports)) }
      }
    }
    return published.normal
  }

  /// The helper of a service object.
  func helper(_ service: String) -> String? { tables["firewall service custom"]?[service]?["helper"]?.first }

  private func clients(_ names: [String]) -> [String]? {
    if names == ["all"] { return nil }
    let members = names.flatMap { name in tables["firewall addrgrp"]?[name]?["member"] ?? [name] }
    return addressRanges(members.compactMap { tables["firewall address"]?[$0].flatMap(subnet) })
  }
}

extension Prefix {
  fileprivate var isHost: Bool { length == family.bits }
}
