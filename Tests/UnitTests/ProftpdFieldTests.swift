import Compilation
import Diagnostics
import Foundation
import Glibc
import Policy
import Servers
import Testing

/// ProFTPD as people run it: builds, versions, classes, limits, the environment (measured: 1.3.8, 1.3.8c, 1.3.9e of
/// Debian).
@Suite struct ProftpdFieldTests {
  private func policy(_ software: String = "proftpd", _ more: String = "") -> Compilation {
    compile(
      """
      server files {
          address      10.10.20.200
          software     \(software)
          certificate  "/etc/ssl/ftp.pem"
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      \(more)
      }
      """)
  }

  private static let good = """
    DefaultAddress 10.10.20.200
    PassivePorts 50000 50399
    MasqueradeAddress 203.0.113.10
    AllowForeignAddress off
    <Limit PORT EPRT>
      DenyAll
    </Limit>
    TLSEngine on
    TLSRequired on
    TLSRSACertificateFile /etc/ssl/ftp.pem

    """

  private func found(
    _ text: String, _ software: String = "proftpd", more: String = "", environment: [String: String] = [:],
    files: [(name: String, text: String)] = []
  ) throws -> [Diagnostic] {
    let compilation = policy(software, more)
    #expect(compilation.isAccepted, "\(compilation.diagnostics.map(\.message))")
    return try audit(compilation, [("/etc/proftpd/proftpd.conf", text)] + files, environment: environment).found
  }

  private func codes(_ text: String, _ software: String = "proftpd", more: String = "") throws -> [String] {
    try found(text, software, more: more).map(\.code)
  }

  @Test func agreesToBeginWith() throws { #expect(try codes(Self.good) == []) }

  // MARK: Versions and builds

  @Test(
    "B5: a module's own block is fine where modules are not known",
    arguments: [
      "<IfModule mod_ratio.c>\nRatios off\n</IfModule>", "<IfModule mod_dnsbl.c>\nDNSBLEngine off\n</IfModule>",
      "<IfModule mod_delay.c>\nDelayEngine on\n</IfModule>",
      "<IfModule mod_auth_otp.c>\nAuthOTPEngine off\n</IfModule>",
    ])
  func modules(block: String) throws {
    let all = try found("Include /etc/proftpd/modules.conf\n\(block)\n" + Self.good)
    #expect(all.map(\.code) == ["server-include-missing"], "\(all.map(\.message))")
  }

  @Test(
    "B9: a mistake in a file that a folder or a pattern brings in",
    arguments: [
      ("/etc/proftpd/conf.d/", "proftpd 1.3.9", "server-file-refused"),
      ("/etc/proftpd/conf.d/*.conf", "proftpd 1.3.9e", "server-file-refused"),
      ("/etc/proftpd/conf.d/a.conf", "proftpd 1.3.9", "server-file-error"),
      ("/etc/proftpd/conf.d/", "proftpd 1.3.8", "server-file-error"),
      ("/etc/proftpd/conf.d/", "proftpd 1.3.8.c+dfsg-4+deb13u5", "server-file-error"),
      ("/etc/proftpd/conf.d/", "proftpd", "server-file-error"),
    ])
  func includes(path: String, software: String, code: String) throws {
    let all = try found(
      Self.good + "Include \(path)\n", software, files: [("/etc/proftpd/conf.d/a.conf", "Foo on\n")])
    #expect(all.first?.code == code)
    let says = all.first?.notes.contains { $0.contains("1.3.9") } ?? false
    #expect(says == (software == "proftpd"))
  }

  @Test("B9: what the file betrays counts for the version")
  func betrayed() throws {
    let all = try found(
      "ScoreboardOptions AllowMissing\n" + Self.good + "Include /etc/proftpd/conf.d/\n",
      files: [("/etc/proftpd/conf.d/a.conf", "Foo on\n")])
    #expect(all.contains { $0.code == "server-file-refused" })
  }

  @Test(
    "B3: limits and settings that refuse sessions, or may",
    arguments: [
      ("<Limit PASV,EPSV>\nDenyAll\n</Limit>", ["audit-passive-off"]),
      ("<Limit LOGIN,PASV, EPSV>\nDenyAll\n</Limit>", ["audit-passive-off", "audit-no-login"]),
      ("<Directory />\n<Limit PASV EPSV>\nDenyAll\n</Limit>\n</Directory>", ["audit-passive-off"]),
      ("<Directory ~>\n<Limit EPSV,PASV>\nDenyAll\n</Limit>\n</Directory>", ["audit-passive-off"]),
      ("<Directory />\n<Limit PORT,EPRT>\nAllowAll\n</Limit>\n</Directory>", ["audit-active-mode"]),
      ("<Directory /srv>\n<Limit PASV>\nDenyAll\n</Limit>\n</Directory>", ["server-undecided"]),
      ("<Directory />\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>", []),
      ("TLSProtocol SSLv3", ["audit-no-login"]), ("TLSProtocol ALL -TLSv1 -TLSv1.1", []),
      ("TLSProtocol ALL -TLSv1 -TLSv1.1 -TLSv1.2 -TLSv1.3", ["audit-no-login"]),
      ("TLSProtocol TLSv1.1", ["server-undecided"]), ("TLSProtocol TLSv1.2 TLSv1.3", []), ("TLSProtocol SSLv23", []),
      ("TLSVerifyClient on", ["server-undecided"]), ("TLSVerifyClient off", []),
      ("<Limit LOGIN>\nDenyUser regex .*\n</Limit>", ["audit-login-limited"]),
      ("<Limit LOGIN>\nOrder deny,allow\nAllowAll\nDenyGroup regex .\n</Limit>", ["audit-login-limited"]),
      ("<Limit PASV>\nDenyUser bob\n</Limit>", ["server-undecided"]),
      ("<Limit PROT>\nDenyAll\n</Limit>", ["audit-tls-data"]),
      ("<Limit PBSZ>\nDenyAll\n</Limit>", ["audit-tls-data"]),
      ("<Limit AUTH>\nDenyAll\n</Limit>", ["server-undecided"]),
      ("DenyFilter .*", ["server-undecided"]), ("DenyFilter \\*.*/", []), ("DenyFilter %", []),
      ("AllowFilter ^x$", ["server-undecided"]), ("AllowFilter .*", []),
      ("AuthOrder mod_nosuch.c", ["audit-no-login"]), ("AuthOrder mod_auth_pam.c* mod_auth_unix.c", []),
      ("AuthOrder mod_nosuch.c mod_auth_unix.c", []), ("AuthOrder mod_ldap.c", []),
    ])
  func refusals(lines: String, expected: [String]) throws {
    #expect(try Set(codes("\(lines)\n" + Self.good)) == Set(expected))
  }

  @Test(
    "B10: modules that Debian moved out of the program",
    arguments: [
      ("LoadModule mod_xfer.c\nMaxClinets 20\n", "proftpd", "server-file-refused"),
      ("LoadModule mod_xfer.c\nAllowOverwrite on\nTimeoutStalled 300\n", "proftpd", nil),
      ("LoadModule mod_ls.c\nLoadModule mod_tls.c\nAllowOverwrite on\n", "proftpd", "server-file-refused"),
      ("LoadModule mod_tls.c\nAllowOverwrite on\n", "proftpd 1.3.8.c+dfsg-4+deb13u5", "server-file-refused"),
      ("LoadModule mod_tls.c\nListOptions -a\n", "proftpd 1.3.9.e+dfsg-1", "server-file-refused"),
      ("LoadModule mod_tls.c\nDelayEngine off\n", "proftpd 1.3.8+dfsg-4+deb12u4", nil),
      ("LoadModule mod_tls.c\nUseSendfile off\n", "proftpd 1.3.9", "server-build-dependent"),
      ("LoadModule mod_tls.c\nIdentLookups off\n", "proftpd", "server-file-refused"),
      ("AllowOverwrite on\n", "proftpd", nil),
      ("ScoreboardOptions AllowMissing\n", "proftpd", "server-build-dependent"),
      ("ScoreboardOptions AllowMissing\n", "proftpd 1.3.9", nil),
      ("ScoreboardOptions AllowMissing\n", "proftpd 1.3.8", "server-file-refused"),
      ("IfSessionOptions PerUnauthenticatedUser\n", "proftpd 1.3.8", "server-file-refused"),
      ("IfSessionOptions PerUnauthenticatedUser\n", "proftpd 1.3.9", nil),
    ])
  func builds(text: String, software: String, code: String?) throws {
    let loads = text.contains("LoadModule") && !text.contains("mod_tls") ? "LoadModule mod_tls.c\n" : ""
    let all = try found(loads + text + Self.good, software)
    #expect(all.first?.code == code, "\(all.map(\.message))")
  }

  @Test("B11: what we emit, where mod_tls is not loaded")
  func withoutTLS() throws {
    let compilation = policy()
    let emission = try Emitters.emit(compilation.policy, server: 0, form: "conf", locate: compilation.locator())
    let emitted = try #require(emission.documents.first).text
    let all = try found("LoadModule mod_ident.c\n" + emitted)
    let first = try #require(all.first { $0.severity == .error })
    #expect(all.count { $0.severity == .error } == 1, "\(all.map(\.message))")
    #expect(first.code == "audit-tls-control" && first.help?.contains("LoadModule mod_tls.c") == true)
    #expect(first.notes.contains { $0.hasPrefix("nobody logs in") })
    #expect(try codes("LoadModule mod_tls.c\nLoadModule mod_ident.c\n" + emitted) == [])
    // Without the guard they do, in clear text.
    let own = Self.good.replacing("TLSEngine on", with: "<IfModule mod_tls.c>\nTLSEngine on") + "</IfModule>\n"
    let open = try found("LoadModule mod_ident.c\n" + own)
    #expect(open.first?.notes.last?.contains("clear text") == true)
  }

  // MARK: Clients

  private static let lan = "<Class lan>\n  From 10.10.20.0/24\n</Class>\n"
  private static let bare = good.replacing("MasqueradeAddress 203.0.113.10\n", with: "")

  @Test(
    "B12: what counts for some classes",
    arguments: [
      ("<IfClass !lan>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "", nil),
      ("<IfClass lan>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "", "audit-announced-address"),
      ("MasqueradeAddress 203.0.113.10\n<IfClass lan>\nMasqueradeAddress 10.10.20.200\n</IfClass>", "", nil),
      (
        "MasqueradeAddress 203.0.113.10\n<IfClass !lan>\nPassivePorts 40000 40010\n</IfClass>", "",
        "audit-passive-range"
      ),
      ("<IfClass AND !lan,!vpn>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "", nil),
      ("<IfClass OR lan,vpn>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "", "audit-announced-address"),
      ("<Global>\n<IfClass !lan>\nMasqueradeAddress 203.0.113.10\n</IfClass>\n</Global>", "", nil),
      // The server sees the gateway, which is in its own network.
      ("<IfClass !lan>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "    source gateway", "audit-announced-address"),
      // Clients that the policy names are judged even where their addresses are private.
      (
        "<IfClass !lan>\nMasqueradeAddress 203.0.113.10\n</IfClass>", "    allow 10.10.20.7",
        "audit-announced-address"
      ),
      (
        "MasqueradeAddress 203.0.113.10\n<IfClass !lan>\n<Limit PASV>\nDenyAll\n</Limit>\n</IfClass>", "",
        "audit-passive-off"
      ),
      ("MasqueradeAddress 203.0.113.10\n<IfClass lan>\n<Limit PASV>\nDenyAll\n</Limit>\n</IfClass>", "", nil),
    ])
  func classes(text: String, more: String, code: String?) throws {
    let all = try found(Self.lan + Self.bare + text + "\n", more: more)
    #expect(all.first?.code == code, "\(all.map(\.message))")
    if code != nil { #expect(all.first?.message.contains("for clients of") == true) }
  }

  @Test(
    "B12: what counts for some users, or by host names, is left open",
    arguments: [
      "<IfUser bob>\nMasqueradeAddress 10.0.0.1\n</IfUser>", "<IfGroup staff>\nPassivePorts 40000 40010\n</IfGroup>",
      "<IfAuthenticated>\nMasqueradeAddress 10.0.0.1\n</IfAuthenticated>",
      "<Class home>\nFrom .example.com\n</Class>\n<IfClass home>\nMasqueradeAddress 10.0.0.1\n</IfClass>",
    ])
  func users(text: String) throws { #expect(try codes(Self.good + text + "\n") == ["server-undecided"]) }

  @Test(
    "B21: who may log in",
    arguments: [
      ("DenyAll", "", "audit-no-login"), ("Order deny,allow\nAllow from 10.10.20.0/24", "", "audit-no-login"),
      ("Allow from 10.10.20.0/24\nDenyAll", "", "audit-no-login"), ("Allow from 10.10.20.0/24", "", nil),
      ("Deny from 198.51.100.0/24", "", "audit-no-login"), ("Deny from 10.0.0.0/8", "", nil),
      ("Allow from 198.51.100.0/24\nDenyAll", "    allow 198.51.100.7", nil),
      ("Allow from 198.51.100.\nDeny from all", "    allow 198.51.101.7", "audit-no-login"),
      ("AllowClass lan\nDenyAll", "", "audit-no-login"), ("DenyClass lan", "", nil), ("AllowAll", "", nil),
      ("DenyClass lan", "    source gateway", "audit-no-login"),
    ])
  func logins(lines: String, more: String, code: String?) throws {
    let all = try found(Self.lan + Self.good + "<Limit LOGIN>\n\(lines)\n</Limit>\n", more: more)
    #expect(all.first?.code == code, "\(all.map(\.message))")
    #expect(all.allSatisfy { $0.severity == .error })
  }

  @Test("B21: some users, folders, and all commands")
  func otherLimits() throws {
    let users = try found(Self.good + "<Limit LOGIN>\nAllowUser bob\nDenyAll\n</Limit>\n")
    #expect(users.map(\.code) == ["audit-login-limited"] && users.first?.severity == .note)
    #expect(try codes(Self.good + "<Limit DIRS>\nDenyAll\n</Limit>\n") == ["audit-listings"])
    #expect(try codes(Self.good + "<Limit ALL>\nDenyAll\n</Limit>\n") == ["audit-listings"])
    #expect(try codes(Self.good + "<Limit PASV EPSV>\nDenyAll\n</Limit>\n") == ["audit-passive-off"])
    // Every section counts, and one that denies is enough.
    let two = "<Global>\n<Limit LOGIN>\nDenyAll\n</Limit>\n</Global>\n<Limit LOGIN>\nAllowAll\n</Limit>\n"
    #expect(try codes(Self.good + two) == ["audit-no-login"])
    #expect(try codes(Self.good + "ServerType inetd\n") == ["server-undecided"])
    // One socket for all addresses, and the main server answers on those that no other has.
    #expect(try codes(Self.good.replacing("10.10.20.200", with: "10.10.20.9")) == [])
    #expect(
      try codes(Self.good.replacing("10.10.20.200", with: "10.10.20.9") + "SocketBindTight on\n")
        == ["audit-listen-address"])
  }

  // MARK: Other protocols, the environment, no service

  @Test("B13: a server that speaks SSH is left out, and said")
  func ssh() throws {
    let host = "<VirtualHost 10.10.20.200>\nPort 2222\nSFTPEngine on\n</VirtualHost>\n"
    let all = try found(Self.good + host)
    #expect(all.map(\.code) == ["server-not-ftp"] && all.first?.severity == .note)
    let read = try readServer(.proftpd, [("/p.conf", Self.good + host)]).settings
    #expect(read.services.map(\.port.value) == [21])
    #expect(try codes("SFTPEngine on\n" + Self.good).contains("server-no-service"))
    #expect(try codes(Self.good + host.replacing("SFTPEngine on", with: "SFTPEngine off")) == [])
  }

  @Test("B14: values from the environment")
  func environment() throws {
    let text = Self.good.replacing("50000 50399", with: "%{env:PMIN} %{env:PMAX}")
      .replacing("203.0.113.10", with: "%{env:EXTERNAL}")
    let open = try found(text)
    #expect(open.map(\.code) == ["server-undecided", "server-undecided", "server-undecided"])
    #expect(open.allSatisfy { $0.help?.contains("--env") == true })
    let told = ["PMIN": "50000", "PMAX": "50399", "EXTERNAL": "203.0.113.10"]
    #expect(try found(text, environment: told).isEmpty)
    #expect(
      try found(text, environment: told.merging(["PMAX": "50999"]) { $1 }).map(\.code) == ["audit-passive-range"])
    #expect(try found(text, environment: told.merging(["PMAX": "9"]) { $1 }).map(\.code) == ["server-file-refused"])
    #expect(try found(text, environment: ["PMIN": "%{env:PMIN}"]).count == 3)
    // What decides nothing about sessions is nobody's concern.
    #expect(try codes(Self.good + "ServerName \"%{env:HOSTNAME}\"\n") == [])
  }

  @Test("B19: no service, and no program")
  func nothing() throws {
    for (software, text) in [
      (SoftwareKind.proftpd, "Port 0\n"),
      (.iis, "<configuration><system.applicationHost><sites/></system.applicationHost></configuration>"),
    ] {
      let read = try readServer(software, [("/etc/server.conf", text)])
      #expect(read.settings.diagnostics.map(\.code) == ["server-no-service"])
    }
    var sources = SourceSet()
    let unknown = ServerReaders.read(
      "/x.txt", as: nil, from: ServerFiles(["/x.txt": Array("hello\n".utf8)]), into: &sources)
    #expect(unknown?.diagnostics.map(\.code) == ["server-software-unknown"])
  }

  // MARK: Size

  /// Processor time of this thread: other work on the machine does not count.
  private func seconds(_ work: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try work()
    return now() - start
  }

  private static func host(_ number: Int) -> String {
    "<VirtualHost 10.\(number / 65536).\(number / 256 % 256).\(number % 256)>\nPort 21\nPassivePorts 50000 50399\n</VirtualHost>\n"
  }

  private static func site(_ number: Int) -> String {
    "<site name=\"s\(number)\"><bindings><binding protocol=\"ftp\" bindingInformation=\"*:21:h\(number)\"/></bindings>"
      + "<ftpServer><connections maxConnections=\"9\"/></ftpServer></site>"
  }

  static let shapes: [(name: String, software: SoftwareKind, text: @Sendable (Int) -> String)] = [
    ("hosts", .proftpd, { (0..<$0).map(host).joined() }),
    (
      "globals", .proftpd,
      { count in
        (0..<count).map { "<Global>\nPort \($0 % 9 + 21)\n</Global>\n\(host($0))" }.joined()
      }
    ),
    ("one directive", .proftpd, { String(repeating: "Port 21\n", count: $0 * 8) }),
    ("limits", .proftpd, { String(repeating: "<Limit PASV>\nAllowAll\n</Limit>\n", count: $0) }),
    (
      "sites", .iis,
      { count in
        "<configuration><system.applicationHost><sites>" + (0..<count).map(site).joined()
          + "</sites></system.applicationHost></configuration>"
      }
    ),
  ]

  /// Four times the input takes about four times the work; quadratic work would take sixteen times.
  @Test("B18: reading, comparing and drafting are linear", arguments: shapes.map(\.name))
  func linear(name: String) throws {
    let shape = try #require(Self.shapes.first { $0.name == name })
    let compilation = policy(shape.software == .iis ? "iis" : "proftpd")
    let work = { (count: Int) throws -> Double in
      let files = ServerFiles(["/server.conf": Array(shape.text(count).utf8)])
      return try self.seconds {
        var sources = SourceSet()
        let software = Software(shape.software)
        let settings = try #require(ServerReaders.read("/server.conf", as: software, from: files, into: &sources))
        #expect(!settings.isRefused, "\(settings.diagnostics.prefix(3).map(\.message))")
        _ = ServerAudit.findings(compilation.policy, server: 0, against: settings)
        _ = PolicyDraft(settings, from: "/server.conf").text
      }
    }
    _ = try work(100)
    let (one, four) = (try work(600), try work(2400))
    #expect(four < 9 * one, "\(one) s, then \(four) s")
  }
}
