import Addressing
import Diagnostics
package import Flows

/// Cisco ASA from 8.3 on: network and service objects, twice NAT, and lines for an access list that is bound already.
///
/// Syntax and meaning are those of Cisco's configuration guides and command reference (8.3 to 9.x): access lists match
/// real addresses and real ports since 8.3, one access list holds both families since 9.0, NAT translates IPv6 since
/// 9.0. Nothing here was run on a device.
package struct ASAPlatform: DevicePlatform {
  package var name: String { "asa" }
  package var forms: [String] { ["commands"] }

  package init() {}

  package var versions: String? { "8.3 to 9.x" }

  /// What came before 8.3 (`static`, `global`, access lists on mapped addresses) is another language.
  package func knows(version: String) -> Bool {
    ReleaseNumber(version).map { $0 >= ReleaseNumber(8, 3) && $0.major <= 9 } ?? false
  }

  /// The helper is the inspection of the default class, which a device has unless somebody took it out; it is not
  /// hurt by TLS unless it is `strict`.
  package var capabilities: Set<FlowFeature> {
    [
      .ipv6, .ipv6Translation, .translation, .routedServer, .controlPortTranslation, .clients, .helper,
      .helperBesideTLS, .activeThroughHelper, .reach, .reachHelper, .reachSource, .reachUsers,
    ]
  }

  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    var lacking: Set<FlowFeature> = []
    if let version = plan.platformVersion.flatMap(ReleaseNumber.init), version.major < 9 {
      lacking = [.ipv6, .ipv6Translation]
    }
    if plan.usesInterfaceAddress { lacking.insert(.ipv6Translation) }
    return capabilities.subtracting(lacking)
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .ipv6:
      "an ASA has IPv6 in its access lists from 9.0 on: write the version that it has, or publish IPv4 alone"
    case .ipv6Translation:
      "write the server's own address as `external ip` for IPv6; translation needs 9.0, and an address of its own "
        + "where the policy says `external is interface`"
    case .hairpin: "let clients inside dial the server's own address, by a name that says so inside"
    case .activeRouted, .activeTranslation:
      "leave active mode off: the inspection opens these connections with `helper on` and `tls off` together alone, because "
        + "it reads no encrypted session"
    case .limitNewPerMinute, .limitPerClient, .limitTotal:
      "leave the limit to the server (`max clients`), or to a `policy-map` of your own with `set connection`"
    case .logNew, .logDenied, .reachLogNew, .reachLogDenied:
      "leave the statement out: an ASA reports connections that it builds and denies by itself (302013, 106023)"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("\"outside\"", "\"inside\"") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside, .inside, .accessList: .required
    case .externalIsInterface, .helperScope: .optional
    case .unitOutside, .unitInside, .before, .numbers, .mark: .useless
    }
  }

  /// Names stand bare in the commands, so only characters that end no word and have no meaning are admitted; `?` asks
  /// the console for help, `!` begins a comment, and a parenthesis or a comma ends a name in `nat`. An interface has at
  /// most 48 characters, an access list at most 241 (the command reference, `nameif` and `access-list`).
  package func fault(of name: String, as input: GatewayInput) -> String? {
    let longest = input == .accessList ? 241 : 48
    if name.utf8.count > longest { return "has more than \(longest) characters" }
    let others = Set("-_.:/+#@")
    guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }) else {
      return "has a character other than letters, digits and `- _ . : / + # @`"
    }
    if input == .accessList, name.hasPrefix(ObjectNames.prefix) { return "begins as names of ours do" }
    return nil
  }

  package var commentMark: String { "!" }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let target = plan.gateway.map { " for gateway \($0.name)" } ?? ""
    var files = [
      ASACommands(publishing: plan).artifact(
        "asa.cfg", "! Written by sallyport \(version)\(target). Nothing in it binds, replaces or saves anything.",
        purpose: "objects, translations and permits, to be pasted in configuration mode")
    ]
    let inspection = ASACommands(inspecting: plan)
    if !inspection.isEmpty {
      files.append(
        inspection.artifact(
          "asa-inspection.cfg",
          "! Written by sallyport \(version)\(target). It changes a class of the whole device: see README.md.",
          purpose: "takes servers out of all default inspections, to be pasted after asa.cfg"))
    }
    return files
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    var files = [
      ASACommands(publishing: plan).wayBack(
        "asa-way-back.cfg", "! Takes away what asa.cfg made, and nothing else.", purpose: "takes asa.cfg back")
    ]
    let inspection = ASACommands(inspecting: plan)
    if !inspection.isEmpty {
      files.append(
        inspection.wayBack(
          "asa-inspection-way-back.cfg",
          "! Takes away what asa-inspection.cfg made; to be pasted before asa-way-back.cfg.",
          purpose: "takes asa-inspection.cfg back"))
    }
    return files
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { ASAGuide(plan).guide }
}

extension FlowPlan {
  /// Whether the external address is that of the interface, so that `interface` stands for it.
  var usesInterfaceAddress: Bool { provenance(of: .externalIsInterface) != nil }

  /// The servers that `helper scope device` takes out of the inspections: those without the helper. Each once, as the
  /// first service that has it.
  var uninspected: [PublishedService] {
    guard mayUseDeviceSwitch else { return [] }
    var seen: Set<IPAddress> = []
    return services.filter { !$0.wantsHelper && seen.insert($0.serverAddress).inserted }
  }
}

extension ASAPlatform {
  package func helperType(for plan: FlowPlan) -> String { "asa-ftp" }

  /// An ASA inspects FTP on port 21 of every server unless somebody took it out (Cisco's guide, default inspections).
  package func inspects(_ service: PublishedService, in plan: FlowPlan) -> Bool {
    service.serverControlPort == 21 && (service.wantsHelper || !plan.mayUseDeviceSwitch)
  }
}
