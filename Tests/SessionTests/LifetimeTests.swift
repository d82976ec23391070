import FTPSession
import LiveSupport
import Testing

/// Rules that set and ask for the TTL, hook by hook, and quotas, against real connections.
@Suite(.live) struct LifetimeTests {
  private static func chain(_ name: String, _ hook: String, _ priority: Int, _ rules: String) -> String {
    "chain \(name) { type filter hook \(hook) priority \(priority); \(rules)\n}\n"
  }

  private static func before(_ rules: String) -> String { chain("b", "prerouting", -160, "iifname eth0 \(rules)") }
  private static func early(_ rules: String) -> String { chain("e", "prerouting", -140, "iifname eth0 \(rules)") }
  private static func forward(_ rules: String) -> String { chain("f", "forward", 0, "iifname eth0 \(rules)") }
  private static func late(_ rules: String) -> String { chain("l", "postrouting", 0, "oifname eth1 \(rules)") }

  private static func script(_ chains: String) -> String {
    """
    table ip n {
      chain p { type nat hook prerouting priority -100; iifname eth0 tcp dport { 21, 50000-50100 } dnat to \(Address.server)
      }
    }
    table ip t {
      \(chains)
    }
    """
  }

  private static let lifetimes: [(chains: String, works: Bool)] = [
    (forward("ip ttl 1 drop"), true), (forward("ip ttl gt 1 drop"), false), (late("ip ttl gt 1 drop"), false),
    (late("ip ttl 1 drop"), true), (early("ip ttl 1 drop"), true),
    (before("ip ttl set 5") + early("ip ttl 5 drop"), false), (before("ip ttl set 5") + early("ip ttl 4 drop"), true),
    (before("ip ttl set 5") + forward("ip ttl 4 drop"), false),
    (before("ip ttl set 5") + forward("ip ttl 5 drop"), true), (before("ip ttl set 5") + late("ip ttl 3 drop"), true),
    (before("ip ttl set 5") + late("ip ttl 4 drop"), false),
    (before("ip ttl set 5") + late("ip ttl gt 4 drop"), true),
    (before("ip ttl set 2") + forward("ip ttl 1 drop"), false),
    (before("ip ttl set 2") + forward("ip ttl gt 1 drop"), true), (before("ip ttl set 1"), false),
    (forward("ip ttl set 1") + late("ip ttl 1 drop"), false), (forward("ip ttl set 1") + late("ip ttl 0 drop"), true),
    // A value of which only the range is known, under one key of a map or none.
    (forward("meta length vmap { 0-39 : drop }"), true), (forward("meta length vmap { 40-65535 : drop }"), false),
    (
      forward("ip ttl vmap { 1-9 : drop, 10-255 : accept }") + late("ip ttl vmap { 0-9 : accept, 10-255 : drop }"),
      false
    ),
    (late("ip ttl set 1"), true), (late("ip ttl set 1; oifname eth1 ip ttl gt 1 drop"), true),
  ]

  private static let extensions: [(rules: [String], works: Bool)] = [
    (["-A FORWARD -m length --length 0:39 -j DROP", "-A FORWARD -m length ! --length 0:65535 -j DROP"], true),
    (["-A FORWARD -m length --length 40:65535 -j DROP"], false),
    (["-t mangle -A PREROUTING -i eth0 -j TTL --ttl-set 5", "-A FORWARD -i eth0 -m ttl --ttl-eq 4 -j DROP"], false),
    (["-t mangle -A PREROUTING -i eth0 -j TTL --ttl-set 5", "-A FORWARD -i eth0 -m ttl --ttl-gt 4 -j DROP"], true),
    (
      ["-t mangle -A FORWARD -i eth0 -j TTL --ttl-set 5", "-t mangle -A POSTROUTING -m ttl --ttl-lt 5 -j DROP"], true
    ),
  ]

  private static var duels: [Duel] {
    var server = FTPServer(BenchNetwork.server([Address.server]), passivePorts: [50_000])
    server.announced = BenchNetwork.ip(Address.external)
    let duel = Duel(
      name: "PASV", client: .client, serverAddresses: [Address.server],
      model: Session(
        client: BenchNetwork.client(.client, Address.client), server: server,
        dialled: BenchNetwork.ip(Address.external), port: 21, .plain, .pasv))
    return RulesetGenerator.spread([duel])
  }

  @Test("the TTL is counted down once, between prerouting and forwarding") func lifetime() async throws {
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (chains, works) in Self.lifetimes {
        for verdict in try await arena.fight(Self.script(chains), Self.duels) {
          #expect(verdict.agrees && (verdict.observed == .works) == works, "\(chains): \(verdict)")
        }
      }
      for (rules, works) in Self.extensions {
        try await lab.load(ruleset: "flush ruleset\n" + Self.script(""))
        let lines = rules.map { "iptables-nft \($0)" }.joined(separator: "; ")
        let added = try await lab.run(["sh", "-ec", lines], on: .gateway)
        try #require(added.succeeded, "\(added.errorText)")
        for verdict in try await arena.fightUnderLoadedRules(Self.duels) {
          #expect(verdict.agrees && (verdict.observed == .works) == works, "\(rules): \(verdict)")
        }
      }
    }
  }

  /// Rules, how a session ends, and whether the model may leave that open.
  private static let quotas: [(chains: String, ending: ScriptedEnding, isOpen: Bool)] = [
    (forward("quota over 100 mbytes drop"), .works, false),
    (forward("quota over 100 bytes used 100 bytes drop"), .control, false),
    (forward("quota until 1 kbytes used 1 kbytes accept; iifname eth0 drop"), .control, false),
    (forward("quota until 100 mbytes accept; iifname eth0 drop"), .works, false),
    (forward("quota over 100 bytes used 60 bytes drop"), .control, true),
    (forward("quota over 300 bytes drop"), .control, true),
    (forward("quota name q drop"), .control, true), (forward("quota name r drop"), .control, false),
    // Whoever is not asked does not matter.
    (forward("tcp dport 80 quota over 300 bytes drop"), .works, false),
    (forward("quota over 300 bytes counter accept; accept"), .works, false),
  ]

  @Test("quotas that are used up, or nearly") func quota() async throws {
    let objects = "quota q { over 100 bytes used 90 bytes }\nquota r { over 100 bytes used 100 bytes }\n"
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (chains, ending, isOpen) in Self.quotas {
        for verdict in try await arena.fight(Self.script(objects + chains), Self.duels) {
          let isSaid = isOpen ? verdict.predicted == nil : verdict.agrees
          #expect(isSaid, "\(chains): \(verdict)")
          #expect(isOpen ? verdict.observed != .works : verdict.observed == ending, "\(chains): \(verdict)")
        }
      }
      for (rule, isOpen) in [
        ("! --quota 0 -j DROP", false), ("! --quota 900 -j DROP", true), ("--quota 900 -j LOG", false),
      ] {
        try await lab.load(ruleset: "flush ruleset\n" + Self.script(""))
        let line = "iptables-nft -A FORWARD -i eth0 -m quota \(rule)"
        let added = try await lab.run(["sh", "-ec", line], on: .gateway)
        try #require(added.succeeded, "\(added.errorText)")
        for verdict in try await arena.fightUnderLoadedRules(Self.duels) {
          #expect(isOpen ? verdict.predicted == nil : verdict.agrees, "\(line): \(verdict)")
        }
      }
    }
  }
}
