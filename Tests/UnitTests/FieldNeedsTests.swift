import Diagnostics
import Servers
import Testing

private typealias Field = FieldServerTests

/// What has to be there for a login: folders, files, users and builds; and what counts for some users only.
@Suite struct FieldNeedsTests {
  // MARK: vsftpd

  private static let present: [(name: String, text: String)] = [
    ("/empty/x", ""), ("/logs/x", ""), ("/ca.pem", ""), ("/dsa.pem", ""), ("/etc/vsftpd.chroot_list", ""),
    ("/etc/passwd", "root:x:0:0::/root:/bin/sh\nftpsecure:x:9:9::/:/bin/false\nftp:x:8:8::/srv:/bin/false\n"),
  ]

  private func vsftpd(_ lines: String, _ more: [(name: String, text: String)] = []) throws -> [String] {
    try Field.codes(Field.policy("vsftpd"), [("vsftpd.conf", Field.vsftpd + lines + "\n")] + more)
  }

  @Test(
    "what vsftpd answers with 500 OOPS without: said where it is not here, and not where it is",
    arguments: [
      ("secure_chroot_dir=/empty", true), ("xferlog_enable=YES\nvsftpd_log_file=/logs/x.log", true),
      ("dual_log_enable=YES\nxferlog_file=/logs/x.log", true), ("nopriv_user=ftpsecure", true),
      ("xferlog_enable=YES\nxferlog_std_format=YES\nxferlog_file=/logs/x.log", true),
      ("guest_enable=YES\nguest_username=ftpsecure", true), ("ca_certs_file=/ca.pem", true),
      ("chown_uploads=YES\nchown_username=ftpsecure", true), ("dsa_cert_file=/dsa.pem", true),
      ("dsa_cert_file=/etc/passwd\ndsa_private_key_file=/dsa.pem", false), ("chroot_list_enable=YES", true),
      // Nothing of these is looked at.
      ("vsftpd_log_file=/logs/x.log", false), ("xferlog_enable=YES\nxferlog_file=/logs/x.log", false),
      ("xferlog_enable=YES\nsyslog_enable=YES\nvsftpd_log_file=/logs/x.log", false),
      ("guest_username=ftpsecure", false), ("chown_username=ftpsecure", false), ("ftp_username=ftpsecure", false),
      ("ssl_request_cert=NO\nca_certs_file=/ca.pem", false), ("dsa_private_key_file=/dsa.pem", false),
      // What Debian's file and package have.
      ("secure_chroot_dir=/var/run/vsftpd/empty\nxferlog_enable=YES", false), ("nopriv_user=nobody", false),
      ("xferlog_enable=YES\nvsftpd_log_file=/var/log/vsftpd.log\ndual_log_enable=YES", false),
      ("guest_enable=YES\nguest_username=ftp", false),
    ])
  func needs(lines: String, isNeeded: Bool) throws {
    let isHere = lines.contains("=/etc/passwd")
    let found = try vsftpd(lines)
    #expect(isHere || found == (isNeeded ? ["server-undecided"] : []), "\(found)")
    let here = lines.contains("nobody") ? [] : Self.present
    #expect(try vsftpd(lines, here) == [])
  }

  @Test(
    "users are looked up where `/etc/passwd` is here",
    arguments: [
      "nopriv_user=nosuch", "nopriv_user=nobody", "guest_enable=YES\nguest_username=nosuch",
      "nopriv_user=ftpsecur",
    ])
  func users(lines: String) throws {
    #expect(try vsftpd(lines, Self.present) == ["server-undecided"])
  }

  @Test("a file in the place of a folder is no folder") func kinds() throws {
    #expect(try vsftpd("secure_chroot_dir=/ca.pem", Self.present) == ["server-undecided"])
    #expect(try vsftpd("dual_log_enable=YES\nxferlog_file=/ca.pem/x.log", Self.present) == ["server-undecided"])
    #expect(try vsftpd("dsa_cert_file=/dsa.pem\ndsa_private_key_file=/none", Self.present) == ["server-undecided"])
  }

  // MARK: Pure-FTPd

  private func pure(_ lines: String, _ more: [(name: String, text: String)] = []) throws -> [String] {
    try Field.codes(Field.policy("pure-ftpd"), [("pure-ftpd.conf", Field.pure + lines + "\n")] + more)
  }

  @Test(
    "databases that only some builds of Pure-FTPd know",
    arguments: [
      ("MySQLConfigFile /etc/my.conf", ["server-build-dependent"]), ("PureDB /u.pdb", []),
      ("LDAPConfigFile /etc/ldap.conf", ["server-build-dependent"]),
      ("PGSQLConfigFile /etc/pg.conf", ["server-build-dependent"]), ("PureDB /nonexist.pdb", ["server-undecided"]),
      ("UnixAuthentication yes", []), ("ExtAuth /var/run/ftpd.sock", []),
    ])
  func databases(line: String, expected: [String]) throws {
    #expect(try pure(line, [("/u.pdb", "")]) == expected)
  }

  @Test(
    "the same as flags",
    arguments: [
      ("-l mysql:/etc/my.conf", ["server-build-dependent"]), ("-l puredb:/u.pdb", []), ("-l unix", []),
      ("--login=puredb:/nonexist.pdb", ["server-undecided"]), ("-lldap:/etc/l.conf", ["server-build-dependent"]),
    ])
  func flags(flag: String, expected: [String]) throws {
    let start = "pure-ftpd -S 10.10.20.200,21 -p 50000:50399 -P 203.0.113.10 -Y 3 \(flag)\n"
    #expect(try Field.codes(Field.policy("pure-ftpd"), [("start", start), ("/u.pdb", "")]) == expected)
  }

  @Test("a link of Debian's folder to `PureDB`, and the file that it names") func folder() throws {
    let texts = [
      "/p/conf/PassivePortRange": "50000 50399\n", "/p/conf/PureDB": "/p/u.pdb\n", "/p/auth/x": "",
    ]
    let codes = { (more: [String: String], links: [String: String]) throws -> [String] in
      var sources = SourceSet()
      let contents = texts.merging(more) { $1 }.mapValues { Array($0.utf8) }
      let reader = try #require(ServerReaders.reader(for: .pureFTPd))
      return reader.read("/p", version: nil, from: ServerFiles(contents, links: links), into: &sources)
        .diagnostics.map(\.code)
    }
    let links = ["/p/auth/50puredb": "../conf/PureDB"]
    let files = ["/p/auth/../conf/PureDB": "/p/u.pdb\n"]
    #expect(try codes(files, [:]) == [])
    #expect(try codes(files, links) == ["server-undecided"])
    #expect(try codes(files.merging(["/p/u.pdb": ""]) { $1 }, links) == [])
  }

  // MARK: ProFTPD

  private func proftpd(_ lines: String) throws -> [String] {
    let file = Field.proftpd + "MasqueradeAddress 203.0.113.10\n" + lines + "\n"
    return try Field.codes(Field.policy("proftpd"), [("/etc/proftpd/proftpd.conf", file)])
  }

  private static func limit(_ commands: String, _ lines: String = "DenyAll") -> String {
    "<Limit \(commands)>\n\(lines)\n</Limit>"
  }

  @Test(
    "a `<Limit>` for some users is left open; the sections that may count are all alike",
    arguments: [
      (limit("PASV EPSV"), ["server-undecided"]), (limit("LIST"), ["server-undecided"]),
      (limit("PASV", "AllowAll"), []), (limit("STOR"), []), (limit("LOGIN"), ["server-undecided"]),
      (limit("PASV", "Deny from 10.0.0.0/8"), ["server-undecided"]), (limit("PASV", "Allow from all"), []),
      (limit("PASV", "Order deny,allow"), ["server-undecided"]), (limit("PROT"), ["server-undecided"]),
      ("DenyFilter ^PASV", ["server-undecided"]),
    ])
  func someUsers(lines: String, expected: [String]) throws {
    for section in ["IfUser regex .", "IfUser joe", "IfGroup staff", "IfClass regex ."] {
      let name = section.prefix { $0 != " " }
      #expect(try proftpd("<\(section)>\n\(lines)\n</\(name)>") == expected, "\(section)")
    }
  }

  @Test(
    "`<IfAuthenticated>` is everybody, once logged in",
    arguments: [
      (limit("PASV EPSV"), ["audit-passive-off"]), (limit("EPSV"), ["audit-passive-off"]),
      (limit("ALL"), ["audit-listings"]), (limit("LIST"), ["audit-listings"]), (limit("STOR"), []),
      (limit("PASV", "AllowAll"), []), (limit("PORT EPRT"), []), (limit("PROT"), ["server-undecided"]),
      (limit("PASV", "DenyUser joe"), ["server-undecided"]), (limit("LOGIN"), ["server-undecided"]),
    ])
  func everybody(lines: String, expected: [String]) throws {
    #expect(try proftpd("<IfAuthenticated>\n\(lines)\n</IfAuthenticated>") == expected)
    #expect(try proftpd("<Global>\n<IfAuthenticated>\n\(lines)\n</IfAuthenticated>\n</Global>") == expected)
  }
}
