import Addressing
import Diagnostics
import Foundation
import LiveSupport
import Policy
import Servers
import Subprocess
import SystemPackage
import Testing

/// IIS and FileZilla Server, whose settings are XML.
@Suite struct ServerXMLTests {
  private func iis(
    server: String = "", defaults: String = "", site: String = "", binding: String = "*:21:"
  ) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <configuration>
      <system.applicationHost>
        <sites>
          <site name="Web" id="1"><bindings><binding protocol="http" bindingInformation="*:80:" /></bindings></site>
          <site name="Files &amp; more" id="2">
            <bindings><binding protocol="ftp" bindingInformation="\(binding)" /></bindings>
            <ftpServer>\(site)</ftpServer>
          </site>
          <siteDefaults><ftpServer>\(defaults)</ftpServer></siteDefaults>
        </sites>
      </system.applicationHost>
      <system.ftpServer>\(server)</system.ftpServer>
    </configuration>
    """
  }

  @Test func siteThenDefaultsThenSchema() throws {
    let text = iis(
      server: "<firewallSupport lowDataChannelPort=\"50000\" highDataChannelPort=\"50399\"/>",
      defaults: """
        <firewallSupport externalIp4Address="203.0.113.1"/><connections maxConnections="7"/>
        <security><ssl serverCertHash="abc" controlChannelPolicy="SslAllow" dataChannelPolicy="2"/></security>
        """,
      site: "<firewallSupport externalIp4Address='203.0.113.9'/>")
    let found = try service(.iis, text)
    #expect(found.site == "Files & more" && found.port.value == 21 && found.addresses.value.isEmpty)
    #expect(try found.passivePorts.value == .range(#require(PortRange(low: 50000, high: 50399))))
    #expect(try found.announced.value == .address(#require(IPAddress("203.0.113.9"))))
    #expect(found.tls.control.value == .optional && found.tls.data.value == .off && found.maxClients.value == 7)
    #expect(found.tls.certificate.value == .thumbprint("ABC"))
  }

  @Test func defaultsOfTheSchema() throws {
    let found = try service(.iis, iis())
    // Both policies are SslRequire by default, which refuses everybody while there is no certificate.
    #expect(found.tls.control.value == .required && found.tls.data.value == .required)
    #expect(found.tls.certificate.value == nil && found.maxClients.value == nil && found.passivePorts.value == .any)
    #expect(!found.allowsForeignPort.value && found.allowsActive?.value == true && found.announced.value == .own)
  }

  @Test(arguments: [
    ("192.0.2.1:2121:ftp.example.com", ["192.0.2.1"], 2121), ("[2001:db8::1]:21:", ["2001:db8::1"], 21),
    ("*:990:", [], 990),
  ])
  func bindings(text: String, addresses: [String], port: UInt16) throws {
    let ssl = "<security><ssl serverCertHash=\"00\"/></security>"
    let found = try service(.iis, iis(site: ssl, binding: text))
    #expect(found.addresses.value == addresses && found.port.value == port)
    #expect(found.tls.isImplicit.value == (port == 990))
  }

  @Test func commandFilters() throws {
    let deny = "<add command=\"PORT\" allowed=\"false\"/><add command=\"eprt\" allowed=\"False\"/>"
    let filter = { (inner: String, attributes: String) in
      "<security><commandFiltering \(attributes)>\(inner)</commandFiltering></security>"
    }
    #expect(try service(.iis, iis(site: filter(deny, ""))).allowsActive?.value == false)
    #expect(try service(.iis, iis(defaults: filter(deny, ""))).allowsActive?.value == false)
    #expect(
      try service(.iis, iis(defaults: filter(deny, ""), site: filter("<clear/>", ""))).allowsActive?.value == true)
    #expect(
      try service(.iis, iis(defaults: filter(deny, ""), site: filter("<remove command='PORT'/>", ""))).allowsActive?
        .value == true)
    let unlisted = filter("<add command='PASV' allowed='true'/>", "allowUnlisted='false'")
    let found = try service(.iis, iis(site: unlisted))
    #expect(found.allowsPASV.value && !found.allowsEPSV.value && found.allowsActive?.value == false)
  }

  @Test func mistakesOfIIS() throws {
    #expect(
      try refusals(.iis, iis(server: "<firewallSupport lowDataChannelPort=\"many\"/>")).map(\.place) == ["many"])
    #expect(
      try refusals(.iis, iis(server: "<firewallSupport lowDataChannelPort='5100' highDataChannelPort='5000'/>")).count
        == 1)
    #expect(try refusals(.iis, iis(binding: "21")).map(\.place) == ["21"])
    #expect(
      try refusals(.iis, iis(site: "<security><ssl controlChannelPolicy='Maybe'/></security>")).map(\.place) == [
        "Maybe"
      ])
    #expect(try refusals(.iis, "<filezilla/>").count == 1)
    let misplaced = try readServer(
      .iis, [("/a.config", iis(server: "<firewallSupport externalIp4Address=\"203.0.113.1\"/>"))])
    #expect(misplaced.settings.diagnostics.map(\.code) == ["server-setting-ignored"])
    #expect(misplaced.sources.text(misplaced.settings.diagnostics[0].primary.span) == "externalIp4Address")
  }

  private func fileZilla(_ inner: String, listener: String = "") -> String {
    """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <filezilla xmlns="https://filezilla-project.org" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <ftp_server>
        <listener><address>0.0.0.0</address><port> 21 </port>\(listener)</listener>
        <session>\(inner)</session>
      </ftp_server>
    </filezilla>
    """
  }

  @Test func fileZillaListenersOnOnePort() throws {
    let second = "</listener><listener><address>0.0.0.0</address><port>21</port><tls_mode>1</tls_mode>"
    let read = try readServer(.filezilla, [("/s.xml", fileZilla("", listener: second))]).settings
    #expect(read.diagnostics.map(\.code) == ["server-undecided"] && read.services.count == 2)
    #expect(read.services.allSatisfy { $0.undecided.contains(.tls) && !$0.undecided.contains(.port) })
    let other = second.replacing("<port>21", with: "<port>990")
    #expect(try readServer(.filezilla, [("/s.xml", fileZilla("", listener: other))]).settings.diagnostics.isEmpty)
  }

  @Test func fileZillaSettings() throws {
    let text = fileZilla(
      """
      <pasv><host_override>203.0.113.9</host_override><port_range><min>50399</min><max>50000</max></port_range></pasv>
      <tls index="1"><keyfile>/k</keyfile><certsfile>/c</certsfile></tls>
      """, listener: "<tls_mode>2</tls_mode>")
    let found = try service(.filezilla, text)
    #expect(try found.passivePorts.value == .range(#require(PortRange(low: 50000, high: 50399))))
    #expect(try found.announced.value == .address(#require(IPAddress("203.0.113.9"))))
    #expect(found.tls.control.value == .required && !found.tls.isImplicit.value && found.tls.demandsReuse.value)
    #expect(found.tls.certificate.value == .files(certificate: "/c", key: "/k"))
    #expect(try found.listens(on: #require(IPAddress("192.0.2.1"))))
    #expect(try !found.listens(on: #require(IPAddress("2001:db8::1"))))
  }

  @Test func fileZillaDropsARangeItListensIn() throws {
    let range = { (low: Int, high: Int) in "<pasv><port_range><min>\(low)</min><max>\(high)</max></port_range></pasv>"
    }
    let read = try readServer(.filezilla, [("/s.xml", fileZilla(range(14000, 14200)))]).settings
    #expect(read.services.first?.passivePorts.value == .any)
    #expect(read.diagnostics.map(\.code) == ["server-setting-ignored"])
    let isNil = fileZilla("<pasv><port_range xsi:nil=\"true\"/></pasv>")
    #expect(try service(.filezilla, isNil).passivePorts.value == .any)
    #expect(try refusals(.filezilla, fileZilla(range(0, 70000))).map(\.place) == ["0", "70000"])
    #expect(try service(.filezilla, fileZilla("")).tls.control.value == .optional)
  }

  // MARK: XML itself

  /// The first mistake of a text as the reader of IIS underlines it; `nil` when it is well formed.
  private func mistake(_ bytes: [UInt8]) throws -> String? {
    let reader = try #require(ServerReaders.reader(for: .iis))
    var sources = SourceSet()
    let settings = reader.read("/x.xml", from: ServerFiles(["/x.xml": bytes]), into: &sources)
    let found = settings.diagnostics.first { $0.message.contains("does not take this file: ") }
    return found.flatMap { $0.message.contains("root element is not") ? nil : $0.message }
  }

  @Test func entitiesAreNeverFollowed() throws {
    for text in [
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"/etc/passwd\">]><configuration>&x;</configuration>",
      "<!DOCTYPE a [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><configuration a=\"&b;\"/>",
      "<configuration>&nbsp;</configuration>",
    ] {
      let found = try #require(try mistake(Array(text.utf8)))
      #expect(found.contains("document type"))
    }
  }

  /// Texts that are nearly well formed, judged as expat judges them.
  @Test(.enabled(if: LiveRequirements.hasProgram("python3"), "python3 is missing"))
  func agreesWithAnotherParserOnWhatIsWellFormed() async throws {
    let base = iis(
      server: "<firewallSupport lowDataChannelPort=\"50000\" highDataChannelPort='5&#48;399'/><!-- note -->",
      site: "<![CDATA[ a < b ]]> &lt;text&gt; ü <x.y:z-1 _a=''/>")
    let pieces = [
      "<", ">", "/", "\"", "'", "&", ";", "=", "-", "]]>", "<!--", "-->", "<a>", "</a>", "&amp;", "&#x0;", " ",
      "\u{1}", "x",
      "<?p?>",
    ]
    var random = SeededGenerator(state: 11)
    let texts = (0..<1500).map { _ in
      var bytes = Array(base.utf8)
      for _ in 0..<random.number(0...2) {
        // After the declaration, which programs read in their own ways.
        let at = random.number(40...(bytes.count - 1))
        if random.chance(2) {
          bytes.remove(at: at)
        } else {
          bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: at)
        }
      }
      return bytes
    }
    let isWellFormed = try await expat(texts)
    #expect(isWellFormed.count == texts.count && isWellFormed.count { $0 } > 300 && isWellFormed.count { !$0 } > 300)
    for (bytes, isWellFormed) in zip(texts, isWellFormed) {
      let text = String(decoding: bytes, as: UTF8.self)
      let found = try mistake(bytes)
      #expect((found == nil) == isWellFormed, "\(found ?? "accepted")\n\(text)")
    }
  }

  /// Whether each text is well formed.
  private func expat(_ texts: [[UInt8]]) async throws -> [Bool] {
    let script = """
      import base64, sys, xml.parsers.expat
      for line in sys.stdin:
          try:
              xml.parsers.expat.ParserCreate().Parse(base64.b64decode(line), True)
              print("1")
          except xml.parsers.expat.ExpatError:
              print("0")
      """
    let input = texts.map { Data($0).base64EncodedString() + "\n" }.joined()
    let file = FileManager.default.temporaryDirectory.appending(path: "sallyport-expat-\(UUID().uuidString)")
    try input.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let descriptor = try FileDescriptor.open(FilePath(file.path), .readOnly)
    let result = try await run(
      .name("python3"), arguments: ["-c", script],
      input: .fileDescriptor(descriptor, closeAfterSpawningProcess: true),
      output: .string(limit: 1 << 20), error: .discarded)
    return result.standardOutput.split(separator: "\n").map { $0 == "1" }
  }
}
