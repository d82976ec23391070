import Compilation
import Diagnostics
import Foundation
import Policy
import Servers
import Testing

/// What people's servers are really configured by: Pure-FTPd, vsftpd, FileZilla Server and IIS.
@Suite struct FieldServerTests {
  /// The policy that all files here are held against.
  static func policy(
    _ software: String, _ statements: String..., server: String = "", tls: String = "explicit required"
  )
    -> Compilation
  {
    compile(
      """
      server files {
          address        10.10.20.200
          software       \(software)
      \(server)
      }

      publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            \(tls)
      \(statements.map { "    \($0)" }.joined(separator: "\n"))
      }
      """)
  }

  static func codes(
    _ compilation: Compilation, _ files: [(name: String, text: String)], at path: String? = nil,
    and more: [String] = []
  ) throws -> [String] {
    #expect(compilation.isAccepted, "\(compilation.diagnostics.map(\.message))")
    return try audit(compilation, files, at: path, and: more).found.filter { $0.severity > .note }.map(\.code)
  }

  /// What the policy asks of ProFTPD, but for the address that it announces.
  static let proftpd = """
    DefaultAddress 10.10.20.200
    PassivePorts 50000 50399
    AllowForeignAddress off
    <Limit PORT EPRT>
      DenyAll
    </Limit>
    TLSEngine on
    TLSRequired on

    """

  static let vsftpd = """
    listen=YES
    listen_address=10.10.20.200
    local_enable=YES
    anonymous_enable=NO
    pasv_min_port=50000
    pasv_max_port=50399
    pasv_address=203.0.113.10
    max_clients=100
    port_enable=NO
    ssl_enable=YES

    """

  private func vsftpd(_ lines: String, without: String = "\n", version: String = "") throws -> [String] {
    let text = Self.vsftpd.replacing(without, with: "\n") + lines + "\n"
    return try Self.codes(Self.policy("vsftpd \(version)"), [("vsftpd.conf", text)])
  }

  // MARK: Pure-FTPd

  static let pure = "PassivePortRange 50000 50399\nForcePassiveIP 203.0.113.10\nTLS 3\nBind 10.10.20.200,21\n"

  @Test(
    "B1: Debian's service does not read pure-ftpd.conf",
    arguments: [
      ["/etc/pure-ftpd/conf/NoAnonymous"], ["/etc/pure-ftpd/auth/x"], ["/etc/pure-ftpd/db/x"],
      ["/etc/default/pure-ftpd-common"], ["/etc/debian_version"],
    ])
  func debianFile(marks: [String]) throws {
    let files = [("/etc/pure-ftpd/pure-ftpd.conf", Self.pure)] + marks.map { ($0, "yes\n") }
    let file = try Self.codes(Self.policy("pure-ftpd"), files)
    #expect(file.contains("server-file-unused") && file.contains("audit-passive-range"))
    #expect(file.contains("audit-announced-address") && file.contains("audit-tls-control"))
    let settings = try readServer(.pureFTPd, files).settings
    #expect(settings.diagnostics.map(\.code).contains("server-file-unused"))
    #expect(!PolicyDraft(settings, from: "x").text.contains("50000-50399"))
  }

  @Test("B1: the folder, where conf/ says nothing of it or something else") func debianFolder() throws {
    let file = ("/etc/pure-ftpd/pure-ftpd.conf", Self.pure)
    let empty = [("/etc/pure-ftpd/conf/NoAnonymous", "yes\n"), file]
    #expect(try Self.codes(Self.policy("pure-ftpd"), empty, at: "/etc/pure-ftpd").contains("server-file-unused"))
    #expect(
      try Self.codes(Self.policy("pure-ftpd"), empty, at: "/etc/pure-ftpd/conf/").contains("server-file-unused"))
    let conf = [
      ("/etc/pure-ftpd/conf/PassivePortRange", "50000 50399\n"), ("/etc/pure-ftpd/conf/TLS", "3\n"),
      ("/etc/pure-ftpd/conf/ForcePassiveIP", "203.0.113.10\n"), ("/etc/pure-ftpd/conf/Bind", "10.10.20.200,21\n"),
    ]
    #expect(try Self.codes(Self.policy("pure-ftpd"), conf + [file], at: "/etc/pure-ftpd").isEmpty)
    // The file of the package, in which nothing of this is set.
    let shipped = ("/etc/pure-ftpd/pure-ftpd.conf", "ChrootEveryone yes\nMaxClientsNumber 50\nAntiWarez yes\n")
    #expect(try Self.codes(Self.policy("pure-ftpd"), conf + [shipped], at: "/etc/pure-ftpd").isEmpty)
    let other = conf.dropLast() + [("/etc/pure-ftpd/conf/Bind.conf", "10.10.20.200,21\n")]
    #expect(
      try Self.codes(Self.policy("pure-ftpd"), Array(other), at: "/etc/pure-ftpd") == ["server-setting-ignored"])
    let lower = conf.dropFirst() + [("/etc/pure-ftpd/conf/passiveportrange", "50000 50399\n")]
    #expect(try Self.codes(Self.policy("pure-ftpd"), Array(lower), at: "/etc/pure-ftpd") == ["server-file-refused"])
    let inetd = conf + [("/etc/default/pure-ftpd-common", "STANDALONE_OR_INETD=inetd\n")]
    #expect(try Self.codes(Self.policy("pure-ftpd"), inetd, at: "/etc/pure-ftpd") == ["server-undecided"])
    // Elsewhere it is the file of the program.
    #expect(try Self.codes(Self.policy("pure-ftpd"), [("/etc/pure-ftpd.conf", Self.pure)]).isEmpty)
    #expect(try Self.codes(Self.policy("pure-ftpd"), [("pure-ftpd.conf", Self.pure)]).isEmpty)
  }

  // MARK: vsftpd

  @Test(
    "B2: commands that vsftpd refuses after the login",
    arguments: [
      ("", []), ("cmds_denied=PASV,EPSV", ["audit-passive-off"]), ("cmds_denied=EPSV", ["audit-passive-off"]),
      ("cmds_allowed=USER,PASS,LIST,RETR,PBSZ,PROT", ["audit-passive-off"]),
      ("cmds_allowed=PASV,LIST,EPSV", ["audit-tls-data"]), ("cmds_denied=PROT", ["audit-tls-data"]),
      ("cmds_allowed=PASV,EPSV,PROT,LIST\ncmds_denied=PASV", ["audit-passive-off"]),
      // Names count as they stand, and those before the login are answered all the same.
      ("cmds_denied=pasv, EPSV", []), ("cmds_denied=USER,PASS,AUTH", []), ("cmds_denied=", []), ("cmds_allowed=", []),
      ("pasv_enable=NO", ["audit-passive-off"]),
    ])
  func commands(line: String, codes: [String]) throws {
    #expect(try vsftpd(line) == codes)
  }

  @Test("B2: PORT and EPRT refused are active mode refused") func activeCommands() throws {
    let file = Self.vsftpd.replacing("port_enable=NO", with: "connect_from_port_20=YES")
    let policy = Self.policy("vsftpd", "active         on")
    #expect(try Self.codes(policy, [("v.conf", file)]).isEmpty)
    #expect(try Self.codes(policy, [("v.conf", file + "cmds_denied=PORT,EPRT\n")]) == ["audit-active-mode"])
    #expect(try Self.codes(policy, [("v.conf", file + "cmds_denied=PORT\n")]).isEmpty)
  }

  @Test(
    "B3: nobody logs in",
    arguments: [
      ("local_enable=NO", ["audit-no-login"]), ("ftp_enable=NO", ["audit-no-login"]),
      (
        "local_enable=NO\nanonymous_enable=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES",
        ["audit-no-login"]
      ),
      (
        "local_enable=NO\nanonymous_enable=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nallow_anon_ssl=YES",
        []
      ),
      ("userlist_enable=YES", ["server-undecided"]),
      ("one_process_model=YES", ["audit-no-login"]), ("http_enable=YES", ["audit-no-login"]),
      ("banner_file=/etc/none", ["server-undecided"]), ("banner_file=", []), ("deny_email_enable=YES", []),
      (
        "local_enable=NO\nanonymous_enable=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nallow_anon_ssl=YES\n"
          + "deny_email_enable=YES\none_process_model=YES", ["server-undecided"]
      ),
      ("require_cert=YES", ["server-undecided"]), ("require_cert=NO", []),
    ])
  func nobody(lines: String, codes: [String]) throws {
    #expect(try vsftpd(lines) == codes)
  }

  @Test(
    "B3: TLS is required, and no version of it is left",
    arguments: [
      ("ssl_tlsv12=NO\nssl_tlsv13=NO", ["audit-no-login"]), ("ssl_tlsv12=NO", []), ("ssl_tlsv13=NO", []),
      ("ssl_tlsv1=YES\nssl_tlsv12=NO\nssl_tlsv13=NO", ["audit-no-login"]),
    ])
  func noVersion(lines: String, codes: [String]) throws {
    #expect(try vsftpd(lines, version: "3.0.5") == codes)
  }

  @Test("B3: a file that every session needs is there") func neededFiles() throws {
    let text = Self.vsftpd + "banner_file=/etc/banner\n"
    #expect(try Self.codes(Self.policy("vsftpd"), [("v.conf", text), ("/etc/banner", "Hello\n")]).isEmpty)
  }

  @Test(
    "B1: what `ForcePassiveIP` cannot announce",
    arguments: ["203.0.113.10,", "203.0.113.10:", "203.0.113.10/32", "ftp.example.com,"])
  func forced(value: String) throws {
    let text = Self.pure.replacing("203.0.113.10", with: value)
    #expect(try Self.codes(Self.policy("pure-ftpd"), [("pure-ftpd.conf", text)]) == ["audit-announced-address"])
  }

  @Test("B3: a list of users that lists nobody") func userList() throws {
    let text = Self.vsftpd + "userlist_enable=YES\nuserlist_deny=NO\n"
    for (list, codes) in [("", ["audit-no-login"]), ("# nobody\n\n", ["audit-no-login"]), ("alice\n", [])] {
      #expect(try Self.codes(Self.policy("vsftpd"), [("v.conf", text), ("/etc/vsftpd.user_list", list)]) == codes)
    }
    let denying = Self.vsftpd + "userlist_enable=YES\n"
    #expect(try Self.codes(Self.policy("vsftpd"), [("v.conf", denying), ("/etc/vsftpd.user_list", "")]).isEmpty)
    let missing = Self.vsftpd.replacing("local_enable=YES\n", with: "")
    #expect(try Self.codes(Self.policy("vsftpd"), [("v.conf", missing)]) == ["audit-no-login"])
  }

  @Test(
    "B6: vsftpd without `listen`",
    arguments: [
      ("", "", ["server-build-dependent"]), ("listen_ipv6=NO", "", ["server-build-dependent"]),
      ("listen=NO", "", ["server-undecided"]), ("", "3.0.3-13+deb12u1", ["server-undecided"]),
      ("listen=NO\nmax_clients=7", "3.0.5", ["server-undecided"]), ("", "2.3.5", ["server-undecided"]),
      ("listen=YES", "3.0.3-13+deb12u1", []),
    ])
  func listening(line: String, version: String, codes: [String]) throws {
    let found = try vsftpd(line, without: "listen=YES\n", version: version)
    #expect(found == codes)
  }

  @Test(
    "B7: settings of other versions and builds",
    arguments: [
      ("ssl_tlsv12=YES", "", ["server-build-dependent"]),
      ("ssl_tlsv12=YES\nssl_tlsv13=YES", "", ["server-build-dependent"]),
      ("ssl_tlsv11=NO", "3.0.5", []), ("ssl_sni_hostname=ftp.example.com", "3.0.4", []),
      ("ssl_tlsv12=YES", "3.0.3", ["server-file-refused"]), ("ssl_tlsv1_2=YES", "", ["server-build-dependent"]),
      ("ssl_tlsv1_1=YES", "3.0.5", ["server-build-dependent"]),
      ("ssl_tlsv1_2=YES", "3.0.3-13+deb12u1", ["server-file-refused"]),
      ("max_clients = 100", "", ["server-build-dependent"]), ("max_clients = 100", "3.0.3", ["server-file-refused"]),
      ("pasv_enable=YES ", "3.0.5", ["server-build-dependent"]),
      ("pasv_enable=YES\r", "", ["server-build-dependent"]),
      ("pasv_enabel=YES", "", ["server-file-refused"]), ("ssl_tlsv1=YES", "", []),
    ])
  func versions(line: String, version: String, codes: [String]) throws {
    #expect(try vsftpd(line, version: version) == codes)
  }

  @Test("B7: reading goes on after what some builds know") func readingGoesOn() throws {
    #expect(try vsftpd("ssl_tlsv12=YES\npasv_max_port=50499").contains("audit-passive-range"))
    #expect(try vsftpd("pasv_max_port = 50499").contains("audit-passive-range"))
  }

  @Test("B8: what is emitted adds no TLS 1.0", arguments: ["", "3.0.3", "3.0.5"])
  func emittedTLS(version: String) throws {
    let compilation = Self.policy("vsftpd \(version)", server: "    certificate \"/c.pem\" key \"/k.pem\"")
    let emission = try Emitters.emit(compilation.policy, server: 0, locate: compilation.locator())
    let lines = emission.documents.flatMap { $0.text.split(separator: "\n") }
    #expect(lines.contains("ssl_enable=YES") && !lines.contains { $0.hasPrefix("ssl_tlsv1") })
  }

  @Test("B15: an IPv6 socket announces 0.0.0.0") func dualSocket() throws {
    let debian = Self.vsftpd.replacing("listen=YES\nlisten_address=10.10.20.200", with: "listen=NO\nlisten_ipv6=YES")
    for text in [debian, debian.replacing("pasv_address=203.0.113.10\n", with: "")] {
      let (found, sources) = try audit(Self.policy("vsftpd"), [("v.conf", text)])
      let finding = try #require(found.first { $0.code == "audit-announced-address" })
      #expect(finding.help?.contains("`listen=YES` and `listen_ipv6=NO`") == true)
      let mended = try text.applying(finding.fixes, sources)
      guard text == debian else { continue }
      #expect(try Self.codes(Self.policy("vsftpd"), [("v.conf", mended)]).isEmpty, "\(mended)")
    }
  }

  // MARK: FileZilla Server

  static func filezilla(_ pasv: String) -> String {
    """
    <filezilla><ftp_server>
      <listener><address>10.10.20.200</address><port>21</port><tls_mode>2</tls_mode></listener>
      <session><pasv>\(pasv)<port_range><min>50000</min><max>50399</max></port_range></pasv></session>
    </ftp_server></filezilla>
    """
  }

  @Test(
    "B4: private peers are told the inside address",
    arguments: [
      ("", "source         gateway", ["audit-private-peers"]),
      ("true", "source         gateway", ["audit-private-peers"]),
      ("true", "hairpin        on", ["audit-private-peers"]),
      ("", "allow          10.8.0.0/24", ["audit-private-peers"]),
      ("false", "source         gateway", []), ("false", "hairpin        on", []),
      ("true", "allow          198.51.100.0/24", []),
      ("true", "source         keep", []),
    ])
  func privatePeers(flag: String, statement: String, codes: [String]) throws {
    let element = "do_not_override_host_if_peer_is_local"
    let text = Self.filezilla(
      "<host_override>203.0.113.10</host_override>" + (flag.isEmpty ? "" : "<\(element)>\(flag)</\(element)>"))
    let gateway = "gateway edge { \n outside eth0\n inside eth1\n }\n"
    let compilation = compile(
      gateway
        + """
        server files {
            address        10.10.20.200
            software       filezilla
        }

        publish files {
            gateway        edge
            server         files
            external ip    203.0.113.10
            passive range  50000-50399
            tls            explicit required
            \(statement)
        }
        """)
    #expect(try Self.codes(compilation, [("settings.xml", text)]) == codes)
  }

  @Test("B3: users.xml of FileZilla Server beside its settings") func usersFile() throws {
    let settings = Self.filezilla("<host_override>203.0.113.10</host_override>")
    for (users, codes) in [
      ("<user name=\"a\" enabled=\"true\"/>", []), ("<user name=\"a\" enabled=\"false\"/>", ["audit-no-login"]),
      ("", ["audit-no-login"]), ("<user name=\"a\"/>", []),
    ] {
      let files = [("/fz/settings.xml", settings), ("/fz/users.xml", "<filezilla>\(users)</filezilla>")]
      #expect(try Self.codes(Self.policy("filezilla"), files, at: "/fz") == codes)
    }
  }

  @Test("a limit for one address that is below the policy's") func perClient() throws {
    for (software, text, file) in [
      ("vsftpd", Self.vsftpd + "max_per_ip=5\n", "vsftpd.conf"),
      ("pure-ftpd", Self.pure + "MaxClientsPerIP 5\n", "pure-ftpd.conf"),
      ("proftpd", Self.proftpd + "MasqueradeAddress 203.0.113.10\nMaxClientsPerHost 5\n", "proftpd.conf"),
    ] {
      for (statement, isFound) in [
        ("log off", false), ("limit 5 sessions per client", false), ("limit 6 sessions per client", true),
        ("source gateway", true),
      ] {
        let codes = try Self.codes(Self.policy(software, statement), [(file, text)])
        #expect(codes.contains("audit-max-clients") == isFound, "\(software) \(statement) \(codes)")
      }
    }
  }

  static func legacy(_ changes: [String: String]) -> String {
    let items = [
      "Serverports": "21", "Use custom PASV ports": "1", "Custom PASV min port": "50000",
      "Custom PASV max port": "50399",
      "Custom PASV IP type": "1", "Custom PASV IP": "203.0.113.10", "Enable SSL": "1", "Allow explicit SSL": "1",
      "Force explicit SSL": "1", "Force PROT P": "1", "Implicit SSL ports": "990", "IP Bindings": "*",
      "SSL Certificate file": "C:/files.pem",
    ].merging(changes) { $1 }
    let lines = items.sorted { $0.key < $1.key }.map {
      "  <Item name=\"\($0.key)\" type=\"string\">\($0.value)</Item>"
    }
    return "<FileZillaServer>\n<Settings>\n\(lines.joined(separator: "\n"))\n</Settings>\n</FileZillaServer>\n"
  }

  @Test(
    "B16: FileZilla Server 0.9",
    arguments: [
      ([:], []), (["Use custom PASV ports": "0"], ["audit-passive-range"]),
      (["Custom PASV IP type": "0"], ["audit-announced-address"]),
      (["Custom PASV IP type": "2"], ["audit-announced-name"]),
      (["Custom PASV IP": "192.0.2.1"], ["audit-announced-address"]),
      (["Enable SSL": "0"], ["audit-tls-control"]),
      (["Force explicit SSL": "0"], ["audit-tls-control", "audit-tls-data"]),
      (["Force PROT P": "0"], ["audit-tls-data"]), (["Allow explicit SSL": "0"], ["audit-tls-control"]),
      (["Serverports": "2121"], ["audit-control-port"]), (["Serverports": "2121 21"], []),
      (["IP Bindings": "192.0.2.1"], ["audit-listen-address"]),
      (["IP Filter Disallowed": "*"], ["audit-clients"]),
      (["IP Filter Disallowed": "*", "IP Filter Allowed": "0.0.0.0/0"], []),
      (["Maximum user count": "300"], ["audit-range-too-small"]),
      (["SSL Certificate file": ""], ["server-undecided"]),
      (["SSL Certificate file": "", "Enable SSL": "0"], ["audit-tls-control"]),
    ] as [([String: String], [String])])
  func legacyFiles(changes: [String: String], codes: [String]) throws {
    let files = [("/x/FileZilla Server.xml", Self.legacy(changes))]
    #expect(try Set(Self.codes(Self.policy("filezilla"), files)) == Set(codes))
    #expect(ServerReaders.guess("/x/a", in: ServerFiles(["/x/a": Array(Self.legacy([:]).utf8)])) == .filezilla)
  }

  @Test(
    "B16: users of FileZilla Server 0.9 and their groups",
    arguments: [
      ("<User><Option Name='Enabled'>1</Option></User>", [], []),
      ("<User><Option Name='Enabled'>0</Option></User>", [], ["audit-no-login"]),
      ("<User></User>", [], ["audit-no-login"]),
      // 2 is as the group is.
      ("<User><Option Name='Enabled'>2</Option></User>", [], ["audit-no-login"]),
      ("<User><Option Name='Enabled'>2</Option>g</User>", [], []),
      ("<User><Option Name='Enabled'>2</Option>off</User>", [], ["audit-no-login"]),
      ("<User><Option Name='Enabled'>2</Option>deep</User>", [], ["audit-no-login"]),
      // The lists of the group.
      ("<User><Option Name='Enabled'>1</Option>shut</User>", [], ["audit-clients"]),
      ("<User><Option Name='Enabled'>2</Option>shut</User>", [], ["audit-clients"]),
      ("<User><Option Name='Enabled'>1</Option>G</User>", [], []),
      ("<User><Option Name='Enabled'>1</Option>shut<Allowed>0.0.0.0/0</Allowed></User>", [], []),
      ("<User><Option Name='Enabled'>1</Option>part</User>", ["allow 198.51.100.0/24"], []),
      ("<User><Option Name='Enabled'>1</Option>part</User>", ["allow 192.0.2.0/24"], ["audit-clients"]),
      // An exception of the group is none from what the user's own list disallows.
      (
        "<User><Option Name='Enabled'>1</Option>part<Disallowed>*</Disallowed></User>", ["allow 198.51.100.0/24"],
        ["audit-clients"]
      ),
      // One user is kept to some addresses, another is not.
      (
        "<User><Option Name='Enabled'>1</Option>shut</User><User><Option Name='Enabled'>1</Option></User>", [], []
      ),
    ] as [(String, [String], [String])])
  func legacyUsers(users: String, statements: [String], codes: [String]) throws {
    var text = users.replacing("'", with: "\"")
    for name in ["g", "G", "off", "deep", "shut", "part"] {
      text = text.replacing("</Option>\(name)<", with: "</Option><Option Name=\"Group\">\(name)</Option><")
    }
    for side in ["Allowed", "Disallowed"] {
      text = text.replacing("<\(side)>", with: "<IpFilter><\(side)><IP>")
        .replacing("</\(side)>", with: "</IP></\(side)></IpFilter>")
    }
    func group(_ name: String, _ enabled: Int, _ filter: String = "") -> String {
      "<Group Name=\"\(name)\"><Option Name=\"Enabled\">\(enabled)</Option>\(filter)</Group>"
    }
    let shut = "<IpFilter><Disallowed><IP>*</IP></Disallowed></IpFilter>"
    let part = "<IpFilter><Disallowed><IP>*</IP></Disallowed><Allowed><IP>198.51.100.0/24</IP></Allowed></IpFilter>"
    let groups = [
      group("g", 1), group("g", 0, shut), group("off", 0), group("deep", 2), group("shut", 1, shut),
      group("part", 1, part),
    ].joined()
    let file = Self.legacy([:]).replacing(
      "<Settings>", with: "<Groups>\(groups)</Groups><Users>\(text)</Users><Settings>")
    let policy = Self.policy("filezilla", statements.joined(separator: "\n"))
    #expect(try Self.codes(policy, [("a.xml", file)]) == codes)
  }

  @Test("B16: imported, and its ports with implicit TLS") func legacyImport() throws {
    let settings = try readServer(.filezilla, [("/x/FileZilla Server.xml", Self.legacy([:]))]).settings
    let text = PolicyDraft(settings, from: "x").text
    #expect(text.contains("passive range  50000-50399") && text.contains("external ip    203.0.113.10"))
    #expect(text.contains("tls            implicit") && text.contains("FileZilla Server 0.9"))
    #expect(compile(text).trees.flatMap(\.diagnostics).isEmpty)
    // The draft means the program that was read, which may have no TLS, whatever version was asked for.
    let plain = Self.legacy(["IP Bindings": "10.10.20.200", "Enable SSL": "0"])
    let read = try readServer(.filezilla, [("/x/FileZilla Server.xml", plain)]).settings
    for (version, stated) in [(nil, "0.9"), ("1.7.3", "0.9"), ("0.9.60", "0.9.60")] {
      let draft = PolicyDraft(read, from: "x", version: version).text
      #expect(draft.contains("filezilla \(stated)\n") && draft.contains(/tls +off/), "\(draft)")
      #expect(compile(draft).errorCodes.isEmpty, "\(compile(draft).diagnostics)")
    }
    let nobody = Self.legacy([:]).replacing(
      "<Settings>", with: "<Users><User Name=\"a\"><Option Name=\"Enabled\">0</Option></User></Users><Settings>")
    #expect(try Self.codes(Self.policy("filezilla"), [("a.xml", nobody)]) == ["audit-no-login"])
    let private0 = Self.policy("filezilla", "source         gateway")
    #expect(try Self.codes(private0, [("a.xml", Self.legacy([:]))]) == ["audit-private-peers"])
    #expect(try Self.codes(private0, [("a.xml", Self.legacy(["No External IP On Local": "0"]))]).isEmpty)
  }
}

extension String {
  /// The text after the edits of fixes of its only file.
  func applying(_ fixes: [FixIt], _ sources: SourceSet) throws -> String {
    var bytes = Array(utf8)
    for edit in fixes.flatMap(\.edits).sorted(by: { $0.span.range.lowerBound > $1.span.range.lowerBound }) {
      bytes.replaceSubrange(edit.span.range, with: edit.replacement.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
