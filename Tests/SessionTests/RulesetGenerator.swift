import Addressing
import FTPSession
import LiveSupport

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Writes rulesets as people write them by hand for FTP, right ones and wrong ones, and sessions to try on them.
struct RulesetGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(state: seed) }

  /// What the rulesets of one seed are about.
  enum Kind: String, CaseIterable {
    /// A server behind address translation, IPv4.
    case translated
    /// Two of them on one external address, the second with control port 2121.
    case twoServers
    /// The same over IPv6.
    case translated6
    /// A server on the gateway.
    case local
  }

  private static let external = Address.external
  private static let server = Address.server

  /// A ruleset of a kind, and sessions to try on it.
  mutating func trial(_ name: String) -> (script: String, duels: [Duel]) {
    let kind = pick([Kind.translated, .translated, .twoServers, .translated6, .local])
    let text = script(kind)
    return (kind == .translated6 ? Self.overIPv6(text) : text, duels("\(name) \(kind.rawValue)", kind))
  }

  /// Chains for a server on the gateway.
  private mutating func localTable() -> String {
    """

      table inet local {
        ct helper f { type "ftp" protocol tcp; }
        chain pre { type filter hook prerouting priority \(pick(["-150", "-150", "-300", "0"]));
          \(pick([#"tcp dport 21 ct helper set "f""#, "tcp dport 990 accept"]))
        }
        chain out { type filter hook output priority 0; policy \(pick(["drop", "accept"]));
          \(pick(Self.stateLines))
        }
        chain in { type filter hook input priority 0; policy \(pick(["drop", "drop", "accept"]));
          iifname "lo" accept
          \(chance(5) ? pick(Self.dropLines.filter { !$0.contains("@") && !$0.contains("q1") }) : "")
          \(pick(Self.stateLines))
          tcp dport { 21, 2121 } accept
          \(pick(["", "tcp dport 50000-50100 accept", "tcp dport 50000-50049 accept", "fib daddr type local tcp dport > 1023 accept"]))
        }
      }
    """
  }

  /// The same script for IPv6.
  private static func overIPv6(_ script: String) -> String {
    let addresses = [
      (Address.external, Address.external6), (Address.server2, "2001:db8:20::201"), (Address.server, Address.server6),
      ("198.51.100.0/24", "2001:db8:51::/64"), ("192.0.2.0/24", "2001:db8:66::/64"),
      ("10.10.20.0/24", "2001:db8:20::/64"), (Address.gateway, "2001:db8:113::1"),
    ]
    var text = script
    for (old, new) in addresses { text = text.replacing(old, with: new) }
    for (old, new) in [
      ("ip daddr", "ip6 daddr"), ("ip saddr", "ip6 saddr"), ("table ip ", "table ip6 "), ("ipv4_addr", "ipv6_addr"),
      ("l3proto ip;", "l3proto ip6;"), ("ip frag-off & 0x1fff != 0", "ip6 hoplimit < 2"), ("ip ttl", "ip6 hoplimit"),
      ("ip dscp", "ip6 dscp"),
    ] {
      text = text.replacing(old, with: new)
    }
    // A port after an IPv6 address needs brackets.
    for address in [Address.server6, "2001:db8:20::201"] {
      for port in ["21", "60000-60100"] {
        text = text.replacing("dnat to \(address):\(port)", with: "dnat to [\(address)]:\(port)")
      }
    }
    return text
  }

  private mutating func script(_ kind: Kind) -> String {
    let family = pick(["inet", "inet", "ip"])
    return """
      table \(family) fw {
        ct helper f { type "ftp" protocol tcp; \(family == "ip" ? "l3proto ip;" : "") }
        set published { type ipv4_addr . inet_service; flags interval; elements = { \(Self.server) . 21, \(Self.server) . 50000-50100 }; }
        set ranges { type inet_service; flags interval; elements = { 50000-\(pick(["50100", "50049"])), 2121 }; }
        set friends { type ipv4_addr; flags interval; elements = { 198.51.100.0/24, 10.10.20.0/24 }; }
        quota q1 { over 100 mbytes }
        limit l1 { rate 100000/second }
        map targets { type inet_service : ipv4_addr; flags interval; elements = { 21 : \(Self.server), 50000-50100 : \(Self.server) }; }
        chain ftp_in { \(lines(pick([1, 1, 2]), Self.acceptLines))
        }
        \(helperChains())
        chain c_fwd { type filter hook forward priority \(pick(["0", "0", "-10", "10", "filter"])); policy \(pick(["drop", "drop", "accept"]));
          \(forward())
        }
        \(chance(3) ? inputChain() : "")
      }
      \(kind == .local ? localTable() : natTable())
      \(chance(4) ? deviceTable() : "")
      \(chance(3) ? secondTable() : "")
      """
  }

  private mutating func helperChains() -> String {
    let assign = pick([
      #"tcp dport 21 ct helper set "f""#, #"tcp dport 21 ct helper set "f""#,
      #"tcp dport { 21, 2121 } ct helper set "f""#, #"ct state new tcp dport 21 ct helper set "f""#,
      "ip daddr \(Self.external) tcp dport 21 ct helper set \"f\"",
      "ip daddr \(Self.server) tcp dport 21 ct helper set \"f\"",
      "iifname \"eth0\" tcp dport 21 counter ct helper set \"f\"",
      "ip saddr 198.51.100.0/24 tcp dport 21 ct helper set \"f\"", #"tcp dport 21 ct helper "ftp" accept"#,
      "meta l4proto tcp ct original proto-dst 21 ct helper set \"f\"",
    ])
    let place = pick([
      "prerouting priority -150", "prerouting priority -150", "prerouting priority 0", "prerouting priority -300",
      "prerouting priority -199", "prerouting priority -99", "prerouting priority -101", "forward priority -5",
      "postrouting priority 50", "output priority -150", "",
    ])
    guard !place.isEmpty else { return "" }
    let mark = chance(6) ? "meta mark set 7" : ""
    let untracked = chance(14) ? "tcp dport 50000-50100 notrack" : ""
    let early = untracked.isEmpty ? "" : "chain raw_pre { type filter hook prerouting priority -300; \(untracked); }"
    return """
      \(early)
        chain c_help { type filter hook \(place); \(mark)
          \(assign)
        }
      """
  }

  private static let acceptLines = [
    "tcp dport 21 accept", "tcp dport { 21, 2121 } accept", "ip daddr \(server) tcp dport 21 accept",
    "tcp dport 50000-50100 accept", "tcp dport @ranges accept", "ct status dnat accept",
    "ip daddr . tcp dport @published accept", "ct state new ct status dnat tcp dport 50000-50100 accept",
    "iifname \"eth0\" oifname \"eth1\" tcp dport 21 accept", "ip saddr @friends tcp dport 50000-50100 accept",
    "ip saddr \(server) tcp sport 20 accept", "ip saddr \(server) accept", "iifname \"eth1\" accept",
    "ct original ip daddr \(external) accept", "meta mark 7 accept", "ct direction reply accept",
    "tcp dport vmap { 21 : accept, 50000-50049 : accept, 50050-50100 : drop }",
    "meta mark & 0xf == 7 accept", "meta mark set meta mark | 0x7; meta mark & 0x7 == 0x7 tcp dport 21 accept",
    "tcp dport { 21, 50000-50030, 50032-50100 } tcp flags & (fin | syn | rst | ack) == syn accept",
    "ct state new limit name \"l1\" tcp dport { 21, 50000-50100 } accept", "tcp dport & 0xfff0 == 0xc360 accept",
    "ip dscp set cs1; tcp dport 50000-50100 ip dscp cs1 accept", "ct status & (dnat | snat) == dnat accept",
  ]

  private static let stateLines = [
    "ct state established,related accept", "ct state established,related accept",
    "ct state { established, related } accept",
    "ct state established accept", "ct state vmap { established : accept, related : accept, invalid : drop }",
    "ct state established accept; ct state related ct helper \"ftp\" accept",
    "ct state established accept; ct state related ct helper \"ftp\" tcp dport 50000-50100 accept",
    "ct state established accept; ct state related ct helper \"f\" accept",
    "ct state established accept; ct state related ip daddr \(server) tcp dport 1024-65535 accept",
    "ct state != new accept", "ct state related,established counter accept",
  ]

  private static let dropLines = [
    "tcp dport 50050-50100 drop", "tcp dport 50000-50100 drop", "ct state invalid drop", "ct state related drop",
    "tcp dport 50000-65535 reject with tcp reset", "ip saddr 192.0.2.0/24 drop", "ip saddr != @friends drop",
    "tcp flags & (syn | ack) == syn ct state new tcp dport 50050-50100 reject",
    "tcp dport 1024-65535 ct state new drop",
    "tcp flags & (fin | syn) == fin | syn drop", "tcp flags & (syn | ack) == syn | ack drop",
    "tcp flags & (fin | syn | rst | psh | ack | urg) == 0x0 drop", "tcp flags != syn ct state new drop",
    "tcp flags & (fin | syn | rst | ack) != syn ct state new drop",
    "tcp flags { syn, fin | syn } tcp dport 50020-50100 drop",
    "tcp dport 50000-50100 quota name \"q1\" drop", "tcp dport 21 quota over 200 mbytes drop",
    "tcp dport { 50007, 50040-50060 } drop", "tcp dport > 50080 drop", "tcp sport 50013 drop",
    "meta mark & 0x3 == 0x1 drop",
    "ip frag-off & 0x1fff != 0 drop", "tcp option maxseg size 1-500 drop", "ct bytes > 10000000 drop",
    "ip ttl < 5 drop",
    "iifgroup 7 drop", "meta length > 66000 drop", "ct zone 3 drop",
    "ct helper \"ftp\" drop", "iifname \"eth0\" ip daddr \(server) tcp dport != { 21, 50000-50100 } drop",
  ]

  private mutating func forward() -> String {
    var parts: [String] = []
    if chance(4) { parts.append(pick(Self.dropLines)) }
    parts.append(pick(Self.stateLines))
    if chance(5) { parts.append(pick(Self.dropLines)) }
    parts.append(
      pick(["tcp dport 21 accept", "tcp dport { 21, 2121 } accept", "ct status dnat accept", "jump ftp_in"]))
    for _ in 0..<number(0...3) { parts.append(pick(Self.acceptLines + ["goto ftp_in", "jump ftp_in"])) }
    if chance(5) { parts.append(pick(Self.dropLines)) }
    if chance(8) { parts.append("reject") }
    return parts.joined(separator: "\n          ")
  }

  private mutating func inputChain() -> String {
    """
    chain c_in { type filter hook input priority 0; policy drop;
          iifname "lo" accept
          meta l4proto ipv6-icmp accept
          \(pick(Self.stateLines))
        }
    """
  }

  private mutating func natTable() -> String {
    let control = pick([
      "ip daddr \(Self.external) tcp dport 21 dnat to \(Self.server)",
      "iifname \"eth0\" ip daddr \(Self.external) tcp dport 21 dnat to \(Self.server):21",
      "ip daddr \(Self.external) tcp dport { 21, 2121 } dnat to \(Self.server)",
      "ip daddr \(Self.external) dnat to tcp dport map { 21 : \(Self.server), 2121 : \(Address.server2) }",
      "ip daddr \(Self.external) tcp dport 21 dnat to \(Self.server); ip daddr \(Self.external) tcp dport 2121 dnat to \(Address.server2)",
    ])
    let data = pick([
      "", "ip daddr \(Self.external) tcp dport 50000-50100 dnat to \(Self.server)",
      "ip daddr \(Self.external) tcp dport 50000-50100 dnat to \(Self.server)",
      "ip daddr \(Self.external) tcp dport 50000-50049 dnat to \(Self.server)",
      "ip daddr \(Self.external) tcp dport 50000-50100 dnat to \(Self.server):60000-60100",
      "ip daddr \(Self.external) tcp dport 50000-50100 dnat to \(Address.server2)",
      "tcp dport 50000-50100 dnat to \(Self.server)",
      "ip saddr 198.51.100.0/24 tcp dport 50000-50100 dnat to \(Self.server)",
    ])
    let shadow = chance(6) ? "ip daddr \(Self.external) tcp dport 50020-50060 dnat to \(Address.server2)" : ""
    let early = chance(8) ? "chain p0 { type nat hook prerouting priority -110; tcp dport 50000-50100 accept; }" : ""
    let source = pick([
      "", "", "oifname \"eth0\" masquerade", "oifname \"eth1\" tcp dport 50000-50100 masquerade",
      "oifname \"eth1\" ct status dnat masquerade", "oifname \"eth1\" masquerade",
      "ip saddr \(Self.server) oifname \"eth0\" snat to \(Self.external)",
      "ip saddr 10.10.20.0/24 snat to \(Address.gateway)",
    ])
    return """
      table ip n {
        \(early)
        chain p { type nat hook prerouting priority \(pick(["-100", "-100", "dstnat", "-150", "-90"]));
          \(shadow)
          \(control)
          \(data)
        }
        chain q { type nat hook postrouting priority 100; \(source)
        }
      }
      """
  }

  /// Chains of devices. What they let through is counted for nothing later.
  private mutating func deviceTable() -> String {
    let lines = [
      "tcp dport 50050-50100 drop", "tcp flags & (syn | ack) == syn | ack drop",
      "tcp flags & (fin | syn) == fin | syn drop",
      "ip saddr 192.0.2.0/24 drop", "ip daddr \(Self.server) tcp dport 50000-50049 drop", "meta mark set 7",
      "tcp dport 21 meta mark set meta mark | 0x3", "ip ttl < 3 drop",
      "tcp sport 21 accept; tcp sport 50020-50040 drop",
    ]
    let priority = pick(["0", "-10", "300"])
    if chance(3) {
      return """
        table inet dev {
          chain i { type filter hook ingress device "\(pick(["eth0", "eth1"]))" priority \(priority); \(pick(lines))
          }
        }
        """
    }
    return """
      table netdev dev {
        chain i { type filter hook \(pick(["ingress", "egress"])) device "\(pick(["eth0", "eth1"]))" priority \(priority); \(pick(lines))
        }
        chain j { type filter hook ingress devices = { eth0, eth1 } priority 5; \(pick(lines))
        }
      }
      """
  }

  private mutating func secondTable() -> String {
    """
    table \(pick(["inet", "ip"])) other {
      chain f { type filter hook forward priority \(pick(["-20", "5", "50"])); policy \(pick(["drop", "accept"]));
        \(pick(Self.stateLines))
        \(pick(["ct status dnat accept", "tcp dport { 21, 50000-50100 } accept", pick(Self.dropLines.filter { !$0.contains("@") && !$0.contains("q1") }), "tcp dport 21 accept"]))
      }
    }
    """
  }

  /// Sessions for every place and mode.
  mutating func duels(_ name: String, _ kind: Kind) -> [Duel] {
    let announcesExternal = chance(2)
    let active: UInt16? = chance(2) ? 20 : nil
    let port: UInt16 = kind == .twoServers ? pick([21, 2121]) : 21
    let isIPv6 = kind == .translated6
    let external = isIPv6 ? Address.external6 : Self.external
    let inner = isIPv6 ? Address.server6 : kind == .twoServers && port == 2121 ? Address.server2 : Self.server
    let own = kind == .local ? external : inner
    var duels: [Duel] = []
    for client in [LabHost.client, .client, .stranger, .inside] {
      for mode in FTPSession.DataMode.allCases where !isIPv6 || mode.hasIPv6Form {
        let encryption: FTPSession.Encryption = chance(4) ? .explicit : .plain
        let party: Party = kind == .local ? .gateway([BenchNetwork.ip(own)]) : BenchNetwork.server([own])
        var server = FTPServer(party, controlPort: port, passivePorts: [UInt16(50_000 + number(0...100))])
        server.announced = announcesExternal && !isIPv6 ? BenchNetwork.ip(external) : nil
        server.announcedEncrypted = server.announced
        server.offersTLS = true
        server.allowsClearControl = true
        server.activePort = active
        server.checksPeer = chance(2)
        var session = Session(
          client: BenchNetwork.client(client, isIPv6 ? Address.client6 : Address.client), server: server,
          dialled: BenchNetwork.ip(external), port: port, encryption, mode)
        session.clearsControl = encryption == .explicit && chance(3)
        duels.append(
          Duel(
            name: "\(name) \(client.rawValue) \(encryption.rawValue) \(mode.rawValue)", client: client,
            serverIsLocal: kind == .local, serverAddresses: [own], model: session))
      }
    }
    return Self.spread(duels)
  }

  /// No two sessions at once have one passive port; each stays in the range of its server.
  static func spread(_ duels: [Duel]) -> [Duel] {
    var used: Set<UInt16> = []
    return duels.map { duel in
      var duel = duel
      let ports = duel.model.server.passivePorts
      let range = ports.count > 1 ? (ports[0], ports[1]) : (50_000, 50_100)
      while !used.insert(duel.model.passivePort).inserted {
        duel.model.passivePort = duel.model.passivePort >= range.1 ? range.0 : duel.model.passivePort + 1
      }
      return duel
    }
  }

  private mutating func lines(_ count: Int, _ choices: [String]) -> String {
    (0..<count).map { _ in pick(choices) }.joined(separator: "\n    ")
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  /// True once in so many times.
  mutating func chance(_ times: Int) -> Bool { number(1...times) == 1 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[number(0...(elements.count - 1))]
  }
}
