import Compilation
import Testing

/// Texts for users behind devices, read back by the readers of what such devices save.
@Suite("reach: what is written, read back") struct ReachReadBackTests {
  private static let asaGateway =
    "platform asa; outside \"outside\"; inside \"inside\"; access list \"inside_access_in\"; external ip 192.0.2.10"
  private static let srxGateway =
    "platform srx 21.4; outside untrust; inside trust; before \"permit-all\"; external ip 192.0.2.10"
  private static let fortigateGateway =
    "platform fortigate; outside wan1; inside dmz; numbers 9001-9010; before \"100\"; external ip 192.0.2.10"

  private func policy(_ gateway: String, _ bank: String = "", _ old: String? = nil) -> Compilation {
    compile(
      """
      gateway edge { \(gateway) }
      reach bank { server 198.51.100.21; passive range 50000-50399; tls explicit required
        allow 10.10.20.0/25, 10.10.20.200; \(bank) }
      reach payroll { server 198.51.100.21; control port 2121; passive range 51000-51399; tls explicit required
        allow 10.10.20.128/26; \(bank) }
      \(old.map { "reach old { server 198.51.100.22; tls off; helper on; allow 10.10.20.0/24; \($0) }" } ?? "")
      """)
  }

  @Test(arguments: ["", "source gateway"]) func asa(source: String) throws {
    let compilation = policy(Self.asaGateway, source, "active on; \(source)")
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let lines = try compilation.configuration().split(separator: "\n").dropFirst()
    func those(_ isOne: (Substring) -> Bool) -> String { lines.filter(isOne).joined(separator: "\n") }
    let around = ASASurroundings(list: "inside_access_in", bound: ["inside"])
    let text = around.text(
      those { $0.hasPrefix("object") || $0.hasPrefix(" ") }, those { $0.hasPrefix("access-list") },
      those { $0.hasPrefix("nat ") })
    let study = ReachStudy(compilation, try ReachStudy.read(text, compilation))
    #expect(study.faults.isEmpty, "\(study.faults)")
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
    // Without the lines of ours that refuse, somebody else's permit lets others out.
    let open = text.replacing(" extended deny tcp any", with: " extended permit tcp any")
    #expect(!ReachStudy(compilation, try ReachStudy.read(open, compilation)).faults.isEmpty)
  }

  @Test func srx() throws {
    let compilation = policy(Self.srxGateway, "log all", "active on")
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let own = try compilation.configuration().split(separator: "\n").filter { $0.hasPrefix("set ") }
    let last = """
      set security policies from-zone trust to-zone untrust policy permit-all match source-address any
      set security policies from-zone trust to-zone untrust policy permit-all match destination-address any
      set security policies from-zone trust to-zone untrust policy permit-all match application any
      set security policies from-zone trust to-zone untrust policy permit-all then permit

      """
    let text = SRXSurroundings.zones + own.joined(separator: "\n") + "\n" + last
    let study = ReachStudy(compilation, try ReachStudy.read(text, compilation))
    #expect(study.faults.isEmpty, "\(study.faults)")
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
    let open = text.replacing("then deny", with: "then permit")
    #expect(!ReachStudy(compilation, try ReachStudy.read(open, compilation)).faults.isEmpty)
    #expect(text.matches(of: /-deny then log session-init/).count == 2)
  }

  @Test(arguments: ["log all", "source gateway"]) func fortigate(more: String) throws {
    let compilation = policy(Self.fortigateGateway, more)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let own = try compilation.configuration().split(separator: "\n").dropFirst().filter { !$0.contains("    move ") }
    let rest = """
          edit 100
              set srcintf "dmz"
              set dstintf "wan1"
              set srcaddr "all"
              set dstaddr "all"
              set action accept
              set schedule "always"
              set service "ALL"
          next
      end

      """
    let first = """
      #config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
      config system interface
          edit "wan1"
              set vdom "root"
              set ip 192.0.2.10 255.255.255.248
          next
          edit "dmz"
              set vdom "root"
              set ip 10.10.20.1 255.255.255.0
          next
      end

      """
    let text = first + own.dropLast().joined(separator: "\n") + "\n" + rest
    let study = ReachStudy(compilation, try ReachStudy.read(text, compilation))
    #expect(study.faults.isEmpty, "\(study.faults)")
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
    let open = text.replacing("set action deny", with: "set action accept")
    #expect(!ReachStudy(compilation, try ReachStudy.read(open, compilation)).faults.isEmpty)
  }

  @Test("the helper of a FortiGate is that of the service, and TLS is refused beside it")
  func helperOfFortiGate() throws {
    let compilation = policy(Self.fortigateGateway, "", "")
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try compilation.configuration()
    #expect(text.matches(of: /set helper ftp/).count == 1 && text.matches(of: /set helper disable/).count == 4)
    let both = policy(Self.fortigateGateway, "helper on", nil)
    #expect(
      both.errors.first?.contains("asks for the FTP helper on control connections that may be encrypted") == true,
      "\(both.errors)")
    let active = policy(Self.fortigateGateway, "", "active on")
    #expect(active.errors.first?.contains("asks for active mode through the FTP helper") == true, "\(active.errors)")
  }

  @Test(
    "a helper that a device has on port 21 alone is refused on others",
    arguments: [
      (asaGateway, "an asa inspects port 21 without being told"),
      ("platform isa", "the FTP Access Filter of isa belongs to a protocol on port 21"),
      ("platform tmg", "the FTP Access Filter of tmg belongs to a protocol on port 21"),
    ])
  func otherPorts(gateway: String, words: String) {
    let compilation = policy(gateway, "", "control port 2121")
    #expect(
      compilation.errors.count == 1 && compilation.errors.first?.contains(words) == true, "\(compilation.errors)")
    let found = compilation.diagnostics.first { $0.severity == .error }
    #expect(found.map { compilation.sources.text($0.primary.span) } == "helper on")
    #expect(found?.help == "ask the other side for its passive range, which needs no helper")
  }

  @Test("kernels that give the helper to ports are told those of users") func oldKernels() throws {
    let compilation = compile(
      """
      gateway edge { platform iptables 2.6.32; outside eth0; inside eth1; helper scope device }
      reach old { server 198.51.100.22; control port 2121; tls off; helper on; allow 10.10.20.0/24 }
      publish files { server 10.10.20.200 other; external ip 203.0.113.10; control port 2100; tls off; helper on }
      """)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(compilation.companion("modprobe.conf")?.contains("ports=2100,2121\n") == true)
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
  }

  @Test(
    "what cannot be done is refused at the statement, with the reason",
    arguments: [
      (srxGateway, "source gateway", "source gateway", "one rule-set from one zone to another"),
      (
        "platform screenos; outside untrust; inside trust; numbers 1-20; external ip 192.0.2.10", "source gateway",
        "source gateway", "or a pool that is set up there"
      ),
      ("platform isa; external ip 192.0.2.10", "source gateway", "source gateway", "a network rule of the firewall"),
      ("platform windows", "", "reach bank", "decides nothing about what the host forwards"),
    ])
  func refusals(gateway: String, statement: String, place: String, words: String) {
    let compilation = policy(gateway, statement)
    let found = compilation.diagnostics.filter { $0.severity == .error }
    #expect(!found.isEmpty && found.allSatisfy { $0.code == "platform-unsupported" }, "\(found.map(\.message))")
    #expect(found.first?.help?.contains(words) == true, "\(found.map(\.help))")
    #expect(found.first.map { compilation.sources.text($0.primary.span) }?.hasPrefix(place) == true)
  }
}
