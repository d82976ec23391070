import Addressing
import Diagnostics
import Policy
import Testing

/// `reach`: what its statements mean, and what its rules underline.
@Suite("Reach")
struct RuleTestsReach {
  private static let gateway =
    "gateway branch { outside eth0; inside eth1; external ip 192.0.2.10, 2001:db8:1::10 }\n"

  private func reach(_ statements: String, before: String = gateway, name: String = "bank") -> Checked {
    Checked("\(before)reach \(name) {\n\(statements)\n}\n")
  }

  @Test func defaults() throws {
    let checked = reach("server 203.0.113.21\npassive range 50000-50399\nallow 10.20.0.0/16")
    #expect(checked.codes == ["tls-off"])
    let reach = try #require(checked.policy.reaches.first)
    let access = try #require(reach.accesses.first)
    #expect(reach.accesses.count == 1 && reach.gateway == 0)
    #expect(access.controlPort.value == ControlPort(external: 21, server: 21))
    #expect(access.tls.value == .off && !access.helper.value && !access.active.value)
    #expect(access.source.value == .keep && access.log.value == .off && access.limits.isEmpty)
  }

  @Test func implicitTLSHasItsPort() {
    let policy = reach("server 203.0.113.21\npassive range 50000-50399\ntls implicit").policy
    #expect(policy.reaches.first?.accesses.first?.controlPort.value.external == 990)
  }

  @Test("the i-th addresses of both families are one access")
  func pairs() throws {
    let checked = reach(
      "server 203.0.113.21, 203.0.113.22, 2001:db8:9::21\npassive range any\ntls implicit\nallow 10.20.0.0/16")
    let reach = try #require(checked.policy.reaches.first)
    #expect(
      reach.accesses.map { $0.externalAddresses.map { "\($0)" } } == [
        ["203.0.113.21", "2001:db8:9::21"], ["203.0.113.22"],
      ])
    #expect(checked.codes == ["reach-range-any"])
    #expect(reach.accesses.first?.passiveRange?.value.description == "1024-65535")
    #expect(checked.diagnostics.first?.message.contains("64512 ports") == true)
  }

  @Test("the other direction has the sides of the gateway swapped, and servers of its own")
  func outbound() throws {
    let outbound = reach("server 203.0.113.21\npassive range 50000-50399").policy.outbound
    #expect(outbound.isOutbound && outbound.reaches.isEmpty)
    #expect(outbound.gateways.first?.outside.map(\.value) == ["eth1"])
    #expect(outbound.gateways.first?.inside.map(\.value) == ["eth0"])
    let endpoints = try #require(outbound.publications.first.map(outbound.endpoints))
    #expect(endpoints.map(\.reach) == [.routed])
    #expect(endpoints.map { "\($0.server)" } == ["203.0.113.21"])
  }

  private static let headquarters = """
    gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 }
    \(gateway)
    publish files {
      gateway edge
      server 10.10.20.200 other
      control port 2121 -> 21
      passive range 50000-50399
      tls explicit required
      allow 192.0.2.10
    }

    """

  @Test("a publication says addresses, port, range and TLS")
  func publicationSaysMost() throws {
    let checked = reach(
      "gateway branch\npublication files\nallow 10.20.0.0/16\nsource gateway", before: Self.headquarters)
    #expect(checked.errors.isEmpty)
    let access = try #require(checked.policy.reaches.first?.accesses.first)
    #expect(access.externalAddresses.map { "\($0)" } == ["203.0.113.10"])
    #expect(access.controlPort.value == ControlPort(external: 2121, server: 2121))
    #expect(access.passiveRange?.value.description == "50000-50399")
    #expect(access.tls.value == .explicitRequired)
  }

  @Test(arguments: [
    ("gateway branch\npublication files\nallow 10.20.0.0/16", "reach-not-admitted", "10.20.0.0/16"),
    ("gateway branch\npublication files", "reach-not-admitted", "publication files"),
    ("gateway edge\npublication files", "reach-other-end", "publication files"),
    ("gateway branch\npublication files\nsource gateway\ncontrol port 21", "reach-other-end", "control port 21"),
    ("gateway branch\npublication files\nsource gateway\ntls off", "reach-other-end", "tls off"),
    ("gateway branch\npublication files\nsource gateway\nactive on", "reach-other-end", "active on"),
    ("publication files\nsource gateway", "reach-gateway-ambiguous", "reach bank"),
    ("gateway branch\npublication nothing", "unknown-name", "nothing"),
    // The same publication by its address and port.
    (
      "gateway branch\nserver 203.0.113.10\ncontrol port 2121\npassive range 50000-50399\nallow 10.20.0.0/16",
      "reach-not-admitted", "10.20.0.0/16"
    ),
    (
      "gateway branch\nserver 203.0.113.10\ncontrol port 2121\npassive range 51000-51399\nsource gateway\n"
        + "tls explicit required", "reach-other-end", "passive range 51000-51399"
    ),
    (
      "gateway branch\nserver 203.0.113.10\ncontrol port 2121\npassive range 50000-50399\nsource gateway\ntls off",
      "reach-other-end", "tls off"
    ),
  ])
  func ofPublications(_ statements: String, _ code: String, _ place: String) {
    let checked = reach(statements, before: Self.headquarters)
    #expect(checked.underlined(code) == [place], "\(checked.codes)")
  }

  @Test(arguments: [
    ("server 203.0.113.21\ntls explicit required", "reach-range-missing", "reach bank"),
    ("server 203.0.113.21\ntls explicit optional\nhelper on", "reach-range-missing", "helper on"),
    ("server 203.0.113.21\nhelper on", "reach-helper-limited", "helper on"),
    ("server 203.0.113.21\npassive range 50000-50399\nactive on", "reach-active", "active on"),
    (
      "server 203.0.113.21\npassive range 50000-50399\nhelper on\nactive on\ntls implicit", "reach-active",
      "active on"
    ),
    ("server 10.99.0.1\npassive range 50000-50399", "reach-server-private", "10.99.0.1"),
    ("server 127.0.0.1\npassive range 50000-50399", "reach-server-unusable", "127.0.0.1"),
    ("server 192.0.2.10\npassive range 50000-50399", "reach-server-unusable", "192.0.2.10"),
    ("passive range 50000-50399", "reach-target", "reach bank"),
    ("server 203.0.113.21\npassive range 50000-50399\nallow 192.0.2.10", "reach-users-outside", "192.0.2.10"),
    ("server 203.0.113.21\npassive range 50000-50399\nallow 224.0.0.0/4", "reach-users-outside", "224.0.0.0/4"),
    ("server 203.0.113.21\npassive range 50000-50399\nallow fd77::/64", "allow-never-matches", "fd77::/64"),
    (
      "server 203.0.113.21\npassive range 50000-50399\nallow 10.20.0.0/24, 10.30.0.5\ndeny 10.30.0.0/16",
      "allow-never-matches", "10.30.0.5"
    ),
    ("server 203.0.113.21\npassive range 50000-50399\ndeny any", "allow-never-matches", "any"),
    (
      "server 203.0.113.21\npassive range 50000-50399\ncontrol port 2121 -> 21", "syntax-error",
      "control port 2121 -> 21"
    ),
    ("server 203.0.113.21, 203.0.113.21\npassive range 50000-50399", "syntax-error", "203.0.113.21"),
  ])
  func underlines(_ statements: String, _ code: String, _ place: String) {
    let checked = reach(statements)
    #expect(checked.underlined(code) == [place], "\(checked.codes)")
  }

  @Test(
    "rules of publications that hold for a reach as well",
    arguments: [
      ("server 203.0.113.21\npassive range 50000-50399\ntls off", "tls-off", "tls off"),
      (
        "server 203.0.113.21\npassive range 5000-5500\ntls implicit", "passive-range-alg-port",
        "passive range 5000-5500"
      ),
      (
        "server 203.0.113.21\npassive range 50000-50399\ntls explicit required\ncontrol port 990",
        "tls-port-mismatch",
        "control port 990"
      ),
      (
        "server 203.0.113.21\npassive range 50000-50399\ntls explicit required\nhelper on", "helper-without-effect",
        "helper on"
      ),
      (
        "server 203.0.113.21\ntls explicit required clear-control\nhelper on",
        "clear-control-leaves-encrypted-sessions",
        "clear-control"
      ),
      (
        "server 203.0.113.21\npassive range 50000-50399\ntls implicit\nallow 2001:db8::/48, 10.0.0.0/8",
        "allow-never-matches", "2001:db8::/48"
      ),
      (
        "server 203.0.113.21\npassive range 50000-50399\ntls implicit\nallow 10.1.0.0/16, 10.2.0.0/16\ndeny 10.1.0.0/16",
        "allow-never-matches", "10.1.0.0/16"
      ),
    ])
  func ofPublicationsToo(_ statements: String, _ code: String, _ place: String) {
    let checked = reach(statements)
    #expect(checked.underlined(code) == [place], "\(checked.codes)")
    #expect(!checked.codes.contains("reach-helper-limited") || code == "clear-control-leaves-encrypted-sessions")
  }

  @Test("each is told once, and what a publication says is told there")
  func toldOnce() {
    let several = reach(
      "server 203.0.113.21, 203.0.113.22, 2001:db8:9::21\npassive range 5000-5500\nallow 10.0.0.0/8, 2001:db8::/48")
    #expect(several.codes.sorted() == ["passive-range-alg-port", "tls-off"], "\(several.codes)")
    #expect(several.found("tls-off").first?.fixes.isEmpty == true)
    let published = Self.headquarters.replacing("tls explicit required", with: "tls off")
    let both = reach("gateway branch\npublication files\nallow 10.20.0.0/16\nsource gateway", before: published)
    #expect(both.underlined("tls-off") == ["tls off"])
    #expect(!both.found("tls-off").contains { $0.message.contains("users") })
    #expect(reach("server 203.0.113.21\npassive range any\ntls implicit").codes == ["reach-range-any"])
  }

  @Test func sourceNeedsAnAddressOfTheFamily() {
    let checked = reach(
      "server 203.0.113.21, 2001:db8:9::21\npassive range 50000-50399\nsource gateway",
      before: "gateway branch { outside eth0; inside eth1; external ip 192.0.2.10 }\n")
    #expect(checked.underlined("reach-source-missing") == ["source gateway"])
    #expect(checked.found("reach-source-missing").first?.message.contains("IPv6") == true)
  }

  @Test func aServerOfThePolicyIsNotBeyondItsGateway() {
    let published = publication(server: "10.10.20.200 other", external: "192.0.2.10")
    let checked = reach("server 10.10.20.200\npassive range 50000-50399", before: Self.gateway + published)
    #expect(checked.underlined("reach-server-unusable") == ["10.10.20.200"])
  }

  @Test func twoOfOneServerAgree() {
    let source = reach("server 203.0.113.21\npassive range 50000-50399\nallow 10.20.0.0/16").source
    let first = String(decoding: source.bytes, as: UTF8.self)
    let same = reach(
      "server 203.0.113.21\npassive range 51000-51399\nallow 10.21.0.0/16", before: first, name: "payroll")
    #expect(same.errors.isEmpty)
    let other = reach(
      "server 203.0.113.21\npassive range 50000-50399\nsource gateway", before: first, name: "payroll")
    #expect(other.underlined("reach-conflict") == ["source gateway"])
  }

  @Test func namesAreThoseOfPublicationsToo() {
    let checked = reach(
      "server 203.0.113.21\npassive range 50000-50399", before: Self.gateway + publication(external: "192.0.2.10"),
      name: "files")
    #expect(checked.underlined("duplicate-name") == ["files"])
  }

  @Test("what only a reach uses is used")
  func uses() {
    let checked = reach(
      "server 203.0.113.21\npassive range 50000-50399\ntls implicit\nallow accounting",
      before: Self.gateway + "clients accounting = 10.20.0.0/16\n")
    #expect(checked.codes.isEmpty)
  }

  /// Users behind `floor`, which is behind `branch`; both have an address that they put in the place of others.
  private func stacked(_ allow: String, _ gateway: String = "gateway floor") -> Checked {
    Checked(
      """
      gateway edge { external ip 203.0.113.10 }
      gateway branch { external ip 192.0.2.10 }
      gateway floor { behind branch; external ip 10.44.0.2 }
      publish files {
        gateway edge; server 10.10.20.200 other; passive range 50000-50399; tls explicit required
        \(allow)
      }
      reach up { \(gateway); publication files; source gateway }
      """)
  }

  @Test("the other end sees the address of the last gateway that puts one in")
  func lastSource() {
    #expect(stacked("allow 192.0.2.10").errors.isEmpty)
    #expect(stacked("allow 10.44.0.2").codes.contains("reach-not-admitted"))
    #expect(stacked("allow 192.0.2.0/24; deny 192.0.2.10").codes.contains("reach-not-admitted"))
  }

  @Test("a publication on a gateway that the users pass is none that lets them in")
  func passedGateway() {
    let text = """
      gateway edge { external ip 203.0.113.10 }
      gateway inner { behind edge }
      publish files {
        gateway edge; server 10.9.0.50 other; passive range 50000-50399; tls explicit required
      }
      reach up { gateway inner; publication files }
      """
    #expect(Checked(text).codes.contains("reach-other-end"))
  }
}
