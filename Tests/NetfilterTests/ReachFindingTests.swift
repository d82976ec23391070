import Compilation
import Diagnostics
import Netfilter
import Nftables
import Testing

/// What rules of others do to users of a `reach`.
@Suite("what a machine says about users of a reach") struct ReachFindingTests {
  private static let policy = """
    gateway branch { outside eth0; inside eth1; external ip 192.0.2.10 }
    reach bank {
      server         203.0.113.21
      passive range  50000-50399
      tls            explicit required
      allow          10.20.0.0/24
      source         gateway
    }
    """

  private func report(on policy: String = policy, _ rules: String, drops: Bool) async throws -> [Diagnostic] {
    let chain =
      #"{"family": "ip", "table": "fw", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "#
      + (drops ? #""drop"}"# : #""accept"}"#)
    let all = rules.split(separator: "\n").map {
      #", {"rule": {"family": "ip", "table": "fw", "chain": "c", "expr": "# + $0 + "}}"
    }
    let json =
      #"{"nftables": [{"table": {"family": "ip", "name": "fw"}}, {"chain": "# + chain + "}" + all.joined() + "]}"
    let ruleset = try Ruleset.read(listing: Array(json.utf8))
    let compilation = compile(policy)
    #expect(compilation.isAccepted)
    return await compilation.report(MemoryNetfilter(tables: ruleset.tables)).diagnostics
  }

  private static func accept(_ ports: String) -> String {
    #"[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": \#(ports)}}, {"accept": null}]"#
  }
  private static let answers =
    #"[{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]"#

  @Test("a chain that drops what users send is told, with the rules that mend it") func drops() async throws {
    let found = try await report("", drops: true)
    #expect(found.map(\.code) == ["foreign-chain-drops"])
    #expect(compile(Self.policy).underlined(found) == ["foreign-chain-drops: reach bank"])
    #expect(found.first?.message.contains("connections of users included") == true)
    #expect(found.first?.help?.contains("ip daddr 203.0.113.21 tcp dport { 21, 50000-50399 } accept") == true)
  }

  @Test("a part of the range that is dropped is told, and nothing where all is accepted") func parts() async throws {
    let control = Self.accept("21")
    let half = try await report(
      [Self.answers, control, Self.accept(#"{"range": [50000, 50199]}"#)].joined(separator: "\n"), drops: true)
    #expect(half.map(\.code) == ["foreign-chain-drops"], "\(half.map(\.message))")
    let whole = try await report(
      [Self.answers, control, Self.accept(#"{"range": [50000, 50399]}"#)].joined(separator: "\n"), drops: true)
    #expect(whole.isEmpty, "\(whole.map(\.message))")
  }

  @Test("what cannot be judged is said") func undecided() async throws {
    let unknown =
      #"[{"match": {"op": "==", "left": {"numgen": {"mode": "random", "mod": 2, "offset": 0}}, "right": 0}}, {"drop": null}]"#
    let found = try await report(unknown, drops: false)
    #expect(found.map(\.code) == ["foreign-chain-undecided"], "\(found.map(\.message))")
  }

  @Test("publications and reaches beside each other are each told") func both() async throws {
    let policy =
      Self.policy + "\npublish files { server 10.20.0.200 other; passive range 40000-40099; tls off }"
    let found = compile(policy).underlined(try await report(on: policy, "", drops: true))
    #expect(found.sorted() == ["foreign-chain-drops: gateway branch", "foreign-chain-drops: reach bank"], "\(found)")
  }
}
