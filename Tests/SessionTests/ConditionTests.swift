import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

/// Statements and conditions that the model knows besides addresses and ports, each before `drop` in a chain of the
/// gateway: what happens to a session there, by the model and by the kernel.
@Suite(.live) struct ConditionTests {
  /// A condition, and whether the model may leave it open.
  struct Condition: Sendable {
    var text: String
    var isOpen = false
  }

  private static let tcpFlags = [
    "tcp flags & (fin | syn) == fin | syn", "tcp flags & (syn | rst) == syn | rst",
    "tcp flags & (syn | ack) == syn | ack",
    "tcp flags & (fin | syn | rst | psh | ack | urg) == fin | syn | rst | psh | ack | urg",
    "tcp flags & (fin | syn | rst | psh | ack | urg) == 0x0", "tcp flags & (syn | ack) == syn",
    "tcp flags & (syn | ack) != syn | ack", "tcp flags & (syn | ack) != syn", "tcp flags & (fin | syn) != fin | syn",
    "tcp flags syn", "tcp flags != syn", "tcp flags == syn", "tcp flags ! syn", "tcp flags syn,rst",
    "tcp flags == syn | ack",
    "tcp flags != syn | ack", "tcp flags syn / syn,ack", "tcp flags syn,ack / syn,ack",
    "tcp flags != syn / fin,syn,rst,ack",
    "tcp flags { syn, syn | ack }", "tcp flags != { syn, syn | ack, ack, psh | ack, fin | ack }",
    "tcp flags & (syn | ack) == { syn | ack, fin }", "tcp flags & (fin | rst) != 0", "tcp flags > 0x3",
    "tcp flags 0-1",
    "tcp flags & (syn | rst | fin | urg) == syn | urg", "tcp flags & urg == urg", "tcp flags & psh == 0",
  ]
  private static let connections = [
    "ct state & (new | invalid) == new | invalid", "ct state != new,established", "ct state == new", "ct state ! new",
    "ct state { invalid, untracked }", "ct state & (established | new) != 0",
    "ct status & (dnat | snat) == dnat | snat",
    "ct status & (dnat | snat) == dnat", "ct status assured", "ct status ! assured", "ct status != dnat",
    "ct zone 0", "ct zone != 0", "ct original zone 3", "ct bytes > 1000000", "ct packets > 2000", "ct packets 0",
    "ct original packets < 1", "ct reply bytes 0", "ct avgpkt > 1600", "ct label 1", "ct label != 1",
    "ct direction original",
    "ct l3proto ipv4", "ct protocol udp", "ct original packets 1", "ct mark & 0x1 == 0x1",
  ]
  private static let headers = [
    "ip frag-off & 0x1fff != 0", "ip frag-off & 0x3fff == 0", "ip length < 40", "ip length 20-2000",
    "ip ttl 1", "ip ttl < 5", "ip ttl > 1", "ip dscp af11", "ip dscp cs0", "ip dscp != cs0", "ip dscp { cs1, ef }",
    "ip ecn not-ect", "ip ecn ce", "ip version 4", "ip hdrlength > 5", "ip protocol udp", "ip protocol { tcp, udp }",
    "ip protocol vrrp", "ip option rr exists", "ip option lsrr missing", "tcp option maxseg size 1-500",
    "tcp option maxseg size > 500", "tcp option maxseg exists", "tcp option maxseg missing",
    "tcp option mptcp exists",
    "tcp option sack-perm exists", "tcp window 0", "tcp doff < 5", "tcp urgptr > 0", "tcp ackseq 0", "tcp reserved 0",
    "meta length > 66000", "meta length < 40", "meta length 0-65535", "meta length { 0-39 }",
    "meta length != 0-65535",
    "meta length <= 39", "tcp dport & 0xff == 21", "tcp dport & 0xff != 21", "tcp dport 0x0/8",
    "ip daddr & 0.0.0.255 == 0.0.0.10", "ip daddr & 0.0.0.255 == 0.0.0.200",
  ]
  private static let metadata = [
    "meta iiftype ether", "iiftype loopback", "oiftype { ether, loopback }", "iifgroup default", "iifgroup != 0",
    "oifgroup 7",
    "pkttype host", "pkttype { broadcast, multicast }", "pkttype != unicast", "meta protocol ip",
    "meta protocol != ip",
    "meta protocol { ip6, arp }", "meta nfproto ipv6", "meta l4proto { udp, icmp }", "ether type ip",
    "ether type arp",
    "meta skuid 0", "meta cgroup 1", "iifname != \"nosuch\"", "oifname != \"eth1\"", "iifname { \"eth0\", \"lo\" }",
    "oifname \"eth*\"", "iif != \"lo\"",
  ]
  private static let counted = [
    "quota name \"q1\"", "quota name \"q2\"", "quota over 100 mbytes", "quota 100 mbytes", "limit name \"l1\"",
    "limit name \"l2\"", "counter name \"c1\"", "ct count over 1000", "ct count 1000",
    "quota name tcp dport map { 21 : \"q1\" }",
    "quota name tcp dport map { 22 : \"q1\" }", "counter name tcp dport map { 21 : \"c1\", 50000-50100 : \"c1\" }",
    "counter name tcp dport map { 22 : \"c1\" }", "limit name tcp dport map { 22 : \"l2\" }", "ct timeout set \"t1\"",
    "ct expectation set \"e1\" tcp dport 50000-50100",
  ]
  private static let arithmetic = [
    "meta mark set 0x1 meta mark set meta mark | 0x10 meta mark 0x11",
    "meta mark set 0xff meta mark set meta mark & 0xf meta mark 0xf",
    "meta mark set 5 meta mark set meta mark ^ 0x1 meta mark 4",
    "meta mark set 1 meta mark set meta mark << 4 meta mark 0x10",
    "meta mark set 0x10 meta mark set meta mark >> 4 meta mark 1", "ct mark set 0x3 ct mark & 0x1 == 0x1",
    "meta mark set 0x80000000 meta mark set meta mark << 1 meta mark 0",
    "meta mark set numgen inc mod 1 offset 7 meta mark 7",
    "numgen inc mod 1 == 0", "jhash ip saddr mod 1 == 0", "symhash mod 1 offset 3 == 3", "numgen random mod 4 > 5",
    "numgen random mod 4 offset 8 < 9 numgen random mod 4 > 4", "meta nftrace set 1 ip dscp set cs1 ip dscp cs1",
    "ip dscp set cs2 ip dscp cs0", "ct label set 5 ct label 5", "meta priority set 1:1 tcp dport 22",
    "log counter tcp dport 22",
    "tcp option maxseg size set 1200 tcp dport 22", "meta mark set numgen random mod 2 tcp dport 22",
    "meta mark set (meta mark & 0xffffff00) | 0x7 meta mark & 0xff == 0x7",
  ]

  private static let all = tcpFlags + connections + headers + metadata + counted + arithmetic

  private static let objects = """
    quota q1 { over 100 mbytes }
    quota q2 { 100 mbytes }
    limit l1 { rate 100000/second }
    limit l2 { rate over 100000/second }
    counter c1 { }
    ct timeout t1 { protocol tcp; l3proto ip; policy = { established : 100 }; }
    ct expectation e1 { protocol tcp; dport 9876; timeout 60s; size 12; l3proto ip; }
    """

  /// Each condition has a client of its own, so that many are tried at once.
  private static func script(_ conditions: [String], hook: String) -> String {
    let rules = conditions.enumerated().map { number, condition in
      let client = BenchNetwork.clientAddress(.client, number, .ipv4)
      return "ip saddr \(client) \(condition) drop"
    }
    return """
      table ip n {
        chain p { type nat hook prerouting priority -100; ip daddr \(Address.external) tcp dport { 21, 50000-50100 } dnat to \(Address.server)
        }
      }
      table ip t {
        \(objects)
        chain c { type filter hook \(hook) priority 0;
          \(rules.joined(separator: "\n    "))
        }
      }
      """
  }

  private static func duels(_ conditions: [String]) -> [Duel] {
    let duels = conditions.map { condition in
      var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000])
      server.announced = BenchNetwork.ip(Address.external)
      return Duel(
        name: condition, client: .client, serverAddresses: [Address.server],
        model: Session(
          client: BenchNetwork.client(.client, Address.client), server: server,
          dialled: BenchNetwork.ip(Address.external), port: 21, .plain, .pasv))
    }
    return RulesetGenerator.spread(duels)
  }

  /// nft refuses some in some hooks; those are left out there.
  private static func accepted(_ lab: Lab, _ conditions: [String], hook: String) async throws -> [String] {
    var kept: [String] = []
    for condition in conditions {
      let result = try await lab.nft(["-c", "-f", "-"], input: script([condition], hook: hook))
      if result.succeeded { kept.append(condition) }
    }
    return kept
  }

  @Test("A1, A6 and what has no effect: conditions in the forward chain") func forward() async throws {
    try await compare(hook: "forward", Self.all)
  }

  @Test("A1 and known fields: conditions before translation") func prerouting() async throws {
    try await compare(hook: "prerouting", Self.tcpFlags + Self.connections + Self.headers + Self.metadata)
  }

  @Test("known fields after translation") func postrouting() async throws {
    try await compare(hook: "postrouting", Self.connections + Self.metadata)
  }

  private func compare(hook: String, _ conditions: [String]) async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      let usable = try await Self.accepted(lab, conditions, hook: hook)
      #expect(usable.count * 10 > conditions.count * 8, "nft refuses \(Set(conditions).subtracting(usable))")
      var verdicts: [Verdict] = []
      for start in stride(from: 0, to: usable.count, by: 40) {
        let part = Array(usable[start..<min(start + 40, usable.count)])
        verdicts += try await arena.fight(Self.script(part, hook: hook), Self.duels(part))
      }
      for verdict in verdicts { #expect(verdict.agrees, "\(hook): \(verdict)") }
      #expect(verdicts.contains { $0.observed == .works } && verdicts.contains { $0.observed == .control })
    }
  }
}

extension Arena {
  /// A session in every part of a range of ports, at both its ends: kernel and model agree, and each part is of one
  /// kind.
  func fightAtBorders(_ script: String, _ range: ClosedRange<UInt16>, _ duel: Duel) async throws -> [Verdict] {
    try await lab.load(ruleset: "flush ruleset\n" + script)
    let parts = PortBorders(Program(try await runningRuleset())).parts(of: range).map(\.ports)
    let duels = parts.flatMap { part in
      Set([part.lowerBound, part.upperBound]).sorted().map { port in
        var duel = duel
        duel.model.passivePort = port
        duel.name += " port \(port)"
        return duel
      }
    }
    // One after the other: rules that change ports may lead two of them to the same port of the server.
    var verdicts: [Verdict] = []
    for duel in duels { verdicts += try await fightUnderLoadedRules([duel]) }
    return verdicts
  }
}

/// Passive ranges that rules, sets and maps cut into parts.
@Suite(.live) struct BorderTests {
  private static let rules: [(name: String, translation: String, filter: String)] = [
    ("a set of single ports", "tcp dport { 20, 21, 50000, 50100 } dnat to \(Address.server)", ""),
    ("a hole", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)", "tcp dport 50040-50049 drop"),
    (
      "a verdict map", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)",
      "tcp dport vmap { 50003 : drop, 50010-50012 : jump x }"
    ),
    (
      "a concatenation", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)",
      "ip daddr . tcp dport { \(Address.server) . 50020-50029 } drop"
    ),
    (
      "less and more", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)",
      "tcp dport > 50090 drop; tcp dport != 0-50095 accept"
    ),
    (
      "a map of targets",
      "dnat to tcp dport map { 21 : \(Address.server), 50000-50059 : \(Address.server), 50060-50100 : \(Address.server2) }",
      ""
    ),
    ("a prefix", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)", "tcp dport 50016/12 drop"),
    ("a mask", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)", "tcp dport & 0xfff0 == 0xc370 drop"),
    ("the source of answers", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)", "tcp sport 50007 drop"),
    (
      "what was dialled", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)",
      "meta l4proto tcp ct original proto-dst 50070-50079 drop"
    ),
    (
      "another port",
      "tcp dport 21 dnat to \(Address.server); tcp dport 50000-50100 dnat to \(Address.server):50050-50100", ""
    ),
    (
      "marks", "tcp dport { 21, 50000-50100 } dnat to \(Address.server)",
      "meta mark set tcp dport map { 0-50030 : 1, 50031-65535 : 2 }; meta mark 2 drop"
    ),
  ]

  @Test("A2: all ports between two borders are alike, and the kernel agrees at every border")
  func kernelAgrees() async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000, 50_100])
      server.announced = BenchNetwork.ip(Address.external)
      let duel = Duel(
        name: "", client: .client, serverAddresses: [Address.server],
        model: Session(
          client: BenchNetwork.client(.client, Address.client), server: server,
          dialled: BenchNetwork.ip(Address.external), port: 21, .plain, .pasv))
      for rule in Self.rules {
        let script = """
          table ip n {
            chain p { type nat hook prerouting priority -100; \(rule.translation)
            }
          }
          table ip t {
            chain x { drop
            }
            chain f { type filter hook forward priority 0; \(rule.filter)
            }
          }
          """
        let verdicts = try await arena.fightAtBorders(script, 50_000...50_100, duel)
        for verdict in verdicts { #expect(verdict.agrees, "\(rule.name): \(verdict)") }
        #expect(verdicts.count > 2, "\(rule.name)")
        #expect(Set(verdicts.map(\.observed)).count == 2, "\(rule.name): \(verdicts)")
      }
    }
  }
}

/// Chains of devices: before prerouting and after postrouting.
@Suite(.live) struct DeviceHookTests {
  private static func chain(_ hook: String, _ devices: String, _ rules: String, priority: Int = 0) -> String {
    "chain c\(abs(priority))\(hook) { type filter hook \(hook) \(devices) priority \(priority); \(rules)\n }"
  }

  private static let outside = "ip saddr 198.51.100.0/24 drop"
  private static let back = "ip daddr 198.51.100.0/24 drop"

  /// A table, and whether sessions get through.
  private static let tables: [(String, Bool)] = [
    ("table netdev t {\n\(chain("ingress", "device eth0", outside))\n}", false),
    ("table netdev t {\n\(chain("ingress", "device eth1", outside))\n}", true),
    (
      "table netdev t {\n\(chain("ingress", "device eth1", "ip daddr 198.51.100.0/24 tcp sport 50000-50100 drop"))\n}",
      false
    ),
    ("table netdev t {\n\(chain("ingress", "devices = { eth0, eth1 }", outside))\n}", false),
    ("table netdev t {\n\(chain("egress", "device eth0", back))\n}", false),
    ("table netdev t {\n\(chain("egress", "device eth1", back))\n}", true),
    ("table netdev t {\n\(chain("egress", "device eth1", "ip daddr \(Address.server) tcp dport 21 drop"))\n}", false),
    (
      "table netdev t {\n\(chain("egress", "device eth1", "ip daddr \(Address.external) tcp dport 21 drop"))\n}", true
    ),
    ("table inet t {\n\(chain("ingress", "device eth0", outside))\n}", false),
    ("table inet t {\n\(chain("ingress", "device eth1", outside))\n}", true),
    ("table netdev t {\n\(chain("ingress", "device eth0", "ip daddr \(Address.server) drop"))\n}", true),
    ("table netdev t {\n\(chain("ingress", "device eth0", "tcp flags & (fin | syn) == fin | syn drop"))\n}", true),
    (
      "table netdev t {\n\(chain("ingress", "device eth0", "ip saddr 198.51.100.0/24 meta mark set 7", priority: -10))\n"
        + "\(chain("ingress", "device eth0", "meta mark 7 drop", priority: 5))\n}", false
    ),
    (
      "table netdev t {\n\(chain("ingress", "device eth0", "ip saddr 198.51.100.0/24 meta mark set 7", priority: 10))\n"
        + "\(chain("ingress", "device eth0", "meta mark 7 drop", priority: 5))\n}", true
    ),
    (
      "table netdev t {\n\(chain("ingress", "device eth0", "ip saddr 198.51.100.0/24 tcp dport 50000-50100 meta mark set 7"))\n}\n"
        + "table ip u {\nchain f { type filter hook forward priority 0; meta mark 7 drop\n}\n}", false
    ),
    ("table netdev t {\n\(chain("ingress", "device eth0", "iifname eth0 tcp dport 21 drop"))\n}", false),
    ("table netdev t {\n\(chain("egress", "device eth1", "oifname eth1 tcp dport 21 drop"))\n}", false),
    (
      "table netdev t {\n\(chain("ingress", "device eth0", "ether type ip6 drop; meta protocol arp accept"))\n}", true
    ),
  ]

  @Test("A3: ingress and egress are part of the way, at their devices and in their order")
  func kernelAgrees() async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000])
      server.announced = BenchNetwork.ip(Address.external)
      let duel = Duel(
        name: "devices", client: .client, serverAddresses: [Address.server],
        model: Session(
          client: BenchNetwork.client(.client, Address.client), server: server,
          dialled: BenchNetwork.ip(Address.external), port: 21, .plain, .pasv))
      for (table, works) in Self.tables {
        let script = """
          table ip n {
            chain p { type nat hook prerouting priority -100; ip daddr \(Address.external) tcp dport { 21, 50000-50100 } dnat to \(Address.server)
            }
          }
          \(table)
          """
        let verdict = try #require(try await arena.fight(script, [duel]).first)
        #expect(verdict.agrees && (verdict.observed == .works) == works, "\(table)\n\(verdict)")
      }
    }
  }

  /// nft 1.0.6 leaves the devices out of its listing in JSON.
  @Test func unknownDevicesAreUndecided() throws {
    let listing = """
      {"nftables": [{"table": {"family": "netdev", "name": "t"}},
      {"chain": {"family": "netdev", "table": "t", "name": "c", "type": "filter", "hook": "ingress", "prio": 0, "policy": "accept"}},
      {"rule": {"family": "netdev", "table": "t", "chain": "c", "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 21}}, {"drop": null}]}}]}
      """
    var ruleset = try Ruleset.read(listing: Array(listing.utf8))
    /// The kernel's message about the chain.
    func message(_ hook: [UInt8]) -> [UInt8] {
      netfilterMessage(family: 5, attribute(1, "t"), attribute(3, "c"), attribute(4, hook))
    }
    #expect(ending(ruleset).loss?.isUndecided == true)
    ruleset.readDevices(inMessages: message(attribute(3, "eth7")))
    #expect(ending(ruleset) == .works)
    ruleset = try Ruleset.read(listing: Array(listing.utf8))
    ruleset.readDevices(inMessages: message(attribute(3, "eth0")))
    #expect(ending(ruleset) != .works && ending(ruleset).loss?.isUndecided == false)
    ruleset = try Ruleset.read(listing: Array(listing.utf8))
    ruleset.readDevices(inMessages: message(attribute(0x8004, attribute(1, "eth7") + attribute(1, "eth0"))))
    #expect(ending(ruleset) != .works)
  }

  private func ending(_ ruleset: Ruleset) -> Ending {
    let theatre = Theatre(Program(ruleset), BenchNetwork.network)
    let server = FTPServer(BenchNetwork.server([Address.routedServer]), passivePorts: [50_000])
    return theatre.perform(
      Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.routedServer), port: 21, .plain, .epsv)
    ).ending
  }
}
