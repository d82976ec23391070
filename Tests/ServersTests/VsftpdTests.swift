import Diagnostics
import Policy
import Servers
import Testing

@Suite struct VsftpdTests {
  @Test func requiredTLSWithRange() throws {
    let emission = try emit {
      $0.server(.vsftpd, certificate: pair, maxClients: 50)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.diagnostics.isEmpty)
    #expect(emission.documents.map(\.name) == ["vsftpd.conf"])
    #expect(
      emission.settings() == [
        "listen=YES", "listen_ipv6=NO", "listen_address=10.10.20.200", "listen_port=21", "max_clients=50",
        "max_per_ip=0", "pasv_enable=YES", "pasv_min_port=50000", "pasv_max_port=50399",
        "pasv_addr_resolve=NO",
        "pasv_address=203.0.113.10", "pasv_promiscuous=NO", "port_promiscuous=NO", "port_enable=NO",
        "connect_from_port_20=NO", "ssl_enable=YES", "implicit_ssl=NO", "force_local_logins_ssl=YES",
        "force_local_data_ssl=YES", "force_anon_logins_ssl=YES", "force_anon_data_ssl=YES",
        "allow_anon_ssl=YES",
        "require_ssl_reuse=YES", "ssl_ciphers=HIGH", "ssl_sslv2=NO", "ssl_sslv3=NO",
        "rsa_cert_file=/etc/ssl/certs/ftp.pem", "rsa_private_key_file=/etc/ssl/private/ftp.key",
      ])
  }

  @Test(arguments: TLSMode.allCases)
  func modes(mode: TLSMode) throws {
    let settings = try emit {
      $0.server(.vsftpd, certificate: pair)
      $0.publish(range: 50000...50399, tls: mode)
    }.settings()
    #expect(settings.contains("ssl_enable=\(mode.allowsTLS ? "YES" : "NO")"))
    #expect(settings.contains("implicit_ssl=\(mode == .implicit ? "YES" : "NO")"))
    #expect(settings.contains("force_local_data_ssl=YES") == !mode.allowsPlain)
    #expect(settings.contains("force_local_data_ssl=NO") == (mode == .explicitOptional))
    #expect(settings.contains("listen_port=\(mode == .implicit ? 990 : 21)"))
  }

  /// A value stops at the end of its line: no line has a blank at its end or a comment after a value.
  @Test func grammar() throws {
    let emission = try emit {
      $0.server(.vsftpd, at: ["10.10.20.200", "2001:db8:20::200"], certificate: pair)
      $0.publish(external: ["203.0.113.10", "2001:db8::10"], range: 50000...50399, tls: .explicitOptional)
    }
    #expect(emission.documents.count == 2)
    for document in emission.documents {
      for line in document.text.split(separator: "\n") where !line.hasPrefix("#") {
        #expect(line.contains("=") && !line.contains(" "), "\(line)")
      }
    }
  }

  @Test func bothFamiliesWithAnAddressAreTwoProcesses() throws {
    let emission = try emit {
      $0.server(.vsftpd, at: ["10.10.20.200", "2001:db8:20::200"], maxClients: 10)
      $0.publish(external: ["203.0.113.10", "2001:db8::10"], range: 50000...50399)
    }
    #expect(emission.documents.map(\.name) == ["vsftpd.conf", "vsftpd-ipv6.conf"])
    #expect(emission.settings("vsftpd.conf").contains("pasv_address=203.0.113.10"))
    let second = emission.settings("vsftpd-ipv6.conf")
    #expect(second.prefix(3) == ["listen=NO", "listen_ipv6=YES", "listen_address6=2001:db8:20::200"])
    #expect(!second.contains { $0.hasPrefix("pasv_address=") })
    #expect(emission.warnings == ["max-clients-per-process"])
  }

  @Test func bothFamiliesWithoutAnAddressShareASocket() throws {
    let emission = try emit {
      $0.server(.vsftpd, at: ["10.10.20.200", "2001:db8:20::200"], maxClients: 10)
      $0.publish(external: ["203.0.113.10", "2001:db8::10"], helper: true)
    }
    #expect(emission.documents.map(\.name) == ["vsftpd.conf"])
    #expect(emission.settings().prefix(3) == ["listen=NO", "listen_ipv6=YES", "listen_port=21"])
    #expect(emission.diagnostics.isEmpty)
  }

  @Test func activeModeFromPort20() throws {
    let settings = try emit {
      $0.server(.vsftpd)
      $0.publish(range: 50000...50399, active: true)
    }.settings()
    for line in ["port_enable=YES", "connect_from_port_20=YES", "ftp_data_port=20", "max_clients=0"] {
      #expect(settings.contains(line))
    }
  }

  @Test func explicitAndImplicitAreTwoProcesses() throws {
    let emission = try emit {
      $0.server(.vsftpd, at: ["10.10.20.200", "2001:db8:20::200"], certificate: pair)
      $0.publish(
        "one", external: ["203.0.113.10", "2001:db8::10"], range: 50000...50399, tls: .explicitRequired)
      $0.publish("two", external: ["203.0.113.10"], range: 50400...50499, tls: .implicit)
    }
    #expect(
      emission.documents.map(\.name) == [
        "vsftpd-one.conf", "vsftpd-one.ipv6.conf", "vsftpd-two.conf", "vsftpd-two.ipv6.conf",
      ])
  }

  @Test func clearControlIsUnknown() throws {
    let emission = try emit {
      $0.server(.vsftpd, certificate: pair)
      $0.publish(range: 50000...50399, tls: .explicitRequired, clearControl: true)
    }
    #expect(emission.errors == ["clear-control-unsupported"])
  }

  @Test func siteMeansNothing() throws {
    let emission = try emit {
      $0.server(.vsftpd, site: "ftp")
      $0.publish(range: 50000...50399)
    }
    #expect(emission.warnings == ["site-unsupported"])
  }
}
