import Compilation
import Diagnostics
import Netfilter
import Nftables
import Testing

@Suite("what a machine says about a policy")
struct FindingTests {
  private static let translated = """
    publish files {
      server         10.10.20.200 proftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit required
      helper         on
    }
    """
  private static let local = """
    publish files {
      server         local proftpd
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  20000-20399
      tls            explicit required
    }
    """
  private static let routed = """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         203.0.113.130 proftpd
      external ip    203.0.113.130
      control port   2121 -> 21
      passive range  50000-50399
      tls            explicit required
    }
    """

  private func chain(
    _ family: String, _ hook: String, _ priority: Int, type: String = "filter", drops: Bool = true,
    table: String = "fw"
  ) -> InstalledChain {
    InstalledChain(
      family: family, table: table, name: "c", type: type, hook: hook, priority: priority, dropsByPolicy: drops)
  }

  private func found(_ policy: String, _ chains: InstalledChain...) async -> [String] {
    let compilation = compile(policy)
    #expect(compilation.isAccepted)
    return compilation.underlined(await compilation.report(MemoryNetfilter(chains: chains)).diagnostics)
  }

  @Test("nothing, when nothing else is installed")
  func nothing() async {
    #expect(await found(Self.translated).isEmpty)
    #expect(await found(Self.translated, chain("inet", "forward", 0, table: "sallyport")).isEmpty)
  }

  @Test("forward chains that drop, whatever their priority", arguments: [-300, -10, 0, 10, 300])
  func forward(priority: Int) async {
    for family in ["inet", "ip"] {
      #expect(
        await found(Self.translated, chain(family, "forward", priority)) == ["foreign-chain-drops: publish files"])
    }
    for other in [
      chain("ip6", "forward", priority), chain("bridge", "forward", priority), chain("inet", "input", priority),
      chain("inet", "forward", priority, drops: false),
    ] { #expect(await found(Self.translated, other).isEmpty) }
  }

  @Test("input chains that drop, for servers on the firewall host")
  func input() async {
    #expect(await found(Self.local, chain("ip6", "input", 0)) == ["foreign-chain-drops: publish files"])
    #expect(await found(Self.local, chain("inet", "forward", 0)).isEmpty)
  }

  @Test("the gateway is blamed where the policy has one, and the way out is named")
  func wayOut() async throws {
    let compilation = compile(Self.routed)
    let report = await compilation.report(MemoryNetfilter(chains: [chain("ip", "forward", 0)]))
    #expect(report.failure == nil)
    let only = try #require(report.diagnostics.first)
    #expect(compilation.underlined([only]) == ["foreign-chain-drops: gateway edge"])
    #expect(only.message.contains("`ip fw c`"))
    let help = try #require(only.help)
    #expect(help.contains("`ct state established,related accept`"))
    #expect(help.contains("`ip daddr 203.0.113.130 tcp dport { 21, 50000-50399 } accept`"))
    #expect(!help.contains("ct status dnat"))
  }

  @Test("A10: nat chains that come first, where they take connections", arguments: [(-101, true), (-99, false)])
  func nat(priority: Int, isFirst: Bool) async throws {
    for (rule, takes) in [("21", true), ("2121", false)] {
      let chain =
        #"{"family": "ip", "table": "nat", "name": "c", "type": "nat", "hook": "prerouting", "policy": "accept", "#
        + #""prio": \#(priority)}"#
      let match =
        #"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": \#(rule)}}"#
      let found = try await found(
        Self.translated, listing: chain, rule: "[\(match), {\"dnat\": {\"addr\": \"10.10.20.9\"}}]", chain: "c",
        table: "nat")
      #expect(found == (isFirst && takes ? ["foreign-nat-first: publish files"] : []), "\(rule)")
    }
  }

  /// A table of family ip with one base chain and one rule in one of its chains.
  private func found(
    _ policy: String, listing base: String, more: String = "", rule: String, chain: String = "c", table: String = "fw"
  ) async throws -> [String] {
    let rule = #"{"rule": {"family": "ip", "table": "\#(table)", "chain": "\#(chain)", "expr": \#(rule)}}"#
    let json =
      #"{"nftables": [{"table": {"family": "ip", "name": "\#(table)"}}, {"chain": \#(base)}, \#(more) \#(rule)]}"#
    let ruleset = try Ruleset.read(listing: Array(json.utf8))
    let compilation = compile(policy)
    return compilation.underlined(await compilation.report(MemoryNetfilter(tables: ruleset.tables)).diagnostics)
  }

  @Test("A10: chains with policy accept that end with a rule", arguments: ["drop", "reject", "accept", "log"])
  func lastRule(verdict: String) async throws {
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}"#
    let found = try await found(Self.translated, listing: chain, rule: "[{\"\(verdict)\": null}]")
    let stops = verdict == "drop" || verdict == "reject"
    #expect(found == (stops ? ["foreign-chain-drops: publish files"] : []))
  }

  /// 51000 is no passive port, and answers to clients that have it get dropped.
  @Test(
    "A2, A10, K4: single ports of a passive range or of clients that others drop",
    arguments: [(50040, true), (51000, true), (1000, false)])
  func singlePorts(port: Int, stops: Bool) async throws {
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}"#
    let match =
      #"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": \#(port)}}"#
    let found = try await found(Self.translated, listing: chain, rule: "[\(match), {\"drop\": null}]")
    #expect(found == (stops ? ["foreign-chain-drops: publish files"] : []))
  }

  @Test("A10: a chain that drops by policy and accepts what is needed raises nothing")
  func accepting() async throws {
    for (status, works) in [("dnat", true), ("snat", false)] {
      let chain =
        #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}"#
      let established =
        #"{"rule": {"family": "ip", "table": "fw", "chain": "c", "expr": [{"match": {"op": "in", "left": {"ct": {"key": "#
        + #""state"}}, "right": ["established", "related"]}}, {"accept": null}]}},"#
      let rule =
        #"[{"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "\#(status)"}}, {"accept": null}]"#
      let found = try await found(Self.translated, listing: chain, more: established, rule: rule)
      #expect(found == (works ? [] : ["foreign-chain-drops: publish files"]), "\(status)")
    }
  }

  @Test("A10: what cannot be judged is said")
  func undecided() async throws {
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}"#
    let unknown =
      #"{"match": {"op": "==", "left": {"numgen": {"mode": "random", "mod": 2, "offset": 0}}, "right": 0}}"#
    #expect(
      try await found(Self.translated, listing: chain, rule: "[\(unknown), {\"drop\": null}]")
        == ["foreign-chain-undecided: publish files"])
    #expect(try await found(Self.translated, listing: chain, rule: "[\(unknown), {\"accept\": null}]").isEmpty)
  }

  @Test("A10: connection tracking that is turned off by others")
  func notrack() async throws {
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "prerouting", "prio": -300, "policy": "accept"}"#
    #expect(
      try await found(Self.translated, listing: chain, rule: #"[{"notrack": null}]"#)
        == ["foreign-tables-interfere: publish files"])
  }

  @Test("A10: of many publications those whom the rules of others name are judged, and the rest once")
  func many() async throws {
    let policy = (1...60).map { number in
      """
      publish files-\(number) {
        server         10.10.20.\(number) proftpd
        external ip    203.0.113.\(number)
        passive range  50000-50399
        tls            explicit required
      }
      """
    }.joined(separator: "\n")
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}"#
    let match =
      #"{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "10.10.20.47"}}"#
    #expect(
      try await found(policy, listing: chain, rule: "[\(match), {\"drop\": null}]")
        == ["foreign-chain-drops: publish files-47"])
  }

  @Test("forwarding that is off, for the families that need it")
  func forwarding() async {
    let policies = [(Self.translated, 1), (Self.local, 0)]
    for (policy, count) in policies {
      let report = await compile(policy).report(MemoryNetfilter(), .init(ipv4: false, ipv6: false))
      #expect(report.diagnostics.map(\.code) == Array(repeating: "forwarding-off", count: count))
    }
    #expect(await compile(Self.translated).report(MemoryNetfilter(), .init(ipv4: nil, ipv6: nil)).diagnostics.isEmpty)
  }

  @Test("a comment allows it, and is not called unused on other machines")
  func allow() async {
    let policy = Self.translated.replacing("files {", with: "files {  # allow: foreign-chain-drops, forwarding-off")
    let compilation = compile(policy)
    #expect(!compilation.diagnostics.contains { $0.code == "unused-allow" })
    let backend = MemoryNetfilter(chains: [chain("ip", "forward", 0)])
    #expect(await compilation.report(backend, .init(ipv4: false, ipv6: nil)).diagnostics.isEmpty)
    let error = compile(Self.translated.replacing("files {", with: "files {  # allow: kernel-refused"))
    #expect(error.diagnostics.contains { $0.code == "unused-allow" })
  }

  @Test("a refusal, at the statement that asked for the line")
  func refusal() async throws {
    let compilation = compile(Self.translated)
    let report = await compilation.report(MemoryNetfilter(refusals: [(": 10.10.20.200,", "File exists")]))
    #expect(compilation.underlined(report.diagnostics) == ["kernel-refused: 50000-50399"])
    let note = try #require(report.diagnostics.first?.notes.first)
    #expect(note.contains("`Could not process rule: File exists` at line "))
    #expect(note.contains("203.0.113.10"))
  }

  @Test("a refusal of what no statement asked for, at the publication")
  func frame() async {
    let compilation = compile(Self.translated)
    let report = await compilation.report(MemoryNetfilter(refusals: [("delete table", "Operation not permitted")]))
    #expect(compilation.underlined(report.diagnostics) == ["kernel-refused: publish files"])
    let empty = await compile("").report(MemoryNetfilter(refusals: [("delete table", "Operation not permitted")]))
    #expect(empty.diagnostics.map(\.code) == ["kernel-refused"])
  }

  @Test("a missing helper, without all that only follows from it")
  func helper() async {
    let compilation = compile(Self.translated)
    let reason = "No such file or directory"
    let report = await compilation.report(
      MemoryNetfilter(refusals: [("ct helper published-ftp {", reason), ("chain admission", reason)]))
    #expect(compilation.underlined(report.diagnostics) == ["helper-module-missing: helper         on"])
  }

  @Test("what was found stays when libnftables crashes after it")
  func crash() async {
    let backend = MemoryNetfilter(chains: [chain("ip", "forward", 0)], dryRunFailure: .killed(signal: 11))
    let report = await compile(Self.translated).report(backend)
    #expect(report.diagnostics.map(\.code) == ["foreign-chain-drops"])
    #expect(report.failure == .killed(signal: 11))
  }
}
