import Addressing
import Compilation
import Diagnostics
import FTPSession
import Netfilter
import Nftables
import Testing

/// What the interfaces and addresses of a machine say about a policy.
@Suite("the machine")
struct MachineTests {
  private static func link(_ index: Int32, _ name: String, kind: String = "", master: Int32? = nil) -> Machine.Link {
    var link = Machine.Link(index: index, name: name)
    link.kind = kind
    link.master = master
    return link
  }

  private static func address(_ text: String, _ length: Int, _ link: Int32) throws -> Machine.Address {
    let address = try #require(IPAddress(text))
    return Machine.Address(address, network: try #require(Prefix(address, length: length)).canonical, link: link)
  }

  /// `eth0` with these addresses outside, `eth1` inside.
  private func machine(
    _ outside: [(String, Int)] = [("203.0.113.10", 24)],
    expects: @escaping @Sendable (IPAddress) -> Machine.Expectation = { _ in .nothing }
  ) throws -> Machine {
    var links = [Self.link(1, "lo"), Self.link(2, "eth0"), Self.link(3, "eth1")]
    links[1].alternativeNames = ["wan-alt"]
    let addresses = try outside.map { try Self.address($0.0, $0.1, 2) } + [Self.address("10.10.20.1", 24, 3)]
    return Machine(links: links, addresses: addresses, expects: expects)
  }

  private func found(_ policy: String, _ machine: Machine, gateway: Int? = nil) async throws -> [Diagnostic] {
    let compilation = compile(policy)
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    let surroundings = HostSurroundings(machine: machine, network: Network(interfaces: [], outside: "eth0"))
    let report = await compilation.kernelReport(
      from: MemoryNetfilter(), forwarding: .init(ipv4: true, ipv6: true), surroundings: surroundings,
      gateway: gateway,
      version: version)
    #expect(report.failure == nil)
    return report.diagnostics
  }

  private func policy(
    outside: String = "eth0", inside: String = "eth1", server: String = "10.10.20.200",
    external: String = "203.0.113.10", before: String = "", more: String = ""
  ) -> String {
    """
    gateway edge { outside \(outside); inside \(inside); }
    \(before)
    publish files {
      server         \(server) proftpd
      external ip    \(external)
      passive range  50000-50399
      tls            explicit required
      \(more)
    }
    """
  }

  @Test("A13: a name that no interface has is an error, with the names that exist", arguments: [true, false])
  func missing(isOutside: Bool) async throws {
    let text = isOutside ? policy(outside: "ehh0") : policy(inside: "ehh0")
    let only = try #require(try await found(text, machine()).first)
    #expect(only.code == "interface-missing" && only.severity == .error)
    #expect(only.message.contains("`ehh0`"))
    #expect(only.notes.contains { $0.contains("`eth0`") && $0.contains("`eth1`") })
    #expect(only.help == "did you mean `eth0`?")
    #expect(compile(text).sources.text(only.primary.span) == "ehh0")
  }

  @Test("the address that users leave with has to be one of the machine, where any of them does")
  func sourceOfUsers() async throws {
    func reach(_ external: String, _ more: String = "source gateway") -> String {
      """
      gateway branch { outside eth0; inside eth1; external ip \(external) }
      reach bank {
        server         198.51.100.21
        passive range  50000-50399
        tls            explicit required
        allow          10.10.20.0/24
        \(more)
      }
      """
    }
    let machine = try machine()
    let own = try #require(machine.addresses.first { $0.address.family == .ipv4 && $0.link == 2 }).address
    #expect(try await found(reach("\(own)"), machine).isEmpty)
    #expect(try await found(reach("192.0.2.10", ""), machine).isEmpty)
    let found = try await found(reach("192.0.2.10"), machine)
    #expect(found.map(\.code) == ["external-address-absent"], "\(found.map(\.message))")
    #expect(compile(reach("192.0.2.10")).sources.text(try #require(found.first).primary.span) == "192.0.2.10")
  }

  @Test("A13: every missing name is told, those that exist are not")
  func several() async throws {
    let text = policy(outside: "eth0, ppp0", inside: "eth1, dmz")
    #expect(try await found(text, machine()).map(\.code) == ["interface-missing", "interface-missing"])
    #expect(try await found(policy(), machine()).isEmpty)
  }

  @Test("A13: an alternative name is not matched by rules")
  func alternativeName() async throws {
    let only = try #require(try await found(policy(outside: "wan-alt"), machine()).first)
    #expect(only.code == "interface-missing" && only.message.contains("alternative name of interface `eth0`"))
    #expect(only.fixes.first?.edits.first?.replacement == "eth0")
  }

  @Test("A13: a port of a bridge is seen under the bridge's name; one of a VRF is not")
  func enslaved() async throws {
    for (kind, codes) in [("bridge", ["interface-enslaved"]), ("bond", ["interface-enslaved"]), ("vrf", [])] {
      var machine = try machine()
      machine.links[1].master = 9
      machine.links.append(Self.link(9, "br0", kind: kind))
      #expect(try await found(policy(), machine).map(\.code) == codes, "\(kind)")
    }
  }

  @Test("A8: an interface that forwards nothing is a warning of check --kernel")
  func forwarding() async throws {
    for (index, name) in [(1, "eth0"), (2, "eth1")] {
      var machine = try machine()
      machine.links[index].forwardsIPv4 = false
      let only = try #require(try await found(policy(), machine).first)
      #expect(only.code == "forwarding-off" && only.message.contains("net.ipv4.conf.\(name).forwarding"))
      #expect(compile(policy()).sources.text(only.primary.span) == name)
      #expect(try await found(policy(server: "local"), machine).isEmpty)
    }
  }

  @Test("A13: of several gateways the machine is the one that is named, or the only one whose interfaces it has")
  func severalGateways() async throws {
    let other = "gateway branch { outside wan0; inside lan0; }"
    let text = policy(before: other, more: "gateway edge")
    #expect(try await found(text, machine()).isEmpty)
    #expect(try await found(text, machine(), gateway: 1).map(\.code) == ["interface-missing", "interface-missing"])
    let same = policy(before: "gateway branch { outside eth0; inside eth1; }", more: "gateway edge")
    let note = try #require(try await found(same, machine()).first)
    #expect(note.code == "gateway-not-chosen" && note.severity == .note)
    #expect(try await found(same, machine(), gateway: 0).isEmpty)
  }

  @Test("C2: a local server whose external address nobody here has is an error with the way out")
  func localServer() async throws {
    let text = policy(server: "local", external: "203.0.113.10")
    #expect(try await found(text, machine()).isEmpty)
    let only = try #require(try await found(text, machine([("10.0.1.4", 24)])).first)
    #expect(only.code == "local-address-missing" && only.severity == .error)
    #expect(compile(text).sources.text(only.primary.span) == "203.0.113.10")
    #expect(only.notes.contains { $0.contains("10.0.1.4 on eth0") })
    #expect(only.help?.contains("`external ip 203.0.113.10 at 10.0.1.4`") == true)
    #expect(only.fixes.first?.edits.first?.replacement == "203.0.113.10 at 10.0.1.4")
    // Of several addresses none is proposed.
    let several = try #require(try await found(text, machine([("10.0.1.4", 24), ("10.0.1.5", 24)])).first)
    #expect(several.fixes.isEmpty && several.help?.contains("at ADDRESS") == true)
  }

  @Test("C2: IPv6 alike, each family for itself")
  func families() async throws {
    let text = policy(server: "local", external: "203.0.113.10, 2001:db8:113::10")
    let only = try await found(text, machine([("203.0.113.10", 24)]))
    #expect(only.map { compile(text).sources.text($0.primary.span) } == ["2001:db8:113::10"])
    #expect(only.first?.notes.contains { $0.contains("no IPv6 address") } == true)
    #expect(try await found(text, machine([("203.0.113.10", 24), ("2001:db8:113::10", 64)])).isEmpty)
  }

  @Test("C2: an address that a route brings here is fine, one that comes later is a warning")
  func expected() async throws {
    let text = policy(server: "local")
    #expect(try await found(text, machine([("10.0.1.4", 24)]) { _ in .local }).isEmpty)
    let later = try await found(text, machine([("10.0.1.4", 24)]) { _ in .later })
    #expect(later.map(\.code) == ["external-address-absent"] && later.first?.severity == .warning)
    let allowed = text.replacing("203.0.113.10", with: "203.0.113.10  # allow: external-address-absent (keepalived)")
    #expect(try await found(allowed, machine([("10.0.1.4", 24)]) { _ in .later }).isEmpty)
  }

  @Test("C2: for servers behind the gateway only what probably does not arrive is a warning")
  func behind() async throws {
    // Routed to the gateway by its provider.
    #expect(try await found(policy(), machine([("198.51.100.2", 30)])).isEmpty)
    // In the network outside, and nobody answers for it.
    let near = try await found(policy(), machine([("203.0.113.2", 24)]))
    #expect(near.map(\.code) == ["external-address-absent"])
    var proxy = try machine([("203.0.113.2", 24)])
    proxy.answersForOthers = { address, link in address.description == "203.0.113.10" && link == 2 }
    #expect(try await found(policy(), proxy).isEmpty)
    // A cloud translates.
    let cloud = try await found(policy(), machine([("10.0.1.4", 24)]))
    #expect(cloud.map(\.code) == ["external-address-absent"])
    // A server with the external address of its own.
    #expect(try await found(policy(server: "203.0.113.130", external: "203.0.113.130"), machine()).isEmpty)
  }
}
