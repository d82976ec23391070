import Diagnostics
import Policy
import Servers
import Testing

@Suite struct IISTests {
  private let thumbprint = Certificate.thumbprint("57686F6120447564652C2049495320526F636B73")

  @Test func requiredTLSWithRange() throws {
    let emission = try emit {
      $0.server(.iis, site: "ftp.example.com", certificate: thumbprint, maxClients: 50)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.diagnostics.isEmpty)
    let text = emission.first
    #expect(text.hasPrefix("@rem Settings of IIS for server `box`"))
    #expect(text.utf8.count(where: { $0 == 0x0A }) == text.utf8.count(where: { $0 == 0x0D }))
    for token in [
      "/lowDataChannelPort:50000", "/highDataChannelPort:50399",
      "/[name='ftp.example.com'].ftpServer.firewallSupport.externalIp4Address:203.0.113.10",
      "/[name='ftp.example.com'].ftpServer.security.ssl.controlChannelPolicy:SslRequire",
      "/[name='ftp.example.com'].ftpServer.security.ssl.dataChannelPolicy:SslRequire",
      "/[name='ftp.example.com'].ftpServer.security.ssl.serverCertHash:57686F6120447564652C2049495320526F636B73",
      "/[name='ftp.example.com'].ftpServer.connections.maxConnections:50",
      "/+[name='ftp.example.com'].ftpServer.security.commandFiltering.[command='PORT',allowed='False']",
      "/+bindings.[protocol='ftp',bindingInformation='*:21:']",
    ] {
      #expect(text.contains("\"\(token)\""), "\(token)")
    }
    #expect(text.contains("localport=50000-50399"))
    #expect(text.contains("net start ftpsvc"))
  }

  @Test(arguments: [
    (TLSMode.off, false, "SslAllow", "SslAllow"), (.explicitOptional, false, "SslAllow", "SslAllow"),
    (.explicitRequired, false, "SslRequire", "SslRequire"),
    (.explicitRequired, true, "SslRequireCredentialsOnly", "SslRequire"),
    (.implicit, false, "SslRequire", "SslRequire"),
  ])
  func policies(mode: TLSMode, clearControl: Bool, control: String, data: String) throws {
    let text = try emit {
      $0.server(.iis, site: "ftp", certificate: thumbprint)
      $0.publish(range: 50000...50399, tls: mode, clearControl: clearControl)
    }.first
    #expect(text.contains("controlChannelPolicy:\(control)\""))
    #expect(text.contains("dataChannelPolicy:\(data)\""))
    #expect(text.contains("serverCertHash:\"") == (mode == .off))
  }

  @Test func helperAloneLeavesThePortsToWindows() throws {
    let text = try emit {
      $0.server(.iis, site: "ftp")
      $0.publish(helper: true, active: true)
    }.first
    #expect(text.contains("/lowDataChannelPort:0\"") && text.contains("/highDataChannelPort:0\""))
    #expect(text.contains("externalIp4Address:\""))
    #expect(text.contains("netsh advfirewall set global StatefulFtp enable"))
    #expect(text.contains("dir=out action=allow protocol=TCP localport=20"))
    #expect(text.contains("/-[name='ftp']") && !text.contains("/+[name='ftp']"))
  }

  @Test func implicitTLSIsAMatterOfThePort() throws {
    let moved = try emit {
      $0.server(.iis, site: "ftp", certificate: thumbprint)
      $0.publish(port: 2990, range: 50000...50399, tls: .implicit)
    }
    #expect(moved.errors == ["tls-mode-unsupported"])
    let translated = try emit {
      $0.server(.iis, site: "ftp", certificate: thumbprint)
      $0.publish(port: 2990, serverPort: 990, range: 50000...50399, tls: .implicit)
    }
    #expect(translated.errors.isEmpty)
    let explicit = try emit {
      $0.server(.iis, site: "ftp", certificate: thumbprint)
      $0.publish(port: 990, range: 50000...50399, tls: .explicitRequired)
    }
    #expect(explicit.errors == ["tls-mode-unsupported"])
  }

  @Test func explicitAndImplicitShareASite() throws {
    let agreed = try emit {
      $0.server(.iis, site: "ftp", certificate: thumbprint)
      $0.publish("one", range: 50000...50399, tls: .explicitRequired)
      $0.publish("two", range: 50000...50399, tls: .implicit)
    }
    #expect(agreed.errors.isEmpty)
    #expect(agreed.first.contains("'*:21:'") && agreed.first.contains("'*:990:'"))
  }

  @Test func needsASiteAndAThumbprint() throws {
    let emission = try emit {
      $0.server(.iis, certificate: pair)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.errors.sorted() == ["certificate-form-unsupported", "site-missing"])
  }

  @Test func siteNamesAreEscaped() throws {
    let text = try emit {
      $0.server(.iis, site: "R&D 100%PATH% ^|<>! ünï")
      $0.publish(range: 50000...50399)
    }.first
    #expect(text.contains("\"/site.name:R&D 100%%PATH%% ^|<>! ünï\""))
    #expect(text.contains("setlocal DisableDelayedExpansion"))
    #expect(text.contains("chcp 65001"))
  }

  @Test(arguments: ["a\"b", "O'Brien", "a\\", "a\nnet stop ftpsvc"])
  func siteNamesThatCannotBeWritten(site: String) throws {
    let emission = try emit {
      $0.server(.iis, site: site)
      $0.publish(range: 50000...50399)
    }
    #expect(emission.errors == ["value-not-expressible"])
    #expect(emission.documents.isEmpty)
  }
}
