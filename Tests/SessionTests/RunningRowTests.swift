import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

/// `explain --running` as a user runs it, on rules that somebody else wrote.
@Suite(.live) struct RunningRowTests {
  private static func policy(_ range: String, _ more: String = "") -> String {
    """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  \(range)
      tls            off
      \(more)
    }
    """
  }

  private func explain(_ lab: Lab, _ policy: String, _ more: [String]) async throws -> (status: Int32, text: String) {
    let result = try await lab.run(
      [Sallyport.besideThisProgram.path, "explain", "-", "files", "--running"] + more, on: .gateway, input: policy)
    return (result.status, result.text)
  }

  private func cells(_ lab: Lab, _ policy: String) async throws -> (status: Int32, cells: [ExplainedSessions.Entry]) {
    let (status, cells) = try await lab.explainRunning(of: policy)
    return (status, cells.filter { $0.tls == "plain" })
  }

  private static func translation(_ ports: String, _ more: String = "") -> String {
    """
    table ip n {
      chain p { type nat hook prerouting priority -100; tcp dport { \(ports) } dnat to 10.10.20.200
      }
      \(more)
    }
    """
  }

  @Test("A2: a range that works in parts names the parts, in text, JSON and HTML")
  func ranges() async throws {
    let policy = Self.policy("10000-10100")
    try await withLab { lab in
      try await lab.load(ruleset: "flush ruleset\n" + Self.translation("20, 21, 10000, 10100"))
      let (status, cells) = try await cells(lab, policy)
      let passive = cells.filter { $0.mode == "pasv" && $0.client == "allowed" && $0.family == "ipv4" }
      #expect(status == 1 && passive.count == 1)
      #expect(passive.allSatisfy { $0.outcome == "broken" })
      let reason = "works for 10000, 10100; fails for 10001-10099"
      #expect(passive.allSatisfy { $0.reason.hasPrefix(reason) }, "\(passive)")
      #expect(
        passive.first?.passivePorts?.map { "\($0.from)-\($0.to) \($0.outcome)" } == [
          "10000-10000 works", "10001-10099 broken", "10100-10100 works",
        ])
      #expect(try await explain(lab, policy, []).text.contains(reason))
      #expect(try await explain(lab, policy, ["--format", "html"]).text.contains(reason))
      // All ports fare alike: nothing is said of parts.
      try await lab.load(ruleset: "flush ruleset\n" + Self.translation("21, 10000-10049, 10050-10100"))
      let (good, all) = try await self.cells(lab, policy)
      #expect(good == 0 && all.allSatisfy { $0.passivePorts == nil })
      // A foreign table cuts a hole with a verdict map.
      let hole =
        "chain f { type filter hook forward priority 5; tcp dport vmap { 10007 : drop, 10020-10029 : drop }\n }"
      try await lab.load(ruleset: "flush ruleset\n" + Self.translation("21, 10000-10100", hole))
      let holed = try await self.cells(lab, policy)
      #expect(holed.status == 1)
      #expect(
        holed.cells.contains {
          $0.reason.hasPrefix("works for 10000-10006, 10008-10019, 10030-10100; fails for 10007, 10020-10029")
        }, "\(holed.cells)")
    }
  }

  @Test("A5: a data connection that leaves with a private source has no way back")
  func activeWithoutSource() async throws {
    let policy = Self.policy("50000-50099", "active on")
    let masquerade = "chain q { type nat hook postrouting priority 100; oifname \"eth0\" masquerade\n }"
    try await withLab { lab in
      for (more, outcome) in [("", "broken"), (masquerade, "works")] {
        // Else a data connection to one of these ports of a client would lead back to the server.
        let rules = Self.translation("21, 50000-50099", more).replacing(
          "tcp dport {", with: "iifname eth0 tcp dport {")
        try await lab.load(ruleset: "flush ruleset\n" + rules)
        let (status, cells) = try await cells(lab, policy)
        let active = cells.filter {
          ["port", "eprt"].contains($0.mode) && $0.client == "allowed" && $0.family == "ipv4"
        }
        #expect(active.count == 2 && active.allSatisfy { $0.outcome == outcome }, "\(active)")
        #expect(status == (outcome == "works" ? 0 : 1))
        #expect(outcome == "works" || active.allSatisfy { $0.reason.contains("10.10.20.200") }, "\(active)")
      }
    }
  }

  @Test("A14: whoever gets in although `allow` and `deny` keep it out is a finding, of every network")
  func intrusions() async throws {
    let policy = Self.policy("50000-50099", "allow 198.51.100.0/25, 192.0.2.16/28, 100.64.7.7; deny 192.0.2.24/29")
    let all = "192.0.2.16/29, 198.51.100.0/25, 100.64.7.7"
    func filter(_ networks: String, _ more: String = "tcp dport { 21, 50000-50099 }") -> String {
      "chain f { type filter hook forward priority 0; policy drop; ct state established accept; "
        + "ip saddr { \(networks) } \(more) accept\n }"
    }
    let cases: [(rules: String, intruder: String?, excluded: String?)] = [
      (filter(all), nil, nil),
      // Everybody; a network that is too wide, first and last; what `deny` lists; only the control connection.
      (filter("0.0.0.0/0"), "keep", nil),
      (filter("192.0.2.16/29, 198.51.100.0/24, 100.64.7.7"), "198.51.100.128", nil),
      (filter("192.0.2.16/29, 198.51.100.0/25, 100.64.7.6/31"), "100.64.7.6", nil),
      (filter("192.0.2.16/28, 198.51.100.0/25, 100.64.7.7"), "192.0.2.", nil),
      (filter("192.0.2.16/29, 198.51.100.0/24, 100.64.7.7", "tcp dport 21"), "198.51.100.128", "198.51.100"),
      // Somebody who is admitted and does not get in.
      (filter("192.0.2.16/29, 198.51.100.0/25"), nil, "100.64.7.7"),
    ]
    try await withLab { lab in
      let route = try await lab.run(["ip", "route", "add", "100.64.7.0/24", "via", Address.client], on: .gateway)
      try #require(route.succeeded, "\(route.errorText)")
      for (rules, intruder, excluded) in cases {
        try await lab.load(ruleset: "flush ruleset\n" + Self.translation("21, 50000-50099", rules))
        let (status, cells) = try await cells(lab, policy)
        let found = cells.filter { $0.intrusion == true }
        #expect(found.isEmpty == (intruder == nil), "\(rules): \(found)")
        #expect(
          found.allSatisfy { $0.client == "stranger" && (intruder == "keep" || $0.reason.contains(intruder ?? "?")) },
          "\(rules): \(found)")
        #expect(status == (intruder == nil && excluded == nil ? 0 : 1), "\(rules)")
        let broken = cells.filter { $0.outcome == "broken" && $0.client == "allowed" }
        #expect(broken.isEmpty == (excluded == nil), "\(rules): \(broken)")
        #expect(
          excluded.map { address in broken.contains { $0.reason.contains(address) || intruder != nil } } != false)
        guard intruder != nil else { continue }
        #expect(try await explain(lab, policy, []).text.contains("gets in all the same"))
        #expect(try await explain(lab, policy, ["--format", "html"]).text.contains("Gets in all the same"))
      }
    }
  }

  @Test("a masquerade of others hides clients that `source keep` shows to the server") func hiddenClients()
    async throws
  {
    let chain = { (rule: String) in
      Self.translation("21, 50000-50099", "chain q { type nat hook postrouting priority 100; \(rule)\n }")
    }
    try await withLab { lab in
      for (rule, policy, isSaid) in [
        ("oifname eth1 masquerade", Self.policy("50000-50099"), true),
        ("oifname eth1 snat to 10.10.20.1", Self.policy("50000-50099"), true),
        ("oifname eth0 masquerade", Self.policy("50000-50099"), false),
        ("oifname eth1 masquerade", Self.policy("50000-50099", "source gateway"), false),
      ] {
        try await lab.load(ruleset: "flush ruleset\n" + chain(rule))
        let text = try await explain(lab, policy, []).text
        #expect(
          text.contains("the server sees 10.10.20.1 in the place of IPv4 clients, although") == isSaid,
          "\(rule): \(text)")
      }
    }
  }

  @Test("strangers who reach data ports without a control connection are told of") func openDataPorts() async throws {
    let policy = Self.policy("50000-50099", "allow 198.51.100.0/24")
    let cases: [(rules: String, ports: String?)] = [
      ("tcp dport 21 ip saddr != 198.51.100.0/24 drop", "50000-50099"),
      ("tcp dport { 21, 50000-50009, 50020-50099 } ip saddr != 198.51.100.0/24 drop", "50010-50019"),
      ("tcp dport { 21, 50000-50099 } ip saddr != 198.51.100.0/24 drop", nil),
      (
        "tcp dport 21 ip saddr != 198.51.100.0/24 drop; ct state new tcp dport 50000-50099 ip saddr 0.0.0.0/0 drop",
        nil
      ),
    ]
    try await withLab { lab in
      for (rules, ports) in cases {
        let filter = "chain f { type filter hook forward priority 0; \(rules)\n }"
        try await lab.load(ruleset: "flush ruleset\n" + Self.translation("21, 50000-50099", filter))
        let text = try await explain(lab, policy, []).text
        #expect(text.contains("reaches the data ports") == (ports != nil), "\(rules): \(text)")
        if let ports { #expect(text.contains("reaches the data ports \(ports) of the server"), "\(rules): \(text)") }
        let reached = try await lab.tcpConnect(
          from: .stranger, to: Address.external, port: 50_015,
          within: ports == nil ? Patience.absence : Patience.arrival)
        #expect((reached == .refused) == (ports != nil), "\(rules): \(reached)")
      }
    }
  }
}

/// Listings that differ between versions of nft and mean the same.
@Suite struct ListedShapeTests {
  private static func listing(_ condition: String) -> String {
    """
    {"nftables": [{"table": {"family": "inet", "name": "t"}},
    {"chain": {"family": "inet", "table": "t", "name": "f", "type": "filter", "hook": "prerouting", "prio": 0, "policy": "accept"}},
    {"rule": {"family": "inet", "table": "t", "chain": "f", "expr": [\(condition), {"drop": null}]}}]}
    """
  }

  private func ending(_ condition: String) throws -> Ending {
    let theatre = Theatre(
      Program(try Ruleset.read(listing: Array(Self.listing(condition).utf8))), BenchNetwork.network)
    let server = FTPServer(BenchNetwork.server([Address.routedServer]), passivePorts: [50_000])
    return theatre.perform(
      Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.routedServer), port: 21, .plain, .epsv)
    ).ending
  }

  private static let fib = #"{"fib": {"result": "oif", "flags": ["saddr", "iif"]}}"#
  private static let flags = #"{"payload": {"protocol": "tcp", "field": "flags"}}"#
  private static let port = #"{"payload": {"protocol": "tcp", "field": "dport"}}"#

  private static func match(_ sign: String, _ left: String, _ right: String) -> String {
    #"{"match": {"op": "\#(sign)", "left": \#(left), "right": \#(right)}}"#
  }

  /// Forms of one condition, and whether a session works that it drops.
  private static let forms: [(works: Bool, conditions: [String])] = [
    // The client's address has a route by the interface where it comes from.
    (
      true,
      [
        match("==", fib, "false"), match("==", "{\"concat\": [\(fib)]}", #"{"concat": [false]}"#),
        match("==", fib, #"{"prefix": {"addr": false, "len": 8}}"#), match("==", fib, "\"0\""), match("==", fib, "0"),
        match("==", fib, "\"missing\""), match("!=", fib, "true"),
        match("!=", fib, #"{"prefix": {"addr": true, "len": 8}}"#),
        match("!=", "{\"concat\": [\(fib)]}", #"{"concat": [true]}"#),
      ]
    ),
    (
      false,
      [
        match("==", fib, "true"), match("==", "{\"concat\": [\(fib)]}", #"{"concat": [true]}"#),
        match("==", fib, #"{"prefix": {"addr": true, "len": 8}}"#), match("!=", fib, "false"),
        match("!=", fib, "\"0\""),
      ]
    ),
    (
      true,
      [
        match("==", "{\"&\": [\(flags), [\"fin\", \"syn\"]]}", #"["fin", "syn"]"#),
        match("==", "{\"&\": [\(flags), {\"|\": [\"fin\", \"syn\"]}]}", #"{"|": ["fin", "syn"]}"#),
        match("==", "{\"&\": [\(flags), 3]}", "3"),
        match(
          "==", "{\"&\": [\(flags), {\"|\": [{\"|\": [\"fin\", \"syn\"]}, \"rst\"]}]}",
          #"{"|": ["fin", {"|": ["syn", "rst"]}]}"#),
      ]
    ),
    (
      false,
      [
        match("!=", "{\"&\": [\(flags), [\"fin\", \"syn\"]]}", #"["fin", "syn"]"#),
        match("!=", "{\"&\": [\(flags), {\"|\": [\"fin\", \"syn\"]}]}", #"{"|": ["fin", "syn"]}"#),
        match("==", "{\"&\": [\(flags), [\"fin\", \"syn\", \"ack\"]]}", "\"syn\""),
        match("==", flags, #"{"set": [{"|": ["syn", "ack"]}, "syn"]}"#), match("in", flags, #"["syn", "rst"]"#),
      ]
    ),
    (
      false,
      [
        match("==", port, "21"), match("==", "{\"concat\": [\(port)]}", #"{"concat": [21]}"#),
        match("==", port, #"{"prefix": {"addr": 16, "len": 12}}"#),
        match("==", port, #"{"set": [{"concat": [21]}]}"#),
        match("==", port, #"{"set": [{"prefix": {"addr": 0, "len": 8}}]}"#),
        match("==", port, #"{"range": [20, 21]}"#),
      ]
    ),
    (
      true,
      [
        match("==", "{\"concat\": [\(port)]}", #"{"concat": [22]}"#),
        match("==", port, #"{"prefix": {"addr": 32, "len": 12}}"#),
        match("!=", "{\"concat\": [\(port)]}", #"{"range": [0, 65535]}"#),
      ]
    ),
  ]

  @Test("A15: what another version wrote or lists has the same verdict")
  func forms() throws {
    for (works, conditions) in Self.forms {
      for condition in conditions {
        let ending = try ending(condition)
        #expect(ending.loss?.isUndecided != true, "\(condition)")
        #expect((ending == .works) == works, "\(condition): \(ending)")
      }
    }
  }

  /// `update @map { ... }` is text in listings of nft 1.0.6.
  @Test func statementsAsText() throws {
    #expect(
      try ending(
        #""update @m { ip saddr : 0x00000001 }", {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}"#
      ) == .works)
  }
}
