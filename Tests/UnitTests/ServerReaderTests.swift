import Addressing
import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// What each program was seen to do with its files, or says that it does.
@Suite struct ServerReaderTests {
  // MARK: Pure-FTPd 1.0.50

  @Test func pureFTPdPrecedence() throws {
    let found = try service(
      .pureFTPd,
      """
      Bind 192.0.2.1,2100
      bind = 192.0.2.2,21
      PassivePortRange 40000 40009
      passiveportrange: 50000 50399
      ForcePassiveIP 203.0.113.1
      ForcePassiveIP 203.0.113.2
      TLS 1
      TLS 3
      NATmode no
      AllowUserFXP yes
      AllowUserFXP no
      MaxClientsNumber 010
      """)
    #expect(found.port.value == 21 && found.addresses.value == ["192.0.2.1"])
    #expect(found.passivePorts.value == .range(try #require(PortRange(low: 50000, high: 50399))))
    #expect(found.announced.value == .address(try #require(IPAddress("203.0.113.1"))))
    #expect(found.tls.control.value == .required && found.tls.data.value == .required)
    #expect(found.allowsPASV.value && found.allowsForeignPort.value)
    // A leading zero means octal to strtoul.
    #expect(found.maxClients.value == 8)
  }

  @Test(arguments: [
    ("PassivePortRange 5000 5001", 1), ("PassivePortRange 5000 5009", 5), ("PassivePortRange 20000 50000", 50),
    ("MaxClientsNumber 99", 99), ("", 50),
  ])
  func pureFTPdClients(line: String, most: Int) throws {
    #expect(try service(.pureFTPd, line + "\n").maxClients.value == most)
  }

  @Test func pureFTPdSinglePortLiftsTheLimit() throws {
    let found = try service(.pureFTPd, "MaxClientsNumber 50\nPassivePortRange 5000 5000\n")
    #expect(found.maxClients.value == nil)
  }

  @Test(arguments: [
    ("PassivePortRange 50000:50099", "50000:50099"), ("TLS 3 # all", "3 # all"), ("Frobnicate yes", "Frobnicate"),
    ("TLS 4", "4"), ("NATmode maybe", "maybe"), ("NATmode", "NATmode"), ("PassivePortRange 900 5000", "900 5000"),
    ("MaxClientsNumber 08", "08"), ("Bind 192.0.2.1", "192.0.2.1"), ("TLSCipherSuite -HIGH", "-HIGH"),
    ("AltLog clf:foo", "clf:foo"), ("CertFileAndKey \"/x\"", "\"/x\""), ("TLS 1\nCertFile \"/x\"", "\"/x\""),
  ])
  func pureFTPdRefuses(text: String, place: String) throws {
    #expect(try refusals(.pureFTPd, text + "\n").map(\.place) == [place])
  }

  /// The C library takes an address with leading zeros for octal (found by the agreement test).
  @Test func pureFTPdAddressesOfTheCLibrary() throws {
    let found = try service(.pureFTPd, "ForcePassiveIP 010.1.2.3\n").announced.value
    #expect(try found == .address(#require(IPAddress("8.1.2.3"))))
  }

  @Test func pureFTPdQuotesByVersion() throws {
    let old = try service(.pureFTPd, "ForcePassiveIP \"203.0.113.1\"\n").announced.value
    #expect(old != .address(try #require(IPAddress("203.0.113.1"))))
    let new = try service(.pureFTPd, "ForcePassiveIP \"203.0.113.1\"\n", version: "1.0.53").announced.value
    #expect(new == .address(try #require(IPAddress("203.0.113.1"))))
  }

  @Test func pureFTPdFolderOfDebian() throws {
    let files = [
      ("/etc/pure-ftpd/conf/PassivePortRange", "# range\n50000 50399\nignored\n"),
      ("/etc/pure-ftpd/conf/Bind", "2001:db8::1,21\n"),
      ("/etc/pure-ftpd/conf/NATmode", "no\nyes\n"), ("/etc/pure-ftpd/conf/TLS", "3\n"),
      ("/etc/pure-ftpd/conf/MaxClientsNumber", "08\n"), ("/etc/pure-ftpd/conf/TLS.dpkg-old", "nonsense\n"),
      ("/etc/pure-ftpd/pure-ftpd.conf", "not read\n"),
    ]
    let found = try readServer(.pureFTPd, files, at: "/etc/pure-ftpd").settings
    #expect(found.diagnostics.isEmpty)
    let service = try #require(found.services.first)
    #expect(service.addresses.value == ["2001:db8::1"] && service.families.value == [.ipv6])
    // A flag that is not set is no option yet, so the wrapper reads on.
    #expect(!service.allowsPASV.value && service.isOptionFolder)
    #expect(service.maxClients.value == 8)
    for (name, text) in [
      ("CertFile", "/x.pem"), ("NATmode", "true"), ("PassivePortRange", "50000:50099"), ("Nope", "1"),
    ] {
      let settings = try readServer(.pureFTPd, [("/p/conf/\(name)", text + "\n")], at: "/p").settings
      #expect(settings.isRefused, "\(name)")
    }
  }

  // MARK: vsftpd 3.0.3

  @Test(arguments: [
    ("pasv_min_port=40010\npasv_max_port=40000", 40010...65535),
    ("pasv_min_port=50\npasv_max_port=1030", 1024...1030),
    ("pasv_min_port=70000\npasv_max_port=40000", 1024...40000),
    ("pasv_min_port=-5\npasv_max_port=40001", 1024...40001),
    ("pasv_min_port=047040\npasv_max_port=20100", 20000...20100),
    ("pasv_min_port=40000x\npasv_max_port=40001 # c", 40000...40001),
    ("pasv_min_port=1\npasv_min_port=40000\npasv_max_port=99999999999", 40000...65535),
  ])
  func vsftpdRanges(text: String, ports: ClosedRange<UInt16>) throws {
    let found = try service(.vsftpd, "listen=YES\n\(text)\n").passivePorts.value
    #expect(found == .range(try #require(PortRange(low: ports.lowerBound, high: ports.upperBound))))
  }

  @Test(arguments: [
    ("203.0.113.1 ", "203.0.113.1"), ("010.1.2.3", "8.1.2.3"), ("1.2.3", "1.2.0.3"), ("203.0.113.1\r", "203.0.113.1"),
  ])
  func vsftpdAddresses(text: String, address: String) throws {
    let found = try service(.vsftpd, "listen=YES\npasv_address=\(text)\n").announced.value
    #expect(found == .address(try #require(IPAddress(address))))
  }

  @Test func vsftpdAnnouncements() throws {
    #expect(try service(.vsftpd, "listen=YES\npasv_address=1.2.3.4\npasv_address=\n").announced.value == .own)
    #expect(
      try service(.vsftpd, "listen=YES\npasv_addr_resolve=YES\npasv_address=ftp.example.com\n").announced.value
        == .name("ftp.example.com"))
    for text in ["\"203.0.113.1\"", "ftp.example.com", "2001:db8::1"] {
      guard case .unusable = try service(.vsftpd, "listen=YES\npasv_address=\(text)\n").announced.value else {
        Issue.record("\(text)")
        continue
      }
    }
    guard case .unusable = try service(.vsftpd, "listen_ipv6=YES\npasv_address=1.2.3.4\n").announced.value else {
      Issue.record("an IPv6 socket announces 0.0.0.0")
      return
    }
  }

  @Test(arguments: [
    ("ssl_enable =YES", "ssl_enable =YES"), ("ssl_enable=YES ", "ssl_enable=YES "), ("  # note", "# note"),
    ("foo", "foo"),
    ("pasv_min_port=", "pasv_min_port="), ("listen_ipv6=YES", "listen_ipv6=YES"), ("Listen=YES", "Listen"),
    ("ssl_enable=YES\r", "ssl_enable=YES\r"),
    ("listen_address=nowhere", "nowhere"), ("ssl_tlsv1_2=YES", "ssl_tlsv1_2"),
  ])
  func vsftpdRefuses(line: String, place: String) throws {
    #expect(try refusals(.vsftpd, "listen=YES\n\(line)\n", version: "3.0.3-13+deb12u1").map(\.place) == [place])
  }

  @Test func vsftpdDefaults() throws {
    let found = try service(.vsftpd, "listen=YES\nssl_enable=YES\nanonymous_enable=NO\n")
    #expect(found.maxClients.value == 2000 && found.maxPerClient.value == 50)
    #expect(found.tls.control.value == .required && found.tls.data.value == .required && found.tls.demandsReuse.value)
    // Anonymous users are let in by default, and nothing demands TLS of them.
    #expect(try service(.vsftpd, "listen=YES\nssl_enable=YES\n").tls.control.value == .optional)
  }

  // MARK: ProFTPD 1.3.8

  private func range(_ low: UInt16, _ high: UInt16) throws -> PassivePorts {
    .range(try #require(PortRange(low: low, high: high)))
  }

  @Test func proftpdFirstWinsAndTheLastGlobalComesFirst() throws {
    let first = try service(.proftpd, "PassivePorts 40000 40010\nPassivePorts 41000 41010\n")
    #expect(try first.passivePorts.value == range(40000, 40010))
    let global = "<Global>\nPassivePorts 40000 40010\nPassivePorts 43000 43010\n</Global>\n"
    let second = global + "<Global>\nPassivePorts 41000 41010\n</Global>\n"
    #expect(try service(.proftpd, global).passivePorts.value == range(40000, 40010))
    #expect(try service(.proftpd, second).passivePorts.value == range(41000, 41010))
    #expect(try service(.proftpd, second + "PassivePorts 42000 42010\n").passivePorts.value == range(42000, 42010))
  }

  @Test func proftpdHostsInheritFromGlobalsOnly() throws {
    let text = """
      DefaultAddress 192.0.2.1
      MasqueradeAddress 203.0.113.1
      <Global>
        PassivePorts 50000 50099
      </Global>
      <VirtualHost 192.0.2.2>
        Port 990
        TLSEngine on
        TLSRequired auth+data
        TLSOptions NoSessionReuseRequired
        TLSOptions UseImplicitSSL
      </VirtualHost>
      """
    let settings = try readServer(.proftpd, [("/p.conf", text)]).settings
    #expect(settings.services.map(\.title) == ["", "<VirtualHost 192.0.2.2>"])
    let host = try #require(settings.services.last)
    #expect(try host.announced.value == .own && host.passivePorts.value == range(50000, 50099))
    #expect(host.tls.isImplicit.value && !host.tls.demandsReuse.value && host.allowsClearControl?.value == true)
    #expect(host.port.value == 990 && host.allowsForeignPeer.value)
  }

  @Test(arguments: [
    ("DenyAll", false), ("AllowAll", true), ("DenyAll\nAllowAll", true),
    ("Order deny,allow\nAllowAll\nDenyAll", false),
    ("Order deny,allow", false), ("Deny from all", false), ("Order allow,deny\nAllow from all\nDenyAll", true),
    ("DenyUser other", true),
  ])
  func proftpdLimits(lines: String, isAllowed: Bool) throws {
    #expect(try service(.proftpd, "<Limit PASV>\n\(lines)\n</Limit>\n").allowsPASV.value == isAllowed)
  }

  @Test func proftpdTheLastLimitOfAScopeWins() throws {
    let deny = "<Limit pasv>\nDenyAll\n</Limit>\n"
    let allow = "<Limit PASV>\nAllowAll\n</Limit>\n"
    #expect(try service(.proftpd, deny + allow).allowsPASV.value)
    #expect(try !service(.proftpd, deny + allow + deny).allowsPASV.value)
    #expect(try service(.proftpd, "<Global>\n\(deny)</Global>\n" + allow).allowsPASV.value)
    #expect(
      try !service(.proftpd, "<Limit PORT>\nDenyAll\n</Limit>\n<Limit PASV>\nDenyAll\n</Limit>\n").allowsPASV.value)
    #expect(try service(.proftpd, "<Limit PORT>\nDenyAll\n</Limit>\n").allowsActive?.value == true)
  }

  @Test func proftpdConditions() throws {
    let text = """
      LoadModule mod_ident.c
      <IfModule mod_tls.c>
        TLSEngine on
        <IfModule mod_nope.c>
        </IfModule>
        "not closed
      </IfModule>
      <IfModule !mod_tls.c>
        PassivePorts 40000 40009
      </IfModule>
      Define HERE
      <IfDefine !HERE>
        Nonsense on
      </IfDefine>
      """
    let found = try service(.proftpd, text + "\n")
    #expect(try found.tls.control.value == .off && found.passivePorts.value == range(40000, 40009))
    // Where nothing loads a module, they are compiled in.
    let compiledIn = text.replacing("LoadModule mod_ident.c\n", with: "").replacing("\"not closed", with: "")
    #expect(try service(.proftpd, compiledIn + "\n").tls.control.value == .optional)
    #expect(try refusals(.proftpd, "LoadModule mod_ident.c\nTLSEngine on\n").map(\.place) == ["TLSEngine"])
  }

  @Test(arguments: [
    ("Frobnicate on", "Frobnicate"), ("PassivePorts 40000 40000", "40000 40000"), ("<Global>", "<Global>"),
    ("</Global>", "</Global>"), ("TLSEngine perhaps", "perhaps"), ("TLSRequired Ctrl", "Ctrl"),
    ("TLSOptions wrong", "wrong"),
    ("MaxClients 0", "0"), ("Include tls.conf", "tls.conf"),
    ("<Global>\nTLSMasqueradeAddress 1.2.3.4\n</Global>", "TLSMasqueradeAddress 1.2.3.4"),
    ("<VirtualHost 1.2.3.4>\nMaxInstances 3\n</VirtualHost>", "MaxInstances 3"),
    ("<IfModule mod_nope.c>", "<IfModule mod_nope.c>"),
    ("Port 70000", "70000"), ("MasqueradeAddress", "MasqueradeAddress"), ("<Limit>\n</Limit>", "<Limit>"),
  ])
  func proftpdRefuses(text: String, place: String) throws {
    #expect(try refusals(.proftpd, text + "\n").first?.place == place)
  }

  /// An error in an included file loses what stands after the `Include`, not the rest of the included file.
  @Test func proftpdMistakesInIncludedFiles() throws {
    let main = "Include /etc/p/inc.conf\nPassivePorts 40000 40009\n"
    let once = try readServer(
      .proftpd, [("/etc/p/proftpd.conf", main), ("/etc/p/inc.conf", "Foo on\nMasqueradeAddress 203.0.113.9\n")])
    #expect(!once.settings.isRefused)
    #expect(once.settings.diagnostics.map(\.code) == ["server-file-error", "server-setting-ignored"])
    let service = try #require(once.settings.services.first)
    #expect(service.announced.value == .address(try #require(IPAddress("203.0.113.9"))))
    #expect(service.passivePorts.value == .any)
    // The second mistake counts one level up, in the main file.
    let twice = try readServer(
      .proftpd, [("/etc/p/proftpd.conf", main), ("/etc/p/inc.conf", "Foo on\nBar on\n")])
    #expect(twice.settings.isRefused)
    // After a nested file with a mistake the program reads from a file that it has closed.
    let nested = try readServer(
      .proftpd,
      [
        ("/etc/p/proftpd.conf", main), ("/etc/p/inc.conf", "Include /etc/p/deep.conf\nMaxClients 3\n"),
        ("/etc/p/deep.conf", "Foo on\n"),
      ])
    #expect(nested.settings.isUndefined && nested.settings.isRefused)
  }

  @Test func proftpdIncludesFoldersAndPatterns() throws {
    let files = [
      ("/etc/p/proftpd.conf", "Include /etc/p/*.d/[0-9]?.conf\nInclude /etc/p/none.conf\nInclude /etc/p/rest/\n"),
      ("/etc/p/conf.d/10.conf", "PassivePorts 50000 50099\n"), ("/etc/p/conf.d/ab.conf", "Nonsense on\n"),
      ("/etc/p/rest/.hidden~", "MasqueradeAddress 203.0.113.7\n"),
    ]
    let read = try readServer(.proftpd, files)
    let service = try #require(read.settings.services.first)
    #expect(try service.passivePorts.value == range(50000, 50099))
    #expect(service.announced.value == .address(try #require(IPAddress("203.0.113.7"))))
    #expect(read.settings.diagnostics.map(\.code) == ["server-include-missing"])
    let loop = try readServer(
      .proftpd, [("/etc/p/a.conf", "Include /etc/p/b.conf\n"), ("/etc/p/b.conf", "Include /etc/p/a.conf\n")])
    #expect(loop.settings.isRefused)
  }

  /// A `<Global>` may stand in a `<VirtualHost>`, and counts for all (found by the agreement test).
  @Test func proftpdGlobalInAVirtualHost() throws {
    let text = "<VirtualHost 192.0.2.2>\n<Global>\nPassivePorts 50000 50099\n</Global>\nPort 2121\n</VirtualHost>\n"
    let settings = try readServer(.proftpd, [("/p.conf", text)]).settings
    #expect(settings.services.map(\.port.value) == [21, 2121])
    #expect(try settings.services.allSatisfy { try $0.passivePorts.value == range(50000, 50099) })
  }

  @Test func proftpdVirtualHostOnATakenSocket() throws {
    let text = "DefaultAddress 192.0.2.1\n<VirtualHost 192.0.2.1>\n</VirtualHost>\n"
    let read = try readServer(.proftpd, [("/p.conf", text)]).settings
    #expect(read.services.count == 1 && read.diagnostics.map(\.code) == ["server-setting-ignored"])
  }
}
