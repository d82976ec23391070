import Addressing
import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// `external ip A at B`: clients dial A, a box that the policy does not describe translates, packets arrive for B.
@Suite("C2: `external ip A at B`") struct ExternalAddressTests {
  private func policy(
    _ external: String, server: String = "10.10.20.200 proftpd", _ statements: String = "", gateway: String = ""
  ) -> String {
    """
    gateway edge { outside eth0; inside eth1; \(gateway) }
    publish files {
      server \(server) { certificate "/etc/ssl/a.pem" key "/etc/ssl/a.key" }
      \(external)
      passive range 61000-61399; tls explicit required; \(statements)
    }
    """
  }

  @Test("rules look at B, servers announce A", arguments: [true, false])
  func rulesAndServers(isDefault: Bool) throws {
    let line = "external ip 203.0.113.10 at 10.0.1.4, 2001:db8::10 at fd00::4"
    let text =
      isDefault
      ? policy("", server: "10.10.20.200, fd00:20::200 proftpd", gateway: line)
      : policy(line, server: "10.10.20.200, fd00:20::200 proftpd", "active on; hairpin off")
    let compilation = compile(text)
    #expect(compilation.isAccepted, "\(compilation.diagnostics)")
    let script = compilation.script
    #expect(script.contains("10.0.1.4 . 61000-61399 comment \"files\" : 10.10.20.200"))
    #expect(script.contains("fd00::4 . 21 comment \"files\" : fd00:20::200 . 21"))
    #expect(!script.contains("203.0.113.10") && !script.contains("2001:db8::10"))
    let publication = try #require(compilation.policy.publications.first)
    #expect(compilation.policy.masquerade(of: publication).plain == IPAddress("203.0.113.10"))
    let table = compilation.sessions(of: publication)
    for cell in table.cells where cell.isPermitted {
      #expect(cell.outcome == .works, "\(cell.title): \(cell.reason)")
    }
    let pasv = try #require(table.cells.first { $0.isPermitted && $0.mode == .pasv && $0.family == .ipv4 })
    let steps = pasv.performance?.steps.map(\.text) ?? []
    #expect(steps.contains { $0.hasPrefix("227") && $0.contains("203,0,113,10") }, "\(steps)")
    #expect(steps.contains("SYN 203.0.113.10:21") || steps.contains("SYN 203.0.113.10:61399"), "\(steps)")
  }

  @Test("a server on the gateway listens on B and announces A")
  func local() throws {
    let compilation = compile(
      policy("external ip 203.0.113.10 at 10.0.1.4", server: "local proftpd", "allow 198.51.100.0/24"))
    let publication = try #require(compilation.policy.publications.first)
    let endpoint = try #require(compilation.policy.endpoints(of: publication).first)
    #expect(endpoint.server == IPAddress("10.0.1.4") && endpoint.reach == .local)
    #expect(compilation.policy.masquerade(of: publication).encrypted == IPAddress("203.0.113.10"))
    #expect(compilation.script.contains("10.0.1.4 . 198.51.100.0/24"))
    let cells = compilation.sessions(of: publication).cells
    #expect(cells.filter(\.isPermitted).allSatisfy { $0.outcome == .works })
    #expect(cells.filter { $0.place == .stranger }.allSatisfy { $0.outcome == .refused })
  }

  @Test("clients inside dial A, which nobody translates for them; limits count both ways in")
  func hairpin() throws {
    let compilation = compile(policy("external ip 203.0.113.10 at 10.0.1.4", "hairpin on; limit 10 sessions"))
    let publication = try #require(compilation.policy.publications.first)
    let inside = compilation.sessions(of: publication).cells.filter { $0.place == .inside && $0.isPermitted }
    #expect(!inside.isEmpty)
    for cell in inside { #expect(cell.outcome == .works, "\(cell.title): \(cell.reason)") }
    let script = compilation.script
    #expect(script.contains("203.0.113.10 . 21 comment \"files\" : 10.10.20.200 . 21"))
    #expect(script.contains("10.0.1.4 . 21 comment \"files\" : jump sessions_files"))
    #expect(script.contains("203.0.113.10 . 21 comment \"files\" : jump sessions_files"))
  }

  @Test(
    "what is wrong with the two addresses, and what is not",
    arguments: [
      ("external ip 203.0.113.10 at", ["syntax-error"]),
      ("external ip 203.0.113.10 at here", ["external-ip-not-an-address"]),
      ("external ip 203.0.113.10 at 2001:db8::4", ["address-family-mismatch"]),
      ("external ip 203.0.113.10 at 127.0.0.1", ["external-ip-unusable"]),
      ("external ip 127.0.0.1 at 10.0.1.4", ["external-ip-unusable"]),
      ("external ip 192.168.1.1 at 10.0.1.4", ["external-ip-private"]),
      ("external ip 10.0.1.4", ["external-ip-private"]),
      ("external ip 203.0.113.10 at 10.0.1.4", []),
      ("external ip 203.0.113.10 at 203.0.113.10", ["external-ip-at-itself"]),
      ("external ip 203.0.113.10 at 10.10.20.200", []),
      ("external ip 203.0.113.10 at 10.0.1.4, 203.0.113.11 at 10.0.1.5", ["address-family-mismatch"]),
    ])
  func findings(line: String, codes: [String]) {
    #expect(compile(policy(line)).diagnostics.map(\.code) == codes)
  }

  @Test("addresses meet where packets arrive, and where clients dial")
  func shared() {
    func codes(_ first: String, _ second: String) -> [String] {
      let block = { (name: String, external: String, server: String) in
        """
        publish \(name) {
          server \(server) proftpd { certificate "/etc/ssl/a.pem" }
          external ip \(external)
          passive range 50000-50399; tls explicit required
        }
        """
      }
      return compile(block("one", first, "10.10.20.200") + "\n" + block("two", second, "10.10.20.201")).diagnostics
        .map(\.code)
    }
    let both = ["control-port-conflict", "passive-range-overlap"]
    #expect(codes("203.0.113.10 at 10.0.1.4", "203.0.113.11 at 10.0.1.5") == [])
    #expect(codes("203.0.113.10 at 10.0.1.4", "203.0.113.11 at 10.0.1.4") == both)
    #expect(codes("203.0.113.10 at 10.0.1.4", "203.0.113.10 at 10.0.1.5") == both)
    #expect(codes("203.0.113.10 at 10.0.1.4", "203.0.113.10") == both)
    #expect(codes("203.0.113.10 at 203.0.113.20", "203.0.113.20") == both)
    // Here one address stands on both sides of the box, for two machines.
    #expect(codes("203.0.113.10 at 203.0.113.20", "203.0.113.20 at 203.0.113.30") == [])
  }

  @Test("the helper cannot write an address that only the box before knows")
  func helper() {
    let text = """
      publish files {
        server 10.10.20.200 proftpd; external ip 203.0.113.10 at 10.0.1.4; tls off; helper on; allow 198.51.100.0/24
      }
      """
    #expect(compile(text).diagnostics.filter { $0.severity == .error }.map(\.code) == ["helper-before-translation"])
    // With a range ProFTPD announces A to sessions in clear text as well, though the helper could read them.
    let ranged = compile(
      policy("external ip 203.0.113.10 at 10.0.1.4").replacing("required;", with: "optional; helper on;"))
    #expect(ranged.policy.publications.first.map { ranged.policy.masquerade(of: $0).plainMayBeOwn } == false)
    #expect(ranged.isAccepted, "\(ranged.diagnostics)")
  }

  @Test("a server in place has a block, and bears the publication's name")
  func serverInPlace() throws {
    let compilation = compile(
      """
      publish files {
        server 10.10.20.200 pure-ftpd 1.0.50 {
          certificate "/etc/a.pem"
          max clients 20
        }
        external ip 203.0.113.10
        passive range 50000-50399
        tls explicit required
      }
      """)
    #expect(compilation.diagnostics.filter { $0.severity > .note } == [])
    let server = try #require(compilation.policy.servers.first)
    #expect(server.name.value == "files" && server.maxClients?.value == 20 && server.certificate != nil)
    func codes(_ statement: String) -> [String] {
      compile(
        policy("external ip 203.0.113.10").replacing(
          "10.10.20.200 proftpd { certificate \"/etc/ssl/a.pem\" key \"/etc/ssl/a.key\" }", with: statement)
      )
      .diagnostics.filter { $0.severity == .error }.map(\.code)
    }
    #expect(codes("10.10.20.200 proftpd { software vsftpd }") == ["duplicate-statement"])
    #expect(codes("10.10.20.200 proftpd { helper on }") == ["unknown-statement"])
    #expect(codes("10.10.20.200 proftpd { certificate \"/a\"; certificate \"/b\" }") == ["duplicate-statement"])
    #expect(codes("10.10.20.200 proftpd { certificate \"/a\" { } }") == ["unexpected-block"])
    #expect(codes("10.10.20.200 proftpd { certificate \"/a\" { { } } }") == ["unexpected-block"])
  }
}
