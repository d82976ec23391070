import Addressing
import Compilation
import Diagnostics
import Flows
import LiveSupport
import Platforms
import Testing

/// A rule that a script adds, as Windows would have it.
private struct HostRule {
  var isInbound = true
  var address: String?
  var ports: String?
  var remotePorts: String?
  var clients: [String] = []
  var name: String?

  /// What it lets in; `nil` for rules about other directions.
  func permit(_ plan: FlowPlan) -> PermittedPorts? {
    guard isInbound, let address = address.flatMap({ IPAddress($0) as IPAddress? }), let ports else { return nil }
    let parts = ports.split(separator: "-").compactMap { UInt16($0) }
    guard let low = parts.first, let high = parts.last, let range = PortRange(low: low, high: high) else {
      return nil
    }
    let prefixes = clients.compactMap(prefix)
    guard prefixes.count == clients.count else { return nil }
    return PermittedPorts(
      address: address, ports: range, server: address, serverLow: low,
      clients: clients.isEmpty ? nil : AddressSet(prefixes),
      isHelped: plan.services.contains {
        $0.wantsHelper && $0.arrival == address && $0.controlPort == low && low == high
      })
  }

  /// From a line of PowerShell: `-Name 'value'`, and lists with commas.
  init?(powerShell line: String) {
    let words = line.split(separator: " -").map(String.init)
    guard words.first == "New-NetFirewallRule", line.hasSuffix(" | Out-Null") else { return nil }
    for word in words.dropFirst() {
      let value = String(word.drop { $0 != " " }.dropFirst()).replacing(" | Out-Null", with: "")
      let values = value.split(separator: ",").map { String($0).trimming("'") }
      set(String(word.prefix { $0 != " " }), values)
    }
  }

  /// From a line of a batch file: `key=value`.
  init?(netsh line: String) {
    let start = "netsh advfirewall firewall add rule "
    guard line.hasPrefix(start), line.hasSuffix(" || goto failed") else { return nil }
    for word in String(line.dropFirst(start.count)).split(separator: " ").dropLast(3) {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let keys = [
        "localip": "LocalAddress", "localport": "LocalPort", "remoteip": "RemoteAddress", "remoteport": "RemotePort",
        "dir": "Direction", "name": "Group",
      ]
      set(keys[parts[0]] ?? parts[0], parts[1].split(separator: ",").map { String($0).trimming("\"") })
    }
  }

  private mutating func set(_ key: String, _ values: [String]) {
    switch key {
    case "Direction": isInbound = values == ["Inbound"] || values == ["in"]
    case "LocalAddress": address = values.first
    case "LocalPort": ports = values.first
    case "RemotePort": remotePorts = values.first
    case "RemoteAddress": clients = values
    case "Name": name = values.first
    default: break
    }
  }
}

extension String {
  fileprivate func trimming(_ mark: Character) -> String {
    var text = Substring(self)
    if text.first == mark { text.removeFirst() }
    if text.last == mark { text.removeLast() }
    return String(text)
  }

  /// Lines with the ends of Windows.
  fileprivate var windowsLines: [String] { replacing("\r\n", with: "\n").split(separator: "\n").map(String.init) }
}

/// A policy for a server on the host.
private func onHost(_ gateway: String, _ more: String = "tls explicit required; passive range 50000-50399") -> String
{
  """
  gateway box { \(gateway) }
  publish ftp1 {
      server local vsftpd
      external ip 203.0.113.10
      allow 198.51.100.0/24, 192.0.2.7
      \(more)
  }
  """
}

@Suite struct WindowsTests {
  /// What is wrong with both forms of a configuration.
  private func faults(_ compilation: Compilation) throws -> [String] {
    let plan = compilation.flows(gateway: 0)
    var faults: [String] = []
    let powerShell = try compilation.configuration("powershell")
    let batch = try compilation.configuration("netsh")
    let rules = powerShell.windowsLines.compactMap { HostRule(powerShell: $0) }
    let other = batch.windowsLines.compactMap { HostRule(netsh: $0) }
    if rules.count != other.count { faults.append("the forms have another number of rules") }
    if Set(rules.compactMap(\.name)).count != rules.count { faults.append("two rules have one name") }
    for rules in [rules, other] {
      let inbound = rules.filter(\.isInbound)
      let permits = inbound.compactMap { $0.permit(plan) }
      if permits.count != inbound.count { faults.append("a rule that nobody understands") }
      if let difference = difference(permits, plan.wantedPorts) { faults.append(difference) }
      let active = plan.services.filter { $0.wantsActive && $0.clients?.ranges($0.family).isEmpty != true }.map(
        \.arrival)
      let outbound = rules.filter { !$0.isInbound && ($0.ports != nil || $0.remotePorts != nil) }
      if Set(outbound.compactMap { $0.address.flatMap { IPAddress($0) as IPAddress? } }) != Set(active) {
        faults.append("active mode")
      }
    }
    if batch.windowsLines.contains(where: { $0.utf16.count > 8000 || $0.contains("%") || $0.contains("!") }) {
      faults.append("a line that cmd.exe reads in another way")
    }
    if [powerShell, batch].contains(where: { $0.replacing("\r\n", with: "").contains("\n") }) {
      faults.append("line ends")
    }
    if !powerShell.contains("if ($found -ne \(rules.count))") { faults.append("the count is not checked") }
    return faults
  }

  @Test("the ports of the host are let in, in both forms, for the clients of the policy")
  func worked() throws {
    for gateway in ["platform windows", "platform windows 2022", "platform windows 2012r2"] {
      for more in [
        "tls explicit required; passive range 50000-50399", "tls implicit; passive range 50000-50399; active on",
        "tls off; passive range 50000-50399; control port 2121", "tls off; passive range 50000; active on",
      ] {
        let compilation = compile(onHost(gateway, more))
        #expect(compilation.errors == [])
        if compilation.errors.isEmpty { #expect(try faults(compilation) == [], "\(more)") }
      }
    }
  }

  @Test func aRoutedServerIsTheHostItself() throws {
    let text = """
      gateway box { platform windows }
      publish ftp1 {
          server 203.0.113.10, 2001:db8::10 vsftpd
          external ip 203.0.113.10, 2001:db8::10
          tls explicit required
          passive range 50000-50399
          allow 198.51.100.0/24, 2001:db8:7::/48
      }
      """
    #expect(compile(text).errors == [])
    #expect(try faults(compile(text)) == [])
  }

  @Test("a line never gets too long for cmd.exe")
  func manyClients() throws {
    let clients = (0..<450).map { "2001:db8:aaaa:bbbb:cccc:dddd:\(String($0 + 0x1000, radix: 16)):eeee" }
    let text = """
      gateway box { platform windows }
      publish ftp1 {
          server local vsftpd
          external ip 2001:db8:ffff:ffff:ffff:ffff:ffff:10
          tls explicit required
          passive range 50000-50399
          allow \(clients.joined(separator: ", "))
      }
      """
    #expect(compile(text).errors == [])
    #expect(try faults(compile(text)) == [])
    let rules = try compile(text).configuration("netsh").windowsLines.compactMap { HostRule(netsh: $0) }
    #expect(rules.count == 10)
  }

  @Test("the switch of the whole host is set only where the policy allows it")
  func inspection() throws {
    let switches = { (text: String) throws -> [String] in
      let compilation = compile(text)
      #expect(compilation.errors == [])
      return try compilation.configuration("powershell").windowsLines.filter { $0.contains("StatefulFtp") }
        + compilation.configuration("netsh").windowsLines.filter { $0.contains("StatefulFtp") }
    }
    #expect(try switches(onHost("platform windows")) == [])
    #expect(
      try switches(onHost("platform windows; helper scope device")) == [
        "Set-NetFirewallSetting -EnableStatefulFtp False",
        "netsh advfirewall set global StatefulFtp disable || goto failed",
      ])
    #expect(
      try switches(onHost("platform windows; helper scope device", "tls off; helper on")) == [
        "Set-NetFirewallSetting -EnableStatefulFtp True",
        "netsh advfirewall set global StatefulFtp enable || goto failed",
      ])
    #expect(try switches(onHost("platform windows; helper scope device", "tls off; passive range 50000-50399")) == [])
    #expect(
      compile(onHost("platform windows", "tls off; helper on")).diagnostics.contains {
        $0.code == "platform-unsupported" && $0.help?.contains("helper scope device") == true
      })
    let beside = compile(
      onHost("platform windows; helper scope device", "tls explicit optional; helper on; passive range 50000-50399"))
    #expect(beside.errors.count == 1)
  }

  @Test func oneSwitchCannotBeOnForOneAndOffForAnother() {
    let text = """
      gateway box { platform windows; helper scope device }
      publish plain {
          server local vsftpd
          external ip 203.0.113.10
          tls off
          helper on
      }
      publish secure {
          server local pure-ftpd
          external ip 203.0.113.11
          tls explicit required
          passive range 50000-50399
      }
      """
    let errors = compile(text).errors
    #expect(
      errors.count == 1 && errors.first?.contains("needs the inspection of FTP on this host") == true, "\(errors)")
  }

  @Test(
    "what it cannot do is refused at the statement",
    arguments: [
      "hairpin on", "limit 10 sessions", "limit 10 sessions per client", "limit 10 new per minute per client",
      "log new",
      "log denied", "control port 2121 -> 21",
    ])
  func refusals(statement: String) {
    let found = compile(
      onHost("platform windows", "tls explicit required; passive range 50000-50399; \(statement)")
    ).diagnostics.filter { $0.severity == .error }
    #expect(!found.isEmpty, "\(statement)")
    #expect(found.allSatisfy { $0.help != nil })
  }

  @Test func inputs() {
    #expect(compile(workedCase("platform windows")).errors.allSatisfy { $0.hasPrefix("platform-unsupported") })
    #expect(compile(workedCase("platform windows")).errors.count == 2)
    #expect(
      compile(onHost("platform windows; outside \"x\"")).errors == [
        "platform-input: windows has no use for `outside`"
      ])
    #expect(compile(onHost("platform windows 95")).errors.first?.hasPrefix("unknown-platform") == true)
  }

  @Test("old versions get netsh, new ones cmdlets")
  func versions() throws {
    for (version, isOld) in [("2008", true), ("2008r2", true), ("7", true), ("2012", false), ("11", false)] {
      let compilation = compile(onHost("platform windows \(version)"))
      #expect(compilation.errors == [])
      let script = try compilation.configuration()
      #expect(script.contains("Invoke-Netsh advfirewall firewall add rule 'name=sallyport'") == isOld)
      #expect(script.contains("New-NetFirewallRule") == !isOld)
      #expect(compilation.companion("windows-firewall-undo.ps1")?.contains("netsh.exe") == isOld)
    }
  }

  @Test("rules of an earlier run go before others come, and the way back removes what the script finds again")
  func wayBack() throws {
    let compilation = compile(onHost("platform windows"))
    let lines = try compilation.configuration("powershell").windowsLines
    let back = compilation.companion("windows-firewall-undo.ps1")?.windowsLines ?? []
    let removal = "Get-NetFirewallRule -Group 'sallyport' -ErrorAction SilentlyContinue | Remove-NetFirewallRule"
    #expect(back.contains(removal))
    let first = lines.firstIndex { $0.hasPrefix("New-NetFirewallRule") } ?? 0
    #expect((lines.firstIndex(of: removal) ?? .max) < first)
    #expect(lines.filter { $0.hasPrefix("New-NetFirewallRule") }.allSatisfy { $0.contains("-Group 'sallyport'") })
    let batch = try compilation.configuration("netsh").windowsLines
    let deletion = "netsh advfirewall firewall delete rule name=\"sallyport\" >nul 2>&1"
    #expect(compilation.companion("windows-firewall-undo.cmd")?.windowsLines.contains(deletion) == true)
    #expect(batch.contains(deletion))
    #expect(batch.filter { $0.contains("add rule") }.allSatisfy { $0.contains("name=\"sallyport\"") })
  }

  @Test(
    "another range, port, address or client is noticed",
    arguments: [
      ("50000-50399", "50000-50398"), ("LocalPort 21 ", "LocalPort 22 "), ("203.0.113.10", "203.0.113.11"),
      ("198.51.100.0/24", "198.51.100.0/25"), (" -RemoteAddress '192.0.2.7','198.51.100.0/24'", ""),
    ])
  func mutations(part: String, other: String) throws {
    let compilation = compile(onHost("platform windows"))
    let plan = compilation.flows(gateway: 0)
    let text = try compilation.configuration()
    #expect(text.contains(part))
    let permits = text.replacing(part, with: other).windowsLines.compactMap { HostRule(powerShell: $0)?.permit(plan) }
    #expect(difference(permits, plan.wantedPorts) != nil)
  }

  @Test("settings of a server leave the ports to a gateway that is its host, and take back what they opened before")
  func serversOnTheHost() throws {
    let policy = { (gateway: String) in
      """
      gateway box { \(gateway) }
      server web {
          address local
          software iis 10
          site "Files"
          certificate thumbprint 57686F6120447564652C2049495320526F636B73
      }
      publish files {
          server web
          external ip 203.0.113.10
          passive range 20000-20399
          tls explicit required
          active on
          allow 198.51.100.0/24
      }
      publish others {
          server local filezilla { certificate "/a.pem" key "/a.key" }
          external ip 203.0.113.11
          passive range 21000-21399
          tls explicit required
          allow 198.51.100.0/24
      }
      """
    }
    for (gateway, isGuarded) in [("platform windows", true), ("platform nftables", false)] {
      let compilation = compile(policy(gateway))
      #expect(compilation.errors == [])
      let files = try compilation.bundle(version: "0").files.filter { $0.path.hasPrefix("servers/") }
      let texts = files.map { (path: $0.path, text: String(decoding: $0.bytes, as: UTF8.self)) }
      #expect(texts.contains { $0.path.hasSuffix("windows/filezilla-firewall.ps1") })
      for (path, text) in texts where path.hasSuffix(".ps1") || path.hasSuffix(".cmd") {
        let opens = text.contains("New-NetFirewallRule") || text.contains("firewall add rule")
        let isUndo = path.contains("undo")
        #expect(opens == (!isGuarded && !isUndo), "\(path)")
        #expect(text.contains("StatefulFtp") == !isGuarded, "\(path)")
        #expect(text.contains("Get-NetFirewallRule") || text.contains("firewall delete rule"), "\(path)")
        #expect(text.contains("configuration of the gateway") == (isGuarded && !isUndo), "\(path)")
      }
    }
  }

  /// A policy for IIS on the host.
  private func withIIS(_ gateway: String, _ more: String = "tls off; passive range 20000-20399; active off") -> String
  {
    onHost(gateway, more).replacing("server local vsftpd", with: "server web")
      + "server web { address local; software iis 10; site \"Files\"; "
      + "certificate thumbprint 57686F6120447564652C2049495320526F636B73 }\n"
  }

  @Test("the passive ports of IIS are open to its service alone, on a gateway that is the host and beside one")
  func serviceOfIIS() throws {
    for gateway in ["platform windows", "platform windows 2008r2", "platform nftables"] {
      let compilation = compile(withIIS(gateway, "tls explicit required; passive range 20000-20399"))
      #expect(compilation.errors == [])
      var texts = try compilation.bundle(version: "0").files.map { String(decoding: $0.bytes, as: UTF8.self) }
      if gateway != "platform nftables" { texts.append(try compilation.configuration("netsh")) }
      let rules = texts.flatMap(\.windowsLines).filter {
        $0.contains("20000-20399") && ($0.contains("New-NetFirewallRule") || $0.contains("firewall add rule"))
      }
      #expect(rules.count >= 2)
      for rule in rules {
        #expect(rule.contains("-Service 'ftpsvc'") || rule.contains("service=ftpsvc"), "\(rule)")
      }
    }
    for form in ["powershell", "netsh"] {
      #expect(!(try compile(onHost("platform windows")).configuration(form).contains("ftpsvc")))
    }
  }

  private func readme(_ text: String) throws -> String {
    let compilation = compile(text)
    #expect(compilation.errors == [])
    let guide = try #require(Platforms.guide(to: compilation.flows(gateway: 0), on: compilation.platform(of: 0)))
    return String(decoding: guide.pieces.joined(), as: UTF8.self)
  }

  @Test("what the way back leaves is noted before and said under it")
  func wayBackOfTheSwitch() throws {
    for (more, isSet) in [
      ("tls explicit required; passive range 20000-20399", true), ("tls off; helper on", true),
      ("tls off; passive range 20000-20399", false),
    ] {
      let text = try readme(onHost("platform windows; helper scope device", more))
      let parts = text.split(separator: "## The way back").map(String.init)
      #expect(parts.first?.contains("Note what it is set to") == isSet, "\(more)")
      #expect(parts.last?.contains("The inspection of FTP stays as the script set it") == isSet, "\(more)")
    }
    #expect(!(try readme(onHost("platform windows")).contains("stays as the script set it")))
  }

  @Test("no file of a folder that is written speaks of one that is not there")
  func files() throws {
    let bundle = try compile(onHost("platform windows")).bundle(version: "0")
    let names = Set(bundle.files.compactMap { $0.path.split(separator: "/").last.map(String.init) })
    #expect(names.contains("windows-firewall-undo.cmd"))
    for file in bundle.files {
      let text = file.purpose + String(decoding: file.bytes, as: UTF8.self)
      for name in ["windows-firewall.cmd", "windows-firewall.ps1"] where !names.contains(name) {
        #expect(!text.contains(name), "\(file.path)")
      }
    }
  }

  @Test("what is found about the host is that of Windows")
  func findings() {
    func found(_ text: String, _ code: String) -> [Diagnostic] {
      compile(text).diagnostics.filter { $0.code == code }
    }
    let ephemeral = "passive-range-ephemeral"
    for server in ["server local vsftpd", "server 203.0.113.10 vsftpd"] {
      let text = { (range: String) in
        onHost("platform windows", "tls explicit required; passive range \(range)")
          .replacing("server local vsftpd", with: server)
      }
      let warning = found(text("50000-50399"), ephemeral).first
      #expect(warning?.message.contains("overlaps ports 49152-65535") == true)
      #expect(
        warning?.help
          == "write `passive range 48752-49151`, or reserve it with `netsh int ipv4 add excludedportrange`")
      #expect(found(text("48752-49151"), ephemeral).isEmpty)
      #expect(found(text("40000-40399"), ephemeral).isEmpty)
    }
    for linux in ["", "platform nftables"] {
      let warning = found(onHost(linux), ephemeral).first
      #expect(warning?.help?.contains("passive range 61000-61399") == true)
    }
    let large = onHost("", "tls explicit required; passive range 40000-49999")
    #expect(found(large, ephemeral).first?.help?.contains("passive range 22768-32767") == true)
    let helper = "tls off; helper on"
    #expect(found(onHost("platform windows; helper scope device", helper), "helper-without-nat").isEmpty)
    #expect(!found(onHost("", helper), "helper-without-nat").isEmpty)
    let active = "tls explicit required; passive range 20000-20399; active on"
    #expect(found(onHost("platform windows", active), "active-needs-open-egress").isEmpty)
    #expect(!found(onHost("", active), "active-needs-open-egress").isEmpty)
    let hairpin = compile(onHost("platform windows", "tls explicit required; passive range 20000-20399; hairpin on"))
    #expect(hairpin.errors.count == 1 && hairpin.errors.allSatisfy { $0.hasPrefix("platform-unsupported") })
    #expect(hairpin.diagnostics.allSatisfy { $0.help?.contains("inside IFACE") != true })
    #expect(
      !found(onHost("", "tls explicit required; passive range 20000-20399; hairpin on"), "hairpin-without-inside")
        .isEmpty)
  }

  @Test("policies at random: scripts that a parser of PowerShell reads, or a refusal of ours")
  func generated() throws {
    let lacking = ["limit", "log", "hairpin", "source gateway", "control port", "helper on"]
    var scripts: [String] = []
    let policies = generatedPolicies(
      policySample, gateway: { "platform windows \($0 % 2 == 0 ? "2022" : "2008r2")" }, without: lacking)
    for (seed, text) in policies.enumerated() {
      let compilation = compile(text)
      guard compilation.errors.isEmpty else { continue }
      scripts.append(try compilation.configuration())
      if let back = compilation.companion("windows-firewall-undo.ps1") { scripts.append(back) }
      if seed % 2 == 0 { #expect(try faults(compilation) == []) }
    }
    #expect(scripts.count > policySample / 20)
    guard PowerShellParser.missing == nil else { return }
    for (script, parsed) in zip(scripts, try ParsedScript.all(scripts)) {
      #expect(parsed.errors.isEmpty, "\(parsed.errors)\n\(script)")
    }
  }
}
