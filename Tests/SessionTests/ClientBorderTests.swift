import LiveSupport
import Testing

/// Addresses that rules of others name: a client that is let in or kept out by itself, against real connections of that
/// client.
@Suite(.live) struct ClientBorderTests {
  private static func policy(_ allow: String) -> String {
    """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50009
      tls            off
      \(allow)
    }
    """
  }

  private struct Case: Sendable {
    var allow: String
    var rules: String
    /// The client that fares otherwise than it should; `nil` where all is well.
    var client: String?
    var isIntrusion = false
    /// Further things in the table.
    var objects = ""
    var commands = ""
  }

  private static let two = "allow 198.51.100.0/24, 192.0.2.16/28"
  private static let filter = "policy drop; ct state established accept; "
  private static let cases: [Case] = [
    Case(allow: two, rules: "", client: nil),
    // An admitted client that a rule keeps out.
    Case(allow: two, rules: "ip saddr 198.51.100.77 drop", client: "198.51.100.77"),
    Case(allow: two, rules: "ip saddr { 192.0.2.70, 192.0.2.19 } tcp dport 21 drop", client: "192.0.2.19"),
    Case(allow: two, rules: "ip daddr 198.51.100.77 drop", client: "198.51.100.77"),
    Case(
      allow: two, rules: "ip saddr @bad drop", client: "198.51.100.77",
      objects: "set bad { type ipv4_addr; flags interval; elements = { 8.8.8.0/24, 198.51.100.77-198.51.100.78 }; }"),
    Case(
      allow: two, rules: "ip saddr vmap { 8.8.8.8 : drop, 198.51.100.77 : drop, 198.51.100.78 : accept }",
      client: "198.51.100.77"),
    Case(
      allow: two, rules: "ip saddr . tcp dport { 198.51.100.77 . 21, 8.8.8.8 . 22 } drop", client: "198.51.100.77"),
    Case(allow: two, rules: "ip saddr & 0.0.0.255 == 77 drop", client: "198.51.100.77"),
    Case(allow: two, rules: "ip saddr & 255.255.255.248 == 192.0.2.24 drop", client: "192.0.2.30"),
    Case(allow: two, rules: "meta l4proto tcp ct original ip saddr 198.51.100.77 drop", client: "198.51.100.77"),
    Case(
      allow: two, rules: "meta mark set ip saddr map { 198.51.100.77 : 7, 198.51.100.78 : 8 }; meta mark 7 drop",
      client: "198.51.100.77"),
    Case(allow: "allow any", rules: "ip saddr 192.0.2.0/28 drop", client: "192.0.2.7"),
    // Whom a program bans is no fault of the rules.
    Case(
      allow: "allow any", rules: "ip saddr @bad drop", client: nil,
      objects: "set bad { type ipv4_addr; flags interval; elements = { 8.8.8.0/24, 192.0.2.77 }; }"),
    // Nobody on the Internet has these.
    Case(
      allow: "allow any",
      rules:
        "iifname eth0 ip saddr { 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, "
        + "198.18.0.0/15, 224.0.0.0/3 } drop", client: nil),
    Case(allow: two, rules: "ip saddr { 198.51.101.0/24, 192.0.2.0/28, 8.8.8.8 } drop", client: nil),
    // A stranger that a rule lets in.
    Case(allow: two, rules: filter + "ip saddr { 198.51.100.0/24, 192.0.2.16/28 } accept", client: nil),
    Case(
      allow: two, rules: filter + "ip saddr { 198.51.100.0/24, 192.0.2.16/28, 192.0.2.77 } accept",
      client: "192.0.2.77", isIntrusion: true),
    Case(
      allow: two,
      rules: filter + "ip saddr 192.0.2.77 tcp dport 21 accept; ip saddr { 198.51.100.0/24, 192.0.2.16/28 } accept",
      client: "192.0.2.77", isIntrusion: true),
    Case(
      allow: two,
      rules: filter + "ip saddr vmap { 198.51.100.0/24 : accept, 192.0.2.16/28 : accept, 192.0.2.77 : accept }",
      client: "192.0.2.77", isIntrusion: true),
    // In words of iptables.
    Case(
      allow: two, rules: "", client: "198.51.100.77",
      commands: "iptables-nft -A FORWARD -m iprange --src-range 198.51.100.77-198.51.100.77 -j DROP"),
    Case(
      allow: two, rules: "", client: "198.51.100.77",
      commands: "ipset create bad hash:ip; ipset add bad 198.51.100.77; "
        + "iptables-nft -A FORWARD -m set --match-set bad src -j DROP"),
    Case(
      allow: two, rules: "", client: "198.51.100.77",
      commands: "iptables-nft -A FORWARD -m conntrack --ctorigsrc 198.51.100.77 -j DROP"),
    Case(
      allow: two, rules: "", client: "198.51.100.77", commands: "iptables-nft -A FORWARD -s 198.51.100.77 -j REJECT"),
  ]

  private static func script(_ item: Case) -> String {
    """
    flush ruleset
    table ip n {
      chain p { type nat hook prerouting priority -100; tcp dport { 21, 50000-50009 } dnat to 10.10.20.200
      }
      \(item.objects)
      chain f { type filter hook forward priority 0; \(item.rules)
      }
    }
    """
  }

  @Test("A14's kind: a single address that a rule lets in or keeps out") func single() async throws {
    try await withLab { lab in
      // The stranger's network, too, so that each client can be tried from one machine.
      let lines =
        "for n in 7 19 30 77; do ip address add 192.0.2.$n/24 dev eth0; done; "
        + "ip address add 198.51.100.77/24 dev eth0"
      let ready = try await lab.run(["sh", "-ec", lines], on: .client)
      try #require(ready.succeeded, "\(ready.errorText)")
      for item in Self.cases {
        try await lab.load(ruleset: Self.script(item))
        _ = try await lab.run(["sh", "-c", "ipset destroy bad"], on: .gateway)
        if !item.commands.isEmpty {
          let result = try await lab.run(["sh", "-ec", item.commands], on: .gateway)
          try #require(result.succeeded, "\(item.commands): \(result.errorText)")
        }
        let title = item.rules + item.commands
        let (status, all) = try await lab.explainRunning(of: Self.policy(item.allow))
        let cells = all.filter { $0.tls == "plain" }
        let isStrict = item.isIntrusion || item.rules.contains("policy drop") || item.allow != Self.two
        let wrong = cells.filter { item.isIntrusion ? $0.intrusion == true : $0.outcome == "broken" }
        #expect(wrong.isEmpty == (item.client == nil), "\(title): \(wrong)")
        if isStrict { #expect(status == (item.client == nil ? 0 : 1), "\(title)") }
        guard let client = item.client else { continue }
        #expect(wrong.contains { $0.reason.contains("for \(client)") }, "\(title): \(wrong)")
        let reached = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21, local: client,
          within: item.isIntrusion ? Patience.arrival : Patience.absence)
        let opens = item.isIntrusion
        #expect((reached == .refused) == opens || item.commands.contains("REJECT"), "\(title): \(reached)")
        // `--client` says the same of it alone.
        let alone = try await lab.explainRunning(of: Self.policy(item.allow), ["--client", client])
        #expect(alone.status == 1, "\(title)")
      }
    }
  }

  @Test("A14: sets with thousands of elements, at once") func many() async throws {
    let elements = (0..<5000).map { "9.\($0 / 250).\($0 % 250).7" }
    func script(_ more: String) -> String {
      """
      flush ruleset
      table ip n {
        set bad { type ipv4_addr
          elements = { \((elements + [more].filter { !$0.isEmpty }).joined(separator: ", ")) }
        }
        chain p { type nat hook prerouting priority -100; tcp dport { 21, 50000-50009 } dnat to 10.10.20.200
        }
        chain f { type filter hook forward priority 0; ip saddr @bad drop
        }
      }
      """
    }
    try await withLab { lab in
      try await lab.load(ruleset: script(""))
      let networks = Self.policy("allow 198.51.100.0/24")
      let cells = try await lab.explainRunning(of: networks).cells.filter {
        $0.client == "allowed" && $0.tls == "plain"
      }
      #expect(cells.allSatisfy { $0.outcome != "broken" && $0.outcome != "undecided" }, "\(cells)")
      try await lab.load(ruleset: script("198.51.100.201"))
      let found = try await lab.explainRunning(of: networks).cells.filter { $0.outcome == "broken" }
      #expect(found.contains { $0.reason.contains("for 198.51.100.201") }, "\(found)")
    }
  }

  @Test("check --kernel tries the clients that rules name, and every network of `allow`") func check() async throws {
    try await withLab { lab in
      func codes(_ rules: String, _ more: String = "true") async throws -> String {
        try await lab.load(
          ruleset: "flush ruleset\ntable ip n { chain f { type filter hook forward priority 0; \(rules)\n}\n}")
        let changed = try await lab.run(["sh", "-ec", more], on: .gateway)
        try #require(changed.succeeded, "\(changed.errorText)")
        let result = try await lab.run(
          [Sallyport.besideThisProgram.path, "check", "--kernel", "-"], on: .gateway, input: Self.policy(Self.two))
        return result.errorText + result.text
      }
      #expect(!(try await codes("ip saddr 8.8.8.8 drop")).contains("foreign-chain-drops"))
      let single = try await codes("ip saddr 198.51.100.77 drop")
      #expect(single.contains("foreign-chain-drops") && single.contains("for 198.51.100.77"), "\(single)")
      let second = try await codes("ip saddr 192.0.2.0/24 drop")
      #expect(second.contains("foreign-chain-drops") && second.contains("for 192.0.2."), "\(second)")
      let way = try await codes("", "ip route add blackhole 192.0.2.16/28")
      #expect(way.contains("no-way-through-machine") && way.contains("blackhole"), "\(way)")
      let fine = try await codes("", "ip route del blackhole 192.0.2.16/28")
      #expect(!fine.contains("no-way-through-machine"), "\(fine)")
    }
  }
}
