import Compilation
import Diagnostics
import Netfilter
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
    return compilation.underlined(await compilation.report(FakeNetfilter(chains: chains)).diagnostics)
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
    let report = await compilation.report(FakeNetfilter(chains: [chain("ip", "forward", 0)]))
    #expect(report.failure == nil)
    let only = try #require(report.diagnostics.first)
    #expect(compilation.underlined([only]) == ["foreign-chain-drops: gateway edge"])
    #expect(only.message.contains("`ip fw c`"))
    let help = try #require(only.help)
    #expect(help.contains("`ct state established,related accept`"))
    #expect(help.contains("`ip daddr 203.0.113.130 tcp dport { 21, 50000-50399 } accept`"))
    #expect(!help.contains("ct status dnat"))
  }

  @Test("nat chains that come first", arguments: [(-101, true), (-100, false), (-99, false)])
  func nat(priority: Int, isFirst: Bool) async {
    let foreign = chain("ip", "prerouting", priority, type: "nat", drops: false)
    #expect(await found(Self.translated, foreign) == (isFirst ? ["foreign-nat-first: publish files"] : []))
    #expect(await found(Self.local, foreign).isEmpty)
    #expect(await found(Self.translated, chain("ip6", "prerouting", priority, type: "nat", drops: false)).isEmpty)
  }

  @Test("A11: of nat chains with equal priority the later one runs first", arguments: ["ip", "inet"])
  func natOfEqualPriority(family: String) async {
    let foreign = chain(family, "prerouting", -100, type: "nat", drops: false)
    var ours = InstalledChain(
      family: "inet", table: "sallyport", name: "destination_nat", type: "nat", hook: "prerouting", priority: -100,
      dropsByPolicy: false)
    let report = { (chains: [InstalledChain]) async in
      await compile(Self.translated).report(FakeNetfilter(chains: chains)).diagnostics
    }
    #expect(await report([foreign, ours]).isEmpty)
    let later = await report([ours, foreign])
    #expect(later.map(\.code) == ["foreign-nat-first"] && later.first?.notes.first?.contains("after ours") == true)
    ours.hook = "output"
    #expect(await report([ours, foreign]).isEmpty)
  }

  @Test("forwarding that is off, for the families that need it")
  func forwarding() async {
    let policies = [(Self.translated, 1), (Self.local, 0)]
    for (policy, count) in policies {
      let report = await compile(policy).report(FakeNetfilter(), .init(ipv4: false, ipv6: false))
      #expect(report.diagnostics.map(\.code) == Array(repeating: "forwarding-off", count: count))
    }
    #expect(await compile(Self.translated).report(FakeNetfilter(), .init(ipv4: nil, ipv6: nil)).diagnostics.isEmpty)
  }

  @Test("a comment allows it, and is not called unused on other machines")
  func allow() async {
    let policy = Self.translated.replacing("files {", with: "files {  # allow: foreign-chain-drops, forwarding-off")
    let compilation = compile(policy)
    #expect(!compilation.diagnostics.contains { $0.code == "unused-allow" })
    let backend = FakeNetfilter(chains: [chain("ip", "forward", 0)])
    #expect(await compilation.report(backend, .init(ipv4: false, ipv6: nil)).diagnostics.isEmpty)
    let error = compile(Self.translated.replacing("files {", with: "files {  # allow: kernel-refused"))
    #expect(error.diagnostics.contains { $0.code == "unused-allow" })
  }

  @Test("a refusal, at the statement that asked for the line")
  func refusal() async throws {
    let compilation = compile(Self.translated)
    let report = await compilation.report(FakeNetfilter(refusals: [(": 10.10.20.200,", "File exists")]))
    #expect(compilation.underlined(report.diagnostics) == ["kernel-refused: 50000-50399"])
    let note = try #require(report.diagnostics.first?.notes.first)
    #expect(note.contains("`Could not process rule: File exists` at line "))
    #expect(note.contains("203.0.113.10"))
  }

  @Test("a refusal of what no statement asked for, at the publication")
  func frame() async {
    let compilation = compile(Self.translated)
    let report = await compilation.report(FakeNetfilter(refusals: [("delete table", "Operation not permitted")]))
    #expect(compilation.underlined(report.diagnostics) == ["kernel-refused: publish files"])
    let empty = await compile("").report(FakeNetfilter(refusals: [("delete table", "Operation not permitted")]))
    #expect(empty.diagnostics.map(\.code) == ["kernel-refused"])
  }

  @Test("a missing helper, without all that only follows from it")
  func helper() async {
    let compilation = compile(Self.translated)
    let reason = "No such file or directory"
    let report = await compilation.report(
      FakeNetfilter(refusals: [("ct helper published-ftp {", reason), ("chain admission", reason)]))
    #expect(compilation.underlined(report.diagnostics) == ["helper-module-missing: helper         on"])
  }

  @Test("what was found stays when libnftables crashes behind it")
  func crash() async {
    let backend = FakeNetfilter(chains: [chain("ip", "forward", 0)], dryRunFailure: .killed(signal: 11))
    let report = await compile(Self.translated).report(backend)
    #expect(report.diagnostics.map(\.code) == ["foreign-chain-drops"])
    #expect(report.failure == .killed(signal: 11))
  }
}
