import Policy
import Testing

/// The text that the bad sample of each page has underlined.
private let underlined: [String: String] = [
  "active-needs-open-egress": "active         on",
  "active-not-enforced-by-server": "active         off",
  "active-source-conflict": "active         on",
  "address-family-mismatch": "2001:db8::10",
  "allow-never-matches": "198.51.100.7",
  "behind-circle": "behind       inner",
  "certificate-missing": "server         10.10.20.200 proftpd",
  "clear-control-leaves-encrypted-sessions": "clear-control",
  "clear-control-unsupported": "clear-control",
  "clients-cycle": "staff",
  "control-character": "\u{7F}",
  "control-port-bypass": "control port   2121 -> 21",
  "control-port-conflict": "publish photos",
  "control-port-in-passive-range": "control port   50021",
  "duplicate-name": "files",
  "duplicate-statement": "passive range  51000-51399",
  "expectation-empty": "ipv6",
  "external-ip-at-itself": "203.0.113.10",
  "external-ip-claimed-twice": "203.0.113.10",
  "external-ip-missing": "publish files",
  "external-ip-not-an-address": "ftp.example.com",
  "external-ip-private": "192.168.1.10",
  "external-ip-unusable": "127.0.0.1",
  "gateway-ambiguous": "publish photos",
  "hairpin-breaks-active": "active         on",
  "hairpin-without-inside": "hairpin        on",
  "helper-before-translation": "helper       on",
  "helper-cannot-read-tls": "helper       on",
  "helper-open-to-any": "helper       on",
  "helper-without-effect": "helper         on",
  "helper-without-nat": "helper       on",
  "interface-on-both-sides": "eth0",
  "invalid-address": "198.51.100.300",
  "invalid-character": "!",
  "invalid-escape": "\\s",
  "invalid-interface": "\"eth0*\"",
  "invalid-name": "1st-partners",
  "invalid-number": "70000",
  "invalid-thumbprint": "0123456789",
  "invalid-utf8": "# caf\u{FFFD}",
  "lan-clients-without-hairpin": "10.10.20.0/24",
  "limit-superseded": "limit          20 sessions per client",
  "missing-statement": "publish files",
  "no-data-path": "publish files",
  "passive-range-alg-port": "5000-5500",
  "passive-range-ephemeral": "50000-50399",
  "passive-range-out-of-bounds": "1000-1399",
  "passive-range-overlap": "50300-50699",
  "passive-range-remapped": "-> 60000-60399",
  "passive-range-shared": "50000-50399",
  "passive-range-single-port": "50000-50000",
  "passive-range-too-small": "50000-50099",
  "prefix-host-bits": "198.51.100.7/24",
  "range-ignored-in-clear": "50000-50399",
  "range-reversed": "50399-50000",
  "reach-active": "active         on",
  "reach-conflict": "source         gateway",
  "reach-gateway-ambiguous": "reach bank",
  "reach-helper-limited": "helper         on",
  "reach-limit-shared": "source       gateway",
  "reach-not-admitted": "source         gateway",
  "reach-other-end": "passive range  40000-40099",
  "reach-range-any": "passive range  any",
  "reach-range-missing": "helper         on",
  "reach-server-private": "10.99.0.21",
  "reach-server-unusable": "192.0.2.10",
  "reach-source-missing": "source         gateway",
  "reach-target": "reach bank",
  "reach-users-outside": "203.0.113.21",
  "server-address-unusable": "127.0.0.1",
  "server-behind-gateway": "publish photos",
  "server-scope-conflict": "203.0.113.11",
  "source-gateway-hides-clients": "source         gateway",
  "source-gateway-on-local-server": "source         gateway",
  "stray-brace": "}",
  "syntax-error": "22",
  "tls-mode-unsupported": "tls            implicit",
  "tls-off": "publish files",
  "tls-port-mismatch": "control port   21",
  "unclosed-block": "{",
  "unexpected-block": "{",
  "unknown-name": "partner",
  "unknown-statement": "logs",
  "unknown-value": "yes",
  "unterminated-string": "\"/etc/ssl/certs/ftp.pem",
  "unused-declaration": "partners",
]

@Suite("Underlines")
struct RuleTestsUnderlines {
  @Test("the bad sample has the text to blame underlined, once", arguments: RuleTestsPages.plain.map(\.code))
  func primary(code: String) throws {
    let page = try #require(RuleTestsPages.plain.first { $0.code == code })
    let expected = try #require(underlined[code], "no entry for \(code)")
    #expect(Checked(badSource(of: page)).underlined(code) == [expected])
  }

  @Test("statements that collide are both shown")
  func related() throws {
    for (code, text) in [
      ("control-port-conflict", "publish files"), ("passive-range-overlap", "50000-50399"),
      ("passive-range-shared", "50000-50399"), ("server-scope-conflict", "203.0.113.10"),
      ("active-source-conflict", "active         on"), ("interface-on-both-sides", "eth0"),
      ("control-port-in-passive-range", "50000-50399"),
      ("limit-superseded", "limit          10 sessions per client"),
      ("passive-range-too-small", "max clients  200"), ("allow-never-matches", "198.51.100.0/24"),
    ] {
      let page = try #require(rulePages.first { $0.code == code })
      let checked = Checked(page.bad)
      let found = try #require(checked.found(code).first)
      #expect(found.related.map { checked.source.text($0.span.range) } == [text], "\(code)")
    }
  }
}
