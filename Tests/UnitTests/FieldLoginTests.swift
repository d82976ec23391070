import Compilation
import Diagnostics
import Policy
import Servers
import Testing

private typealias Field = FieldServerTests

/// Who gets in: the ways of each program to keep clients and users out.
@Suite struct FieldLoginTests {
  private func vsftpd(_ lines: String, _ more: [(name: String, text: String)] = []) throws -> [String] {
    try Field.codes(Field.policy("vsftpd"), [("vsftpd.conf", Field.vsftpd + lines + "\n")] + more)
  }

  private func pure(_ lines: String) throws -> [String] {
    try Field.codes(Field.policy("pure-ftpd"), [("pure-ftpd.conf", Field.pure + lines + "\n")])
  }

  private func proftpd(_ lines: String) throws -> [String] {
    let file = Field.proftpd + "MasqueradeAddress 203.0.113.10\n" + lines + "\n"
    return try Field.codes(Field.policy("proftpd"), [("/etc/proftpd/proftpd.conf", file)])
  }

  // MARK: Ciphers

  @Test(
    "B3: a list that leaves no cipher",
    arguments: [
      ("HIGH", "some"), ("FOO", "nothing"), ("FOO:HIGH", "some"), ("HIGH:!aNULL:!MD5", "some"), ("!aNULL", "nothing"),
      ("ALL:!ALL", "nothing"), ("ECDHE+AESGCM:DHE+CHACHA20", "some"), ("ECDHE+FOO", "nothing"),
      ("ECDHE-RSA-AES128-GCM-SHA256", "some"), ("DHE-RSA-CHACHA20-POLY1305", "some"), ("DES-CBC3-SHA", "doubtful"),
      ("RC4-SHA", "doubtful"), ("LOW", "doubtful"), ("PROFILE=SYSTEM", "doubtful"),
      ("TLS_AES_256_GCM_SHA384", "doubtful"),
      ("TLSv1.2", "some"), ("DEFAULT@SECLEVEL=1", "doubtful"), ("kEECDH+aRSA, AES256", "some"),
      ("@STRENGTH", "nothing"),
    ])
  func ciphers(list: String, outcome: String) throws {
    let codes = { (nothing: String) in
      outcome == "some" ? [] : outcome == "nothing" ? [nothing] : ["server-undecided"]
    }
    #expect(try vsftpd("ssl_ciphers=\(list)") == codes("audit-no-login"))
    if !list.contains(" ") {
      #expect(try pure("TLSCipherSuite \(list)") == codes("server-file-refused"))
      #expect(try proftpd("TLSCipherSuite \(list)") == codes("server-file-refused"))
    }
  }

  // MARK: Pure-FTPd

  @Test(
    "B3: users with a name log in at one address of Pure-FTPd only",
    arguments: [
      ("TrustedIP 10.10.20.200", []), ("TrustedIP 10.1.1.1", ["audit-no-login"]),
      ("TrustedIP 10.1.1.1\nNoAnonymous yes", ["audit-no-login"]), ("TrustedIP 2001:db8::1", []),
      ("MaxClientsNumber 0", ["server-file-refused"]),
    ])
  func trusted(lines: String, expected: [String]) throws {
    #expect(try pure(lines) == expected)
  }

  @Test("B3: only anonymous users is a note, and NoAnonymous goes before it") func anonymous() throws {
    let notes = { (lines: String) in
      try audit(Field.policy("pure-ftpd"), [("pure-ftpd.conf", Field.pure + lines)]).found
    }
    let found = try notes("AnonymousOnly yes\n")
    #expect(found.map(\.code) == ["audit-login-limited"] && found.first?.help?.contains("`AnonymousOnly`") == true)
    #expect(try notes("AnonymousOnly yes\nNoAnonymous yes\n").isEmpty)
    let both = try notes("NoAnonymous yes\nAnonymousOnly yes\n").map(\.code)
    #expect(Set(both) == ["server-setting-ignored", "audit-login-limited"])
    #expect(try pure("NoAnonymous yes\nAnonymousOnly no") == [])
  }

  // MARK: vsftpd

  @Test(
    "B3: lists, wrappers and listings of vsftpd",
    arguments: [
      ("dirlist_enable=NO", ["audit-listings"]), ("cmds_denied=LIST", ["audit-listings"]), ("cmds_denied=NLST", []),
      ("cmds_allowed=PASV,EPSV,PBSZ,PROT,RETR", ["audit-listings"]), ("max_clients=0", []),
      ("userlist_enable=YES\nuserlist_deny=NO\nuserlist_file=/root.list", ["server-undecided"]),
      ("userlist_enable=YES\nuserlist_file=/root.list", []),
    ])
  func lists(lines: String, expected: [String]) throws {
    #expect(try vsftpd(lines, [("/root.list", "# one\nroot\n")]) == expected)
  }

  @Test(
    "B3: hosts.allow and hosts.deny are read",
    arguments: [
      ("", "", []), ("sshd: ALL\n", "sshd: ALL\n", []), ("", "ALL: ALL\n", ["server-undecided"]),
      ("vsftpd : 192.168.0.0/16\n", "", ["server-undecided"]),
      ("# vsftpd: ALL\n", "in.telnetd, vsftpd: ALL\n", ["server-undecided"]),
    ])
  func wrappers(allow: String, deny: String, expected: [String]) throws {
    let files = [("/etc/hosts.allow", allow), ("/etc/hosts.deny", deny)]
    #expect(try vsftpd("tcp_wrappers=YES", files) == expected)
    #expect(try vsftpd("tcp_wrappers=NO", files) == [])
  }

  // MARK: ProFTPD

  @Test(
    "B21: ways of ProFTPD to keep clients out",
    arguments: [
      ("<Limit PASV EPSV>\nDenyAll\n</Limit>", ["audit-passive-off"]),
      ("<Limit ALL>\nDenyAll\n</Limit>", ["audit-listings"]),
      ("<Limit LOGIN>\nDenyAll\n</Limit>", ["audit-no-login"]),
      ("AuthOrder mod_nosuch.c", ["audit-no-login"]), ("MaxClients 0", ["server-file-refused"]),
      ("MaxConnectionsPerHost 0", ["server-file-refused"]), ("MaxLoginAttempts 0", ["server-file-refused"]),
      ("MaxClientsPerUser none", []), ("CommandBufferSize 4", ["server-undecided"]), ("CommandBufferSize 512", []),
      ("DenyFilter ^U", ["server-undecided"]), ("WrapTables file:/etc/a file:/etc/b", ["server-undecided"]),
      ("GeoIPDenyFilter CountryCode .*", ["server-undecided"]),
    ])
  func keptOut(lines: String, expected: [String]) throws {
    #expect(try proftpd(lines) == expected)
  }

  @Test("B21: `<Limit LOGIN>` that is closed is one thing, for audit and import") func closed() throws {
    let lines = Field.proftpd + "<Limit LOGIN>\nDenyAll\n</Limit>\nAuthOrder mod_auth_unix.c\n"
    let read = try readServer(.proftpd, [("/etc/proftpd.conf", lines)])
    let nobody = try #require(read.settings.services.first?.nobody)
    #expect(read.sources.text(nobody.span).hasPrefix("<Limit LOGIN>"))
    #expect(
      PolicyDraft(read.settings, from: "x").text.contains("DECIDE server: nobody can log in today: `<Limit LOGIN>`"))
  }

  // MARK: IIS

  private static func iis(_ security: String = "", site: String = "") -> String {
    FieldIISTests.file(site: site, security: security)
  }

  @Test(
    "B21: ways of IIS to keep clients out",
    arguments: [
      ("", []), ("<sslClientCertificates clientCertificatePolicy=\"CertRequire\" />", ["server-undecided"]),
      ("<sslClientCertificates clientCertificatePolicy=\"CertAllow\" />", []),
      ("<add command=\"PASV\" allowed=\"false\" />", ["audit-passive-off"]),
      ("<add command=\"LIST\" allowed=\"false\" />", []),
      (
        "<add command=\"LIST\" allowed=\"false\" /><add command=\"NLST\" allowed=\"false\" />"
          + "<add command=\"MLSD\" allowed=\"false\" />", ["audit-listings"]
      ),
    ])
  func iis(security: String, expected: [String]) throws {
    #expect(try iisCodes(Self.iis(security)) == expected)
  }

  @Test("B21: bindings with a host name, limits of 0, and names of hosts") func iisHosts() throws {
    let named = Self.iis().replacing(":21:\"", with: ":21:ftp.example.com\"")
    #expect(try iisCodes(named) == ["server-undecided"])
    let none = Self.iis().replacing("<security>", with: "<connections maxConnections=\"0\" /><security>")
    #expect(try iisCodes(none) == ["server-undecided"])
    let names = FieldIISTests.file(
      server: "<security><ipSecurity><add domainName=\"example.com\" allowed=\"false\" /></ipSecurity></security>")
    #expect(try iisCodes(names) == ["server-undecided"])
    let unlisted = FieldIISTests.file(server: "<security><ipSecurity allowUnlisted=\"false\" /></security>")
    #expect(try iisCodes(unlisted) == ["audit-clients"])
  }

  private func iisCodes(_ text: String) throws -> [String] {
    let server = "    site         \"Files\"\n    certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567"
    return try Field.codes(Field.policy("iis", server: server), [("applicationHost.config", text)])
  }

  // MARK: FileZilla Server

  private func filezilla(_ files: [String: String], _ statements: String...) throws -> [Diagnostic] {
    let settings = Field.filezilla("<host_override>203.0.113.10</host_override>")
    let others = files.map { ("/fz/\($0.key).xml", "<filezilla>\($0.value)</filezilla>") }
    return try audit(
      Field.policy("filezilla", statements.joined(separator: "\n")), [("/fz/settings.xml", settings)] + others,
      at: "/fz"
    ).found
  }

  @Test(
    "B16: filters of FileZilla Server 1.x, of the server, its users and their groups",
    arguments: [
      ([:], []),
      (["disallowed_ips": "<disallowed_ips></disallowed_ips>", "allowed_ips": "<allowed_ips></allowed_ips>"], []),
      (["disallowed_ips": "<disallowed_ips>198.51.100.0/24</disallowed_ips>"], ["audit-clients"]),
      (["disallowed_ips": "<disallowed_ips>0.0.0.0/0 ::/0</disallowed_ips>"], ["audit-clients"]),
      (
        [
          "disallowed_ips": "<disallowed_ips>198.51.100.0/24</disallowed_ips>",
          "allowed_ips": "<allowed_ips>198.51.100.0-198.51.100.255</allowed_ips>",
        ], []
      ),
      (["disallowed_ips": "<disallowed_ips>host.example.com</disallowed_ips>"], ["server-undecided"]),
      (["users": "<user name=\"a\"><disallowed_ips>0.0.0.0/0</disallowed_ips></user>"], ["audit-clients"]),
      (
        [
          "users":
            "<user name=\"a\"><disallowed_ips>0.0.0.0/0, ::/0</disallowed_ips><allowed_ips>198.51.100.0/24</allowed_ips></user>"
        ], []
      ),
      // One user is kept to some addresses, another is not.
      (
        ["users": "<user name=\"a\"><disallowed_ips>0.0.0.0/0</disallowed_ips></user><user name=\"b\"/>"],
        ["server-undecided"]
      ),
      (
        [
          "users":
            "<user name=\"a\"><disallowed_ips>0.0.0.0/0</disallowed_ips></user><user name=\"b\" enabled=\"false\"/>"
        ], ["audit-clients"]
      ),
      (
        [
          "users": "<user name=\"a\"><group>staff</group></user>",
          "groups": "<group name=\"staff\"><disallowed_ips>198.51.0.0/16</disallowed_ips></group>",
        ], ["audit-clients"]
      ),
      (["users": "<user name=\"a\"><realm name=\"ftp\" status=\"disabled\"/></user>"], ["server-undecided"]),
      (["users": "<user name=\"a\"><realm name=\"ftp\" status=\"enabled\"/></user>"], []),
    ] as [([String: String], [String])])
  func filters(files: [String: String], expected: [String]) throws {
    #expect(try filezilla(files, "allow          198.51.100.0/24").map(\.code) == expected)
  }

  @Test("B16: sessions of users, where all of them are limited") func userLimits() throws {
    let users = { (limits: [String]) in
      limits.map { "<user name=\"u\"><session_count_limit>\($0)</session_count_limit></user>" }.joined()
    }
    let server = "    max clients  100"
    for (limits, expected) in [
      (["5", "5"], ["audit-max-clients"]), (["50", "50"], []), (["5", "unlimited"], []), (["5", "0"], []),
    ] {
      let settings = Field.filezilla("<host_override>203.0.113.10</host_override>")
      let files = [("/fz/settings.xml", settings), ("/fz/users.xml", "<filezilla>\(users(limits))</filezilla>")]
      let compilation = Field.policy("filezilla", server: server)
      #expect(try audit(compilation, files, at: "/fz").found.map(\.code) == expected, "\(limits)")
    }
  }

  @Test("B16: filters of users of FileZilla Server 0.9") func legacyUsers() throws {
    let user = { (filter: String) in
      Field.legacy([:]).replacing(
        "<Settings>",
        with:
          "<Users><User Name=\"a\"><Option Name=\"Enabled\">1</Option><IpFilter>\(filter)</IpFilter></User></Users><Settings>"
      )
    }
    for (filter, expected) in [
      ("<Disallowed/><Allowed/>", []), ("<Disallowed><IP>*</IP></Disallowed>", ["audit-clients"]),
      ("<Disallowed><IP>*</IP></Disallowed><Allowed><IP>0.0.0.0/0</IP></Allowed>", []),
    ] as [(String, [String])] {
      #expect(try Field.codes(Field.policy("filezilla"), [("a.xml", user(filter))]) == expected, "\(filter)")
    }
  }
}
