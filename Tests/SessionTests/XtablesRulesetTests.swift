import Diagnostics
import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

extension Arena {
  /// Loads rules of iptables in the place of all rules; sets of `ipset` come before them.
  func loadXtables(_ rules: String, sets: String = "", by loader: String = "iptables-nft-restore") async throws {
    try await lab.load(ruleset: "flush ruleset")
    let names = try await lab.run(["cat", "/proc/net/ip_tables_names"], on: .gateway).text
    if !names.isEmpty {
      let empty = names.split(separator: "\n").map { "*\($0)\n\(Self.policies(of: String($0)))COMMIT\n" }.joined()
      try await run(["iptables-legacy-restore"], empty)
    }
    // The kernel lets go of a set some time after the rules are gone, so sets stay: each name has one content.
    if !sets.isEmpty { try await run(["ipset", "-exist", "restore"], sets) }
    try await run([loader], rules)
  }

  private static func policies(of table: String) -> String {
    let chains: [String: [String]] = [
      "raw": ["PREROUTING", "OUTPUT"], "filter": ["INPUT", "FORWARD", "OUTPUT"],
      "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
      "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    ]
    return (chains[table] ?? []).map { ":\($0) ACCEPT [0:0]\n" }.joined()
  }

  private func run(_ words: [String], _ input: String) async throws {
    let result = try await lab.run(words, on: .gateway, input: input)
    guard result.succeeded else { throw LabError("\(words): \(result.errorText)\n\(input)") }
  }
}

/// Rules of iptables: the kernel decides who is right.
@Suite(.live) struct XtablesRulesetTests {
  @Test("A4, A7: iptables-nft and iptables-legacy: model and kernel agree") func modelAndKernelAgree() async throws {
    let proof = Proof(trials: proofSize ?? 24) { arena, seed in
      var generator = XtablesGenerator(seed: seed)
      let trial = generator.trial("iptables \(seed)")
      try await arena.loadXtables(trial.rules, sets: trial.sets, by: trial.loader)
      let verdicts = try await arena.fightUnderLoadedRules(trial.duels)
      if verdicts.contains(where: { !$0.agrees }) {
        let failing = verdicts.filter { !$0.agrees }.map(\.description).joined(separator: "\n")
        print("\(trial.loader)\n\(trial.rules)\n\(failing)")
      }
      return verdicts
    }
    let verdicts = try await proof.run()
    expectProving(verdicts, "rulesets of iptables", oneIn: 20)
    #expect(verdicts.allSatisfy { $0.predicted != nil })
  }

  @Test("issue 19: rules read from what iptables-save prints: never another ending than on the kernel")
  func savedRulesAgree() async throws {
    let proof = Proof(trials: proofSize.map { $0 * 2 } ?? 16) { arena, seed in
      var generator = XtablesGenerator(seed: seed &+ 1_000_000)
      let trial = generator.trial("iptables-save \(seed)")
      try await arena.loadXtables(trial.rules, sets: trial.sets, by: trial.loader)
      let printer = trial.loader.replacing("-restore", with: "-save")
      let text = try await arena.lab.run([printer], on: .gateway).output
      let sets = SavedSets.read(try await arena.lab.run(["ipset", "save"], on: .gateway).output)
      let saved = SavedRuleset(text, file: SourceID(0), sets: sets)
      #expect(SavedRuleset.isSaved(text) && saved.diagnostics.isEmpty, "\(saved.diagnostics.map(\.message))")
      var ruleset = Ruleset(saved.tables)
      ruleset.ipSets = sets
      let verdicts = try await arena.fightUnderLoadedRules(trial.duels, model: ruleset)
      if verdicts.contains(where: { $0.predicted != nil && !$0.agrees }) {
        print("\(trial.loader)\n\(String(decoding: text, as: UTF8.self))")
      }
      return verdicts
    }
    let verdicts = try await proof.run()
    let wrong = verdicts.filter { $0.predicted != nil && !$0.agrees }
    #expect(wrong.isEmpty, "\(wrong.map(\.description).joined(separator: "\n"))")
    let decided = verdicts.count { $0.predicted != nil }
    print("rules of iptables-save: \(decided) of \(verdicts.count) sessions decided, \(wrong.count) wrong")
    #expect(decided * 2 > verdicts.count, "too few are decided to prove anything")
  }

  private static let policy = """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  50000-50100
      tls            off
    }
    """

  private func explain(_ lab: Lab) async throws -> (status: Int32, cells: [ExplainedSessions.Entry]) {
    try await lab.explainRunning(of: Self.policy)
  }

  private func passive(_ cells: [ExplainedSessions.Entry]) throws -> ExplainedSessions.Entry {
    try #require(
      cells.first { $0.client == "allowed" && $0.tls == "plain" && $0.mode == "pasv" && $0.family == "ipv4" })
  }

  @Test("A4: rulesets of Docker, UFW, CSF, libvirt, kube-proxy and NixOS are decided") func wholeRulesets()
    async throws
  {
    try await withLab { lab in
      let arena = try await Arena(lab)
      for loader in ["iptables-nft-restore", "iptables-legacy-restore"] {
        for ruleset in XtablesRuleset.all {
          try await arena.loadXtables(ruleset.rules, sets: ruleset.sets, by: loader)
          let (_, cells) = try await explain(lab)
          let undecided = cells.filter { $0.outcome == "undecided" }
          #expect(undecided.isEmpty, "\(ruleset.name): \(undecided)")
          let cell = try passive(cells)
          #expect((cell.outcome == "works") == ruleset.works, "\(ruleset.name): \(cell)")
        }
      }
    }
  }

  @Test("A4, A12: what cannot be known is quoted in the words of iptables, and so is the way to a shared chain")
  func quotations() async throws {
    let head = "*filter\n:FORWARD DROP [0:0]\n:INVDROP - [0:0]\n:CHECK - [0:0]\n"
    let published =
      "*nat\n-A PREROUTING -d 203.0.113.10 -p tcp -m multiport --dports 21,50000:50100 -j DNAT --to-destination 10.10.20.200\nCOMMIT\n"
    let cases: [(rules: String, outcome: String, reasons: [String])] = [
      (
        "-A FORWARD -p tcp --dport 21 -m recent --name SSH --rcheck --seconds 60 -j DROP\n-A FORWARD -j ACCEPT",
        "undecided", ["`-m recent --name SSH --rcheck --seconds 60`", "/proc/net/xt_recent/SSH"]
      ),
      (
        "-A FORWARD -p tcp --dport 21 -m mac --mac-source 02:00:00:00:00:01 -j DROP\n-A FORWARD -j ACCEPT",
        "undecided",
        ["-m mac --mac-source 02:00:00:00:00:01", "ip neigh"]
      ),
      (
        "-A FORWARD -i eth0 -p tcp -m comment --comment \"strangers\" -j CHECK\n-A CHECK -m conntrack --ctstate NEW -j INVDROP\n-A INVDROP -j DROP",
        "broken",
        [
          "chain INVDROP: -j DROP", "chain CHECK: -m conntrack --ctstate NEW -j INVDROP",
          "chain FORWARD: -i eth0 -p tcp -m comment --comment \"strangers\" -j CHECK",
        ]
      ),
    ]
    try await withLab { lab in
      let arena = try await Arena(lab)
      for (rules, outcome, reasons) in cases {
        try await arena.loadXtables(published + head + rules + "\nCOMMIT\n")
        let (status, cells) = try await explain(lab)
        let cell = try passive(cells)
        #expect(status == 1 && cell.outcome == outcome, "\(cell)")
        for reason in reasons { #expect(cell.reason.contains(reason), "\(reason) is not in \(cell.reason)") }
        #expect(!cell.reason.contains("{\""), "\(cell.reason)")
      }
    }
  }

  @Test("A12: nft text and comments tell the way to a chain that refuses") func wayInWordsOfNft() async throws {
    let rules = """
      table inet fw4 {
        chain forward { type filter hook forward priority 0; policy drop;
          ct state { established, related } accept
          iifname "eth0" jump forward_wan comment "!fw4: Handle wan forward traffic"
          jump handle_reject
        }
        chain forward_wan { tcp dport 22 accept
          jump reject_to_wan
        }
        chain reject_to_wan { oifname "eth1" counter goto handle_reject comment "!fw4: reject wan traffic" ; }
        chain handle_reject { meta l4proto tcp reject with tcp reset comment "!fw4: Reject TCP traffic"
          reject with icmpx port-unreachable
        }
      }
      table ip n { chain p { type nat hook prerouting priority -100; ip daddr 203.0.113.10 tcp dport { 21, 50000-50100 } dnat to 10.10.20.200; }
      }
      """
    try await withLab { lab in
      try await lab.load(ruleset: rules)
      let cell = try passive(try await explain(lab).cells)
      #expect(cell.outcome == "broken")
      for part in [
        "chain handle_reject: meta l4proto tcp reject with tcp reset comment \"!fw4: Reject TCP traffic\"",
        "chain reject_to_wan: oifname \"eth1\" counter goto handle_reject comment \"!fw4: reject wan traffic\"",
        "chain forward_wan: jump reject_to_wan",
        "chain forward: iifname \"eth0\" jump forward_wan comment \"!fw4: Handle wan forward traffic\"",
      ] { #expect(cell.reason.contains(part), "\(part) is not in \(cell.reason)") }
    }
  }
}
