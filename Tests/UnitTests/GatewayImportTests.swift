import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy
import Testing

/// `import --gateway`: a policy from what a gateway publishes.
@Suite struct GatewayImportTests {
  private func draft(_ rules: String) -> GatewayDraft {
    var saved = SavedGateway()
    saved.ruleset.tables = SavedRuleset(Array(rules.utf8), file: SourceID(0), family: .ipv4).tables
    return GatewayDraft(saved, of: Platforms.nftables, from: "rules.v4")
  }

  private static let rules = """
    *nat
    :PREROUTING ACCEPT [0:0]
    -A PREROUTING -i eth0 -d 203.0.113.10/32 -p tcp -m tcp --dport 2121 -j DNAT --to-destination 10.10.20.200:21
    -A PREROUTING -i eth0 -d 203.0.113.10/32 -p tcp -m tcp --dport 50000:50399 -j DNAT --to-destination 10.10.20.200
    -A PREROUTING -i eth0 -d 203.0.113.11/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.10.20.201
    COMMIT
    *filter
    :FORWARD DROP [0:0]
    -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A FORWARD -s 198.51.100.0/24 -d 10.10.20.200/32 -p tcp -m multiport --dports 21,50000:50399 -j ACCEPT
    -A FORWARD -d 10.10.20.201/32 -p tcp -m tcp --dport 443 -j ACCEPT
    COMMIT

    """

  @Test func whatIsPublished() throws {
    let text = draft(Self.rules).text
    for statement in [
      "server         10.10.20.200 other", "external ip    203.0.113.10", "control port   2121 -> 21",
      "passive range  50000-50399", "allow          198.51.100.0/24", "outside   \"eth0\"", "# DECIDE tls",
      "# DECIDE inside",
    ] { #expect(text.contains(statement), "\(statement) in \(text)") }
    #expect(!text.contains("10.10.20.201"))
    #expect(inCanonicalLayout(text) == text)
    let compilation = compile(text)
    #expect(compilation.isAccepted, "\(compilation.diagnostics.map(\.message))")
  }

  @Test("what is imported is what the audit wants") func roundTrip() {
    let text = draft(Self.rules).text.replacing(
      "# DECIDE inside: the interface, zone or network where the servers are", with: "inside eth1")
    let compilation = compile(text)
    var saved = SavedGateway()
    saved.ruleset.tables = SavedRuleset(Array(Self.rules.utf8), file: SourceID(1), family: .ipv4).tables
    let found = compilation.audit(of: saved, gateway: 0, file: SourceSpan(file: SourceID(1), 0..<0))
    #expect(found.isEmpty, "\(found.map(\.message))")
  }

  @Test func whatIsMissingIsAskedFor() {
    let text = draft(Self.rules.replacing("50000:50399", with: "990").replacing(" -s 198.51.100.0/24", with: "")).text
    #expect(text.contains("# DECIDE passive range: no range of ports leads to the server"))
    #expect(!text.contains("    allow "))
  }

  @Test("rules without an FTP server make no policy") func nothing() {
    #expect(
      draft(Self.rules.replacing("2121", with: "8080").replacing(":21", with: ":80").replacing("21,", with: "80,"))
        .isEmpty)
    #expect(draft("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n").isEmpty)
  }
}
