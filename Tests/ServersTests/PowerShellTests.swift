import LiveSupport
import Testing

@Suite("PowerShell is PowerShell", .enabled(if: PowerShellParser.missing == nil, "\(PowerShellParser.missing ?? "")"))
struct PowerShellTests {
  @Test func everyCombinationParses() throws {
    let scripts = try EmittedCase.all.flatMap { try $0.iis.emit(form: "powershell").documents.map(\.text) }
    #expect(scripts.count == EmittedCase.all.count * 2)
    for (script, parsed) in zip(scripts, try ParsedScript.all(scripts)) {
      #expect(parsed.errors.isEmpty, "\(parsed.errors)\n\(script)")
      #expect(parsed.values.allSatisfy { $0 != nil })
      #expect(parsed.commands.last == "Restart-Service")
      let usesNetsh = parsed.commands.contains("netsh.exe")
      #expect(usesNetsh != parsed.commands.contains("Get-NetFirewallRule"))
    }
  }

  @Test func fileZillaOnWindowsIsLetIn() throws {
    var builder = PolicyBuilder()
    builder.server(.filezilla, certificate: .files(certificate: "/a.pem", key: "/a.key"))
    builder.publish(range: 50000...50399, tls: .explicitRequired, active: true)
    let documents = try builder.emit(form: "windows").documents
    #expect(
      documents.map(\.name) == ["filezilla-settings.xml", "filezilla-firewall.ps1", "filezilla-firewall-undo.ps1"])
    let scripts = documents.dropFirst().map(\.text)
    for parsed in try ParsedScript.all(scripts) { #expect(parsed.errors.isEmpty) }
    let rule = "New-NetFirewallRule -DisplayName 'Sallyport box' -Direction"
    for line in [
      "Get-NetFirewallRule -DisplayName 'Sallyport box' -ErrorAction SilentlyContinue | Remove-NetFirewallRule",
      "\(rule) Inbound -Action Allow -Protocol TCP -LocalPort 21 | Out-Null",
      "\(rule) Inbound -Action Allow -Protocol TCP -LocalPort '50000-50399' | Out-Null",
      "\(rule) Outbound -Action Allow -Protocol TCP -RemotePort '1024-65535' | Out-Null",
      "Set-NetFirewallSetting -EnableStatefulFtp False",
    ] { #expect(scripts[0].contains(line), "\(line)") }
  }

  /// What is no PowerShell is seen: the parser can fail.
  @Test(arguments: ["throw 'a'b'\n", "if (1 {\n}\n", "$x = @{ a = }\n"])
  func mistakesAreSeen(text: String) throws {
    #expect(try ParsedScript.all([text]).first?.errors.isEmpty == false)
  }

  @Test func namesArriveAsTheyWereMeant() throws {
    var texts: [(name: String, text: String)] = []
    for name in NastyNames.all {
      var example = EmittedCase.all[0]
      example.site = name
      let emission = try example.iis.emit(form: "powershell")
      let refused =
        name.contains("\"") || name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        || name.contains("\u{2028}")
      #expect(emission.errors == (refused ? ["value-not-expressible"] : []), "\(name.debugDescription)")
      if !refused { texts.append((name, emission.first)) }
    }
    #expect(texts.count > 100)
    for (parsed, expected) in zip(try ParsedScript.all(texts.map(\.text)), texts) {
      #expect(parsed.errors.isEmpty, "\(expected.name.debugDescription): \(parsed.errors)")
      let quote = expected.name.contains("'") ? "\"" : "'"
      let path = "system.applicationHost/sites/site[@name=\(quote)\(expected.name)\(quote)]"
      #expect(parsed.values.contains(path), "\(expected.name.debugDescription)")
      #expect(parsed.values.contains("IIS has no site with the name \(expected.name)"))
    }
  }
}

@Test("continuous integration has a parser of PowerShell")
func powerShellParserInContinuousIntegration() {
  if LiveRequirements.isCI { #expect(PowerShellParser.missing == nil) }
}
