import Compilation
import Diagnostics
import Platforms
import Testing

private let gateway = ASATexts.gateway
private let policy = ASATexts.policy
private let whole = ASATexts.whole

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
        "no answer to neighbours", "service svc-pasv svc-pasv", "service svc-pasv svc-pasv no-proxy-arp",
        "gateway-undecided", at: "no-proxy-arp"),
      ASAMistake(
        "no answer at an interface", "access-list vpn", "sysopt noproxyarp outside\naccess-list vpn",
        "gateway-undecided", at: "nat (inside,outside)"),
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
}
