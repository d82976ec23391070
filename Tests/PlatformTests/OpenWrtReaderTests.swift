import Compilation
import Diagnostics
import LiveSupport
import Platforms
import Testing

private let gateway = "platform openwrt; outside wan; inside lan"

/// What a new router has, without what a policy publishes.
let openWrtSurroundings = """
  config defaults
  \toption syn_flood '1'
  \toption input 'REJECT'
  \toption output 'ACCEPT'
  \toption forward 'REJECT'

  config zone
  \toption name 'lan'
  \tlist network 'lan'
  \toption input 'ACCEPT'
  \toption output 'ACCEPT'
  \toption forward 'ACCEPT'

  config zone
  \toption name 'wan'
  \tlist network 'wan'
  \tlist network 'wan6'
  \toption input 'REJECT'
  \toption output 'ACCEPT'
  \toption forward 'REJECT'
  \toption masq '1'
  \toption mtu_fix '1'

  config forwarding
  \toption src 'lan'
  \toption dest 'wan'

  config rule
  \toption name 'Allow-ICMPv6-Input'
  \toption src 'wan'
  \toption proto 'icmp'
  \tlist icmp_type 'echo-request'
  \tlist icmp_type 'router-solicitation'
  \tlist icmp_type 'neighbour-solicitation'
  \tlist icmp_type 'neighbour-advertisement'
  \toption limit '1000/sec'
  \toption family 'ipv6'
  \toption target 'ACCEPT'


  """

@Suite struct OpenWrtReaderTests {
  @Test("what is written for a policy is what its audit wants")
  func own() throws {
    var count = 0
    for seed in UInt64(1)...60 where count < auditedPolicies {
      let compilation = generatedPolicy(seed, gateway: gateway, unless: ["limit", "log"])
      // A crowd of publications is looked at in part, and takes long.
      guard compilation.isAccepted, compilation.policy.publications.count < 12 else { continue }
      count += 1
      // Reflections over IPv6 are made where the zone outside masquerades it.
      let reflects = compilation.policy.publications.contains { $0.hairpin.value }
      let around = openWrtSurroundings.replacing(
        "option masq '1'", with: "option masq '1'\n\toption masq6 '\(reflects ? 1 : 0)'")
      let audited = try AuditedText(around + compilation.configuration(), against: compilation)
      // Servers may open connections to clients: the zone inside may reach all outside.
      #expect(!audited.found.contains { $0.severity != .note }, "seed \(seed): \(audited.description)")
    }
  }
}

/// How many generated policies a suite audits.
let auditedPolicies = 15
