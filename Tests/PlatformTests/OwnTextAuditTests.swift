import Compilation
import Diagnostics
import LiveSupport
import Nftables
import Platforms
import Policy
import Testing

/// What is written for a gateway with iptables, read back as what its `iptables-save` would print.
@Suite struct OwnTextAuditTests {
  /// What the audit of the texts that a policy compiles to finds; `nil` for a policy that is refused.
  private func findings(_ policy: String) throws -> [Diagnostic]? {
    let compilation = compile(policy)
    guard compilation.isAccepted else { return nil }
    let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
    var gateway = SavedGateway()
    var sources = compilation.sources
    for file in try platform.configuration(of: plan, as: platform.defaultForm, version: "0") {
      let bytes = Array(file.pieces.joined())
      let saved = SavedRuleset(bytes, file: sources.add(SourceFile(name: file.name, bytes: bytes)))
      #expect(saved.diagnostics.isEmpty, "\(saved.diagnostics.map(\.message))\n\(policy)")
      gateway.ruleset.tables += saved.tables
    }
    return compilation.audit(
      of: gateway, gateway: 0, file: SourceSpan(file: SourceID(compilation.sources.files.count), 0..<0))
  }

  @Test("what is written for iptables is what its audit wants")
  func silent() throws {
    var generator = PolicyGenerator(seed: 19)
    var count = OwnTextCount("iptables", sample: 12)
    while count.isOpen {
      let policy = generator.policy(gateway: "platform iptables; outside eth0; inside eth1")
      // A crowd of publications is looked at in part, and takes long.
      guard policy.count < 4000, let found = try findings(policy) else {
        count.refuse()
        continue
      }
      count.audit()
      let wrong = found.filter { $0.severity == .error }
      #expect(wrong.isEmpty, "\(wrong.map(\.message))\n\(policy)")
    }
    count.report()
  }

  @Test("a port that is missing in it is found") func mutation() throws {
    let compilation = compile(workedCase("platform iptables; outside eth0; inside eth1"))
    let text = try compilation.configuration().replacing("5000:5500", with: "5000:5499")
    let saved = SavedRuleset(Array(text.utf8), file: SourceID(1))
    var gateway = SavedGateway()
    gateway.ruleset.tables = saved.tables
    let found = compilation.audit(
      of: gateway, gateway: 0, file: SourceSpan(file: SourceID(1), 0..<0))
    #expect(found.contains { $0.code == "gateway-stops-session" }, "\(found.map(\.message))")
  }
}
