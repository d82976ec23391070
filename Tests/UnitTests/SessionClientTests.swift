import Addressing
import Compilation
import Testing

/// The addresses that stand for clients of a kind in `explain`.
@Suite struct SessionClientTests {
  /// Networks of `allow` and `deny`, from all of which the usual addresses are taken.
  private static let lists = [
    "allow 198.51.100.0/24, 2001:db8:51::/48",
    "allow 198.51.100.0/24, 192.0.2.0/24, 203.0.113.0/24, 2001:db8::/32",
    "allow 0.0.0.0/1, 192.0.0.0/2, 2000::/4; deny 2001:db8::/32", "allow any; deny 10.0.0.0/8, fd00::/8, 2600::/12",
    "allow any; deny 198.51.100.0/24, 2001:db8:51::/48",
  ]

  @Test("a stranger is admitted by nobody, and an address of the Internet where there is one", arguments: lists)
  func strangers(list: String) throws {
    let compilation = compile(
      """
      publish files {
        server 10.10.20.200, fd00:20::200 vsftpd
        external ip 203.0.113.10, 2001:db8:113::10
        passive range 50000-50399; tls off; \(list)
      }
      """)
    let publication = try #require(compilation.policy.publications.first)
    let clients = compilation.sessions(of: publication).clients
    let admitted = compilation.policy.admittedClients(of: publication)
    let start = try #require(IPAddress("2000::"))
    let internet = try #require(Prefix(start, length: 3))
    #expect(clients[.stranger]?.isEmpty == false && clients[.allowed]?.isEmpty == false, "\(list)")
    for (family, address) in clients[.stranger] ?? [:] {
      #expect(!admitted.contains(address), "\(list): \(address)")
      #expect(family == .ipv4 || internet.contains(address), "\(list): \(address)")
    }
    for address in clients[.allowed, default: [:]].values {
      #expect(admitted.contains(address), "\(list): \(address)")
    }
  }
}
