import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// What `import` writes parses, and `check` complains about nothing but what a person must decide.
@Suite struct ImportTests {
  /// What the files of a server do not tell, or tell and the language advises against.
  static let decisions: Set = [
    "external-ip-missing", "missing-statement", "no-data-path", "tls-off", "passive-range-too-small",
    "passive-range-single-port", "passive-range-ephemeral", "passive-range-alg-port", "certificate-missing",
    "external-ip-private", "range-ignored-in-clear", "clear-control-not-refused", "active-not-enforced-by-server",
  ]

  private func draft(_ software: SoftwareKind, _ files: [(name: String, text: String)], at path: String? = nil) throws
    -> String
  {
    let settings = try readServer(software, files, at: path).settings
    #expect(!settings.isRefused)
    let text = PolicyDraft(settings, from: "/etc/server.conf").text
    #expect(inCanonicalLayout(text) == text, "C14: `import` writes the canonical layout")
    return text
  }

  @Test func saysWhatTheFileSays() throws {
    let text = try draft(
      .proftpd,
      [
        (
          "/p.conf",
          """
          DefaultAddress 10.10.20.200
          Port 2121
          PassivePorts 50000 50399
          MasqueradeAddress 203.0.113.10
          MaxClients 100
          TLSEngine on
          TLSRequired ctrl
          TLSRSACertificateFile "/etc/ssl/a b.pem"
          <VirtualHost 10.10.20.200>
            Port 990
            MasqueradeAddress ftp.example.com
            TLSEngine on
            TLSRequired on
            TLSOptions UseImplicitSSL
          </VirtualHost>
          """
        )
      ])
    #expect(
      text == """
        # What ProFTPD does with /etc/server.conf, as a policy.
        # Lines with DECIDE ask for what its files do not tell.

        server files {
            address      10.10.20.200
            software     proftpd
            certificate  "/etc/ssl/a b.pem"
            max clients  100
        }

        publish files {
            server         files
            external ip    203.0.113.10
            control port   2121
            # clients dial the same port; `control port 21 -> 2121` would give them another
            passive range  50000-50399
            tls            explicit required
            # DECIDE tls: today the server accepts data in clear text; audit will say so
            # DECIDE active: the server accepts PORT and EPRT; `active on` lets them through the gateway
            # DECIDE allow: who may connect; without it everybody may
        }

        publish files-990 {
            server  files
            # DECIDE external ip: the address of "ftp.example.com", which the server announces by name
            # DECIDE passive range: the server takes any port; choose a range, and set it there too
            tls     implicit
            # DECIDE active: the server accepts PORT and EPRT; `active on` lets them through the gateway
            # DECIDE allow: who may connect; without it everybody may
        }

        """)
    let compilation = compile(text)
    #expect(compilation.trees.flatMap(\.diagnostics).isEmpty)
    #expect(Set(compilation.errorCodes) == ["external-ip-missing", "no-data-path"])
  }

  @Test("what the language cannot say is asked for", arguments: [1_000_000, 1_000_001, 2_000_000_000])
  func limits(count: Int) throws {
    let common = #""common": {"max_total_connections": \#(count), "max_per_host_connections": \#(count)}"#
    let text = try draft(
      .sftpgo, [("/sftpgo.json", #"{\#(common), "ftpd": {"bindings": [{"port": 21}]}}"#)])
    let isInOrder = count <= 1_000_000
    #expect(compile(text).errorCodes.allSatisfy { $0 != "invalid-number" }, "\(text)")
    #expect(text.contains("# DECIDE max clients: the server admits \(count) sessions") != isInOrder)
    #expect(text.contains("# DECIDE limit: the server admits \(count) sessions from one address") != isInOrder)
    #expect(text.contains("max clients  \(count)") == isInOrder)
    #expect(text.contains("\(count) sessions per client") == isInOrder)
  }

  @Test("listeners on one port that do different things are not made one") func oneOfSeveral() throws {
    func draft(_ second: String) throws -> String {
      let first = #""port": 21, "address": "10.0.0.1", "force_passive_ip": "203.0.113.1""#
      return try self.draft(
        .sftpgo, [("/sftpgo.json", #"{"ftpd": {"bindings": [{\#(first)}, {"port": 21, \#(second)}]}}"#)])
    }
    let other = try draft(#""address": "10.0.0.2", "force_passive_ip": "203.0.113.2""#)
    #expect(other.contains("# DECIDE address: the server listens on 10.0.0.2 as well"))
    #expect(other.contains("# DECIDE publish: on \"10.0.0.2\" port 21 announces 203.0.113.2;"), "\(other)")
    let same = try draft(#""address": "[2001:db8::1]", "force_passive_ip": "203.0.113.1""#)
    #expect(!same.contains("DECIDE publish") && !same.contains("DECIDE address") && same.contains("2001:db8::1"))
    let tls =
      #""address": "[2001:db8::1]", "force_passive_ip": "203.0.113.1", "certificate_file": "/c", "certificate_key_file": "/k""#
    #expect(try draft(tls).contains("port 21 has `tls explicit optional`"))
  }

  /// The settings of a policy, imported: the same settings come out, and their audit has no findings.
  @Test func settingsOfGeneratedPolicies() throws {
    var count = 0
    for (_, compilation) in GeneratedPolicies.policies.accepted {
      for (index, server) in compilation.policy.servers.enumerated() {
        guard let software = server.software?.value.kind, ServerReaders.reader(for: software) != nil,
          let form = Emitters.forms(of: software).first(where: { ["conf", "xml"].contains($0) })
        else { continue }
        let documents = try Emitters.emit(
          compilation.policy, server: index, form: form, locate: compilation.locator()
        ).documents
        guard !documents.isEmpty else { continue }
        let files = serverFiles(of: documents)
        let path = files.count == 1 ? nil : "/server"
        let text = try draft(software, files, at: path)
        let drafted = compile(text)
        let unexpected = drafted.diagnostics.filter { !Self.decisions.contains($0.code) && $0.severity > .note }
        #expect(
          unexpected.isEmpty, "\(unexpected.map { "\($0.code): \($0.message)" })\n\(text)\n\(files.map(\.text))")
        count += 1
        // Whether the helper is on is not in the server's files, and where it is the address in clear text may be
        // another.
        guard drafted.isAccepted, !text.contains("DECIDE helper") else { continue }
        for index in drafted.policy.servers.indices {
          let errors = try audit(drafted, server: index, files, at: path).found.filter { $0.severity == .error }
          #expect(errors.isEmpty, "\(errors.map { "\($0.code): \($0.message)" })\n\(text)\n\(files.map(\.text))")
        }
      }
    }
    #expect(count > 50)
  }

  @Test func textsOfTheFileStayOneValue() throws {
    let hostile = "a\"\\\n} publish x {\u{1B}"
    let text = try draft(
      .iis,
      [
        (
          "/a.config",
          """
          <configuration><system.applicationHost><sites><site name="&#34;\\}&#10;publish x { é">
          <bindings><binding protocol="ftp" bindingInformation="192.0.2.1:21:"/></bindings></site></sites>
          </system.applicationHost></configuration>
          """
        )
      ])
    #expect(compile(text).trees.flatMap(\.diagnostics).isEmpty, "\(text)")
    #expect(compile(text).policy.publications.count == 1)
    #expect(
      PolicyDraft(EffectiveSettings(software: .vsftpd, services: [], diagnostics: []), from: hostile).text.split(
        separator: "\n"
      ).count == 2)
  }

  @Test(arguments: [
    ("/x/proftpd.conf", "", SoftwareKind.proftpd), ("/x/applicationHost.config", "", .iis),
    ("/x/a", "# c\nlisten=YES\n", .vsftpd),
    ("/x/a", "PassivePorts 1 2\n", .proftpd), ("/x/a", "\nForcePassiveIP 1.2.3.4\n", .pureFTPd),
    ("/x/a", "<?xml?><filezilla/>", .filezilla),
    ("/x/settings.xml", "", .filezilla), ("/x/a", "<Global>\n", .proftpd),
  ])
  func guesses(path: String, text: String, software: SoftwareKind) {
    #expect(ServerReaders.guess(path, in: ServerFiles([path: Array(text.utf8)])) == software)
  }

  @Test func guessesOfFolders() {
    #expect(ServerReaders.guess("/p", in: ServerFiles(["/p/conf/TLS": []])) == .pureFTPd)
    #expect(ServerReaders.guess("/p", in: ServerFiles(["/p/proftpd.conf": [], "/p/tls.conf": []])) == .proftpd)
    #expect(ServerReaders.guess("/p/a", in: ServerFiles(["/p/a": Array("hello\n".utf8)])) == nil)
  }
}
