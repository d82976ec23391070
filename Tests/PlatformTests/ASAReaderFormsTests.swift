import Compilation
import Diagnostics
import Platforms
import Testing

private let gateway = ASATexts.gateway
private let policy = ASATexts.policy
private let helped = ASATexts.helped
private let objects = ASATexts.objects
private let rules = ASATexts.rules
private let translations = ASATexts.translations
private let whole = ASATexts.whole

/// Cisco ASA: what single constructs of `show running-config` come to.
@Suite struct ASAReaderFormsTests {
  /// Which helper a control connection gets, by the rules for inspection.
  private func helper(_ text: String) -> [String] {
    let text = GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0))
    let saved = ASAReader().read(text, GatewayContext(outside: ["outside"], inside: ["inside"]))
    #expect(saved.diagnostics.isEmpty)
    return saved.ruleset.tables.flatMap(\.chains).filter { $0.name.hasPrefix("policy-map") || $0.name == "inspect" }
      .flatMap(\.rules).map { $0.statements.map { "\($0.text)" }.joined(separator: " ") }
  }

  @Test("inspections: classes, ports, lists, strict") func inspections() throws {
    let plain = helper(whole)
    #expect(plain.contains { $0.contains("tcp dport 21 ct helper set \"ftp\"") }, "\(plain)")
    let strict = helper(whole.replacing("inspect ftp\n", with: "inspect ftp strict \n"))
    #expect(strict.contains { $0.contains("ct helper set \"ftp strict\"") }, "\(strict)")
    #expect(!helper(whole.replacing("  inspect ftp\n", with: "")).contains { $0.contains("helper") })
    let second = """
      class-map own
       match port tcp eq 2100
      policy-map global_policy
       class own
        inspect ftp
      service-policy
      """
    let own = helper(whole.replacing("service-policy", with: second))
    #expect(own.contains { $0.contains("tcp dport 2100 ct helper set \"ftp\"") }, "\(own)")
    let narrowed = """
       match default-inspection-traffic
       match access-list narrow
      access-list narrow extended deny ip any host 10.10.20.200
      access-list narrow extended permit ip any any
      """
    let narrow = helper(whole.replacing(" match default-inspection-traffic", with: narrowed))
    #expect(
      narrow.contains { $0.contains("tcp dport 21 meta nfproto ipv4 ip daddr 10.10.20.200 return") }, "\(narrow)")
    #expect(narrow.contains { $0.contains("tcp dport 21 ct helper set") }, "\(narrow)")
  }

  @Test(
    "strict inspection with a map is strict, and its map does not end the text",
    arguments: [
      " parameters\n  mask-banner\n", " match request-command put\n  reset\n",
    ])
  func strictMap(map: String) throws {
    let text = whole.replacing("  inspect ftp\n", with: "  inspect ftp strict ftp-map\n")
      .replacing(
        "policy-map global_policy", with: "policy-map type inspect ftp ftp-map\n\(map)policy-map global_policy")
    let rules = helper(text)
    #expect(rules.contains { $0.contains("ct helper set \"ftp strict\"") }, "\(rules)")
    #expect(rules.contains { $0.contains("jump") && $0.contains("global_policy") }, "\(rules)")
    let plain = whole.replacing("inspect ftp\n", with: "inspect ftp strict\n")
    for text in [text, plain] {
      let audit = try AuditedText(text, against: policy)
      #expect(audit.found.contains { $0.code == "gateway-undecided" }, "\(audit.description)")
    }
  }

  @Test(
    "a server behind another interface, or nowhere, is told once",
    arguments: [
      ("route outside 0", "route dmz 10.10.20.192 255.255.255.192 192.168.50.9 1\nroute outside 0", "route dmz"),
      ("route outside 0", "route Null0 10.10.20.200 255.255.255.255\nroute outside 0", "route Null0"),
      (
        " ip address 10.10.20.1 255.255.255.0\n!\ninterface GigabitEthernet0/2",
        " ip address 10.10.21.1 255.255.255.0\n!\ninterface GigabitEthernet0/3\n nameif lab\n security-level 20\n ip address 10.10.20.1 255.255.255.0\n shutdown\n!\ninterface GigabitEthernet0/2",
        "10.10.20.1"
      ),
      (
        " ip address 10.10.20.1 255.255.255.0\n!\ninterface GigabitEthernet0/2",
        " ip address 10.10.21.1 255.255.255.0\n!\ninterface GigabitEthernet0/3\n nameif lab\n security-level 20\n ip address 10.10.20.1 255.255.255.0\n!\ninterface GigabitEthernet0/2",
        "10.10.20.1"
      ),
    ])
  func lostServers(old: String, new: String, line: String) throws {
    #expect(whole.contains(old))
    let audit = try AuditedText(whole.replacing(old, with: new), against: policy)
    #expect(audit.found.map(\.code) == ["gateway-stops-session"], "\(audit.description)")
    #expect(audit.found.allSatisfy { audit.line(of: $0).contains(line) }, "\(audit.description)")
  }

  @Test(
    "the networks that interfaces and routes tell",
    arguments: [
      ("", "", "10.10.20.0/24 inside"), ("", "", "2000::/3 is behind `inside`, which has no IPv6 address"),
      ("", "", "192.168.1.0/24 is of an interface for management only"),
      (" nameif dmz\n", " shutdown\n nameif dmz\n", "192.168.50.0/24 is of an interface that is shut down"),
      (
        " nameif inside\n", " ipv6 address 2001:db8:30::1/64\n nameif inside\nipv6 route Null0 2001:db8:40::/48\n",
        "2001:db8:30::/64 inside"
      ),
      ("route outside 0", "ipv6 route dmz 2001:db8:40::/48 2001:db8::9\nroute outside 0", "2001:db8:40::/48 dmz"),
      ("route outside 0", "route inside 10.0.0.0 255.0.0.0 10.10.20.9 1\nroute outside 0", "10.0.0.0/8 inside"),
      (
        "route outside 0",
        "route dmz 10.0.0.0 255.0.0.0 192.168.50.9 254\nroute inside 10.0.0.0 255.0.0.0 10.10.20.9 1\nroute outside 0",
        "10.0.0.0/8 inside"
      ),
      (
        "route outside 0",
        "route dmz 10.0.0.0 255.0.0.0 192.168.50.9 254\nroute inside 10.0.0.0 255.0.0.0 10.10.20.9 1 track 1\nroute outside 0",
        "10.0.0.0/8 dmz, inside"
      ),
    ])
  func networksOfDevice(old: String, new: String, expected: String) {
    let text = old.isEmpty ? whole : whole.replacing(old, with: new)
    let saved = ASAReader().read(
      GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0)),
      GatewayContext(outside: ["outside"], inside: ["inside"]))
    let networks = saved.networks.map { network in
      switch network.way {
      case .through(let names): "\(network.prefix) \(names.sorted().joined(separator: ", "))"
      case .nowhere(let reason): "\(network.prefix) \(reason)"
      }
    }
    #expect(networks.contains(expected), "\(networks)")
  }

  @Test("groups that share their groups, forty deep, are read in a moment") func diamonds() throws {
    var lines: [String] = []
    for (kind, part) in [
      ("network", "network-object host 192.0.2."), ("service", "service-object tcp destination eq "),
    ] {
      for level in 0..<40 {
        for side in ["g", "h"] {
          lines.append("object-group \(kind) \(kind)-\(side)\(level)")
          lines += ["g", "h"].map {
            level == 39 ? " \(part)\($0 == "g" ? 1 : 2)" : " group-object \(kind)-\($0)\(level + 1)"
          }
        }
      }
    }
    let line =
      "access-list outside_access_in extended permit object-group service-g0 object-group network-g0 host 10.10.20.80\n"
    let text = whole.replacing(
      "access-list outside_access_in remark the web server\n",
      with: lines.joined(separator: "\n") + "\n" + line)
    // Two to the fortieth entries never end.
    let audit = try AuditedText(text, against: policy)
    #expect(audit.found.isEmpty, "\(audit.description)")
  }

  @Test("an inspection that is moved to a class of its own is in doubt where both classes are met")
  func twoClasses() throws {
    let moved = """
      class-map own
       match port tcp eq PORT
      policy-map global_policy
       class own
        inspect ftp
      service-policy
      """
    let text = whole.replacing("  inspect ftp\n", with: "")
    for (port, isOpen) in [("ftp", true), ("2100", false)] {
      let audit = try AuditedText(
        text.replacing("service-policy", with: moved.replacing("PORT", with: port)), against: policy)
      #expect(audit.found.contains { $0.code == "gateway-undecided" } == isOpen, "\(audit.description)")
      #expect(isOpen || audit.found.isEmpty, "\(audit.description)")
    }
  }

  @Test("object NAT, the address of the interface, twice NAT from outside") func otherForms() throws {
    let interface = ASASurroundings(interfaces: [
      ("outside", 0, "203.0.113.10 255.255.255.0"), ("inside", 100, "10.10.20.1 255.255.255.0"),
    ])
    let byInterface = translations.replacing("ftp-public", with: "interface")
    for text in [
      interface.text(objects, rules, byInterface),
      interface.text(objects, rules, byInterface).replacing(
        "ip address 203.0.113.10 255.255.255.0", with: "ip address dhcp setroute"),
      interface.text(objects, rules, byInterface).replacing(
        "ip address 203.0.113.10 255.255.255.0", with: "ip address pppoe setroute"),
      // All ports of one address.
      ASASurroundings().text(
        objects, rules,
        "object network ftp-server\n nat (inside,outside) static 203.0.113.10\n"),
    ] {
      let shifted = text.contains("static 203.0.113.10\n")
      let audit = try AuditedText(
        text, against: shifted ? policy.replacing("2121 -> 21", with: "21") : policy)
      #expect(audit.found.isEmpty, "\(audit.description)")
    }
  }

  @Test("a published network, and the destination of twice NAT") func networks() throws {
    let network =
      "object network n\n subnet 10.10.20.192 255.255.255.192\nobject network m\n subnet 203.0.113.0 255.255.255.192"
    let own = policy.replacing("2121 -> 21", with: "21").replacing("203.0.113.10", with: "203.0.113.8")
    let audit = try AuditedText(
      ASASurroundings().text(objects + "\n" + network, rules, "nat (inside,outside) source static n m net-to-net"),
      against: own)
    #expect(audit.found.isEmpty, "\(audit.description)")
    let reversed = """
      nat (outside,inside) source static any any destination static ftp-public ftp-server service public-ctl real-ctl
      nat (outside,inside) source static any any destination static ftp-public ftp-server service pasv pasv
      """
    let services = """
      object service public-ctl
       service tcp destination eq 2121
      object service real-ctl
       service tcp destination eq ftp
      object service pasv
       service tcp destination range 5000 5500
      """
    let other = try AuditedText(
      ASASurroundings().text(objects + "\n" + services, rules, reversed), against: policy)
    #expect(other.found.isEmpty, "\(other.description)")
  }

  @Test("thousands of lines and groups that many rules share are read") func size() {
    var lines: [String] = []
    for number in 0..<4_000 {
      let address = "10.\(number % 200).\(number / 200).\(number % 250)"
      lines.append(
        number % 2 == 0
          ? "access-list outside_access_in extended permit tcp any host \(address) eq \(1000 + number)"
          : " network-object host \(address)")
    }
    let group = "object-group network many\n" + lines.filter { $0.hasPrefix(" ") }.joined(separator: "\n")
    let text = ASASurroundings().text(
      objects + "\n" + group,
      rules + "\n" + lines.filter { !$0.hasPrefix(" ") }.joined(separator: "\n")
        + "\n"
        + (0..<100).map { "access-list outside_access_in extended permit tcp object-group many any eq \($0)" }.joined(
          separator: "\n"),
      translations)
    let bytes = Array(text.utf8)
    let saved = ASAReader().read(
      GatewayText(name: "x", bytes: bytes, file: SourceID(0)),
      GatewayContext(outside: ["outside"], inside: ["inside"]))
    #expect(saved.ruleset.tables.first?.ruleCount ?? 0 > 2000)
  }

  @Test("lines that are switched off are told as such") func idle() {
    let text = whole.replacing("range 5000 5500\naccess-list vpn", with: "range 5000 5500 inactive\naccess-list vpn")
      .replacing("service svc-pasv svc-pasv", with: "service svc-pasv svc-pasv inactive")
    let saved = ASAReader().read(
      GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0)),
      GatewayContext(outside: ["outside"], inside: ["inside"]))
    #expect(saved.idle.map(\.chain) == ["access-list outside_access_in", "nat"])
    #expect(saved.idle.map(\.reason) == ["is inactive", "is inactive"])
    #expect(saved.idle.map(\.position) == [2, 3])
  }

  @Test("interfaces without a list, of one level, and bridges") func levels() throws {
    // The clients come from a higher level: nothing is asked.
    let higher = ASASurroundings(
      interfaces: [
        ("outside", 90, "203.0.113.2 255.255.255.0"), ("inside", 80, "10.10.20.1 255.255.255.0"),
      ], bound: [])
    let audit = try AuditedText(
      higher.text(objects, rules, translations),
      against: policy.replacing("allow 198.51.100.0/24", with: "allow any"))
    #expect(audit.found.isEmpty, "\(audit.description)")
    let equal = ASASurroundings(interfaces: [
      ("outside", 50, "203.0.113.2 255.255.255.0"), ("inside", 50, "10.10.20.1 255.255.255.0"),
    ]).text(objects, rules, translations)
    #expect(try AuditedText(equal, against: policy).found.contains { $0.code == "gateway-stops-session" })
    let permitted = "same-security-traffic permit inter-interface\nobject network obj_any"
    let same = try AuditedText(
      equal.replacing("object network obj_any\n subnet", with: permitted + "\n subnet"), against: policy)
    #expect(same.found.isEmpty, "\(same.description)")
    let bridged = try AuditedText(
      whole.replacing(" nameif inside\n", with: " bridge-group 1\n nameif inside\n").replacing(
        " ip address 10.10.20.1 255.255.255.0\n", with: "") + "",
      against: policy)
    #expect(bridged.found.isEmpty, "\(bridged.description)")
  }

  @Test("a list outbound on the side of the server") func outbound() throws {
    let list = """
      access-list inside_out extended permit tcp any host 10.10.20.200 eq ftp
      access-list inside_out extended permit tcp any host 10.10.20.200 range 5000 5500
      access-group inside_out out interface inside
      access-group
      """
    let right = whole.replacing("access-group", with: list)
    let audit = try AuditedText(right, against: policy)
    #expect(audit.found.isEmpty, "\(audit.description)")
    let short = try AuditedText(
      right.replacing("inside_out extended permit tcp any host 10.10.20.200 range 5000 5500", with: "x remark"),
      against: policy)
    #expect(short.found.contains { short.line(of: $0).contains("out interface inside") }, "\(short.description)")
  }

  @Test("where the helper is needed and nothing is inspected, sessions stop") func withoutInspection() throws {
    let text = whole.replacing("  inspect ftp\n", with: "")
    let audit = try AuditedText(text, against: helped)
    #expect(audit.found.contains { $0.code == "gateway-stops-session" }, "\(audit.description)")
  }

  @Test("NAT of objects is asked in the order of real addresses, after twice NAT and before the rest")
  func order() throws {
    let other = """
      object network z-first
       host 10.10.20.150
       nat (inside,outside) static 203.0.113.10 service tcp ftp 2121
      """
    let own = """
      object network a-second
       host 10.10.20.200
       nat (inside,outside) static 203.0.113.10 service tcp ftp 2121
      """
    let pasv = "nat (inside,outside) source static ftp-server ftp-public service svc-pasv svc-pasv"
    let control = "nat (inside,outside) source static ftp-server ftp-public service svc-ctl-real svc-ctl-public"
    let right = try AuditedText(ASASurroundings().text(objects, rules, own + "\n" + pasv), against: policy)
    #expect(right.found.isEmpty, "\(right.description)")
    let wrong = try AuditedText(
      ASASurroundings().text(objects, rules, own + "\n" + other + "\n" + pasv), against: policy)
    #expect(wrong.found.contains { $0.code == "gateway-stops-session" }, "\(wrong.description)")
    let last = control.replacing("source static", with: "after-auto source static")
    let hidden = try AuditedText(
      ASASurroundings().text(objects, rules, other + "\n" + pasv + "\n" + last), against: policy)
    #expect(hidden.found.contains { $0.code == "gateway-stops-session" }, "\(hidden.description)")
    // Twice NAT is asked before both.
    let saved = ASAReader().read(
      GatewayText(
        name: "x", bytes: Array(ASASurroundings().text(objects, rules, other + "\n" + control).utf8),
        file: SourceID(0)),
      GatewayContext(outside: ["outside"], inside: ["inside"]))
    let lines = saved.ruleset.tables.flatMap(\.chains).filter { $0.name == "nat" }.flatMap(\.rules).compactMap(
      \.quotation)
    let places = [lines.firstIndex { $0.contains("svc-ctl-real") }, lines.firstIndex { $0.contains("tcp ftp 2121") }]
    #expect(places.compactMap(\.self).count == 2 && (places[0] ?? 9) < (places[1] ?? 0), "\(lines)")
  }
}
