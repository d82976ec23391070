import Diagnostics
import Policy
import Servers
import Testing

/// Forms beside the first, as texts; that the programs take them is for the live tests.
@Suite struct FormTests {
  @Test func everyDocumentBeginsWithWhoAskedForIt() throws {
    for software in ServerPrograms.named {
      for form in Emitters.forms(of: software) {
        let emission = try emit(form: form) {
          $0.server(
            software, site: software == .iis ? "ftp" : nil,
            certificate: software == .iis ? .thumbprint("57686F6120447564652C2049495320526F636B73") : pair)
          $0.publish("an--swer", range: 50000...50399, tls: .explicitRequired)
        }
        #expect(!emission.documents.isEmpty && emission.errors.isEmpty, "\(software) \(form)")
        #expect(Set(emission.documents.map(\.name)).count == emission.documents.count)
        for document in emission.documents {
          let head = document.text.split(whereSeparator: \.isNewline).prefix(12).joined(separator: "\n")
          let isXML = document.text.hasPrefix("<!--")
          #expect(
            isXML || ["#", "@rem", "{\n  \"_sallyport\""].contains { document.text.hasPrefix($0) }, "\(document.name)"
          )
          #expect(head.contains("server `box`"), "\(document.name)")
          #expect(head.contains(isXML ? "publish an- -swer" : "publish an--swer"), "\(document.name)")
          #expect(head.contains("passive range 50000-50399  test.sally:"), "\(document.name)")
          #expect(document.text.utf8.last == 0x0A)
        }
      }
    }
  }

  @Test func debianFolderHasAFileForEachOption() throws {
    let emission = try emit(form: "debian") {
      $0.server(.pureFTPd, certificate: pair, maxClients: 50)
      $0.publish(range: 5000...5500, tls: .explicitRequired)
    }
    let options = emission.documents.dropLast().map { document in
      "\(document.name) \(emission.settings(document.name).joined(separator: "|"))"
    }
    #expect(
      options == [
        "conf/AllowAnonymousFXP no", "conf/AllowUserFXP no", "conf/Bind 10.10.20.200,21",
        "conf/BrokenClientsCompatibility no", "conf/DontResolve yes", "conf/ForcePassiveIP 203.0.113.10",
        "conf/IPV4Only yes", "conf/MaxClientsNumber 50", "conf/PassivePortRange 5000 5500", "conf/TLS 3",
        "conf/TLSCipherSuite HIGH",
      ])
    let script = emission.settings("install.sh")
    #expect(script.contains(#"cat /etc/ssl/private/ftp.key /etc/ssl/certs/ftp.pem > "$pem.new""#))
    #expect(script.contains(#"rm -f "$conf/IPV6Only" "$conf/NATmode""#))
    #expect(emission.remarks.map(\.code) == ["certificate-copied", "clear-control-not-refused"])
  }

  @Test func debianFolderIsOneProcess() throws {
    let emission = try emit(form: "debian") {
      $0.server(.pureFTPd, certificate: pair)
      $0.publish("one", range: 5000...5500, tls: .explicitRequired)
      $0.publish("two", port: 2121, range: 5000...5500, tls: .explicitRequired)
    }
    #expect(emission.errors == ["one-control-port-only"])
    #expect(emission.documents.isEmpty)
  }

  @Test func flagsNameOneFileForEachProcess() throws {
    let emission = try emit(form: "flags") {
      $0.server(.pureFTPd, at: ["2001:db8:20::200"], certificate: .files(certificate: "/it's $HOME.pem", key: "/k"))
      $0.publish("one", external: ["2001:db8::10"], range: 5000...5500, tls: .explicitRequired)
      $0.publish("two", external: ["2001:db8::10"], port: 2121, helper: true)
    }
    #expect(emission.documents.map(\.name) == ["pure-ftpd-one-flags.sh", "pure-ftpd-two-flags.sh"])
    #expect(
      emission.settings("pure-ftpd-one-flags.sh") == [
        #"exec pure-ftpd \"#, #"-S 2001:db8:20::200,21 \"#, #"-6 \"#, #"-g /var/run/pure-ftpd-one.pid \"#, #"-H \"#,
        #"-p 5000:5500 \"#, #"-Y 3 \"#, #"-J HIGH \"#, #"-2 '/it'\''s $HOME.pem,/k' \"#, #""$@""#,
      ])
    #expect(emission.settings("pure-ftpd-two-flags.sh").contains(#"-Y 0 \"#))
  }

  @Test func virtualHostsLeaveTheMainServerAlone() throws {
    let emission = try emit(form: "virtualhost") {
      $0.server(.proftpd, certificate: pair, maxClients: 50)
      $0.publish(range: 50000...50399, tls: .explicitOptional, helper: true)
    }
    let settings = emission.settings()
    let start = try #require(settings.firstIndex(of: "<VirtualHost 10.10.20.200>"))
    #expect(Array(settings[..<start]) == ["UseIPv6 off", "UseReverseDNS off", "SocketBindTight on"])
    #expect(settings.last == "</VirtualHost>")
    for line in [
      "ServerName files", "AllowForeignAddress off", "<IfModule !mod_tls.c>", "Port 21", "PassivePorts 50000 50399",
      "TLSMasqueradeAddress 203.0.113.10", "MaxClients 50",
    ] { #expect(settings[start...].contains(line), "\(line)") }
    #expect(!settings.contains { $0.hasPrefix("MasqueradeAddress") })
    #expect(emission.remarks.map(\.code) == ["proftpd-main-server"])
  }

  @Test(
    arguments: [
      (nil, true, false), ("1.7.3", false, true), ("1.8", true, false), ("1.0", false, true),
    ] as [(String?, Bool, Bool)])
  func fileZillaCertificate(version: String?, byHand: Bool, isWritten: Bool) throws {
    let emission = try emit {
      $0.server(.filezilla, version: version, certificate: pair)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.remarks.map(\.code) == (byHand ? ["certificate-by-hand"] : []))
    #expect(emission.text.contains("<keyfile>/etc/ssl/private/ftp.key</keyfile>") == isWritten)
    #expect(emission.text.contains("<min>50000</min>"))
    #expect(emission.text.contains("<host_override>203.0.113.10</host_override>"))
    #expect(emission.text.contains("<tls_mode>2</tls_mode>"))
  }

  @Test(arguments: [(SoftwareKind(FileZillaLegacyProgram.self), "0.9.60"), (.iis, "6.0")])
  func oldVersions(software: SoftwareKind, version: String) throws {
    let emission = try emit {
      $0.server(software, version: version, site: software == .iis ? "ftp" : nil)
      $0.publish(range: 50000...50399, tls: .explicitRequired)
    }
    #expect(emission.errors == ["software-too-old"] && emission.documents.isEmpty)
  }

  @Test func fileZillaDropsARangeWithItsOwnPort() throws {
    for (range, errors) in [(14148...14200, ["range-holds-admin-port"]), (14149...14200, [])]
      as [(ClosedRange<UInt16>, [String])]
    {
      let emission = try emit {
        $0.server(.filezilla, certificate: pair)
        $0.publish(range: range, tls: .explicitRequired)
      }
      #expect(emission.errors == errors)
    }
  }

  @Test func aFormThatCannotHoldThePolicyIsLeftOut() throws {
    var builder = PolicyBuilder()
    builder.server(.iis, site: "Client's")
    builder.publish(range: 50000...50399)
    #expect(!Emitters.findings(builder.policy).hasErrors)
    let all = try Emitters.emitAll(builder.policy) { _ in "" }
    #expect(all.map(\.form) == ["appcmd", "powershell", "xml"])
    #expect(all.map(\.emission.documents.isEmpty) == [true, false, false])
    #expect(all[0].emission.remarks.map(\.code) == ["form-left-out"])
  }

  @Test func whatNoFormCanHoldIsAnError() throws {
    var builder = PolicyBuilder()
    builder.server(.iis, site: "a\nb")
    builder.publish(range: 50000...50399)
    #expect(Emitters.findings(builder.policy).contains { $0.code == "value-not-expressible" })
    let all = try Emitters.emitAll(builder.policy) { _ in "" }
    #expect(all.count == 1 && all[0].emission.diagnostics.hasErrors)
  }

  @Test func commentsOfXMLStayComments() throws {
    let emission = try Emitters.emit(
      {
        var builder = PolicyBuilder()
        builder.server(.filezilla, certificate: pair)
        builder.publish(range: 50000...50399, tls: .explicitRequired)
        return builder.policy
      }(), server: 0
    ) { _ in "a-->\r\n<evil/>---" }
    #expect(!emission.text.contains("a-->") && !emission.text.contains("---"))
    #expect(emission.text.contains("a- ->??<evil/>- - -"))
  }
}
