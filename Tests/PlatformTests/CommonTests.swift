import Compilation
import Diagnostics
import Flows
import Platforms
import Testing

/// What several platforms have in common.
@Suite struct CommonTests {
  private static let asa = "platform asa; outside outside; inside inside; access list acl"
  private static let srx = "platform srx; outside untrust; inside trust"
  private static let fortiGate = "platform fortigate; outside wan1; inside dmz; numbers 9001-9200"

  /// Two publications of one server.
  private func sharing(
    _ gateway: String, first: String = "allow 192.0.2.0/24", second: String = "control port 2121 -> 21",
    _ ranges: (String, String) = ("5000-5500", "5000-5500"), secondServer: String = "10.10.20.200"
  ) -> String {
    """
    gateway edge { \(gateway) }
    publish partners {
        server 10.10.20.200 proftpd
        external ip 203.0.113.10
        tls explicit required; passive range \(ranges.0)
        \(first)
    }
    publish all {
        server \(secondServer) proftpd
        external ip 203.0.113.10
        tls explicit required; passive range \(ranges.1)
        \(second)
    }
    """
  }

  private func guide(to compilation: Compilation) throws -> String {
    let guide = Platforms.guide(to: compilation.flows(gateway: 0), on: compilation.platform(of: 0))
    return try String(decoding: #require(guide).pieces.joined(), as: UTF8.self)
  }

  private func lines(_ text: String, _ code: String) -> [Int] {
    let compilation = compile(text)
    return compilation.diagnostics.filter { $0.code == code }.map { diagnostic in
      text.utf8.prefix(diagnostic.primary.span.range.lowerBound).count { $0 == 0x0A } + 1
    }
  }

  @Test("clients of one port of a server are not kept apart by permits that see only that", arguments: [asa, srx])
  func oneServerPort(gateway: String) throws {
    // At the statement about clients of the one that is declared last; without any, at its control port.
    #expect(
      lines(sharing(gateway, second: "control port 2121 -> 21\n    deny 192.0.2.66"), "platform-unsupported") == [13])
    #expect(lines(sharing(gateway), "platform-unsupported") == [12])
    let found = try #require(compile(sharing(gateway)).diagnostics.first { $0.code == "platform-unsupported" })
    #expect(found.message.contains("`all` and `partners` lead to port 21 of one server for different clients"))
    #expect(found.help?.contains("`control port 2121 -> PORT`") == true)

    for policy in [
      // The same clients, said in two ways.
      sharing(gateway, second: "control port 2121 -> 21\n    allow 192.0.2.0/25, 192.0.2.128/25"),
      sharing(gateway, first: "", second: "control port 2121 -> 21"),
      // The passive range is shared: data ports alone let nobody in.
      sharing(gateway, second: "control port 2121 -> 2100"),
      sharing(
        gateway, second: "control port 2121 -> 21", ("5000-5500", "6000-6500"), secondServer: "10.10.20.201"),
    ] {
      #expect(compile(policy).errors.isEmpty, "\(compile(policy).errors)")
    }
  }

  @Test(
    "permits that see what clients dial, and translations that ask who dials, keep them apart",
    arguments: [
      fortiGate, "platform screenos; outside Untrust; inside Trust; numbers 9001-9020; unit inside \"ethernet0/1\"",
      "platform routeros", "platform isa", "platform firewalld; outside external", "platform openwrt; outside wan",
      "platform nftables", "platform iptables",
    ])
  func othersTakeIt(gateway: String) {
    #expect(compile(sharing(gateway)).errors.isEmpty, "\(compile(sharing(gateway)).errors)")
  }

  @Test(
    "a version that is not known is told which are",
    arguments: [
      ("asa 8.2", "8.3 to 9.x"), ("srx 9.2", "15.1 or newer"), ("fortigate 5.6", "6.0 to 7.x"),
      ("screenos 5.4", "6.x"),
      ("routeros 5.26", "6.38 to 7.x"), ("isa 2000", "2004 or 2006"), ("tmg 2006", "2010"), ("windows 2003", "2008"),
      ("nftables 0.8", "0.9 to 1.x"), ("iptables 2.2", "2.4"), ("firewalld 0.8", "0.9 to 2.x"),
      ("openwrt 18.06", "19.07 or newer"), ("sheet 1", "`sheet` has none"),
    ])
  func versions(platform: String, words: String) {
    let found = compile(workedCase("platform \(platform)")).diagnostics.filter { $0.code == "unknown-platform" }
    #expect(found.count == 1 && found.first?.help?.contains(words) == true, "\(found)")
  }

  @Test func releasesOfScreenOS() throws {
    let platform = try #require(Platforms.named("screenos"))
    for version in ["6", "6.3", "6.3.0", "6.3.0r25", "6.2.0r19.0", "6.3r4"] {
      #expect(platform.knows(version: version), "\(version)")
    }
    for version in ["", "r", "5.4", "6.", "6.3.0r", "6r1", "6.3.0rx", "6.3.0r1r2", "6.3.0.1", "6.3.0r1.2.3"] {
      #expect(!platform.knows(version: version), "\(version)")
    }
  }

  @Test(
    "commands that try a connection name a client that there can be",
    arguments: [
      ("", "198.51.100.7"), ("deny 192.0.2.66", "198.51.100.7"), ("deny 198.51.100.0/24", "1.0.0.1"),
      ("allow 192.0.2.0/24", "192.0.2.1"), ("allow 192.0.2.66", "192.0.2.66"), ("allow 0.0.0.0/5", "1.0.0.1"),
      ("allow 126.0.0.0/7; deny 126.0.0.0/8, 198.51.100.0/24", nil), ("allow 10.0.0.0/8; deny 10.0.0.0/8", nil),
    ])
  func samples(clients: String, sample: String?) throws {
    let words = [(Self.asa, "tcp "), (Self.srx, "source-ip "), (Self.fortiGate, "lookup ")]
    for (gateway, word) in words {
      let compilation = compile(workedCase(gateway).replacing("allow 198.51.100.0/24", with: clients))
      let found = try guide(to: compilation).split(separator: "\n").compactMap { line in
        line.hasPrefix("    ") && line.contains("40000")
          ? line.split(separator: word).last?.split(separator: " ").first.map(String.init) : nil
      }
      #expect(Set(found) == Set([sample].compactMap(\.self)), "\(gateway): \(found)")
    }
  }

  @Test(
    "a publication keeps its name unless it could be that of another one's object",
    arguments: [
      ("c", true), ("ctl", true), ("clients", true), ("c1", true), ("pasv", true), ("a-c", true),
      ("a-c1", false), ("a-ctl", false), ("a-pasv", false), ("a-pasv2", false), ("a-clients", false),
      ("a-1a2b3c", false),
    ])
  func names(publication: String, isKept: Bool) throws {
    for gateway in [Self.srx, Self.fortiGate] {
      let text = try compile(workedCase(gateway).replacing("publish ftp1", with: "publish \(publication)"))
        .configuration()
      #expect(text.contains("sallyport-\(publication)-ctl") == isKept, "\(gateway)")
    }
  }

  @Test func theAccessListOfAnASAIsAssumedAtEveryInterface() throws {
    let compilation = compile(workedCase(Self.asa.replacing("outside outside", with: "outside outside, backup")))
    #expect(compilation.errors.isEmpty)
    let found = compilation.diagnostics.filter { $0.code == "platform-assumed" }
    #expect(found.count == 1 && found.first?.message.contains("`backup`") == true)
    #expect(!compile(workedCase(Self.asa)).diagnostics.contains { $0.code == "platform-assumed" })
  }

  @Test func theGuideOfAnASATellsThatAnEmptyAccessListTakesItsBindingAlong() throws {
    let sections = try guide(to: compile(workedCase(Self.asa))).split(separator: "\n## ")
    for title in ["How to apply it", "The way back"] {
      let section = sections.first { $0.hasPrefix(title) }
      #expect(section?.contains("its `access-group` goes with it") == true)
    }
  }

  @Test func encryptedActiveModeIsSaidWhereTheHelperIsOn() {
    let compilation = compile(
      workedCase(Self.asa, "tls explicit optional; passive range 5000-5500; helper on; active on"))
    let found = compilation.diagnostics.filter { $0.code == "platform-unsupported" }
    #expect(found.contains { $0.message.contains("(`helper off`, or TLS)") })
    #expect(found.allSatisfy { $0.help?.hasPrefix("write `helper on`") == false })
  }
}
