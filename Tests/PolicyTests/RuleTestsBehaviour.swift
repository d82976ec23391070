import Policy
import Testing

/// A policy, and codes of which it raises some and not the others.
struct Behaviour: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var policy: String
  var raised: [String: [String]]
  var absent: [String]

  /// - Parameter raised: for each code the texts that are underlined, in order.
  init(
    _ description: String, _ policy: String, raises raised: [String: [String]] = [:], not absent: String...
  ) {
    testDescription = description
    self.policy = policy
    self.raised = raised
    self.absent = absent
  }
}

@Suite("Rules")
struct RuleTestsBehaviour {
  @Test("data paths", arguments: dataPathCases)
  func dataPath(_ behaviour: Behaviour) { check(behaviour) }

  @Test("ports and ranges", arguments: portCases)
  func ports(_ behaviour: Behaviour) { check(behaviour) }

  @Test("addresses and gateways", arguments: addressCases)
  func addresses(_ behaviour: Behaviour) { check(behaviour) }

  @Test("servers", arguments: serverCases)
  func servers(_ behaviour: Behaviour) { check(behaviour) }

  @Test("clients and limits", arguments: clientCases)
  func clients(_ behaviour: Behaviour) { check(behaviour) }

  @Test("what is wrong is not also missing", arguments: cascadeCases)
  func cascades(_ behaviour: Behaviour) { check(behaviour) }

  private func check(_ behaviour: Behaviour) {
    let checked = Checked(behaviour.policy)
    for (code, texts) in behaviour.raised {
      #expect(checked.underlined(code) == texts, "\(code)")
    }
    for code in behaviour.absent { #expect(checked.found(code).isEmpty, "\(code)") }
  }

  /// The two policies of the language's description.
  @Test func smallest() {
    let checked = Checked(
      """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  5000-5500
          tls            explicit required
      }
      """)
    #expect(checked.codes == ["certificate-missing", "passive-range-alg-port"])
  }

  @Test func fuller() {
    let checked = Checked(
      """
      clients partners = 198.51.100.0/24, 192.0.2.7, 2001:db8:beef::/48

      gateway edge {
          outside  eth0                     # where clients come from
          inside   eth1                     # where the servers are
      }

      server files {
          address      10.10.20.200, 2001:db8:20::200
          software     proftpd 1.3.8
          certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
          max clients  200
      }

      publish secure-files {
          gateway        edge
          server         files
          external ip    203.0.113.10, 2001:db8::10
          control port   2121 -> 21         # external -> server; one number when equal
          passive range  50000-50399        # never remapped
          tls            explicit required
          helper         off
          active         off
          allow          partners
          limit          10 sessions per client
          limit          30 new per minute per client
          hairpin        on
          log            denied
      }
      """)
    #expect(checked.codes == [])
  }
}
