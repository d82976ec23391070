import Addressing

/// What an application of Junos matches, in one of its terms.
struct SRXTerm {
  /// What becomes of a connection that matches: whether the FTP ALG reads it.
  enum Inspection { case standard, ftp, none }

  /// As nft names it, or a number.
  var transport: String
  var sources: PortRange?
  var ports: PortRange?
  var inspection = Inspection.standard
}

/// The applications that a list of names stands for.
struct SRXServices {
  var terms: [SRXTerm] = []
  /// Whether one of them is `any`.
  var isAny = false
  /// What nobody can tell from the text alone, in words.
  var unread: [String] = []
}

/// The applications of a configuration, and the best known of those that Junos brings along.
struct SRXApplications {
  private var applications: [String: JunosNode] = [:]
  private var sets: [String: JunosNode] = [:]
  private var known: [String: SRXServices] = [:]

  init(_ root: JunosNode) {
    for node in root["applications", "application"]?.active ?? [] { applications[node.word] = node }
    for node in root["applications", "application-set"]?.active ?? [] { sets[node.word] = node }
  }

  mutating func services(of names: [String]) -> SRXServices {
    var all = SRXServices()
    for name in names { add(name, to: &all, depth: 0) }
    return all
  }

  private mutating func add(_ name: String, to all: inout SRXServices, depth: Int) {
    let found = services(of: name, depth: depth)
    all.terms += found.terms
    all.isAny = all.isAny || found.isAny
    all.unread += found.unread
  }

  private mutating func services(of name: String, depth: Int) -> SRXServices {
    if let found = known[name] { return found }
    known[name] = SRXServices(unread: ["the application set `\(name)`, which contains itself"])
    let found = find(name, depth)
    known[name] = found
    return found
  }

  private mutating func find(_ name: String, _ depth: Int) -> SRXServices {
    if name == "any" { return SRXServices(isAny: true) }
    if let node = applications[name] { return Self.services(of: node) }
    if let node = sets[name], depth < 40 {
      var all = SRXServices()
      for member in (node["application"]?.active ?? []) + (node["application-set"]?.active ?? []) {
        add(member.word, to: &all, depth: depth + 1)
      }
      return all
    }
    if let terms = Self.predefined[name] { return SRXServices(terms: terms) }
    return SRXServices(unread: ["the application `\(name)`, which the file does not tell"])
  }

  private static func services(of node: JunosNode) -> SRXServices {
    var services = SRXServices()
    let terms = node["term"]?.active ?? []
    let flat = node.attributes
    if terms.isEmpty || flat["protocol"] != nil { add(flat, of: node.word, to: &services) }
    for term in terms { add(term.attributes, of: node.word, to: &services) }
    return services
  }

  private static func add(_ attributes: [String: JunosNode], of name: String, to services: inout SRXServices) {
    guard let transport = attributes["protocol"].map({ transport(named: $0.word) }) else {
      return services.unread.append("the application `\(name)`, which has no protocol")
    }
    var term = SRXTerm(transport: transport)
    for (key, isSource) in [("source-port", true), ("destination-port", false)] {
      guard let value = attributes[key] else { continue }
      guard let range = value.portRange else {
        return services.unread.append("the application `\(name)` with the port `\(value.word)`")
      }
      if isSource { term.sources = range } else { term.ports = range }
    }
    switch (attributes["application-protocol"] ?? attributes["alg"])?.word {
    case nil: break
    case "ftp": term.inspection = .ftp
    default: term.inspection = .none
    }
    if transport == "tcp", let other = attributes.keys.sorted().first(where: { !Self.known.contains($0) }) {
      return services.unread.append("the application `\(name)`, which asks for `\(other)`")
    }
    services.terms.append(term)
  }

  /// Statements of an application of which it is known what they match.
  private static let known: Set = [
    "protocol", "source-port", "destination-port", "application-protocol", "alg", "inactivity-timeout", "description",
  ]

  /// As nft names a protocol.
  static func transport(named name: String) -> String {
    let names = ["6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "icmp6": "icmpv6", "132": "sctp", "47": "gre"]
    return names[name] ?? name.lowercased()
  }

  /// Applications of `junos-defaults` (from experience and the documentation of Junos), those over TCP with their
  /// ports.
  private static let predefined: [String: [SRXTerm]] = {
    var all: [String: [SRXTerm]] = [:]
    func tcp(_ name: String, _ ports: UInt16..., inspection: SRXTerm.Inspection = .standard) {
      all["junos-" + name] = ports.map {
        SRXTerm(transport: "tcp", ports: PortRange($0), inspection: inspection)
      }
    }
    tcp("ftp", 21, inspection: .ftp)
    for (name, port) in [
      ("ftp-data", 20), ("ssh", 22), ("telnet", 23), ("smtp", 25), ("mail", 25), ("tacacs", 49), ("dns-tcp", 53),
      ("tacacs-ds", 65), ("finger", 79), ("http", 80), ("pop3", 110), ("ident", 113), ("nntp", 119), ("imap", 143),
      ("bgp", 179), ("ldap", 389), ("https", 443), ("smb-session", 445), ("smtps", 465), ("printer", 515),
      ("ldp-tcp", 646), ("imaps", 993), ("pop3s", 995), ("ms-sql", 1433), ("wxcontrol", 3578),
    ] as [(String, UInt16)] {
      tcp(name, port)
    }
    // With an ALG of their own, on ports that no passive range has.
    for (name, port) in [("pptp", 1723), ("rsh", 514), ("rtsp", 554), ("sqlnet-v1", 1525), ("sqlnet-v2", 1521)]
      as [(String, UInt16)]
    {
      tcp(name, port, inspection: .none)
    }
    tcp("smb", 139, 445)
    all["junos-tcp-any"] = [SRXTerm(transport: "tcp")]
    for (transport, names) in [
      "udp": [
        "bootpc", "bootps", "dhcp-client", "dhcp-relay", "dhcp-server", "discard", "dns-udp", "echo", "gprs-gtp-c",
        "gprs-gtp-u", "gtp", "ike", "ike-nat", "l2tp", "nbds", "nbname", "ntp", "radacct", "radius", "rip", "snmp",
        "sql-monitor", "syslog", "tftp", "udp-any", "who",
      ],
      "icmp": ["icmp-all", "icmp-ping", "ping"], "icmpv6": ["icmp6-all", "icmp6-echo-request", "pingv6"],
      "gre": ["gre"], "ospf": ["ospf"],
    ] as [String: [String]] {
      for name in names { all["junos-" + name] = [SRXTerm(transport: transport)] }
    }
    return all
  }()
}

extension JunosNode {
  /// Statements with one value each, whether they stand one after another in one line or each by itself.
  var attributes: [String: JunosNode] {
    var found: [String: JunosNode] = [:]
    collect(&found, depth: 0)
    return found
  }

  private func collect(_ found: inout [String: JunosNode], depth: Int) {
    guard depth < 40 else { return }
    for keyword in active where keyword.word != "term" && keyword.word != "to" {
      guard let value = keyword.value else { continue }
      found[keyword.word] = value
      if keyword.word != "description" { value.collect(&found, depth: depth + 1) }
    }
  }

  /// A port, `LOW-HIGH`, or `LOW to HIGH`, of which this is the first word; `nil` for what is none.
  var portRange: PortRange? {
    if let end = self["to"] {
      guard let high = end.value.flatMap({ Self.port($0.word) }), let low = Self.port(word) else { return nil }
      return PortRange(low: low, high: high)
    }
    let parts = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, let low = parts.first.flatMap(Self.port), let high = parts.last.flatMap(Self.port) {
      return PortRange(low: low, high: high)
    }
    return Self.port(word).map { PortRange($0) }
  }

  /// A number, or the name of a port as Junos has it.
  static func port(_ text: String) -> UInt16? {
    UInt16(text)
      ?? [
        "ftp": 21, "ftp-data": 20, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "pop3": 110,
        "imap": 143, "snmp": 161, "bgp": 179, "ldap": 389, "https": 443,
      ][text]
  }
}
