import Compilation
import Diagnostics
import LiveSupport
import Nftables
import Platforms
import Testing

private let gateway = "platform nftables; outside eth0; inside eth1"

/// Rulesets of nft in text, audited against policies.
@Suite struct NftablesTextReaderTests {
  @Test("what is written for a policy is what its audit wants")
  func own() throws {
    var count = OwnTextCount("nftables", sample: 10)
    for seed in UInt64(1)...1_000_000 where count.isOpen {
      let compilation = generatedPolicy(seed, gateway: gateway, unless: [])
      guard compilation.isAccepted, compilation.policy.publications.count < auditedPublications else {
        count.refuse()
        continue
      }
      count.audit()
      let audited = try AuditedText(compilation.configuration(), against: compilation)
      // Remarks about what the policy itself allows stay.
      #expect(
        !audited.found.contains { $0.severity == .error || $0.code == "gateway-undecided" },
        "seed \(seed): \(audited.description)")
    }
    count.report()
    #expect(count.audited >= 10)
  }

  /// A firewall by hand, as people write /etc/nftables.conf.
  private let script = """
    #!/usr/sbin/nft -f
    # my firewall
    flush ruleset

    define WAN = "eth0"
    define LAN = eth1
    define SERVER = 10.10.20.200
    define PARTNERS = { 198.51.100.0/24, 192.0.2.7 }
    define RANGE = 5000-5500

    table inet filter {
      ct helper none { type "tftp" protocol udp; }
      set blocked { type ipv4_addr; flags interval; elements = { 192.0.2.128/25, 203.0.113.200-203.0.113.250 } }
      chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept; ct state established,related accept
        ct state vmap { invalid : drop, new : continue }
        iifname $LAN tcp dport { ssh, https } accept
      }
      chain ftp {
        ip saddr $PARTNERS ip daddr $SERVER tcp dport { 21, $RANGE } accept
      }
      chain forward {
        type filter hook forward priority filter - 5
        policy drop
        ip saddr @blocked drop comment "nobody; { of them }"
        ct state { established, related } counter packets 5 bytes 6 accept
        iifname $WAN oifname $LAN \\
          jump ftp
        iifname $LAN oifname $WAN ct state new log prefix "out: " accept
      }
    }
    add table ip nat
    add chain ip nat pre { type nat hook prerouting priority dstnat ; }
    add chain ip nat post { type nat hook postrouting priority srcnat; policy accept; }
    add rule ip nat pre iifname $WAN ip daddr 203.0.113.10 tcp dport $RANGE dnat to $SERVER
    insert rule ip nat pre iifname eth0 ip daddr 203.0.113.10 tcp dport 2121 counter dnat to $SERVER:21
    add rule ip nat post oifname $WAN masquerade random
    """

  private let policy = workedCase(gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.7")

  private func audit(_ text: String) throws -> AuditedText { try AuditedText(text, against: policy) }

  @Test("a script by hand, with variables and commands") func scripts() throws {
    let audited = try audit(script)
    #expect(!audited.found.contains { $0.severity != .note }, "\(audited.description)")
  }

  @Test(
    "mistakes in it are found at their lines",
    arguments: [
      ("define RANGE = 5000-5500", "define RANGE = 5000-5400", "gateway-stops-session", ""),
      (
        "tcp dport $RANGE dnat to $SERVER", "tcp dport $RANGE dnat to $SERVER:5000", "gateway-stops-session",
        "$SERVER:5000"
      ),
      (
        "tcp dport $RANGE dnat to $SERVER", "tcp dport $RANGE dnat to $SERVER:6000-6500", "gateway-stops-session",
        "policy drop"
      ),
      ("{ 21, $RANGE }", "21", "gateway-stops-session", "policy drop"),
      ("{ 21, $RANGE }", "{ 2121, $RANGE }", "gateway-stops-session", "policy drop"),
      ("elements = { 192.0.2.128/25", "elements = { 192.0.2.0/24", "gateway-stops-session", "set blocked"),
      ("ip saddr $PARTNERS ip daddr", "ip daddr", "gateway-admits-others", "dnat to $SERVER:21"),
      ("dnat to $SERVER:21", "dnat to 10.10.20.201:21", "gateway-stops-session", "policy drop"),
      ("ip saddr $PARTNERS", "osf name \"Linux\" ip saddr $PARTNERS", "gateway-undecided", "osf name"),
      ("tcp dport $RANGE dnat", "meta frobnicate 7 tcp dport $RANGE dnat", "gateway-undecided", "frobnicate"),
      ("define SERVER", "include \"/etc/nftables.d/*.nft\"\ndefine SERVER", "gateway-file-error", "include"),
      ("define SERVER = 10.10.20.200\n", "", "gateway-file-error", "$SERVER"),
      (
        "type filter hook forward priority filter - 5", "type filter hook forwards priority 0", "gateway-file-error",
        "forwards"
      ),
      ("define SERVER", "frobnicate ruleset\ndefine SERVER", "gateway-file-error", "frobnicate"),
      ("define SERVER", "delete rule ip filter x handle 7\ndefine SERVER", "gateway-file-error", ""),
      ("      jump ftp\n    ", "      jump ftp\n    }\n", "gateway-file-error", ""),
      (
        "add rule ip nat post oifname $WAN masquerade random", "table inet x {\n chain y {", "gateway-file-error",
        "chain y"
      ),
      ("add rule ip nat post", "add rule ip nat post\u{1B}[0m", "gateway-file-error", "add rule ip nat post"),
    ])
  func mistakes(old: String, new: String, code: String, line: String) throws {
    let text = script.replacing(old, with: new)
    #expect(text != script, "\(old)")
    let audited = try audit(text)
    #expect(
      audited.found.contains { $0.code == code && (line.isEmpty || audited.line(of: $0).contains(line)) },
      "\(audited.description)")
  }

  @Test("changed and cut texts end in findings or none, and nothing else")
  func mutated() throws {
    let compilation = compile(policy)
    var random = SeededRandom(seed: 7)
    let texts = try [script, compile(workedCase(gateway)).configuration()].map { Array($0.utf8) }
    for _ in 0..<200 {
      var bytes = texts.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...60, using: &random)))
        case 1: bytes[place] = Array("{}();:,.-/\"$@#!=<>&|0a \n".utf8).randomElement(using: &random) ?? 0
        default: bytes = Array(bytes[..<place])
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      let saved = GatewayText(name: "rules", bytes: bytes, file: SourceID(1))
      let gateway = NftablesTextReader().read(saved, GatewayContext(compilation.policy, gateway: 0))
      guard !gateway.diagnostics.hasErrors else { continue }
      _ = compilation.audit(of: gateway, gateway: 0, file: saved.whole)
    }
  }

  @Test("a text that stops in the middle is never silent")
  func cut() throws {
    let compilation = compile(policy)
    let bytes = Array(script.utf8)
    for end in stride(from: bytes.count - 30, to: 40, by: -37) {
      let saved = GatewayText(name: "rules", bytes: Array(bytes[..<end]), file: SourceID(1))
      let gateway = NftablesTextReader().read(saved, GatewayContext(compilation.policy, gateway: 0))
      let found = gateway.diagnostics + compilation.audit(of: gateway, gateway: 0, file: saved.whole)
      // The last rule is for the way out.
      guard end < bytes.count - 130 else { continue }
      #expect(found.contains { $0.severity != .note }, "cut at \(end)")
    }
  }

  @Test("rules of fw4 under a policy that names zones")
  func zones() throws {
    let text =
      "table inet fw4 {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n"
      + "\t\tiifname \"eth1\" accept\n\t}\n}\n"
    let compilation = compile(workedCase("platform openwrt; outside wan; inside lan"))
    let saved = GatewayText(name: "rules", bytes: Array(text.utf8), file: SourceID(1))
    let gateway = NftablesTextReader().read(saved, GatewayContext(compilation.policy, gateway: 0))
    #expect(gateway.diagnostics.contains { $0.message.contains("name devices") })
  }

  @Test("thousands of elements and rules are read")
  func size() throws {
    var text = "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1"
    for index in 0..<5_000 { text += ",\n\t\t\t10.1.\(index / 250).\(index % 250)" }
    text += " }\n\t}\n\tchain c {\n\t\ttype filter hook forward priority filter; policy accept;\n"
    for index in 0..<2_000 { text += "\t\tip saddr 10.2.0.1 tcp dport \(index) counter packets 0 bytes 0 accept\n" }
    text += "\t}\n}\n"
    let saved = GatewayText(name: "rules", bytes: Array(text.utf8), file: SourceID(1))
    let printed = PrintedRuleset(saved.lines)
    #expect(printed.faults.isEmpty && printed.ruleset.tables.first?.ruleCount == 2_000)
    #expect(printed.ruleset.tables.first?.sets.first?.elements.count == 5_001)
  }
}
