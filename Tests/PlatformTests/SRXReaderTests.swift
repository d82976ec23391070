import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Nftables
import Testing

@testable import Platforms

/// The configurations of SRX devices, read and audited.
@Suite struct SRXReaderTests {
  static let policy = workedCase("platform srx; outside untrust; inside trust")

  @Test("what is written, with the zones that it presupposes, is silent") func worked() throws {
    let compilation = compile(Self.policy)
    let audited = try AuditedText(SRXSurroundings.zones + compilation.configuration(), against: compilation)
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  @Test("both syntaxes are one configuration") func braces() throws {
    let audited = try AuditedText(SRXSurroundings.braces, against: Self.policy)
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  /// Without these lines more gets through, and nothing less.
  static let widening = [" description ", " destination-port ", " match protocol ", " application-protocol "]

  @Test("a line that is missing is found") func missing() throws {
    let compilation = compile(Self.policy)
    let own = try compilation.configuration().split(separator: "\n")
    for index in own.indices where own[index].hasPrefix("set ") {
      guard !Self.widening.contains(where: own[index].contains) || own[index].hasSuffix(" 2121") else { continue }
      var lines = own
      lines.remove(at: index)
      let audited = try AuditedText(
        SRXSurroundings.zones + lines.joined(separator: "\n") + "\n", against: compilation)
      #expect(!audited.found.isEmpty, "\(own[index])")
    }
  }

  // MARK: - Constructs

  /// What is written for the policy, with the zones that it presupposes, changed.
  struct Text: Sendable {
    private var more: [String]
    private var words: String
    private var old: String
    private var new: String
    private var before = ""
    private var whole: String?

    init(
      _ more: String..., without words: String = "-none-", replacing old: String = "-none-", with new: String = "-",
      after before: String = ""
    ) {
      (self.more, self.words, self.before) = (more, words, before)
      (self.old, self.new) = (old, new)
    }

    init(whole: String) {
      self.init()
      self.whole = whole
    }

    func text() throws -> String {
      if let whole { return whole }
      let own = try compile(SRXReaderTests.policy).configuration()
      let lines = (SRXSurroundings.zones + own).split(separator: "\n").map(String.init)
        .filter { !$0.contains(words) }
      return before + (lines.map { $0.replacing(old, with: new) } + more).joined(separator: "\n") + "\n"
    }
  }

  /// Each is still right.
  @Test(
    arguments: [
      Text("set security alg ftp disable"),
      Text("deactivate security policies from-zone untrust to-zone trust policy none"),
      Text("deactivate security nat", "activate security nat"),
      Text(replacing: "from zone untrust", with: "from interface ge-0/0/0.0"),
      Text(replacing: "from zone untrust", with: "from routing-instance default"),
      Text(
        replacing: "untrust to-zone trust policy sallyport-ftp1 then permit",
        with: "untrust to-zone trust policy sallyport-ftp1 then permit destination-address drop-untranslated"),
      Text(
        "set security policies from-zone untrust to-zone trust policy late match source-address any",
        "set security policies from-zone untrust to-zone trust policy late match destination-address any",
        "set security policies from-zone untrust to-zone trust policy late match application any",
        "set security policies from-zone untrust to-zone trust policy late then deny",
        "insert security policies from-zone untrust to-zone trust policy late after policy sallyport-ftp1"),
      Text(
        "set security zones security-zone untrust interfaces ge-0/0/3.0",
        "set interfaces ge-0/0/3 unit 0 family inet dhcp"),
      Text(
        "set interfaces ge-0/0/0 unit 0 family inet filter input in",
        "set firewall family inet filter in term bad from source-address 10.0.0.0/8",
        "set firewall family inet filter in term bad then discard",
        "set firewall family inet filter in term rest then count x",
        "set firewall family inet filter in term rest then accept"),
      Text(
        "set groups g interfaces <*> mtu 1500", "set groups g system domain-name x", "set apply-groups g"),
      Text(
        "set interfaces ge-0/0/0 unit 0 family inet filter input in",
        "set policy-options prefix-list ours 203.0.113.10/32",
        "set firewall family inet filter in term known from protocol tcp",
        "set firewall family inet filter in term known from tcp-established",
        "set firewall family inet filter in term known then accept",
        "set firewall family inet filter in term ftp from destination-prefix-list ours",
        "set firewall family inet filter in term ftp from destination-port [ 2121 5000-5500 ]",
        "set firewall family inet filter in term ftp then accept"),
      Text(
        "set security nat static rule-set s from zone untrust",
        "set security nat static rule-set s rule c match destination-address 203.0.113.10/32",
        "set security nat static rule-set s rule c match destination-port 2121",
        "set security nat static rule-set s rule c then static-nat prefix 10.10.20.200/32",
        "set security nat static rule-set s rule c then static-nat prefix mapped-port 21",
        "set security nat static rule-set s rule p match destination-address 203.0.113.10/32",
        "set security nat static rule-set s rule p match destination-port 5000",
        "set security nat static rule-set s rule p match destination-port to 5500",
        "set security nat static rule-set s rule p then static-nat prefix 10.10.20.200/32 mapped-port 5000 to 5500",
        without: "nat destination"),
      Text(
        "set interfaces ge-0/0/2 disable", "set interfaces ge-0/0/2 unit 0 family inet address 10.10.20.2/25",
        "set interfaces ge-0/0/3 unit 0 family inet address 10.10.21.1/24",
        "set interfaces fxp0 unit 0 family inet address 192.0.2.250/24",
        "set interfaces interface-range spare member \"ge-0/0/[4-7]\"",
        "set interfaces interface-range spare member-range ge-0/0/8 to ge-0/0/11",
        "set interfaces interface-range spare disable", "set interfaces ge-0/0/1 unit 5 disable",
        "set routing-options static route 10.0.0.0/8 discard",
        "set routing-options static route 10.10.0.0/16 next-hop 10.10.20.254"),
      Text("deactivate interfaces ge-0/0/1", "activate interfaces ge-0/0/1"),
      Text(
        "set protocols bgp group x", "set routing-options static route 10.0.0.0/8 discard", without: "ge-0/0/1 unit"),
      Text("set security forwarding-options family inet6 mode flow-based"),
      Text("set security nat destination rule-set other from zone guests"),
      Text("{primary:node0}", "admin@edge>", after: "admin@edge> show configuration | display set | no-more\n"),
    ])
  func right(text: Text) throws {
    let audited = try AuditedText(text.text(), against: Self.policy)
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  struct Wrong: CustomTestStringConvertible {
    var code: String
    var line: String
    var text: Text
    var testDescription: String { "\(code): \(line)" }
    init(_ code: String, _ line: String, _ text: Text) { (self.code, self.line, self.text) = (code, line, text) }
  }

  /// Each is found, at that line.
  @Test(
    arguments: [
      Wrong(
        "gateway-stops-session", "rule sallyport-ftp1-ctl match destination-address",
        Text(
          replacing: "rule sallyport-ftp1-pasv match destination-address 203.0.113.10",
          with: "rule sallyport-ftp1-pasv match destination-address 203.0.113.99")),
      Wrong(
        "gateway-stops-session", "policy sallyport-ftp1 description",
        Text("set security nat destination pool sallyport-ftp1-pasv address port 6000")),
      Wrong(
        "gateway-stops-session", "policy sallyport-ftp1 description",
        Text(without: "match application sallyport-ftp1-pasv")),
      Wrong(
        "gateway-stops-session", "policy no match",
        Text(
          "set security policies from-zone untrust to-zone trust policy no match source-address any",
          "set security policies from-zone untrust to-zone trust policy no match destination-address any",
          "set security policies from-zone untrust to-zone trust policy no match application any",
          "set security policies from-zone untrust to-zone trust policy no then deny",
          "insert security policies from-zone untrust to-zone trust policy no before policy sallyport-ftp1")),
      Wrong(
        "gateway-undecided", "policy sallyport-ftp1 description",
        Text(
          "set security policies from-zone untrust to-zone trust policy sallyport-ftp1 scheduler-name s")),
      Wrong(
        "gateway-undecided", "policy sallyport-ftp1 description",
        Text(
          "set security policies from-zone untrust to-zone trust policy sallyport-ftp1 match dynamic-application junos:FTP"
        )),
      Wrong(
        "gateway-undecided", "policy sallyport-ftp1 description",
        Text(
          "set security policies from-zone untrust to-zone trust policy sallyport-ftp1 then permit application-services idp"
        )),
      Wrong("gateway-undecided", "ge-0/0/0 unit 0 family inet address", Text(without: "proxy-arp")),
      Wrong(
        "gateway-undecided", "ge-0/0/0 unit 0 family inet address",
        Text(replacing: "203.0.113.15/32", with: "203.0.113.9/32")),
      Wrong(
        "gateway-undecided", "static rule-set t from zone untrust",
        Text(
          "set security nat static rule-set s from zone untrust",
          "set security nat static rule-set t from zone untrust")),
      Wrong(
        "gateway-undecided", "source rule-set t from zone trust",
        Text(
          "set security nat source rule-set s from zone trust", "set security nat source rule-set s to zone untrust",
          "set security nat source rule-set t from zone trust", "set security nat source rule-set t to zone untrust")),
      Wrong(
        "gateway-undecided", "set apply-groups g",
        Text("set groups g security nat destination pool x address 10.0.0.1/32", "set apply-groups g")),
      Wrong(
        "gateway-undecided", "set security policies apply-groups g",
        Text(
          "set groups g security policies <*> <*> then deny", "set security policies apply-groups g")),
      Wrong(
        "gateway-undecided", "zones security-zone internet",
        Text(replacing: "security-zone untrust", with: "security-zone internet")),
      Wrong(
        "gateway-undecided", "logical-systems ls1",
        Text(
          "set logical-systems ls1 security zones security-zone untrust interfaces ge-0/0/0.0",
          without: "zones security-zone untrust")),
      Wrong(
        "gateway-undecided", "interface ge-0/0/0.0",
        Text("set routing-instances vr1 interface ge-0/0/0.0")),
      Wrong(
        "gateway-undecided", "rule sallyport-ftp1-ctl match destination-address",
        Text(
          "set security zones security-zone untrust interfaces ge-0/0/3.0", replacing: "from zone untrust",
          with: "from interface ge-0/0/0.0")),
      Wrong(
        "gateway-undecided", "forwarding-options family mpls",
        Text("set security forwarding-options family mpls mode packet-based")),
      Wrong(
        "gateway-stops-session", "filter in",
        Text(
          "set interfaces ge-0/0/0 unit 0 family inet filter input in",
          "set firewall family inet filter in term ssh from destination-port 22",
          "set firewall family inet filter in term ssh then accept")),
      Wrong(
        "gateway-undecided", "forwarding-options family inet mode",
        Text("set security forwarding-options family inet mode packet-based")),
      Wrong(
        "gateway-undecided", "rule-set second from zone untrust",
        Text("set security nat destination rule-set second from zone untrust")),
      Wrong("gateway-remark", "ftps-extension", Text("set security alg ftp ftps-extension")),
      Wrong(
        "gateway-admits-others", "rule sallyport-ftp1-ctl match",
        Text(
          replacing: "match source-address sallyport-ftp1-clients", with: "match source-address any")),
      Wrong(
        "gateway-stops-session", "security nat destination rule-set",
        Text(replacing: "from zone untrust", with: "from zone guests")),
      Wrong("gateway-file-error", "+ ", Text(whole: "[edit]\n+ security { nat; }\n")),
      Wrong(
        "gateway-undecided", "rule sallyport-ftp1-ctl match",
        Text("set security nat destination rule-set sallyport-untrust rule sallyport-ftp1-ctl match weather fine")),
      Wrong(
        "gateway-undecided", "policy sallyport-ftp1 description",
        Text("set applications application sallyport-ftp1-ctl uuid 1-2-3")),
      Wrong("gateway-file-error", "---(more", Text("---(more 40%)---")),
      Wrong("gateway-file-error", "\u{1b}", Text("\u{1b}[K")),
      Wrong("gateway-file-error", "rename x", Text("rename x to y")),
      Wrong(
        "gateway-file-error", "insert ",
        Text("insert security policies global policy a before policy b")),
      Wrong(
        "gateway-file-error", "[edit security",
        Text(whole: "[edit security policies from-zone untrust to-zone trust]\n+    policy x {\n")),
      Wrong(
        "gateway-file-error", "Default policy",
        Text(whole: "Default policy: deny-all\nFrom zone: untrust, To zone: trust\n")),
      Wrong(
        "gateway-file-error", "Session ID", Text(whole: "Session ID: 10, Policy name: x/4, Timeout: 1788, Valid\n")),
      Wrong(
        "gateway-file-error", "{",
        Text(whole: String(SRXSurroundings.braces.prefix(SRXSurroundings.braces.count / 2)))),
      Wrong(
        "gateway-file-error", "version",
        Text(whole: "version 20.4R3;\nsystem { host-name mx; }\nprotocols { bgp { group x; } }\n")),
    ])
  func wrong(_ wrong: Wrong) throws {
    let audited = try AuditedText(wrong.text.text(), against: Self.policy)
    #expect(
      audited.found.contains { $0.code == wrong.code && audited.line(of: $0).contains(wrong.line) },
      "\(audited.description)")
    if wrong.code == "gateway-file-error" { #expect(audited.found.count == 1) }
  }

  private static let move = (old: "ge-0/0/1 unit", new: "ge-0/0/2 unit")

  /// Each is found, at that line: packets do not get to the server, or from the clients.
  @Test(
    arguments: [
      Wrong(
        "gateway-stops-session", "ge-0/0/2 unit 0",
        Text("set security zones security-zone dmz interfaces ge-0/0/2.0", replacing: move.old, with: move.new)),
      Wrong("gateway-stops-session", "ge-0/0/2 unit 0", Text(replacing: move.old, with: move.new)),
      Wrong("gateway-stops-session", "ge-0/0/1 disable", Text("set interfaces ge-0/0/1 disable")),
      Wrong("gateway-stops-session", "unit 0 disable", Text("set interfaces ge-0/0/1 unit 0 disable")),
      Wrong("gateway-stops-session", "deactivate", Text("deactivate interfaces ge-0/0/1")),
      Wrong("gateway-stops-session", "deactivate", Text("deactivate interfaces ge-0/0/1 unit 0 family inet")),
      Wrong(
        "gateway-stops-session", "deactivate",
        Text("deactivate interfaces ge-0/0/1 unit 0 family inet address 10.10.20.1/24")),
      Wrong(
        "gateway-stops-session", "interface-range off disable",
        Text("set interfaces interface-range off member ge-0/0/1", "set interfaces interface-range off disable")),
      Wrong(
        "gateway-stops-session", "interface-range off disable",
        Text(
          "set interfaces interface-range off member-range ge-0/0/1 to ge-0/0/4",
          "set interfaces interface-range off disable")),
      Wrong(
        "gateway-stops-session", "interface-range off unit 0 disable",
        Text(
          "set interfaces interface-range off member ge-*/0/[1-4]",
          "set interfaces interface-range off unit 0 disable")),
      Wrong(
        "gateway-stops-session", "static route 10.10.20.200/32",
        Text("set routing-options static route 10.10.20.200/32 discard")),
      Wrong(
        "gateway-stops-session", "static route 10.10.20.192/26",
        Text("set routing-options static route 10.10.20.192/26 reject")),
      Wrong(
        "gateway-stops-session", "static route 10.10.20.200/32",
        Text("set routing-options static route 10.10.20.200/32 next-hop 203.0.113.1")),
      Wrong(
        "gateway-stops-session", "static route 10.10.20.0/24",
        Text(
          "set routing-options static route 10.10.20.0/24 next-hop 10.10.40.9",
          "set interfaces ge-0/0/1 disable", replacing: "10.10.20.1/24", with: "10.10.40.1/24")),
      Wrong("gateway-stops-session", "ge-0/0/0 disable", Text("set interfaces ge-0/0/0 disable")),
      Wrong("gateway-stops-session", "deactivate", Text("deactivate interfaces ge-0/0/0")),
      Wrong("gateway-stops-session", "deactivate", Text("deactivate interfaces")),
      Wrong(
        "gateway-stops-session", "deactivate", Text("deactivate security zones security-zone untrust interfaces")),
      Wrong(
        "gateway-stops-session", "deactivate",
        Text("deactivate security zones security-zone untrust interfaces ge-0/0/0.0")),
      Wrong("gateway-undecided", "deactivate", Text("deactivate security zones")),
      Wrong("gateway-undecided", "deactivate", Text("deactivate security zones security-zone")),
      Wrong("gateway-undecided", "set security", Text(without: "security zones")),
      Wrong(
        "gateway-stops-session", "disable;",
        Text(whole: SRXSurroundings.braces + "interfaces {\n  ge-0/0/0 {\n    disable;\n    unit 0;\n  }\n}\n")),
      Wrong(
        "gateway-stops-session", "inactive: ge-0/0/1",
        Text(
          whole: SRXSurroundings.braces
            + "interfaces {\n  inactive: ge-0/0/1 {\n    unit 0 { family inet { address 10.10.20.1/24; } }\n  }\n}\n"
        )),
      Wrong(
        "gateway-stops-session", "zones security-zone untrust",
        Text(
          "set groups node0 system host-name a", #"set apply-groups "${node}""#,
          "set security zones security-zone untrust screen s", without: "ge-0/0/0.0")),
    ])
  func ways(_ wrong: Wrong) throws { try self.wrong(wrong) }

  @Test("what is written alone tells of no network") func alone() throws {
    let own = try compile(Self.policy).configuration()
    let saved = GatewayText(name: "x", bytes: Array(own.utf8), file: SourceID(0))
    let gateway = SRXReader().read(saved, GatewayContext(outside: ["untrust"], inside: ["trust"]))
    #expect(gateway.networks.isEmpty && gateway.diagnostics.isEmpty)
  }

  @Test("who has the ALG") func inspection() throws {
    func ports(_ application: String, _ more: String...) throws -> [String] {
      let text =
        try Text(replacing: "application-protocol ignore", with: application).text() + more.joined(separator: "\n")
      let bytes = Array(text.utf8)
      let saved = GatewayText(name: "x", bytes: bytes, file: SourceID(0))
      let gateway = SRXReader().read(saved, GatewayContext(outside: ["untrust"], inside: ["trust"]))
      return gateway.ruleset.tables.flatMap(\.chains).flatMap(\.rules).filter { rule in
        rule.statements.contains { if case .assignHelper = $0 { true } else { false } }
      }.map { rule in rule.statements.map(\.text).joined(separator: " ") }
    }
    #expect(try ports("application-protocol ignore").isEmpty)
    let named = try ports("application-protocol ftp")
    #expect(named.count == 1 && named.allSatisfy { $0.contains("21") && $0.contains("5000-5500") })
    let standard = try ports("inactivity-timeout 60")
    #expect(standard.count == 1 && standard.allSatisfy { $0.contains("dport 21") && !$0.contains("5000") })
    #expect(try ports("application-protocol ftp", "set security alg ftp disable").isEmpty)
  }

  @Test("of several zones inside the networks tell which it is", arguments: ["trust, dmz", "dmz, trust"])
  func zones(inside: String) throws {
    let compilation = compile(workedCase("platform srx; outside untrust; inside \(inside)"))
    let more = """
      set security zones security-zone dmz interfaces ge-0/0/2.0
      set interfaces ge-0/0/2 unit 0 family inet address 10.10.30.1/24

      """
    let own = try compilation.configuration()
    let lines = own.split(separator: "\n", omittingEmptySubsequences: false)
    for zone in ["", "to-zone trust", "to-zone dmz"] {
      let kept = lines.filter { !$0.contains("to-zone") || $0.contains(zone) || zone.isEmpty }
      let audited = try AuditedText(SRXSurroundings.zones + more + kept.joined(separator: "\n"), against: compilation)
      #expect(audited.found.isEmpty == (zone != "to-zone dmz"), "\(zone): \(audited.description)")
    }
  }

  @Test("what is switched off is known with its place") func idle() throws {
    let text = try Text("deactivate security policies from-zone untrust to-zone trust policy sallyport-ftp1").text()
    let saved = GatewayText(name: "x", bytes: Array(text.utf8), file: SourceID(0))
    let idle = SRXReader().read(saved, GatewayContext(outside: ["untrust"], inside: ["trust"])).idle
    #expect(!idle.isEmpty && idle.allSatisfy { $0.chain == "policies" && $0.reason == "is inactive" })
  }
}
