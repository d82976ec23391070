import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Nftables
import Platforms
import Testing

/// Reading what nft really prints as text: it must come to what its listing in JSON says.
@Suite(.enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
struct PrintedRulesetLiveTests {
  /// The ruleset of a laboratory, from its text and from JSON; `nil` where nft does not load the script.
  private func readings(_ script: String, _ lab: Lab) async throws -> (
    text: String, printed: PrintedRuleset, listed: Ruleset
  )? {
    guard try await lab.nft(["-f", "-"], input: "flush ruleset\n" + script).succeeded else { return nil }
    let text = try await lab.nft(["list", "ruleset"]).text
    let listing = try await lab.nft(["-j", "list", "ruleset"])
    let saved = GatewayText(name: "rules", bytes: Array(text.utf8), file: SourceID(1))
    return (text, PrintedRuleset(saved.lines), try Ruleset.read(listing: listing.output))
  }

  /// Loads scripts and compares what their text and their JSON come to. Returns how many nft took.
  private func compare(_ scripts: [String], unless isLess: (Statement, Statement) -> Bool = { _, _ in false })
    async throws -> Int
  {
    var count = 0
    try await withLab { lab in
      for script in scripts {
        guard let (text, printed, listed) = try await readings(script, lab) else { continue }
        count += 1
        #expect(printed.faults.isEmpty, "\(printed.faults)\n\(text)")
        let found = RulesetComparison.difference(printed.ruleset, listed, isLess)
        #expect(found == nil, "\(found ?? "")\n\(text)")
      }
    }
    return count
  }

  @Test func everyAcceptedPolicy() async throws {
    try await everyAcceptedPolicy(most: max(60, GeneratedPolicies.count / 5))
  }

  func everyAcceptedPolicy(most count: Int) async throws {
    let texts = GeneratedPolicies.policies.accepted.prefix(count).map(\.compilation) + [compile(everyStatement)]
    let samples = try samplePolicies().map(\.1)
    let scripts = (texts + samples).flatMap { compilation in
      compilation.gatewayChoices.map { compilation.table(gateway: $0).script().text }
    }
    #expect(try await compare(scripts) == scripts.count)
    // A script that we write comes to what nft makes of it, too.
    for compilation in (texts + samples) {
      for gateway in compilation.gatewayChoices {
        let table = compilation.table(gateway: gateway)
        let saved = GatewayText(name: "rules", bytes: Array(table.script().text.utf8), file: SourceID(1))
        let printed = PrintedRuleset(saved.lines)
        #expect(printed.faults.isEmpty, "\(printed.faults)")
        #expect(printed.ruleset.tables.count == 1)
      }
    }
  }

  /// What others write: rules of every kind that the other proofs load.
  @Test func othersStatements() async throws {
    let scripts = OthersRules.scripts
    let taken = try await compare(scripts)
    #expect(taken * 10 >= scripts.count * 8, "\(taken) of \(scripts.count)")
  }

  @Test func objectsAndSets() async throws {
    let taken = try await compare(OthersRules.objects)
    #expect(taken * 10 >= OthersRules.objects.count * 8, "\(taken) of \(OthersRules.objects.count)")
  }
}

/// Where two rulesets differ.
enum RulesetComparison {
  /// `nil` where they are equal.
  static func difference(
    _ printed: Ruleset, _ listed: Ruleset, _ isLess: (Statement, Statement) -> Bool
  ) -> String? {
    guard printed.tables.map(\.name) == listed.tables.map(\.name) else { return "tables" }
    for (one, two) in zip(printed.tables, listed.tables) {
      if one.isDormant != two.isDormant && !two.isDormant == false { return "flags of \(one.name)" }
      if one.helpers.map(\.name) != two.helpers.map(\.name) || one.helpers.map(\.type) != two.helpers.map(\.type) {
        return "helpers: \(one.helpers) \(two.helpers)"
      }
      if let found = sets(one, two) ?? chains(one, two, isLess) ?? others(one, two) { return found }
    }
    return nil
  }

  private static func sets(_ one: Table, _ two: Table) -> String? {
    guard one.sets.count == two.sets.count else { return "sets of \(one.name)" }
    for (first, second) in zip(one.sets, two.sets) {
      // JSON of nft 1.0.6 does not tell that packets fill a set.
      var first = first
      if !second.flags.contains(.dynamic) { first.flags.removeAll { $0 == .dynamic } }
      guard first != second else { continue }
      return "set \(first.name): \(first.key) \(first.data) \(first.flags) \(first.size) \(first.timeout) "
        + "\(first.elements.map(\.text))\n\(second.key) \(second.data) \(second.flags) \(second.size) \(second.timeout) "
        + "\(second.elements.map(\.text))"
    }
    return nil
  }

  private static func chains(
    _ one: Table, _ two: Table, _ isLess: (Statement, Statement) -> Bool
  ) -> String? {
    guard one.chains.map(\.name) == two.chains.map(\.name) else {
      return "chains \(one.chains.map(\.name)) \(two.chains.map(\.name))"
    }
    for (first, second) in zip(one.chains, two.chains) {
      var base = first.base
      // JSON of nft 1.0.6 does not tell devices.
      if second.base?.devices == nil || second.base?.devices == [] { base?.devices = second.base?.devices }
      if base != second.base {
        return "chain \(first.name): \(String(describing: base)) \(String(describing: second.base))"
      }
      guard first.rules.count == second.rules.count else { return "rules of \(first.name)" }
      for (rule, other) in zip(first.rules, second.rules) where rule != other {
        guard rule.comment == other.comment, rule.statements.count == other.statements.count else {
          return "rule \(rule.quotation ?? ""): \(rule.statements)\n\(other.statements)"
        }
        for (statement, listed) in zip(rule.statements, other.statements) where statement != listed {
          if case .foreign = listed, case .unread = statement { continue }
          if case .match(.foreign, _, _) = listed, case .unread = statement { continue }
          if isLess(statement, listed) { continue }
          return "\(rule.quotation ?? ""): \(statement)\n\(listed)"
        }
      }
    }
    return nil
  }

  private static func others(_ one: Table, _ two: Table) -> String? {
    let (first, second) = (Set(one.foreign), Set(two.foreign))
    return first == second ? nil : "objects \(first.subtracting(second))\n\(second.subtracting(first))"
  }
}

/// Scripts of others.
enum OthersRules {
  private static let frame = """
    counter c1 { }
    quota q1 { over 100 mbytes }
    limit l1 { rate 10/second }
    ct helper f { type "ftp" protocol tcp; }
    set dyn { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
    map vm { type inet_service : verdict; elements = { 21 : accept, 22 : jump other, 23 : continue } }
    map marks { type inet_service : mark; elements = { 21 : 0x10, 22 : 5 } }
    map objs { type ipv4_addr : counter; elements = { 10.0.0.1 : "c1" } }
    set names { type ifname; elements = { "eth0", "ppp0" } }
    chain other { }
    """

  private static let filter = [
    "reject", "reject with tcp reset", "reject with icmpx type admin-prohibited", "fib daddr type local accept",
    "fib saddr . iif oif missing drop", "fib daddr . iif type != { local, broadcast } drop", "meta mark set 0x10",
    "meta mark set meta mark & 0xff", "ct mark set ct mark | 0x100", "meta mark set (meta mark & 0xf0) | 0x7",
    "meta mark set tcp dport map { 21 : 1, 22-30 : 2 }", "meta mark set tcp dport map @marks",
    "meta mark set ct mark", "ct mark set meta mark", "ct mark & 0xff == 0x10 accept", "ct mark 0x10 accept",
    "meta mark set jhash ip saddr . tcp sport mod 8 seed 0x1234 offset 3", "meta mark != 0x10 accept",
    "meta mark set numgen random mod 10 offset 5", "meta mark set symhash mod 2 offset 1",
    "meta priority set 1:1", "ip dscp set cs1", "ip6 dscp set af21", "ip dscp cs1 accept",
    "ip dscp { cs1, cs2 } accept",
    "tcp option maxseg size set rt mtu", "tcp option maxseg size set 1200", "reset tcp option sack-perm",
    "tcp dport vmap { 21 : accept, 22 : drop, 23-29 : jump other, 30 : continue, 31 : return }",
    "tcp dport vmap @vm", "ip saddr . tcp dport vmap { 10.0.0.1 . 21 : accept, 10.0.0.0/8 . 22-30 : drop }",
    "ip protocol . th dport vmap { tcp . 21 : accept, udp . 53 : drop }",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
    "ct state { new, established } accept", "ct state != { new, established } drop", "ct state == new accept",
    "ct state != new,established drop", "ct state established,related,new accept", "ct state invalid drop",
    "ct state new accept", "ct status dnat accept", "ct status snat,dnat accept",
    "ct status & (dnat | snat) == dnat | snat accept", "ct original ip saddr 10.0.0.1 accept",
    "ct original ip daddr 10.0.0.0/8 accept", "ct original proto-dst 21 accept",
    "ct original proto-dst { 21, 22 } accept",
    "ct reply ip saddr 10.0.0.1-10.0.0.9 accept", "ct direction original accept", "ct protocol tcp accept",
    "ct l3proto ip accept", "ct helper \"ftp\" accept", "ct expiration 30s accept", "ct helper set \"f\"",
    "ct label set 5", "ct label 5 accept", "ct zone 0 accept", "ct bytes > 1000 accept",
    "ct original packets < 10 accept", "quota over 100 mbytes drop",
    "quota 10 mbytes used 20 kbytes accept", "quota name \"q1\" drop", "limit rate 400/week burst 50 packets accept",
    "limit rate 10 mbytes/second burst 1 mbytes accept", "limit rate over 1023 kbytes/second drop",
    "limit rate 3/minute accept", "limit rate over 10/hour burst 20 packets drop",
    "limit name \"l1\" accept", "counter name \"c1\"", "counter name ip saddr map { 10.0.0.1 : \"c1\" }",
    "counter name ip saddr map @objs", "counter", "counter accept", "counter drop comment \"what; { is } this\"",
    "synproxy mss 1460 wscale 7 timestamp sack-perm", "ct count 10 accept", "ct count over 3 drop", "log",
    "log prefix \"y\" level debug flags all", "log flags tcp sequence,options", "log flags ip options",
    "log level warn",
    "log prefix \"z\" group 3 snaplen 20 queue-threshold 5", "meta l4proto { tcp, udp } th dport 53 accept",
    "meta l4proto tcp th sport 1024-65535 accept", "meta l4proto 99 drop", "meta l4proto != tcp drop",
    "meta nfproto ipv4 accept", "ether saddr 00:11:22:33:44:55 drop",
    "ether saddr { 00:11:22:33:44:55, 00:11:22:33:44:56 } drop",
    "iif lo accept", "iif != lo accept", "iifname \"eth0\" accept", "iifname != \"eth*\" drop",
    "oifname \"ppp*\" accept",
    "iifname { \"eth0\", \"ppp0\" } accept", "iifname @names accept", "oifname != @names drop",
    "iifname . tcp dport { \"lo\" . 21 } accept", "iifname . oifname { \"eth0\" . \"eth1\" } accept",
    "iifname vmap { \"lo\" : accept, \"eth0\" : jump other }",
    "meta length 40-100 accept", "meta random & 7 == 1 drop", "meta pkttype { broadcast, multicast } drop",
    "meta skuid 0 accept", "meta iiftype ether accept", "meta cpu 0 accept", "meta protocol ip accept",
    "meta time < 1700000000 accept", "meta day \"Monday\" accept", "meta hour \"08:00\"-\"17:00\" accept",
    "ip saddr & 0.0.0.255 == 0.0.0.7 accept", "ip saddr 10.0.0.0/8 accept", "ip saddr != 10.0.0.1-10.0.0.9 drop",
    "ip saddr { 10.0.0.0/8, 192.168.0.1, 172.16.0.1-172.16.0.9 } accept", "ip saddr != { 10.0.0.1, 10.0.0.2 } drop",
    "ip6 saddr fe80::/10 accept", "ip6 daddr { 2001:db8::1, 2001:db8:1::/48, 2001:db8:2::1-2001:db8:2::9 } accept",
    "ip saddr . ip daddr . tcp dport { 10.0.0.1 . 10.0.0.2 . 21, 10.0.0.0/8 . 10.0.0.3 . 50000-50100 } accept",
    "ip protocol tcp accept", "ip protocol { tcp, udp } accept", "ip protocol != icmp drop", "ip6 nexthdr tcp accept",
    "ip ttl < 5 drop", "ip ttl set 64", "ip length > 100 accept", "ip frag-off & 0x1fff != 0 drop", "ip id 5 accept",
    "ip version 4 accept", "ip6 hoplimit 1 drop", "ip6 flowlabel 5 accept",
    "icmp type echo-request accept", "icmp type { echo-request, echo-reply } accept", "icmp code 3 accept",
    "icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept",
    "icmpv6 type echo-request limit rate 5/second accept",
    "tcp dport >= 1024 accept", "tcp dport & 0xff == 21 accept", "tcp dport != 21 drop",
    "tcp dport 50000-50100 accept",
    "tcp dport != 50000-50100 drop", "tcp dport { 21, 990, 50000-50100 } accept", "tcp dport != { 21, 22 } drop",
    "tcp sport 20 tcp dport 1024-65535 accept", "udp dport { 53, 123 } accept", "sctp dport 5 accept",
    "tcp flags syn,ack accept", "tcp flags ! syn accept", "tcp flags & (fin | syn | rst | ack) == syn accept",
    "tcp flags & (syn | ack) != 0 accept", "tcp flags { fin | syn, syn } drop",
    "tcp flags . tcp dport { syn . 21 } drop", "tcp flags syn / fin,syn,rst,ack accept", "tcp flags != syn drop",
    "tcp flags == syn | ack accept", "tcp option maxseg exists accept", "tcp option maxseg size 500-1000 accept",
    "tcp window 1000 accept", "tcp doff 5 accept", "exthdr hbh exists drop", "ip option rr exists drop",
    "frag more-fragments 1 drop", "rt type 0 drop", "@nh,96,32 0x0a000001 drop", "@th,16,16 21 accept",
    "numgen inc mod 2 vmap { 0 : accept, 1 : drop }", "rt mtu > 1000 accept", "rt ip nexthop 10.0.0.1 accept",
    "add @dyn { ip saddr timeout 30s }", "update @dyn { ip saddr limit rate 5/second } accept",
    "add @dyn { ip saddr ct count over 3 } drop", "add @dyn { ip saddr counter }", "ip saddr @dyn drop",
    "delete @dyn { ip saddr }", "goto other", "jump other", "continue", "return", "drop", "queue", "queue num 3",
    "queue flags bypass to 3-5", "socket transparent 1 accept", "osf name \"Linux\" drop", "ipsec in reqid 1 accept",
    "iifname \"eth0\" ip saddr 10.0.0.0/8 ip daddr 10.1.0.0/16 tcp dport { 21, 50000-50100 } ct state new counter accept",
    "ip saddr 0.0.0.0/0 accept", "ip daddr 224.0.0.0/4 drop", "th dport 21 accept", "meta secmark 5 accept",
    "dup to 10.0.0.1 device \"lo\"", "last", "meta ibrname \"br0\" accept", "vlan id 5 accept", "ct id 5 accept",
    "ip saddr 10.0.0.1 tcp dport 21 accept comment \"with # hash and \\ stroke\"",
  ]

  private static let destination = [
    "dnat ip to 10.0.0.1:2121", "dnat ip6 to [fd00::1]:2121", "dnat ip to 10.0.0.1-10.0.0.5:100-200 random",
    "dnat to :2121", "dnat ip to 10.0.0.1 persistent,random", "dnat to 10.0.0.1", "dnat to 10.0.0.1:50000-50100",
    "dnat ip prefix to ip daddr map { 10.1.0.0/24 : 10.2.0.0/24 }", "dnat ip6 to fd00::1",
    "dnat ip6 to fd00::1-fd00::5",
    "dnat ip addr . port to tcp dport map { 21 : 10.0.0.1 . 2121 }",
    "dnat ip to tcp dport map { 21 : 10.0.0.1, 990 : 10.0.0.2 }",
    "dnat ip to ip daddr . tcp dport map { 10.9.0.1 . 21 : 10.0.0.1 . 2121, 10.9.0.1 . 990 : 10.0.0.1 . 990 }",
    "dnat ip to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "redirect", "redirect to :2121-2130 random",
    "redirect to :2121",
  ].map { "tcp dport 21 " + $0 }

  private static let source = [
    "snat ip to 10.0.0.1:1024-65535", "snat ip6 to fd00::1 random", "masquerade", "masquerade random,persistent",
    "masquerade to :1024-65535 fully-random", "snat to 10.0.0.1", "snat ip to 10.0.0.1-10.0.0.5 persistent",
    "snat ip to ip saddr map { 10.1.0.1 : 10.9.0.1 }",
  ].map { "tcp dport 21 " + $0 }

  private static let raw = [
    "notrack", "ct zone set 5", "ct original zone set 5", "meta l4proto tcp tproxy ip6 to [::1]:1234 meta mark set 1",
    "tcp dport 21 ct helper set \"f\"", "ct timeout set \"t1\"",
  ]

  /// One script for each rule, so that one that a kernel lacks hides no other.
  static let scripts: [String] = {
    func inet(_ hook: String, _ rules: [String], _ more: String = "") -> [String] {
      rules.map { "table inet t {\n\(frame)\n\(more)\nchain c { \(hook);\n\($0)\n}\n}\n" }
    }
    let families = ["ip", "ip6"].flatMap { family in
      [
        "reject", "reject with tcp reset", "reject with icmp\(family == "ip" ? "" : "v6") type admin-prohibited",
        "tcp dport 21 accept", "meta l4proto tcp accept",
      ].map { "table \(family) t {\nchain c { type filter hook forward priority 0; policy drop;\n\($0)\n}\n}\n" }
        + [
          "dnat to \(family == "ip" ? "10.0.0.1" : "fd00::1")",
          "dnat to \(family == "ip" ? "10.0.0.1" : "[fd00::1]"):21",
          "masquerade", "redirect to :21",
        ].map {
          "table \(family) t {\nchain c { type nat hook \($0 == "masquerade" ? "postrouting" : "prerouting") priority 0;\n"
            + "tcp dport 21 \($0)\n}\n}\n"
        }
    }
    return inet("type filter hook forward priority 0", filter)
      + inet("type nat hook prerouting priority -100", destination)
      + inet("type nat hook postrouting priority 100", source)
      + inet(
        "type filter hook prerouting priority -300", raw,
        "ct timeout t1 { protocol tcp; l3proto ip; policy = { established : 100 }; }")
      + families
  }()

  /// Chains, sets, maps and other objects.
  static let objects: [String] = {
    let tables = [
      "set x { type ipv4_addr; elements = { 192.0.2.1 } }",
      "set x { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.0/25, 192.0.2.128/25, 10.0.0.1-10.0.0.9 } }",
      "set x { type inet_service; flags interval; elements = { 21, 80-89, 1024-2047, 65535 } }",
      "set x { type mark; elements = { 1, 0xdeadbeef } }", "set x { type ifname; elements = { br0, \"eth0.5\" } }",
      "set x { type ifname; flags interval; elements = { \"eth*\", br0 } }",
      "set x { type ipv4_addr; counter; elements = { 192.0.2.1 counter packets 3 bytes 4 comment \"c\" } }",
      "set x { type ipv4_addr; flags timeout; timeout 1h; elements = { 192.0.2.1 } }",
      "set x { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 2h } }",
      "set x { type ipv4_addr; size 100; comment \"} elements = {\"; elements = { 192.0.2.1, 192.0.2.2 comment \"a, b\" } }",
      "set x { type ipv6_addr . inet_service; flags interval; elements = { 2001:db8::/64 . 21-30, 2001:db8:1::1 . 990 } }",
      "set x { type ipv4_addr . inet_service . ifname; elements = { 10.0.0.1 . 21 . \"eth0\" } }",
      "set x { typeof ip saddr . tcp dport; elements = { 10.0.0.1 . 21 } }",
      "set x { typeof ct mark; elements = { 5 } }", "set x { typeof iifname; }",
      "set x { typeof meta l4proto . th dport; }",
      "set x { type inet_proto; elements = { tcp, 99 } }",
      "set x { type ether_addr; elements = { 00:11:22:33:44:55 } }",
      "set x { type ipv4_addr; flags dynamic; size 5; }",
      "set x { type ipv4_addr; flags constant; elements = { 10.0.0.1 } }",
      "map x { type ipv4_addr : verdict; elements = { 192.0.2.1 : accept, 192.0.2.2 : drop } }",
      "map x { type ipv4_addr : verdict; flags interval; elements = { 192.0.2.1 : accept, * : drop } }",
      "map x { type inet_service : ipv4_addr . inet_service; flags interval; elements = { 21 : 10.0.0.1 . 2121, 50000-50100 : 10.0.0.2 . 5 } }",
      "map x { typeof ip daddr . tcp dport : ip daddr . tcp dport; elements = { 10.9.0.1 . 21 : 10.0.0.1 . 2121 } }",
      "map x { typeof ip daddr : verdict; elements = { 10.0.0.1 : accept } }",
      "map x { type ipv4_addr : mark; elements = { 10.0.0.1 : 0x10 } }", "counter c { }",
      "counter c { comment \"x\"; }",
      "quota q { over 10 mbytes }", "quota q { 1025 bytes }", "limit l { rate 10/second burst 8 packets }",
      "limit l { rate over 1 mbytes/minute burst 5 kbytes }",
      "ct helper f { type \"ftp\" protocol tcp; l3proto ip; }",
      "ct helper f { type \"tftp\" protocol udp; }",
      "ct timeout t { protocol tcp; l3proto ip; policy = { established : 100, close : 4 }; }",
      "ct expectation e { protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }",
      "flags dormant; chain c { type filter hook input priority 0; }",
      "chain c { type filter hook input priority filter - 5; policy drop; }\nchain a { type nat hook prerouting priority dstnat; }\nchain b { type nat hook postrouting priority srcnat + 1; }",
      "chain a { type filter hook prerouting priority raw; }\nchain b { type route hook output priority mangle; }\nchain c { comment \"a chain; of { mine\"; type filter hook forward priority security; }\nchain e { }",
      "chain \"add\" { }\nset \"elements\" { type ipv4_addr; }",
      "chain c { type filter hook input priority 0; ct state { new, established } counter packets 5 bytes 6 accept; tcp dport 21 accept }",
    ]
    return tables.map { "table inet t {\n\($0)\n}\n" } + [
      "table ip a { }\ntable ip6 a { }\ntable inet a { chain c { } }\ntable arp a { chain c { type filter hook input priority filter; arp operation request arp saddr ip 10.0.0.1 accept } }",
      "table bridge b { chain c { type filter hook forward priority filter; ether type ip ip daddr 10.0.0.1 tcp dport 21 accept } }",
      "table bridge b { chain c { type filter hook prerouting priority dstnat + 1; ether daddr ff:ff:ff:ff:ff:ff vlan id 5 drop } }",
      "table netdev n { chain c { type filter hook ingress device \"lo\" priority 0; policy drop; ip saddr 10.0.0.1 accept } }",
      "table netdev n { chain c { type filter hook ingress devices = { lo } priority filter; meta protocol ip accept } }",
      "table inet f { flowtable ft { hook ingress priority 0; devices = { lo }; }\nchain c { type filter hook forward priority 0; meta l4proto tcp flow add @ft } }",
      "table ip nat { chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; iifname \"eth0\" tcp dport 21 dnat to 10.0.0.1:21 } }",
    ]
  }()
}
