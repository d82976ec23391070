import Compilation
import Diagnostics
import Foundation
import Policy
import Servers
import Testing

/// What stands in real files of IIS, and that help does what it says.
@Suite struct FieldIISTests {
  private static let hash = "0123456789ABCDEF0123456789ABCDEF01234567"

  static func file(
    site: String = "", ftp: String = "", security: String = "", firewall: String = "", server: String = "",
    root: String = "",
    ssl: String = "controlChannelPolicy=\"SslRequire\" dataChannelPolicy=\"SslRequire\""
  ) -> String {
    """
    <configuration>
      \(root)
      <system.ftpServer>
        <firewallSupport lowDataChannelPort="50000" highDataChannelPort="50399" />
        \(server)
      </system.ftpServer>
      <system.applicationHost><sites><site name="Files"\(site)>
        <bindings><binding protocol="ftp" bindingInformation="10.10.20.200:21:" /></bindings>
        <ftpServer\(ftp)><firewallSupport externalIp4Address="203.0.113.10"\(firewall) /><security>
          <ssl \(ssl) serverCertHash="\(hash)" />
          <commandFiltering><add command="PORT" allowed="false" /><add command="EPRT" allowed="false" />
          \(security.hasPrefix("<add") ? security : "")</commandFiltering>
          \(security.hasPrefix("<add") ? "" : security)
        </security></ftpServer>
      </site></sites></system.applicationHost>
    </configuration>

    """
  }

  private static let server = "    site         \"Files\"\n    certificate  thumbprint \(hash)"

  private func codes(_ text: String, _ statements: String..., tls: String = "explicit required") throws -> [String] {
    let policy = FieldServerTests.policy("iis", statements.joined(separator: "\n"), server: Self.server, tls: tls)
    return try FieldServerTests.codes(policy, [("applicationHost.config", text)])
  }

  @Test("B20: the help for clear-control") func clearControl() throws {
    let policy = FieldServerTests.policy("iis", server: Self.server, tls: "explicit required clear-control")
    let (found, _) = try audit(policy, [("a.config", Self.file())])
    let finding = try #require(found.first { $0.code == "audit-clear-control" })
    #expect(
      finding.help?.contains("controlChannelPolicy=\"SslRequireCredentialsOnly\" dataChannelPolicy=\"SslRequire\"")
        == true)
    let mended = Self.file(ssl: "controlChannelPolicy=\"SslRequireCredentialsOnly\" dataChannelPolicy=\"SslRequire\"")
    #expect(try FieldServerTests.codes(policy, [("a.config", mended)]).isEmpty)
  }

  @Test(
    "B21: sites that do not start, settings on the wrong level",
    arguments: [
      (file(), []), (file(site: " serverAutoStart=\"false\""), ["audit-not-started"]),
      (file(ftp: " serverAutoStart=\"false\""), ["audit-not-started"]), (file(site: " serverAutoStart=\"true\""), []),
      (file(firewall: " lowDataChannelPort=\"50000\" highDataChannelPort=\"50399\""), ["server-setting-ignored"]),
      (file(ftp: " allowUTF8=\"false\""), []),
    ])
  func levels(text: String, codes: [String]) throws {
    #expect(try self.codes(text) == codes)
  }

  @Test(
    "B21: two sites with the same binding: which of them has it is not known",
    arguments: [
      ("10.10.20.200:21:", "", ["server-undecided"]), ("10.10.20.200:21", "", ["server-undecided"]),
      ("10.10.20.200:2121:", "", []), ("192.0.2.9:21:", "", []),
      ("10.10.20.200:21:", " serverAutoStart=\"false\"", []),
    ])
  func sameBinding(binding: String, attributes: String, codes: [String]) throws {
    let site =
      "<site name=\"Other\"\(attributes)><bindings><binding protocol=\"ftp\" bindingInformation=\"\(binding)\" /></bindings></site>"
    #expect(try self.codes(Self.file().replacing("<sites>", with: "<sites>" + site)) == codes)
    let wrong = Self.file(ssl: "controlChannelPolicy=\"SslAllow\" dataChannelPolicy=\"SslAllow\"")
    #expect(try self.codes(wrong.replacing("<sites>", with: "<sites>" + site)).isEmpty == false)
  }

  @Test("B21: a range of a site alone holds nothing") func rangeOfSite() throws {
    let text = Self.file(firewall: " lowDataChannelPort=\"50000\" highDataChannelPort=\"50399\"")
      .replacing("<firewallSupport lowDataChannelPort=\"50000\" highDataChannelPort=\"50399\" />", with: "")
    #expect(try Set(codes(text)) == ["server-setting-ignored", "audit-passive-range"])
  }

  @Test(
    "B2: the command filter of IIS",
    arguments: [
      ("<add command=\"PASV\" allowed=\"false\" />", ["audit-passive-off"]),
      ("<add command=\"EPSV\" allowed=\"false\" />", ["audit-passive-off"]),
      ("<add command=\"SYST\" allowed=\"false\" />", []),
      ("<add command=\"USER\" allowed=\"false\" />", ["audit-no-login"]),
      ("<add command=\"AUTH\" allowed=\"false\" />", ["audit-no-login"]),
      ("<add command=\"PROT\" allowed=\"false\" />", ["audit-tls-data"]),
      (
        "<requestFiltering><commands><add command=\"PASV\" allowed=\"false\" /></commands></requestFiltering>",
        ["audit-passive-off"]
      ),
      (
        "<requestFiltering><commands allowUnlisted=\"false\"><add command=\"USER\" allowed=\"true\" />"
          + "<add command=\"PASS\" allowed=\"true\" /><add command=\"AUTH\" allowed=\"true\" />"
          + "<add command=\"PROT\" allowed=\"true\" /></commands></requestFiltering>",
        ["audit-passive-off", "audit-listings"]
      ),
    ])
  func commands(security: String, codes: [String]) throws {
    #expect(try self.codes(Self.file(security: security)) == codes)
  }

  @Test(
    "B3: nobody logs in at IIS",
    arguments: [
      ("<authentication><basicAuthentication enabled=\"false\" /></authentication>", ["audit-no-login"]),
      (
        "<authentication><anonymousAuthentication enabled=\"false\" /><basicAuthentication enabled=\"true\" /></authentication>",
        []
      ),
    ])
  func authentication(security: String, codes: [String]) throws {
    #expect(try self.codes(Self.file(security: security)) == codes)
  }

  @Test("B3: TLS that is required, without a certificate") func certificate() throws {
    let text = Self.file().replacing("serverCertHash=\"\(Self.hash)\"", with: "serverCertHash=\"\"")
    #expect(try codes(text).contains("audit-no-login"))
  }

  @Test("B3: a whole file without authentication or rules lets nobody in") func wholeFile() throws {
    let enabled = "<authentication><basicAuthentication enabled=\"true\" /></authentication>"
    let sections = "<configSections />"
    #expect(try codes(Self.file(root: sections)) == ["audit-no-login"])
    #expect(try codes(Self.file(security: enabled, root: sections)) == ["audit-no-login"])
    let rule =
      "<location path=\"Files\"><system.ftpServer><security><authorization><add accessType=\"Allow\" users=\"*\" "
      + "permissions=\"Read\" /></authorization></security></system.ftpServer></location>"
    #expect(try codes(Self.file(security: enabled, root: sections + rule)).isEmpty)
    #expect(
      try codes(Self.file(security: enabled, root: sections + rule.replacing("Allow", with: "Deny"))) == [
        "audit-no-login"
      ])
    // Rules of another site.
    #expect(
      try codes(Self.file(security: enabled, root: sections + rule.replacing("\"Files\"", with: "\"Web\""))) == [
        "audit-no-login"
      ])
  }

  @Test(
    "B21: clients that IIS refuses by their address",
    arguments: [
      ("allowUnlisted=\"false\"", "", "", ["audit-clients"]), ("allowUnlisted=\"true\"", "", "", []),
      ("allowUnlisted=\"false\"", "198.51.100.0", "allow          198.51.100.0/25", []),
      ("allowUnlisted=\"false\"", "198.51.100.0", "allow          198.51.101.0/25", ["audit-clients"]),
      ("allowUnlisted=\"false\"", "198.51.100.0", "source         gateway", ["audit-clients"]),
    ])
  func clients(attribute: String, network: String, statement: String, codes: [String]) throws {
    let entry =
      network.isEmpty ? "" : "<add ipAddress=\"\(network)\" subnetMask=\"255.255.255.0\" allowed=\"true\" />"
    let text = Self.file(server: "<security><ipSecurity \(attribute)>\(entry)</ipSecurity></security>")
    let found = try self.codes(text, statement)
    #expect(found == codes)
  }

  // MARK: What help says

  /// For every finding of the pages whose help writes lines or elements: the file with them has that finding no more.
  @Test("B20: help, done to the file, silences its finding", arguments: AuditTests.pages.map(\.code))
  func helpSilences(code: String) throws {
    let page = try #require(AuditTests.pages.first { $0.code == code })
    let (files, unreadable) = filesInComments(page.bad)
    let compilation = compile(page.bad)
    let (found, _) = try audit(compilation, files, unreadable: unreadable)
    guard let finding = found.first(where: { $0.code == code }), let root = files.first, code.hasPrefix("audit"),
      let help = finding.help, help.contains("write `"), !help.contains("THUMBPRINT"),
      let mended = Help(help).done(to: root.text)
    else { return }
    let after = try audit(compilation, [(root.name, mended)] + files.dropFirst())
    #expect(!after.found.contains { $0.code == code && $0.message == finding.message }, "\(help)\n\(mended)")
  }

  @Test("B20: help of many findings of one file, one after the other") func helpMends() throws {
    let cases: [(String, String)] = [
      (
        "vsftpd",
        "listen_ipv6=YES\nlisten=NO\nlocal_enable=NO\nanonymous_enable=NO\nport_enable=YES\npasv_enable=NO\n"
      ),
      (
        "vsftpd",
        "listen=YES\nlisten_port=2121\nlocal_enable=YES\nssl_enable=YES\nrequire_ssl_reuse=NO\nport_promiscuous=YES\n"
      ),
      (
        "pure-ftpd",
        "NoAnonymous yes\nBind 10.10.20.200,2121\nAllowUserFXP yes\nTLS 1\nPassivePortRange 40000 40009\n"
      ),
      ("proftpd", "DefaultAddress 10.10.20.200\nPort 2121\nTLSEngine on\nPassivePorts 40000 40009\n"),
    ]
    for (software, start) in cases {
      let compilation = FieldServerTests.policy(software)
      var text = start
      for _ in 0..<20 {
        let found = try audit(compilation, [("server.conf", text)]).found.filter { $0.severity > .note }
        guard
          let mended = found.lazy.compactMap({ $0.help.flatMap { Help($0).done(to: text) } }).first(where: {
            $0 != text
          })
        else { break }
        text = mended
      }
      let left = try audit(compilation, [("server.conf", text)]).found.filter { $0.severity > .note }
      #expect(
        left.allSatisfy { $0.help?.contains("write `") != true || $0.help?.contains("<Limit") == true },
        "\(software)\n\(text)\n\(left.map { $0.help ?? "" })")
    }
  }
}

/// The lines and elements that a help tells to write.
private struct Help {
  private let parts: [String]
  /// The element that they belong into, where the help names it.
  private let parent: String

  init(_ text: String) {
    parent = text.components(separatedBy: " in `").dropFirst().first.map { String($0.prefix { $0 != "`" }) } ?? ""
    // Words in backquotes up to the first that only names something.
    let words = text.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    parts = text.hasPrefix("write") ? words.filter { $0.contains("=") || $0.contains(" ") || $0.hasPrefix("<") } : []
  }

  /// The text with them in the place of what has the same key or the same element; `nil` when there is nothing to do.
  func done(to text: String) -> String? {
    guard !parts.isEmpty, !parts.contains(where: { $0.hasPrefix("<Limit") }) else { return nil }
    var lines = text.components(separatedBy: "\n").filter { !$0.isEmpty }
    for part in parts {
      if part.hasPrefix("<") {
        guard let changed = element(part, in: lines.joined(separator: "\n")) else { continue }
        lines = changed.components(separatedBy: "\n")
        continue
      }
      let key = { (line: String) in line.prefix { $0 != "=" && $0 != " " }.lowercased() }
      // Where the first wins it stands in front, where the last wins the others are gone.
      lines = [part] + lines.filter { key($0) != key(part) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The attributes or the text of an element, put into the one of the same name.
  private func element(_ part: String, in text: String) -> String? {
    let name = part.dropFirst().prefix { !" />".contains($0) }
    guard let start = text.range(of: "<\(name)") else {
      return parent.isEmpty ? nil : text.replacing("<\(parent)>", with: "<\(parent)>\(part)")
    }
    if part.hasSuffix("</\(name)>"), let end = text.range(of: "</\(name)>", range: start.lowerBound..<text.endIndex) {
      return text.replacingCharacters(in: start.lowerBound..<end.upperBound, with: part)
    }
    var changed = text
    for attribute in part.matches(of: /([A-Za-z0-9]+)="([^"]*)"/) {
      let (whole, key) = (String(attribute.output.0), String(attribute.output.1))
      let tagEnd = changed.range(of: ">", range: start.lowerBound..<changed.endIndex)?.lowerBound ?? changed.endIndex
      if let old = changed[start.lowerBound..<tagEnd].range(of: "\(key)=\"[^\"]*\"", options: .regularExpression) {
        changed.replaceSubrange(old, with: whole)
      } else {
        changed.insert(contentsOf: " " + whole, at: start.upperBound)
      }
    }
    return changed
  }
}
