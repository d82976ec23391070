import LiveSupport
import Testing

/// The program under test.
let sallyport = Sallyport.besideThisProgram

extension Trait where Self == ConditionTrait {
  /// Skips a suite, with the reason, where there is no bench.
  static var live: Self { .enabled(if: LiveRequirements.met, "\(LiveRequirements.comment)") }
}

@Test("continuous integration has a bench")
func benchInContinuousIntegration() {
  #expect(LiveRequirements.failureInCI == nil)
}

extension Lab {
  /// A `gateway` block for the interfaces of the bench.
  static let gatewayBlock = "gateway edge { outside eth0; inside eth1; }"

  /// A `server` block with the lab's certificate.
  func server(
    _ kind: DaemonKind, _ name: String = "files", address: String = Address.server
  ) -> String {
    """
    server \(name) {
      address      \(address)
      software     \(kind.rawValue)
      certificate  "\(certificate.path)" key "\(certificate.keyPath)"
    }
    """
  }

  /// Compiles a policy and puts its rules in place on the gateway.
  func apply(_ policy: String, gateway: String? = nil) async throws {
    try await enforce(policy, gateway: gateway, by: sallyport)
  }

  /// Starts a server with the settings that a policy has for it, which are one file.
  func serve(
    _ kind: DaemonKind, _ policy: String, _ name: String = "files", on host: LabHost = .server,
    address: String? = nil, ports: [UInt16] = [21]
  ) async throws -> RunningDaemon {
    let settings = try await sallyport.settings(of: policy, server: name)
    guard let only = settings.first, settings.count == 1 else {
      throw LabError("\(settings.count) files for \(name): \(settings.map(\.name))")
    }
    return try await start(
      kind, configuration: only.text, on: host, address: address, ports: ports, label: name)
  }

  /// Loads the ruleset of a policy and starts its one server.
  func enact(
    _ policy: String, _ kind: DaemonKind, on host: LabHost = .server, ports: [UInt16] = [21]
  ) async throws -> RunningDaemon {
    try await apply(policy)
    return try await serve(kind, policy, on: host, ports: ports)
  }
}

extension Lab {
  /// The addresses under which the server sees those who are connected to one of its ports, sorted.
  func peers(ofPort port: UInt16, on host: LabHost = .server) async throws -> [String] {
    let found = try await sockets(on: host).filter { $0.isEstablished && $0.localPort == port }
    return Set(found.map(\.remoteAddress)).sorted()
  }
}

extension Lab {
  /// Another table on the gateway, which lets nothing through but what a firewall beside ours has to: what was
  /// translated, what is related, and published control ports and ranges of servers without translation.
  static let strictNeighbour = """
    table inet neighbour {
      chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        ct status dnat accept
        tcp dport { 21, 50000-50399 } accept
      }
      chain input {
        type filter hook input priority 0; policy drop;
        iifname "lo" ct state new tcp dport { 21, 50000-50399 } accept
        ct state established,related accept
        tcp dport { 21, 50000-50399 } accept
        meta l4proto ipv6-icmp accept
      }
      chain output {
        type filter hook output priority 0; policy drop;
        ct state established,related accept
        oifname "lo" ct state new tcp dport { 21, 50000-50399 } accept
        meta l4proto ipv6-icmp accept
      }
    }
    """
}
