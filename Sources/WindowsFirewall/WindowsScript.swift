/// How a script changes Windows' own firewall. What servers on Windows and a gateway that is Windows need is written
/// here and nowhere else.
package enum WindowsScript: Sendable {
  /// PowerShell with the cmdlets of Windows 8 and Server 2012.
  case powerShell
  /// PowerShell that calls netsh, for what is older.
  case powerShellWithNetsh
  /// A batch file, where a command that fails goes to the label `failed`.
  case batch
}

/// One line of a script.
package struct WindowsLine: Hashable, Sendable {
  package var text: String
  /// The position of the rule that it adds; `nil` for other lines.
  package var rule: Int?
}

extension WindowsRules {
  /// Takes away the rules of an earlier run, adds these, and sets the inspection. It may be run again.
  package func lines(_ script: WindowsScript) -> [WindowsLine] {
    var lines = [script.comment("Windows' own firewall. Rules of an earlier run are removed first" + script.harmless)]
    lines += removal(script)
    var all = lines.map { WindowsLine(text: $0) }
    for (position, rule) in rules.enumerated() {
      all.append(WindowsLine(text: script.addition(of: rule), rule: position))
    }
    return all + inspectionLines(script).map { WindowsLine(text: $0) }
  }

  /// Takes away the rules. What the inspection was before is not known.
  package func undoLines(_ script: WindowsScript) -> [String] {
    var lines = script == .batch ? [] : [script.comment("Windows' own firewall.")]
    lines += removal(script)
    guard inspection != .asItIs else { return lines }
    return lines + [
      script.comment(
        "Whether Windows inspected FTP before is not known here: servers do not unless somebody has switched it on."),
      script.comment("To switch it: netsh advfirewall set global StatefulFtp enable, or disable."),
    ]
  }

  /// Nothing is said where there is nothing to remove.
  private func removal(_ script: WindowsScript) -> [String] {
    switch script {
    case .powerShell:
      let whose = group.map { "-Group \(powerShellLiteral($0))" } ?? "-DisplayName \(powerShellLiteral(title))"
      return ["Get-NetFirewallRule \(whose) -ErrorAction SilentlyContinue | Remove-NetFirewallRule"]
    case .powerShellWithNetsh:
      return [
        "# Windows before 8 and Server 2012 has no cmdlets for it.",
        "function Invoke-Netsh {",
        "  & netsh.exe @args | Out-Null",
        "  if ($LASTEXITCODE -ne 0) { throw \"netsh $args failed\" }",
        "}",
        "& netsh.exe advfirewall firewall delete rule \(powerShellLiteral("name=\(title)")) | Out-Null",
      ]
    case .batch: return ["netsh advfirewall firewall delete rule name=\"\(batchText(title))\" >nul 2>&1"]
    }
  }

  private func inspectionLines(_ script: WindowsScript) -> [String] {
    switch inspection {
    case .asItIs: []
    case .off:
      [
        script.comment("Its inspection of FTP reads clear text only and stands in the way of TLS."),
        script.inspection(false),
      ]
    case .on:
      [
        script.comment("Without a range its inspection of FTP opens the port that a reply names."),
        script.inspection(true),
      ]
    }
  }
}

extension WindowsScript {
  fileprivate func comment(_ text: String) -> String { self == .batch ? "rem \(text)" : "# \(text)" }

  fileprivate var harmless: String {
    self == .batch ? "; without any that fails, which does no harm." : "."
  }

  fileprivate func addition(of rule: WindowsRule) -> String {
    switch self {
    case .powerShell:
      "New-NetFirewallRule " + rule.parameters.joined(separator: " ") + " | Out-Null"
    case .powerShellWithNetsh:
      "Invoke-Netsh advfirewall firewall add rule "
        + rule.netsh.map { powerShellLiteral("\($0.key)=\($0.value)") }.joined(separator: " ")
    case .batch:
      "netsh advfirewall firewall add rule "
        + rule.netsh.map { word in
          word.isText ? "\(word.key)=\"\(batchText(word.value))\"" : "\(word.key)=\(word.value)"
        }.joined(separator: " ") + " || goto failed"
    }
  }

  fileprivate func inspection(_ isOn: Bool) -> String {
    switch self {
    case .powerShell: "Set-NetFirewallSetting -EnableStatefulFtp \(isOn ? "True" : "False")"
    case .powerShellWithNetsh: "Invoke-Netsh advfirewall set global StatefulFtp \(isOn ? "enable" : "disable")"
    case .batch: "netsh advfirewall set global StatefulFtp \(isOn ? "enable" : "disable") || goto failed"
    }
  }
}

extension WindowsRule {
  /// The parameters of `New-NetFirewallRule`.
  fileprivate var parameters: [String] {
    func text(_ parameter: String, _ value: String?) -> String? {
      value.map { "-\(parameter) \(powerShellLiteral($0))" }
    }
    let clients = remoteAddresses.map(powerShellLiteral).joined(separator: ",")
    return [
      text("Name", name), text("DisplayName", title), text("Group", group), text("Description", description),
      "-Direction \(isOutbound ? "Outbound" : "Inbound")", "-Action Allow", "-Protocol TCP",
      text("LocalAddress", localAddress), text("LocalPort", ports), text("Service", service),
      text("RemotePort", remotePorts), clients.isEmpty ? nil : "-RemoteAddress \(clients)",
    ].compactMap(\.self)
  }

  /// A word of netsh, and whether its value is a text that has to be quoted.
  fileprivate typealias NetshWord = (key: String, value: String, isText: Bool)

  /// What `netsh advfirewall firewall add rule` takes.
  fileprivate var netsh: [NetshWord] {
    let words: [NetshWord?] = [
      ("name", title, true), description.map { ("description", $0, true) },
      ("dir", isOutbound ? "out" : "in", false), ("action", "allow", false), ("protocol", "TCP", false),
      localAddress.map { ("localip", $0, false) }, ports.map { ("localport", $0, false) },
      service.map { ("service", $0, false) }, remotePorts.map { ("remoteport", $0, false) },
      remoteAddresses.isEmpty ? nil : ("remoteip", remoteAddresses.joined(separator: ","), false),
    ]
    return words.compactMap(\.self)
  }
}
