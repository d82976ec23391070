import LiveSupport

/// Writes configurations of SRX devices as people have them, with a policy that they serve rightly: in both syntaxes,
/// with other services, VPNs, comments and odd layout around what publishes the server.
struct SRXGenerator {
  private var random: SeededGenerator
  let control: Int
  let inner: Int
  let range: ClosedRange<Int>
  /// Whether static NAT leads to the server, all its ports.
  let isStatic: Bool
  /// The names of what publishes the server.
  let names: [String: String]
  private(set) var lines: [String] = []

  static let external = "203.0.113.10"
  static let server = "10.10.20.200"

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    isStatic = random.chance(4)
    inner = random.pick([21, 21, 2100])
    let isSame = random.chance(2)
    control = isStatic || isSame ? inner : 2121
    let low = random.pick([5000, 30_000, 50_000])
    range = low...(low + random.pick([50, 500, 999]))
    let style = random.pick(["", "ftp-", "FTP_", "srv.x-"])
    var names: [String: String] = [:]
    for name in ["ctl", "pasv", "host", "clients", "c1", "c2", "rs", "r1", "r2", "p1", "p2", "permit", "apps"] {
      names[name] =
        style.hasPrefix("srv") && ["host", "c1", "c2"].contains(name)
        ? style + name : style.prefix(4).filter { $0 != "." } + name
    }
    self.names = names
    write()
  }

  /// The policy that the configuration serves.
  var policy: String {
    """
    gateway edge { platform srx; outside untrust; inside trust }
    publish ftp1 {
        server \(Self.server) proftpd { certificate "/a" key "/b" }
        external ip \(Self.external)
        control port \(control) -> \(inner)
        passive range \(range.lowerBound)-\(range.upperBound)
        tls explicit required
        allow 198.51.100.0/24, 192.0.2.7
    }
    """
  }

  func name(_ part: String) -> String { names[part] ?? part }

  // MARK: - What stands there

  private mutating func write() {
    lines += ["set version 21.4R3.15", "set system host-name edge", "set system ntp server 192.0.2.123"]
    if random.chance(2) {
      lines += ["set system login user admin class super-user", #"set system login message "no entry { here; }""#]
    }
    lines += applications().shuffled(using: &random)
    lines += addresses()
    if random.chance(2) { lines += Self.vpn }
    if random.chance(3) { lines.append("set security alg sip disable") }
    lines += translations()
    let answers = ["set security nat proxy-arp interface ge-0/0/0.0 address \(Self.external)/32"]
    lines += random.chance(2) ? answers + policies() : policies() + answers
    lines += Self.zones
    if random.chance(3) { lines += Self.cluster }
    if random.chance(3) {
      lines += [
        "set interfaces lo0 unit 0 family inet filter input protect",
        "set firewall family inet filter protect term all then discard",
      ]
    }
  }

  private mutating func applications() -> [String] {
    let own = "set applications application "
    var found: [String] = []
    if inner != 21 || random.chance(2) {
      found += ["\(own)\(name("ctl")) protocol tcp", "\(own)\(name("ctl")) destination-port \(inner)"]
      if random.chance(2) { found.append("\(own)\(name("ctl")) application-protocol ignore") }
      if random.chance(3) { found.append("\(own)\(name("ctl")) inactivity-timeout 7200") }
    }
    let ports = "destination-port \(range.lowerBound)-\(range.upperBound)"
    found +=
      random.chance(2)
      ? ["\(own)\(name("pasv")) protocol tcp", "\(own)\(name("pasv")) \(ports)"]
      : [
        "\(own)\(name("pasv")) term 1 protocol \(random.pick(["tcp", "6"]))", "\(own)\(name("pasv")) term 1 \(ports)",
      ]
    found += ["\(own)web-alt protocol tcp", "\(own)web-alt destination-port 8080"]
    return found
  }

  private mutating func addresses() -> [String] {
    let book = random.pick(["global", "dmz-book"])
    var source = "set security address-book global "
    var target = "set security address-book \(book) "
    var found: [String] = []
    if book != "global" { found.append("\(target)attach zone trust") }
    if random.chance(5) {
      (source, target) = (
        "set security zones security-zone untrust address-book ",
        "set security zones security-zone trust address-book "
      )
      found = []
    }
    found += [
      "\(source)address \(name("c1")) 198.51.100.0/24",
      random.chance(2)
        ? "\(source)address \(name("c2")) 192.0.2.7/32"
        : "\(source)address \(name("c2")) range-address 192.0.2.7 to 192.0.2.7",
      "\(source)address-set \(name("clients")) address \(name("c1"))",
      "\(source)address-set \(name("clients")) address \(name("c2"))",
      "\(target)address \(name("host")) \(Self.server)/32", "\(target)address web 10.10.20.80/32",
      "\(source)address elsewhere dns-name www.example.net",
    ]
    return found
  }

  private mutating func translations() -> [String] {
    let nat = "set security nat "
    var found = [
      "\(nat)source rule-set out from zone trust", "\(nat)source rule-set out to zone untrust",
      "\(nat)source rule-set out rule all match source-address 0.0.0.0/0",
      "\(nat)source rule-set out rule all then source-nat interface",
    ]
    let set = name("rs")
    if isStatic {
      found += [
        "\(nat)static rule-set \(set) from zone untrust",
        "\(nat)static rule-set \(set) rule \(name("r1")) match destination-address \(Self.external)/32",
        "\(nat)static rule-set \(set) rule \(name("r1")) then static-nat prefix \(Self.server)/32",
      ]
      return found
    }
    let rules = "\(nat)destination rule-set \(set) "
    found += [
      "\(nat)destination pool web address 10.10.20.80/32",
      "\(nat)destination pool \(name("p1")) address \(Self.server)/32",
    ]
    found.append("\(nat)destination pool \(name("p1")) address port \(inner)")
    found.append("\(nat)destination pool \(name("p2")) address \(Self.server)/32")
    found.append(random.chance(3) ? "\(rules)from interface ge-0/0/0.0" : "\(rules)from zone untrust")
    if random.chance(2) {
      found += [
        "\(rules)rule web match destination-address 203.0.113.11/32", "\(rules)rule web match destination-port 443",
        "\(rules)rule web then destination-nat pool web",
      ]
    }
    for (rule, ports, pool) in [
      ("r1", "\(control)", "p1"), ("r2", "\(range.lowerBound) to \(range.upperBound)", "p2"),
    ] {
      found += [
        "\(rules)rule \(name(rule)) match destination-address \(Self.external)/32",
        "\(rules)rule \(name(rule)) match destination-port \(ports)",
        "\(rules)rule \(name(rule)) match protocol tcp",
        "\(rules)rule \(name(rule)) then destination-nat pool \(name(pool))",
      ]
    }
    return found
  }

  private mutating func policies() -> [String] {
    let own = "set security policies "
    let pair = "\(own)from-zone untrust to-zone trust policy "
    let out = "\(own)from-zone trust to-zone untrust policy out "
    var found = [
      "\(out)match source-address any", "\(out)match destination-address any", "\(out)match application any",
      "\(out)then permit",
    ]
    if random.chance(2) {
      found += [
        "\(pair)web match source-address any", "\(pair)web match destination-address web",
        "\(pair)web match application junos-https",
        "\(pair)web match application web-alt", "\(pair)web then permit",
      ]
    }
    if random.chance(3) {
      found += [
        "\(pair)cloud match source-address any", "\(pair)cloud match destination-address web",
        "\(pair)cloud match application junos-smtp", "\(pair)cloud then permit application-services idp",
      ]
    }
    let control = lines.contains { $0.contains("application \(name("ctl")) ") } ? name("ctl") : "junos-ftp"
    let isGlobal = random.chance(5) && lines.contains { $0.contains("address-book global address \(name("host"))") }
    let policy = isGlobal ? "\(own)global policy \(name("permit")) " : pair + name("permit") + " "
    if isGlobal { found += ["\(policy)match from-zone untrust", "\(policy)match to-zone trust"] }
    found += [
      "\(policy)match source-address \(name("clients"))", "\(policy)match destination-address \(name("host"))",
    ]
    if random.chance(3) {
      let set = "set applications application-set \(name("apps")) application "
      lines += [set + control, set + name("pasv")]
      found.append("\(policy)match application \(name("apps"))")
    } else {
      found += ["\(policy)match application \(control)", "\(policy)match application \(name("pasv"))"]
    }
    found.append("\(policy)then permit")
    if random.chance(2) { found.append("\(policy)then log session-init") }
    if !isGlobal, random.chance(2) {
      found += [
        "\(pair)rest match source-address any", "\(pair)rest match destination-address any",
        "\(pair)rest match application any",
        "\(pair)rest then \(random.pick(["deny", "reject"]))",
      ]
    }
    if random.chance(2) { found.append("set security policies default-policy deny-all") }
    return found
  }

  private static let zones = [
    "set security zones security-zone untrust screen untrust-screen",
    "set security zones security-zone untrust interfaces ge-0/0/0.0 host-inbound-traffic system-services ping",
    "set security zones security-zone trust interfaces ge-0/0/1.0",
    "set security zones security-zone dmz interfaces ge-0/0/2.0",
    "set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/24",
    "set interfaces ge-0/0/1 unit 0 family inet address 10.10.20.1/24",
    "set interfaces ge-0/0/2 unit 0 family inet address 10.10.30.1/24",
    "set routing-options static route 0.0.0.0/0 next-hop 203.0.113.1",
  ]
  private static let vpn = [
    "set security ike proposal p authentication-method pre-shared-keys",
    #"set security ike policy p pre-shared-key ascii-text "$9$x#y/*z""#,
    "set security ipsec vpn branch bind-interface st0.0",
  ]
  private static let cluster = [
    "set groups node0 system host-name edge-a", "set groups node1 system host-name edge-b",
    #"set apply-groups "${node}""#,
    "set groups logs security policies from-zone <*> to-zone <*> policy <*> then log session-close",
    "set apply-groups logs",
  ]
}

/// A configuration as `show configuration` prints it, made from lines that set and deactivate.
struct SRXBraces {
  private final class Block {
    let word: String
    var isInactive = false
    var blocks: [Block] = []
    init(_ word: String) { self.word = word }

    func block(_ word: Substring) -> Block {
      if let known = blocks.first(where: { $0.word == word }) { return known }
      let block = Block(String(word))
      blocks.append(block)
      return block
    }
  }

  private var random: SeededGenerator
  private(set) var text = ""

  init(_ lines: [String], seed: UInt64) {
    random = SeededGenerator(state: seed)
    let root = Block("")
    for line in lines {
      var block = root
      let words = Self.words(line)
      for word in words.dropFirst() { block = block.block(word) }
      if words.first == "deactivate" { block.isInactive = true }
    }
    text = "## Last commit: 2024-01-05 10:11:12 UTC by admin\n"
    for block in root.blocks { write(block, "", "") }
  }

  private static func words(_ line: String) -> [Substring] {
    guard let quote = line.firstIndex(of: "\"") else { return line.split(separator: " ") }
    return line[..<quote].split(separator: " ") + [line[quote...]]
  }

  /// Keywords whose value stands in the same statement.
  private static let keyed: Set = [
    "from-zone", "to-zone", "policy", "rule", "rule-set", "pool", "application", "term", "security-zone",
    "address-book", "unit", "family",
    "to", "prefix", "address-set", "filter",
  ]

  private mutating func write(_ block: Block, _ indent: String, _ head: String) {
    let own = head + (block.isInactive ? "inactive: " : "") + block.word
    guard !block.blocks.isEmpty else {
      text += "\(indent)\(own);\(random.chance(9) ? " ## SECRET-DATA" : "")\n"
      return
    }
    let isName = Self.keyed.contains(block.word)
    if isName || block.blocks.count == 1 && random.chance(2), !block.blocks.contains(where: \.isInactive) || isName {
      for inner in block.blocks {
        let switched = inner.isInactive
        if switched, isName {
          inner.isInactive = false
          write(inner, indent, "inactive: \(own) ")
          inner.isInactive = true
        } else {
          write(inner, indent, own + " ")
        }
      }
      return
    }
    if random.chance(12) { text += "\(indent)/* a note; with { signs */\n" }
    text += "\(indent)\(own) {\n"
    for inner in block.blocks { write(inner, indent + "    ", "") }
    text += "\(indent)}\n"
  }
}
