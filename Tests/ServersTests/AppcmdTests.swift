import Foundation
import FoundationXML
import Policy
import Testing

@Suite("appcmd gets what was meant") struct AppcmdTests {
  /// The reference itself, against cases that are documented.
  @Test(arguments: [
    (#"a "b c" d"#, ["a", "b c", "d"]), (#"a "b\\" c"#, ["a", #"b\"#, "c"]), (#"a "b\"c" d"#, ["a", #"b"c"#, "d"]),
    (#"a b\\c "d\e""#, ["a", #"b\\c"#, #"d\e"#]), (#""C:\x y" /z:"q w""#, [#"C:\x y"#, "/z:q w"]),
  ])
  func commandLines(line: String, arguments: [String]) {
    #expect(CommandShell.arguments(of: line) == arguments)
  }

  @Test func percentSignsAndOperators() {
    let shell = CommandShell(environment: ["PATH": "evil & more"])
    #expect(shell.expanded("100%% %PATH% %1 %x% 5%") == "100% evil & more   5")
    let parts = CommandShell.commands(in: #"a "b & c" ^& d >nul 2>&1 || goto failed & e"#)
    #expect(parts.map(\.text) == [#"a "b & c" & d"#, "goto failed", "e"])
    #expect(parts.map(\.operator) == ["", "||", "&"])
  }

  @Test func namesArriveAsTheyWereMeant() throws {
    var count = 0
    for name in NastyNames.all {
      var example = EmittedCase(mode: .explicitRequired, hasRange: true, helper: false, active: false)
      example.site = name
      let emission = try example.iis.emit()
      let refused =
        ["\"", "'", "\\"].contains { name.contains($0) }
        || name.unicodeScalars.contains {
          $0.properties.generalCategory == .control || $0.value == 0x2028
        }
      #expect(emission.errors == (refused ? ["value-not-expressible"] : []), "\(name.debugDescription)")
      guard !refused else { continue }
      count += 1
      // The model knows this one site and none else, and nothing but appcmd, netsh, chcp and net.
      var windows = WindowsModel(site: name)
      #expect(windows.run(emission.first) == nil, "\(name.debugDescription)")
      #expect(windows.bindings == ["/+bindings.[protocol='ftp',bindingInformation='*:21:']"])
      #expect(windows.attributes["site.firewallSupport.externalIp4Address"] == "203.0.113.10")
      #expect(emission.first.split(separator: "\r\n").allSatisfy { $0.utf16.count < 8191 })
    }
    #expect(count > 100)
  }

  @Test func namesThatAreTooLongAreRefused() throws {
    var example = EmittedCase(mode: .off, hasRange: true, helper: false, active: false)
    example.site = String(repeating: "x", count: 1001)
    #expect(try example.iis.emit().errors == ["value-not-expressible"])
  }

  @Test("twice is as good as once, and undone is as before", arguments: EmittedCase.all)
  func again(example: EmittedCase) throws {
    let emission = try example.iis.emit()
    try #require(emission.documents.map(\.name) == ["iis-appcmd.cmd", "iis-appcmd-undo.cmd"])
    var windows = WindowsModel(site: example.site)
    windows.attributes = ["site.security.ssl.controlChannelPolicy": "SslAllow", "site.foreign": "1"]
    windows.filter = ["EPRT": "True", "SITE": "False"]
    windows.rules["name=Somebody else"] = ["dir=in"]
    let before = windows
    #expect(windows.run(emission.documents[0].text) == nil)
    let once = windows
    #expect(once != before)
    #expect(windows.run(emission.documents[0].text) == nil)
    #expect(windows == once)
    #expect(windows.run(emission.documents[1].text) == nil)
    windows.statefulFTP = before.statefulFTP  // what the script says that it does not know
    #expect(windows == before)
    // There is nothing left to undo.
    #expect(windows.run(emission.documents[1].text) == "goto missing" && windows == before)
  }

  @Test("the fragment of applicationHost.config says the same", arguments: EmittedCase.all)
  func formsAgree(example: EmittedCase) throws {
    var windows = WindowsModel(site: example.site)
    #expect(windows.run(try example.iis.emit().first) == nil)
    let emission = try example.iis.emit(form: "xml")
    let document = try XMLDocument(xmlString: emission.first)
    func value(_ path: String) throws -> String {
      (try document.nodes(forXPath: path).first)?.stringValue ?? ""
    }
    for (attribute, path) in [
      ("server.lowDataChannelPort", "//system.ftpServer/firewallSupport/@lowDataChannelPort"),
      ("server.highDataChannelPort", "//system.ftpServer/firewallSupport/@highDataChannelPort"),
      ("site.connections.maxConnections", "//connections/@maxConnections"),
      ("site.firewallSupport.externalIp4Address", "//ftpServer/firewallSupport/@externalIp4Address"),
      ("site.security.ssl.controlChannelPolicy", "//ssl/@controlChannelPolicy"),
      ("site.security.ssl.dataChannelPolicy", "//ssl/@dataChannelPolicy"),
      ("site.security.ssl.serverCertHash", "//ssl/@serverCertHash"),
    ] {
      #expect(try value(path) == windows.attributes[attribute, default: ""], "\(path)")
    }
    let bindings = try document.nodes(forXPath: "//binding/@bindingInformation").compactMap(\.stringValue)
    #expect(
      windows.bindings == Set(bindings.map { "/+bindings.[protocol='ftp',bindingInformation='\($0)']" }))
    let filter = try document.nodes(forXPath: "//commandFiltering/add/@command").compactMap(\.stringValue)
    #expect(filter.sorted() == windows.filter.keys.sorted())
    // The rest is the same batch file.
    var other = WindowsModel(site: example.site)
    #expect(other.run(emission.text(of: "iis-firewall.cmd")) == nil)
    #expect(other.rules == windows.rules && other.statefulFTP == windows.statefulFTP)
    #expect(other.run(emission.text(of: "iis-firewall-undo.cmd")) == nil && other.rules.isEmpty)
  }

  @Test("Windows lets in what was published, and inspects what it can read", arguments: EmittedCase.all)
  func windowsFirewall(example: EmittedCase) throws {
    var windows = WindowsModel(site: example.site)
    #expect(windows.run(try example.iis.emit().first) == nil)
    let tcp = "action=allow protocol=TCP"
    let port = example.mode == .implicit ? 990 : 21
    var expected = ["dir=in \(tcp) localport=\(port)"]
    if example.hasRange { expected.append("dir=in \(tcp) localport=50000-50399 service=ftpsvc") }
    if !example.hasRange, example.mode.allowsTLS { expected.append("dir=in \(tcp) service=ftpsvc") }
    if example.active { expected.append("dir=out \(tcp) localport=20") }
    #expect(windows.rules == ["name=Sallyport box": expected])
    #expect(windows.statefulFTP == (example.mode.allowsTLS ? "disable" : example.hasRange ? nil : "enable"))
  }

  @Test func sitesOfOneMachineShareItsRange() throws {
    var builder = PolicyBuilder()
    builder.server(.iis, site: "secure", certificate: .thumbprint("57686F6120447564652C2049495320526F636B73"))
    builder.publish("secure", port: 2121, range: 50000...50399, tls: .explicitRequired)
    builder.server(.iis, site: "plain")
    builder.publish("plain", helper: true)
    var windows = WindowsModel(site: "plain")
    #expect(windows.run(try builder.emit().first) == nil)
    #expect(windows.attributes["server.lowDataChannelPort"] == "50000")
    #expect(windows.attributes["server.highDataChannelPort"] == "50399")
    #expect(windows.statefulFTP == "disable")
  }
}
