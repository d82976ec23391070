import Compilation
import Diagnostics
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
      ("names\n", "names\nname 10.10.20.200 server description x\n"),
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
}
