import Compilation
import Diagnostics
import Platforms
import Testing

private let gateway = "platform asa; outside \"outside\"; inside \"inside\"; access list \"outside_access_in\""
/// A server that can refuse active mode, TLS, one network of clients.
private let policy = workedCase(gateway)
/// The same without TLS, for the helper.
private let helped = workedCase(gateway, "tls off  # allow: tls-off\n    helper on")

private let objects = """
  object network ftp-server
   host 10.10.20.200
  object network ftp-public
   host 203.0.113.10
  object service svc-ctl-real
   service tcp source eq ftp
  object service svc-ctl-public
   service tcp source eq 2121
  object service svc-pasv
   service tcp source range 5000 5500
  object-group network ftp-clients
   network-object 198.51.100.0 255.255.255.0
  """
private let rules = """
  access-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server eq ftp
  access-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server range 5000 5500
  """
private let translations = """
  nat (inside,outside) source static ftp-server ftp-public service svc-ctl-real svc-ctl-public
  nat (inside,outside) source static ftp-server ftp-public service svc-pasv svc-pasv
  """
private let whole = ASASurroundings().text(objects, rules, translations)

/// A change of a text, and what has to be found.
struct ASAMistake: CustomTestStringConvertible, Sendable {
  var title: String
  var old: String
  var new: String
  var code: String
  /// A part of the line that is to blame; `nil` for any.
  var line: String?

  init(_ title: String, _ old: String, _ new: String, _ code: String, at line: String?) {
    (self.title, self.old, self.new, self.code, self.line) = (title, old, new, code, line)
  }

  var testDescription: String { title }
}

/// Cisco ASA: what the audit makes of `show running-config`.
@Suite struct ASAReaderTests {
  @Test("a right configuration has no finding") func silent() throws {
    let audit = try AuditedText(whole, against: policy)
    #expect(audit.found.isEmpty, "\(audit.description)")
  }

  @Test(
    "other ways to write the same have no finding",
    arguments: [
      ("object ftp-server eq ftp", "host 10.10.20.200 eq 21"),
      ("object-group ftp-clients object ftp-server range", "198.51.100.0 255.255.255.0 host 10.10.20.200 range"),
      (
        " source static ftp-server ftp-public service svc-pasv svc-pasv",
        " 1 source static ftp-server ftp-public service svc-pasv svc-pasv"
      ),
      (
        "nat (inside,outside) source static ftp-server ftp-public service svc-pasv",
        "nat (any,outside) source static ftp-server ftp-public service svc-pasv"
      ),
      (
        " network-object 198.51.100.0 255.255.255.0",
        " group-object inner\nobject-group network inner\n network-object object half1\n network-object 198.51.100.128 255.255.255.128\nobject network half1\n range 198.51.100.0 198.51.100.127"
      ),
      ("access-group outside_access_in in interface outside", "access-group outside_access_in global"),
      (" range 5000 5500\naccess", " range 5000 5500 log disable\naccess"),
      (
        "permit tcp object-group ftp-clients object ftp-server eq ftp",
        "permit object-group ftp-svc object-group ftp-clients object ftp-server\nobject-group service ftp-svc\n service-object tcp destination eq ftp"
      ),
      (" host 10.10.20.200\n", " host server\nname 10.10.20.200 server description x\n"),
      (" service tcp source eq ftp", " service tcp source eq 21 "),
      (": end\n", ": end\nedge# "),
    ])
  func forms(old: String, new: String) throws {
    #expect(whole.contains(old))
    let audit = try AuditedText(whole.replacing(old, with: new), against: policy)
    #expect(audit.found.isEmpty, "\(audit.description)")
  }

  @Test(
    "mistakes are found at their lines",
    arguments: [
      ASAMistake(
        "range missing", "nat (inside,outside) source static ftp-server ftp-public service svc-pasv svc-pasv\n", "",
        "gateway-stops-session", at: nil),
      ASAMistake(
        "range in part", "ftp-server range 5000 5500", "ftp-server range 5000 5400", "gateway-stops-session",
        at: "access-group"),
      ASAMistake(
        "translation without permit",
        "access-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server range 5000 5500\n",
        "", "gateway-stops-session", at: "access-group"),
      ASAMistake(
        "denied before", "access-list outside_access_in remark the web server",
        "access-list outside_access_in extended deny tcp any host 10.10.20.200 gt 1023", "gateway-stops-session",
        at: "deny tcp"),
      ASAMistake(
        "inactive permit", "range 5000 5500\naccess-list vpn", "range 5000 5500 inactive\naccess-list vpn",
        "gateway-stops-session", at: "access-group"),
      ASAMistake(
        "inactive translation", "service svc-pasv svc-pasv", "service svc-pasv svc-pasv inactive",
        "gateway-stops-session", at: nil),
      ASAMistake(
        "time range", "range 5000 5500\naccess-list vpn", "range 5000 5500 time-range office\naccess-list vpn",
        "gateway-undecided", at: "time-range"),
      ASAMistake(
        "mapped address", "object ftp-server range", "object ftp-public range", "gateway-stops-session",
        at: "access-group"),
      ASAMistake(
        "external port in the list", "object ftp-server eq ftp", "object ftp-server eq 2121", "gateway-stops-session",
        at: "access-group"),
      ASAMistake(
        "wrong interface", "nat (inside,outside) source static ftp-server ftp-public service svc-pasv",
        "nat (dmz,outside) source static ftp-server ftp-public service svc-pasv", "gateway-stops-session",
        at: "nat (dmz"),
      ASAMistake(
        "wrong outside", "nat (inside,outside) source static ftp-server ftp-public service svc-pasv",
        "nat (inside,dmz) source static ftp-server ftp-public service svc-pasv", "gateway-stops-session", at: nil),
      ASAMistake(
        "shadowed by PAT", "nat (inside,outside) source static local local",
        "nat (inside,outside) source dynamic any interface\nnat (inside,outside) source static local local",
        "gateway-stops-session", at: "source dynamic any"),
      ASAMistake(
        "clients too wide", "object-group ftp-clients object ftp-server eq", "any object ftp-server eq",
        "gateway-admits-others", at: nil),
      ASAMistake(
        "clients shut out", "255.255.255.0\naccess-list outside_access_in remark",
        "255.255.255.128\naccess-list outside_access_in remark", "gateway-stops-session", at: "access-group"),
      ASAMistake(
        "shut down", " nameif inside\n", " shutdown\n nameif inside\n", "gateway-stops-session", at: "shutdown"),
      ASAMistake(
        "parent shut down", "interface GigabitEthernet0/1\n",
        "interface GigabitEthernet0/1\n shutdown\n no nameif\n!\ninterface GigabitEthernet0/1.20\n vlan 20\n",
        "gateway-stops-session", at: "shutdown"),
      ASAMistake(
        "channel shut down", "interface GigabitEthernet0/1\n",
        "interface Port-channel1\n shutdown\n no nameif\n!\ninterface Port-channel1.20\n vlan 20\n",
        "gateway-stops-session", at: "shutdown"),
      ASAMistake(
        "members shut down", "interface GigabitEthernet0/1\n",
        "interface GigabitEthernet0/7\n channel-group 1 mode active\n shutdown\n!\ninterface Port-channel1\n",
        "gateway-stops-session", at: "shutdown"),
      ASAMistake(
        "no list", "access-group outside_access_in in interface outside\n", "", "gateway-stops-session",
        at: "security-level 0"),
      ASAMistake(
        "ports of the client", "service tcp source range", "service tcp destination range", "gateway-stops-session",
        at: nil),
      ASAMistake("UDP", " service tcp source range", " service udp source range", "gateway-stops-session", at: nil),
      ASAMistake(
        "shifted", "service svc-pasv svc-pasv",
        "service svc-pasv shifted\nobject service shifted\n service tcp source range 5001 5501",
        "gateway-stops-session", at: nil),
      ASAMistake(
        "name that is none", "object ftp-server range", "object ftp-servr range", "gateway-undecided", at: "ftp-servr"
      ),
      ASAMistake(
        "authentication", "aaa authentication ssh",
        "access-list auth extended permit tcp any any\naaa authentication match auth outside LOCAL\naaa authentication ssh",
        "gateway-undecided", at: "aaa authentication match"),
    ])
  func mistakes(mistake: ASAMistake) throws {
    #expect(whole.contains(mistake.old))
    let audit = try AuditedText(whole.replacing(mistake.old, with: mistake.new), against: policy)
    let found = audit.found.filter { $0.code == mistake.code }
    #expect(
      found.contains { diagnostic in mistake.line.map { audit.line(of: diagnostic).contains($0) } ?? true },
      "\(audit.description)")
  }

  @Test(
    "texts that are none are said once, at the line",
    arguments: [
      (": end\n", "", "the configuration ends before its line `: end`", "Cryptochecksum"),
      ("logging enable", "<--- More --->", "a pager has cut the text", "<--- More --->"),
      ("logging enable", "logging \u{1B}[0m enable", "control characters", "logging"),
      ("ASA Version 9.12(4)", "ASA Version 8.2(5)", "version `8.2(5)` has another language", "ASA Version"),
      ("ASA Version 9.12(4)", "PIX Version 6.3(5)", "the configuration of a PIX", "PIX"),
      (
        "logging enable", "static (inside,outside) 203.0.113.10 10.10.20.200 netmask 255.255.255.255",
        "of before 8.3", "static"
      ),
      ("logging enable", "nat (inside) 1 0.0.0.0 0.0.0.0", "of before 8.3", "nat (inside)"),
      ("logging enable", "ip nat inside source list 1 interface Dialer0", "a router with IOS", "ip nat"),
      ("logging enable", "  config-url disk0:/admin.cfg", "a device with contexts", "config-url"),
      ("logging enable", "edge# show startup-config", "for the next start", "startup"),
      (
        ": end\n", ": end\nno access-group outside_access_in in interface outside\n", "a change that was pasted",
        "no access-group"
      ),
      (
        ": end\n",
        ": end\nno nat (inside,outside) source static ftp-server ftp-public service svc-pasv svc-pasv\n",
        "a change that was pasted", "no nat"
      ),
      (
        ": end\n", ": end\nno access-list outside_access_in extended permit tcp any any\n",
        "a change that was pasted",
        "no access-list"
      ),
      (
        "logging enable", "object-group network ftp-clients\n no network-object host 192.0.2.1", "a change", "no netw"
      ),
      (": end\n", ": end\nclear configure access-list\n", "a change that was pasted", "clear configure"),
      (": end\n", ": end\nedge(config)# ftp mode passive\n", "typed at the device", "ftp mode"),
    ])
  func wrongTexts(old: String, new: String, words: String, line: String) throws {
    let audit = try AuditedText(whole.replacing(old, with: new), against: policy)
    #expect(audit.found.map(\.code) == ["gateway-file-error"], "\(audit.description)")
    let found = try #require(audit.found.first)
    #expect(found.message.contains(words) && found.help != nil, "\(audit.description)")
    #expect(audit.line(of: found).contains(line), "\(audit.description)")
  }

  @Test(
    "other outputs are no configuration",
    arguments: [
      "access-list outside_access_in; 3 elements; name hash: 0x8a4b2c1d\naccess-list outside_access_in line 1 extended permit tcp any host 10.1.1.1 eq ftp (hitcnt=12) 0x1a2b3c4d\n",
      "Manual NAT Policies (Section 1)\n1 (inside) to (outside) source static a b\n    translate_hits = 0, untranslate_hits = 12\n",
      "12 in use, 44 most used\nFlags: D - DNS, e - extended\nTCP PAT from inside:10.1.1.1 21-21 to outside:203.0.113.1 21-21\n",
    ])
  func otherOutputs(text: String) throws {
    let audit = try AuditedText(text, against: policy)
    #expect(audit.found.map(\.code) == ["gateway-file-error"], "\(audit.description)")
  }

  @Test("texts of other platforms are nobody's business here")
  func strangers() {
    for text in [
      "*filter\n:INPUT ACCEPT\n", "set security zones security-zone x\n", "/ip firewall nat\nadd chain=dstnat\n",
      "config firewall policy\n    edit 1\n", "config zone\n\toption name wan\n", "table inet x {\n chain y {\n",
      "version 23.4R1;\ninterfaces {\n",
    ] {
      let text = GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0))
      #expect(!ASAReader().recognises(text), "\(text.lines)")
    }
  }

  @Test(
    "lines that do nothing are remarked upon",
    arguments: [
      (
        ": Saved\n", ": Saved\n: Written by admin at 10:15:21.123 UTC Tue Jan 1 2019\n", "saved at some time",
        "Written by"
      ),
      (
        "object ftp-server eq ftp\n",
        "object ftp-server eq ftp\naccess-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server eq ftp-data\n",
        "port 20", "ftp-data"
      ),
      (
        "object ftp-server eq ftp\n",
        "object ftp-server eq ftp\naccess-list outside_access_in extended permit udp object-group ftp-clients object ftp-server eq 21\n",
        "UDP", "udp"
      ),
      (
        "object ftp-server eq ftp\n",
        "object ftp-server eq ftp\naccess-list outside_access_in extended permit tcp any host 203.0.113.10 eq ftp\n",
        "a mapped address", "host 203.0.113.10"
      ),
      (
        "object ftp-server eq ftp\n",
        "object ftp-server eq ftp\nobject-group network nobody\naccess-list outside_access_in extended permit tcp object-group nobody object ftp-server range 5000 5500\n",
        "is empty", "nobody"
      ),
      (
        "object network obj_any\n nat",
        "object network data\n host 10.10.20.200\n nat (inside,outside) static 203.0.113.10 service tcp 20 20\nobject network obj_any\n nat",
        "port 20 is translated", "tcp 20 20"
      ),
      (
        "object network obj_any\n nat",
        "object network data\n host 10.10.20.200\n nat (inside,outside) static 203.0.113.10 service tcp 50000 50009\nobject network obj_any\n nat",
        "two ports, and no range", "50000 50009"
      ),
    ])
  func remarks(old: String, new: String, words: String, line: String) throws {
    #expect(whole.contains(old))
    let audit = try AuditedText(whole.replacing(old, with: new), against: policy)
    let found = audit.found.filter { $0.code == "gateway-remark" && $0.message.contains(words) }
    #expect(found.count == 1, "\(audit.description)")
    // A translation that no session takes is said by the audit as well.
    #expect(audit.found.allSatisfy { $0.code == "gateway-remark" && audit.line(of: $0).contains(line) })
    #expect(found.allSatisfy { audit.line(of: $0).contains(line) }, "\(audit.description)")
  }

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
    let start = ContinuousClock.now
    let audit = try AuditedText(text, against: policy)
    #expect(audit.found.isEmpty, "\(audit.description)")
    #expect(ContinuousClock.now - start < .seconds(10))
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

  @Test("ten thousand lines are read in a moment") func size() {
    var lines: [String] = []
    for number in 0..<10_000 {
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
    let start = ContinuousClock.now
    let saved = ASAReader().read(
      GatewayText(name: "x", bytes: bytes, file: SourceID(0)),
      GatewayContext(outside: ["outside"], inside: ["inside"]))
    let time = ContinuousClock.now - start
    #expect(saved.ruleset.tables.first?.ruleCount ?? 0 > 5000)
    // A debug build on a machine that has other things to do.
    #expect(time < .seconds(20), "\(time)")
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
