import LiveSupport
import Testing

/// Runs each test once for every kind of firewall.
struct FirewallMatrix: SuiteTrait, TestTrait, TestScoping {
  var firewalls: [Firewall]
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    for firewall in firewalls {
      do {
        try await Firewall.$current.withValue(firewall) { try await function() }
      } catch {
        throw LabError("with \(firewall.rawValue): \(error)")
      }
    }
  }
}

extension Trait where Self == FirewallMatrix {
  /// The same test for nftables and both backends of iptables.
  static var everyFirewall: Self { FirewallMatrix(firewalls: Firewall.matrix) }
}
