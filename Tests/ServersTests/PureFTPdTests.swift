import Diagnostics
import Policy
import Servers
import Testing

@Suite struct PureFTPdTests {
  @Test func requiredTLSWithRange() throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: pair, maxClients: 50)
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(emission.documents.map(\.name) == ["pure-ftpd.conf"])
    #expect(
      emission.settings() == [
        "Bind 10.10.20.200,21", "IPV4Only yes", "DontResolve yes", "MaxClientsNumber 50",
        "PassivePortRange 5000 5500", "ForcePassiveIP 203.0.113.10", "BrokenClientsCompatibility no",
        "AllowUserFXP no", "AllowAnonymousFXP no", "TLS 3", "TLSCipherSuite HIGH",
        #"CertFileAndKey "/etc/ssl/certs/ftp.pem" "/etc/ssl/private/ftp.key""#,
      ])
    #expect(emission.text.hasPrefix("# Settings of Pure-FTPd for server `box`"))
    #expect(emission.text.contains("#     passive range 5000-5500   test.sally:8\n"))
  }

  @Test(arguments: [(TLSMode.off, "TLS 0"), (.explicitOptional, "TLS 1"), (.explicitRequired, "TLS 3")])
  func levels(mode: TLSMode, line: String) throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: pair)
      $0.publish(range: 5000...5500, tls: mode)
    }
    #expect(emission.settings().contains(line))
    #expect(emission.settings().contains("TLSCipherSuite HIGH") == mode.allowsTLS)
  }

  @Test func implicitTLSIsRefused() throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: pair)
      $0.publish(range: 5000...5500, tls: .implicit)
    }
    #expect(emission.errors == ["tls-mode-unsupported"])
    #expect(emission.documents.isEmpty)
  }

  @Test func helperAloneAnnouncesItsOwnAddressOnBothFamilies() throws {
    let emission = try emit {
      $0.server(.pureFTPd, at: ["10.10.20.200", "2001:db8:20::200"])
      $0.publish(external: ["203.0.113.10", "2001:db8::10"], helper: true, active: true)
    }
    #expect(
      emission.settings() == [
        "Bind ,21", "DontResolve yes", "BrokenClientsCompatibility no", "AllowUserFXP no",
        "AllowAnonymousFXP no",
        "TLS 0",
      ])
    #expect(emission.diagnostics.isEmpty)
  }

  @Test func ipv6Alone() throws {
    let emission = try emit {
      $0.server(.pureFTPd, at: ["2001:db8:20::200"])
      $0.publish(external: ["2001:db8::10"], range: 5000...5500)
    }
    #expect(emission.settings().prefix(2) == ["Bind ,21", "IPV6Only yes"])
  }

  @Test func firewallHostListensOnTheExternalAddress() throws {
    let emission = try emit {
      $0.server(.pureFTPd, at: [])
      $0.publish(range: 5000...5500)
    }
    #expect(emission.settings().first == "Bind 203.0.113.10,21")
    #expect(!emission.text.contains("ForcePassiveIP  "))
  }

  @Test func firewallHostWithIPv6ListensEverywhere() throws {
    let emission = try emit {
      $0.server(.pureFTPd, at: [])
      $0.publish(external: ["203.0.113.10", "2001:db8::10"], range: 5000...5500)
    }
    #expect(emission.warnings == ["listens-on-all-addresses"])
  }

  @Test func oneProcessForEachPort() throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: pair, maxClients: 10)
      $0.publish("one", range: 5000...5500, tls: .explicitRequired)
      $0.publish("two", port: 2121, range: 5600...5700)
    }
    #expect(emission.documents.map(\.name) == ["pure-ftpd-one.conf", "pure-ftpd-two.conf"])
    #expect(emission.settings("pure-ftpd-two.conf").contains("PIDFile /var/run/pure-ftpd-two.pid"))
    #expect(emission.warnings == ["max-clients-per-process"])
  }

  @Test func whatItCannotBeTold() throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: pair)
      $0.publish(range: 5000...5500, tls: .explicitRequired, active: false)
    }
    #expect(emission.warnings.isEmpty)
    #expect(emission.diagnostics.filter { $0.severity == .note }.map(\.code) == ["clear-control-not-refused"])
  }

  @Test(arguments: ["/a,b.pem", "/a\"b.pem", "/é.pem", "/a ", "relative.pem", "/a\nTLS 0"])
  func pathsThatCannotBeWritten(path: String) throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: .files(certificate: path, key: nil))
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(emission.errors == ["value-not-expressible"])
    #expect(emission.documents.isEmpty)
  }

  @Test func oddPathsThatCan() throws {
    let emission = try emit {
      $0.server(.pureFTPd, certificate: .files(certificate: #"/na sty #\$1=.pem"#, key: nil))
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(emission.settings().last == #"CertFile /na sty #\$1=.pem"#)
  }

  @Test func certificateForms() throws {
    let thumbprint = try emit {
      $0.server(.pureFTPd, certificate: .thumbprint(String(repeating: "A", count: 40)))
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(thumbprint.errors == ["certificate-form-unsupported"])
    let old = try emit {
      $0.server(.pureFTPd, version: "1.0.47", certificate: pair)
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(old.errors == ["certificate-form-unsupported"])
    let missing = try emit {
      $0.server(.pureFTPd)
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    #expect(!missing.settings().contains { $0.hasPrefix("CertFile") })
    #expect(missing.text.contains("# The policy names no certificate"))
  }
}
