import LiveSupport
import Testing

/// Rules that keep machines from finding each other's link address, against real connections of machines that have not
/// yet.
@Suite(.live) struct NeighbourRowTests {
  private static let policy = """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200, 2001:db8:20::200 vsftpd
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  50000-50399
      tls            off
      allow          198.51.100.10, 2001:db8:51::10
    }
    publish own {
      server         local vsftpd
      external ip    203.0.113.11, 2001:db8:113::11
      passive range  20000-20399
      tls            off
    }
    """

  /// Rules, and over which families sessions work.
  private struct Rules: Sendable {
    var text: String
    var ipv4 = true
    var ipv6 = true
    /// What the reason says over the family that fails.
    var reason = ""
    var publication = "files"
    /// What is done on all machines, after they have forgotten each other.
    var setting = "true"
  }

  private static func chain(_ family: String, _ hook: String, _ rules: String, _ head: String = "") -> String {
    "table \(family) n {\nchain c { type filter hook \(hook) \(head) priority 0; \(rules)\n }\n}"
  }

  private static let usual = "policy drop; ct state established,related accept; iifname lo accept; "
  private static let discovery = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"

  private static let all: [Rules] = [
    Rules(text: ""),
    Rules(
      text: chain("inet", "input", usual + "tcp dport 22 accept"), ipv6: false,
      reason: "machines on eth0 cannot find the gateway, because their neighbour solicitations (ICMPv6) are dropped"),
    Rules(text: chain("inet", "input", usual + "\(discovery) accept")),
    Rules(text: chain("inet", "input", usual + "\(discovery) ip6 hoplimit 255 accept")),
    Rules(text: chain("inet", "input", usual + "\(discovery) ip6 hoplimit 64 accept"), ipv6: false),
    Rules(text: chain("inet", "input", usual + "meta l4proto ipv6-icmp accept")),
    Rules(text: chain("inet", "input", usual + "ip6 nexthdr icmpv6 accept")),
    Rules(text: chain("inet", "input", usual + "icmpv6 type echo-request accept"), ipv6: false),
    Rules(text: chain("inet", "input", usual + "ct state untracked accept")),
    Rules(text: chain("inet", "input", usual + "ct state new icmpv6 type 135 accept"), ipv6: false),
    Rules(text: chain("inet", "input", "ct state invalid drop")),
    Rules(text: chain("inet", "prerouting", "ct state invalid icmpv6 type 1-255 drop"), ipv6: true),
    Rules(
      text: "table inet n {\nchain c { type filter hook prerouting priority -300; ct state invalid drop\n }\n}",
      ipv4: false, ipv6: false),
    Rules(
      text: chain("inet", "input", "icmpv6 type nd-neighbor-advert drop"), ipv6: false,
      reason: "because the neighbour advertisements (ICMPv6) are dropped"),
    Rules(
      text: chain("inet", "output", "icmpv6 type nd-neighbor-advert drop"), ipv6: false,
      reason: "because its neighbour advertisements (ICMPv6) are dropped"),
    Rules(
      text: chain("inet", "output", "oifname eth1 icmpv6 type nd-neighbor-solicit drop"), ipv6: false,
      reason: "the gateway cannot find 2001:db8:20::200 on eth1, because its neighbour solicitations"),
    Rules(text: chain("inet", "forward", "icmpv6 type { 135, 136 } drop")),
    // Neighbours drop what has not 255.
    Rules(
      text: chain("inet", "prerouting", "ip6 hoplimit set 64"), ipv6: false,
      reason: "a rule makes the `ip6 hoplimit` of neighbour discovery 64"),
    Rules(text: chain("inet", "prerouting", "ip6 hoplimit set 255")),
    Rules(text: chain("inet", "input", "ip6 hoplimit set 9"), ipv6: false),
    Rules(text: chain("inet", "output", "ip6 hoplimit set 64"), ipv6: false),
    Rules(text: chain("inet", "postrouting", "oifname eth1 ip6 hoplimit set 64"), ipv6: false),
    Rules(text: chain("netdev", "ingress", "ip6 hoplimit set 64", "device \"eth1\""), ipv6: false),
    Rules(text: chain("inet", "forward", "ip6 hoplimit set 64")),
    Rules(text: chain("inet", "prerouting", "meta l4proto tcp ip6 hoplimit set 64")),
    Rules(text: chain("inet", "input", "meta pkttype multicast drop"), ipv6: false),
    Rules(text: chain("inet", "input", "fib daddr type != local drop"), ipv6: false),
    Rules(text: chain("inet", "postrouting", "ip6 saddr fe80::/10 oifname eth1 drop"), ipv6: false),
    Rules(text: chain("ip6", "input", "ip6 daddr ff02::1:ff00:0/104 drop"), ipv6: false),
    Rules(
      text: chain("inet", "input", usual + "\(discovery) accept; tcp dport { 21, 20000-20399 } accept"),
      publication: "own"),
    Rules(
      text: chain("inet", "input", usual + "tcp dport { 21, 20000-20399 } accept"), ipv6: false, publication: "own"),
    Rules(
      text: chain("arp", "input", "policy drop;"), ipv4: false,
      reason: "machines on eth0 cannot find the gateway, because their ARP requests are dropped"),
    Rules(
      text: chain("arp", "input", "arp operation reply drop"), ipv4: false, reason: "the ARP replies are dropped"),
    Rules(
      text: chain("arp", "output", "arp operation request drop"), ipv4: false,
      reason: "because its ARP requests are dropped"),
    Rules(
      text: chain("arp", "output", "arp operation reply drop"), ipv4: false,
      reason: "because its ARP replies are dropped"),
    Rules(text: chain("arp", "output", "oifname eth7 drop")),
    Rules(text: chain("arp", "input", "arp saddr ip 10.10.20.200 drop"), ipv4: false),
    Rules(text: chain("arp", "input", "arp saddr ip 10.10.20.77 drop; arp htype != 1 drop; arp operation nak drop")),
    Rules(text: chain("arp", "input", "arp daddr ip != { 198.51.100.1, 10.10.20.1, 203.0.113.10 } drop")),
    Rules(text: chain("netdev", "ingress", "ether type arp drop", "device \"eth0\""), ipv4: false),
    Rules(
      text: chain("netdev", "ingress", "policy drop; meta protocol { ip, ip6 } accept", "device \"eth1\""),
      ipv4: false),
    Rules(
      text: chain("netdev", "ingress", "policy drop; meta protocol { ip, arp } accept", "device \"eth1\""),
      ipv6: false),
    Rules(
      text: chain("netdev", "ingress", "policy drop; meta l4proto tcp accept", "device \"eth1\""), ipv4: false,
      ipv6: false),
    Rules(text: chain("netdev", "egress", "meta protocol arp drop", "device \"eth1\""), ipv4: false),
    Rules(text: chain("inet", "ingress", "policy drop; meta l4proto tcp accept", "device \"eth1\""), ipv6: false),
    // Whoever has permanent entries asks nobody.
    Rules(
      text: chain("arp", "input", "arp operation reply drop"),
      setting: "ip neigh replace 10.10.20.200 lladdr $server dev eth1 nud permanent; "
        + "ip neigh replace 198.51.100.10 lladdr $client dev eth0 nud permanent"),
    Rules(
      text: chain("inet", "input", "icmpv6 type nd-neighbor-advert drop"),
      setting: "ip neigh replace 2001:db8:20::200 lladdr $server dev eth1 nud permanent; "
        + "ip neigh replace 2001:db8:51::10 lladdr $client dev eth0 nud permanent"),
  ]

  private func forget(_ lab: Lab) async throws {
    for host in [LabHost.client, .gateway, .server] {
      let lines = "ip neigh flush all; ip neigh flush all nud permanent; ip neigh flush all nud failed"
      _ = try await lab.run(["sh", "-c", lines], on: host)
    }
  }

  private func prepare(_ lab: Lab, _ rules: Rules) async throws {
    try await forget(lab)
    var lines = rules.setting
    for (name, host) in [("$server", LabHost.server), ("$client", .client)] {
      let link = try await lab.run(["ip", "-br", "link", "show", "eth0"], on: host).text.split(separator: " ")
      lines = lines.replacing(name, with: link.indices.contains(2) ? String(link[2]) : "")
    }
    let result = try await lab.run(["sh", "-ec", lines], on: .gateway)
    guard result.succeeded else { throw LabError(result.errorText) }
  }

  @Test("A3's kind: neighbours that cannot find each other, over ARP and neighbour discovery") func neighbours()
    async throws
  {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      for rules in Self.all {
        try await lab.load(ruleset: "flush ruleset\n" + script + "\n" + rules.text)
        try await prepare(lab, rules)
        let cells = try await lab.explainRunning(rules.publication, of: Self.policy).cells.filter {
          $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv"
        }
        #expect(cells.count == 2, "\(rules.text)")
        for cell in cells {
          let isIPv4 = cell.family == "ipv4"
          let works = isIPv4 ? rules.ipv4 : rules.ipv6
          #expect(cell.outcome == (works ? "works" : "broken"), "\(rules.text): \(cell)")
          #expect(works || rules.reason.isEmpty || cell.reason.contains(rules.reason), "\(rules.text): \(cell)")
          let own = rules.publication == "own"
          let address =
            isIPv4 ? own ? Address.external2 : Address.external : own ? Address.external26 : Address.external6
          let reached = try await lab.tcpConnect(
            from: .client, to: address, port: 21, within: works ? Patience.arrival : Patience.absence)
          #expect((reached == .refused) == works, "\(rules.text): \(address) \(reached)")
        }
      }
    }
  }

  @Test("UFW's kind: neighbour discovery in words of ip6tables") func iptables() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    let commands = [
      "-P INPUT DROP", "-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A INPUT -m conntrack --ctstate INVALID -j DROP",
    ]
    let admission = [135, 136].map { "-A INPUT -p icmpv6 --icmpv6-type \($0) -m hl --hl-eq 255 -j ACCEPT" }
    let lists = [
      (commands + admission, true), (commands, false),
      (commands + ["-A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT"], false),
      (commands + ["-A INPUT -p icmpv6 -m pkttype --pkt-type multicast -j DROP"] + admission, false),
    ]
    try await withLab { lab in
      for (lines, works) in lists {
        try await lab.load(ruleset: "flush ruleset\n" + script)
        try await forget(lab)
        let all = lines.map { "ip6tables-nft \($0)" }.joined(separator: "; ")
        let result = try await lab.run(["sh", "-ec", all], on: .gateway)
        try #require(result.succeeded, "\(result.errorText)")
        let cell = try #require(
          try await lab.explainRunning(of: Self.policy).cells.first {
            $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv" && $0.family == "ipv6"
          })
        #expect(cell.outcome == (works ? "works" : "broken"), "\(lines): \(cell)")
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.external6, port: 21, within: works ? Patience.arrival : Patience.absence)
        #expect((reached == .refused) == works, "\(lines): \(reached)")
      }
    }
  }
}
