import Diagnostics
import Policy
import Servers
import Testing

@Suite struct ProftpdTests {
  @Test func requiredTLSWithRange() throws {
    let emission = try emit {
      $0.server(.proftpd, certificate: pair, maxClients: 50)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.diagnostics.isEmpty)
    #expect(
      emission.settings() == [
        "UseIPv6 off", "UseReverseDNS off", "SocketBindTight on", "MaxInstances 60",
        "<IfModule !mod_tls.c>", "<Global>", "<Limit LOGIN>", "DenyAll", "</Limit>", "</Global>", "</IfModule>",
        "<Global>", "AllowForeignAddress off", "<IfModule mod_ident.c>", "IdentLookups off", "</IfModule>",
        "</Global>",
        "DefaultAddress 10.10.20.200", "Port 21", "PassivePorts 50000 50399",
        "MasqueradeAddress 203.0.113.10",
        "MaxClients 50", "<Limit PORT EPRT>", "DenyAll", "</Limit>",
        "<IfModule mod_tls.c>", "TLSEngine on", "TLSRequired on", "TLSProtocol TLSv1.2 TLSv1.3",
        "TLSRSACertificateFile /etc/ssl/certs/ftp.pem", "TLSRSACertificateKeyFile /etc/ssl/private/ftp.key",
        "TLSCertificateChainFile /etc/ssl/certs/ftp.pem", "</IfModule>",
      ])
  }

  @Test(arguments: [
    (TLSMode.explicitOptional, false, "TLSRequired off"), (.explicitOptional, true, "TLSRequired off"),
    (.explicitRequired, false, "TLSRequired on"), (.explicitRequired, true, "TLSRequired auth+data"),
    (.implicit, false, "TLSOptions UseImplicitSSL"),
  ])
  func modes(mode: TLSMode, clearControl: Bool, line: String) throws {
    let emission = try emit {
      $0.server(.proftpd, certificate: pair)
      $0.publish(range: 50000...50399, tls: mode, clearControl: clearControl)
    }
    #expect(emission.settings().contains(line))
  }

  @Test func tlsOffNeedsNoModule() throws {
    let emission = try emit {
      $0.server(.proftpd)
      $0.publish(helper: true)
    }
    #expect(emission.settings().contains("TLSEngine off"))
    #expect(!emission.text.contains("!mod_tls.c"))
    #expect(!emission.settings().contains { $0.hasPrefix("PassivePorts") || $0.hasPrefix("Masquerade") })
  }

  @Test func helperBesideTLSAnnouncesByKindOfSession() throws {
    let build: (String?) throws -> Emission = { version in
      try emit {
        $0.server(.proftpd, version: version, certificate: pair)
        $0.publish(range: 50000...50399, tls: .explicitOptional, helper: true)
      }
    }
    let settings = try build(nil).settings()
    #expect(settings.contains("TLSMasqueradeAddress 203.0.113.10"))
    #expect(!settings.contains { $0.hasPrefix("MasqueradeAddress") })
    #expect(try build("1.3.4").settings().contains("MasqueradeAddress 203.0.113.10"))
  }

  @Test func activeModeFromAKnownPort() throws {
    let emission = try emit {
      $0.server(.proftpd)
      $0.publish(range: 50000...50399, active: true)
    }
    #expect(emission.settings().contains("RootRevoke off"))
    #expect(!emission.text.contains("<Limit"))
    let helped = try emit {
      $0.server(.proftpd)
      $0.publish(helper: true, active: true)
    }
    #expect(!helped.text.contains("RootRevoke"))
  }

  @Test func secondPortIsAVirtualHost() throws {
    let emission = try emit {
      $0.server(.proftpd, at: ["10.10.20.200", "2001:db8:20::200"], certificate: pair, maxClients: 50)
      $0.publish("secure", external: ["203.0.113.10", "2001:db8::10"], range: 50400...50499, tls: .implicit)
      $0.publish(
        "files", external: ["203.0.113.10", "2001:db8::10"], range: 50000...50399, tls: .explicitRequired)
    }
    let settings = emission.settings()
    #expect(settings.contains("DefaultAddress 10.10.20.200 2001:db8:20::200"))
    #expect(settings.contains("<VirtualHost 10.10.20.200 2001:db8:20::200>"))
    #expect(settings.contains("UseIPv6 on"))
    #expect(settings.contains("MaxInstances 50"))
    // The main server is the one on port 21, whatever the order.
    #expect(settings.filter { $0.hasPrefix("Port ") } == ["Port 21", "Port 990"])
    #expect(settings.filter { $0.hasPrefix("MasqueradeAddress") }.count == 2)
    #expect(emission.text.contains("\n  PassivePorts 50400 50499\n"))
  }

  @Test func anotherPortThan21IsRemarked() throws {
    let emission = try emit {
      $0.server(.proftpd, certificate: pair, maxClients: 100)
      $0.publish(range: 50000...50399, tls: .implicit)
    }
    #expect(emission.diagnostics.map(\.code) == ["proftpd-port-line"])
    #expect(emission.documents.count == 1)
  }

  @Test func wordsAreQuoted() throws {
    let emission = try emit {
      $0.server(.proftpd, certificate: .files(certificate: ##"/na st"y\#é.pem"##, key: "/etc/key"))
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.settings().contains(##"TLSRSACertificateFile "/na st\"y\\#é.pem""##))
    #expect(emission.settings().contains("TLSRSACertificateKeyFile /etc/key"))
  }

  @Test(arguments: ["/a%{env:HOME}", "/a\nTLSEngine off", "ftp.pem"])
  func pathsThatCannotBeWritten(path: String) throws {
    let emission = try emit {
      $0.server(.proftpd, certificate: .files(certificate: path, key: nil))
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.errors == ["value-not-expressible"])
  }

  @Test func oldVersionsKnowNoTLS13() throws {
    let emission = try emit {
      $0.server(.proftpd, version: "1.3.6", certificate: pair)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.settings().contains("TLSProtocol TLSv1.2"))
  }
}
