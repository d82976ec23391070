import Addressing
import Diagnostics
import Flows
import WindowsFirewall

/// The scripts of one host.
struct WindowsFirewallScript {
  /// The group of all rules, and their name where there are no groups.
  private static let owner = "sallyport"
  /// The most addresses in one rule: a line of cmd.exe has at most 8191 characters (documented).
  private static let mostAddresses = 100

  private let plan: FlowPlan
  private let script: WindowsScript
  private var rules: WindowsRules
  /// The statement that asked for each rule.
  private var provenance: [SourceSpan] = []

  init(_ plan: FlowPlan, _ script: WindowsScript) {
    self.plan = plan
    self.script = script
    rules = WindowsRules(
      title: Self.owner, group: script == .powerShell ? Self.owner : nil, rules: [], inspection: inspection(of: plan))
    let names = ObjectNames(
      plan.services.map(\.name), longest: 120, suffixes: ["control", "passive", "active"])
    for service in plan.services {
      add(service, "control", .control, names) { $0.ports = "\(service.serverControlPort)" }
      if let range = service.passiveRange {
        add(service, "passive", .passive, names) { rule in
          rule.ports = range.text
          // Else any program that takes a port of the range would be open.
          rule.service = service.windowsService
        }
      }
      guard service.wantsActive else { continue }
      add(service, "active", .active, names) { rule in
        rule.isOutbound = true
        rule.ports = service.activeSourcePort.map { "\($0)" }
        // A program that takes any port is known by those of its clients alone.
        rule.remotePorts = service.activeSourcePort == nil ? "1024-65535" : nil
      }
    }
  }

  /// Adds the rules for one part of a service: several where there are many clients, and none where there are none.
  private mutating func add(
    _ service: PublishedService, _ part: String, _ aspect: ServiceAspect, _ names: ObjectNames,
    _ complete: (inout WindowsRule) -> Void
  ) {
    var groups: [ArraySlice<String>] = [[]]
    if let prefixes = service.clientPrefixes, !prefixes.contains(where: { $0.length == 0 }) {
      let all = prefixes.map { $0.isHost ? "\($0.address)" : "\($0)" }
      groups = stride(from: 0, to: all.count, by: Self.mostAddresses).map { start in
        all[start..<min(start + Self.mostAddresses, all.count)]
      }
    }
    let family = service.family == .ipv6 ? "6" : ""
    for (position, group) in groups.enumerated() {
      let number = position == 0 ? "" : "-\(position + 1)"
      var rule = WindowsRule(
        script == .powerShell ? "sallyport \(service.name) \(part)" : Self.owner,
        name: names.name(service.name, part + family) + number, group: rules.group,
        description: tag(service.name, part),
        localAddress: "\(service.arrival)", remoteAddresses: Array(group))
      complete(&rule)
      rules.rules.append(rule)
      provenance.append(service.provenance(of: aspect))
    }
  }

  func configuration(_ version: String) -> Artifact {
    var text = head([
      "\(gateway), written by sallyport \(version).",
      "Run it on the host as an administrator. It may be run again; what an earlier policy had goes.",
    ])
    for line in rules.lines(script) { text.add(line.text, for: line.rule.map { provenance[$0] }) }
    if script == .powerShell {
      text.add(
        "$found = @(Get-NetFirewallRule -Group \(powerShellLiteral(Self.owner)) -ErrorAction SilentlyContinue).Count")
      text.add(
        "if ($found -ne \(rules.rules.count)) { throw \"there are $found rules of sallyport, not \(rules.rules.count)\" }"
      )
      text.add("Write-Output \"sallyport: $found rules\"")
    }
    tail("The rules are incomplete: the command above this line failed.", &text)
    return text.artifact(fileName, purpose: "the rules of Windows' own firewall; run it on the host")
  }

  func wayBack() -> Artifact {
    var text = head([
      "Takes back the rules of sallyport. Run it on the host as an administrator; it may be run again."
    ])
    text.add(lines: rules.undoLines(script))
    tail("Not everything was taken back: the command above this line failed.", &text)
    return text.artifact(undoName, purpose: "the way back: takes away the rules of the \(origin)")
  }

  private var gateway: String { plan.gateway.map { "Host \($0.name)" } ?? "The host" }
  private var fileName: String { script == .batch ? "windows-firewall.cmd" : "windows-firewall.ps1" }
  /// What makes the rules: `build` writes one form alone, so that the other one's file need not be there.
  private var origin: String { script == .batch ? "batch file of `compile --format netsh`" : fileName }
  private var undoName: String { script == .batch ? "windows-firewall-undo.cmd" : "windows-firewall-undo.ps1" }

  private func head(_ comments: [String]) -> ConfigurationText {
    var text = ConfigurationText(lineEnd: "\r\n")
    if script == .batch {
      text.add(lines: comments.map { "@rem \($0)" } + ["@echo off", "setlocal DisableDelayedExpansion"])
    } else {
      text.add(lines: comments.map { "# \($0)" } + ["$ErrorActionPreference = 'Stop'"])
    }
    return text
  }

  private func tail(_ failure: String, _ text: inout ConfigurationText) {
    guard script == .batch else { return }
    text.add(lines: ["exit /b 0", "", ":failed", "echo \(failure) 1>&2", "exit /b 1"])
  }
}

/// What the host does about its inspection of FTP: nothing unless the policy lets a switch of the whole host be set.
private func inspection(of plan: FlowPlan) -> WindowsRules.Inspection {
  guard plan.mayUseDeviceSwitch else { return .asItIs }
  if plan.services.contains(where: \.mayBeEncrypted) { return .off }
  return plan.services.contains(where: \.wantsHelper) ? .on : .asItIs
}

extension PortRange {
  fileprivate var text: String { low == high ? "\(low)" : "\(low)-\(high)" }
}

/// What people have to know who run the script.
///
/// - Parameter isOld: Whether there are no cmdlets for the firewall.
func windowsGuide(to plan: FlowPlan, isOld: Bool) -> PlatformGuide {
  let isEncrypted = plan.services.contains(where: \.mayBeEncrypted)
  let setsInspection = inspection(of: plan) != .asItIs
  let addresses = Set(plan.services.map(\.arrival)).sorted().map { "\($0)" }.joined(separator: ", ")
  var assumes = [
    "The host has these addresses, and its FTP server listens on them: \(addresses).",
    "The firewall is on in the profile that the host's networks have, and lets nothing in by default, as delivered.",
    "No rule of others lets more in. Rules such as `FTP Server (FTP Traffic-In)` come with Windows and may be enabled "
      + "for every client.",
    "Rules of the group `sallyport`, or with that name where netsh made them, are ours and go at every run.",
  ]
  if plan.services.contains(where: { $0.clientPrefixes != nil }) {
    assumes.append("The host sees the addresses of the clients: no firewall before it puts its own in their place.")
  }
  var remarks = [
    "The scripts were read by a parser of PowerShell and by a model of batch files, and never run on Windows.",
    "Connections that the host opens are permitted by default; a rule for active mode matters where that was changed.",
  ]
  var verify: [PlatformGuide.Step] = [
    .init(
      "The rules that are there\(isOld ? "" : ", and those that the batch file made"):",
      commands: (isOld ? [] : ["Get-NetFirewallRule -Group sallyport | Get-NetFirewallPortFilter"])
        + ["netsh advfirewall firewall show rule name=sallyport"]),
    .init(
      "From a client that may connect, list a folder in passive mode, with TLS as the publication asks for it."),
  ]
  if isEncrypted, !plan.mayUseDeviceSwitch {
    verify.append(
      .init(
        "Windows must not inspect FTP where sessions may be encrypted; servers do not unless somebody has switched it on. "
          + "The switch holds for the whole host, so it is not in the script. To see it, and to switch it off:",
        "netsh advfirewall show global StatefulFtp", "netsh advfirewall set global StatefulFtp disable"))
  }
  let ephemeral = plan.services.first { ($0.passiveRange?.high ?? 0) >= WindowsPlatform.outgoingPorts.lowerBound }
  if let ephemeral {
    remarks.append(
      "The passive range of `\(ephemeral.name)` reaches into the ports from 49152 on, of which Windows since Vista takes "
        + "those of its own connections. `netsh int ipv4 add excludedportrange` keeps ports from that.")
  }
  for name in Set(plan.services.lazy.filter { $0.passiveRange != nil }.compactMap(\.windowsService)).sorted() {
    remarks.append(
      "Passive ports of a server that is the service `\(name)` of Windows are open to that service alone; other programs "
        + "that take such a port are not reached.")
  }
  if setsInspection {
    remarks.append("`helper scope device` lets the script set the inspection of FTP, for every server on the host.")
  }
  return PlatformGuide(
    device: "Windows and its own firewall", assumes: assumes,
    apply: [
      .init("Keep what is there:", "netsh advfirewall export C:\\before-sallyport.wfw")
    ]
      + (setsInspection
        ? [
          .init(
            "The script sets the inspection of FTP, for the whole host. Note what it is set to, for the way back:",
            "netsh advfirewall show global StatefulFtp")
        ] : []) + [
        .init(
          "Run the script as an administrator; `compile --format netsh` writes a batch file instead, which needs no PowerShell.",
          "powershell -ExecutionPolicy Bypass -File windows-firewall.ps1")
      ],
    verify: verify, keep: [.init("Rules stay over a restart; nothing has to be done.")],
    wayBack: [
      .init(
        "It removes our rules and nothing else. Where the batch file of `compile --format netsh` made them, "
          + "`windows-firewall-undo.cmd` removes them.",
        "powershell -ExecutionPolicy Bypass -File windows-firewall-undo.ps1")
    ]
      + (setsInspection
        ? [
          .init(
            "The inspection of FTP stays as the script set it. Set it to what was noted, one of these:",
            "netsh advfirewall set global StatefulFtp enable", "netsh advfirewall set global StatefulFtp disable")
        ] : []),
    remarks: remarks)
}
