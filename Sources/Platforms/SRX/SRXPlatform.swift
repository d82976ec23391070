package import Diagnostics
package import Flows

/// Juniper SRX: Junos with zones, destination NAT and policies, as lines for `load set terminal`.
///
/// Destination NAT comes before the policy, so policies see the server's address and port (documented). The FTP ALG
/// hangs on the application that the policy names: `application-protocol ignore` keeps every ALG off a connection, also
/// one that a well-known port would bring in (documented).
package struct SRXPlatform: DevicePlatform {
  package var name: String { "srx" }
  package var forms: [String] { ["set"] }

  package init() {}

  package var versions: String? { "15.1 or newer" }

  package func knows(version: String) -> Bool { JunosVersion(version)?.isKnown == true }

  /// Without `helperBesideTLS`, which the release decides. IPv6 addresses are not translated: the schema takes it, and
  /// nobody has seen it work. Limits, source NAT, clients inside and refused connections would need statements of which
  /// nothing is documented here.
  package var capabilities: Set<FlowFeature> {
    [
      .ipv6, .translation, .routedServer, .controlPortTranslation, .clients, .helper, .helperBesideTLS,
      .activeThroughHelper, .logNew, .reach, .reachHelper, .reachUsers, .reachLogNew, .reachLogDenied,
    ]
  }

  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    guard let version = plan.platformVersion, JunosVersion(version)?.letsTLSPass == false else { return capabilities }
    return capabilities.subtracting([.helperBesideTLS])
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .helperBesideTLS:
      "write `helper off`, or the release with its number (`platform srx 15.1X49-D10`): earlier ones may block `AUTH`"
    case .activeTranslation, .activeRouted:
      "write `active off`: passive mode works without the helper, and active mode does not"
    case .ipv6Translation: "let IPv6 clients dial the server's own address"
    case .reachSource:
      "leave `source` out, and let a rule of the device's own source NAT do it: Junos takes one rule-set from one zone to "
        + "another, and that one is not ours"
    case .localServer: "publish a server behind the device"
    case .hairpin: "let clients inside dial the server's own address, by a name that means it there"
    case .logDenied: "let the last policy of the zones log what it denies, and write `log new` or `log off` here"
    case .limitPerClient, .limitTotal, .limitNewPerMinute: "let the server limit its sessions"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("untrust", "trust") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside, .inside: .required
    case .unitOutside, .unitInside, .before: .optional
    case .accessList, .externalIsInterface, .numbers, .helperScope, .mark: .useless
    }
  }

  package func fault(of name: String, as input: GatewayInput) -> String? {
    switch input {
    case .unitOutside, .unitInside: return faultOfUnit(name)
    case .before where name.hasPrefix(ObjectNames.prefix): return "is a name of ours"
    default: return faultOfName(name)
    }
  }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] { SRXObstacles(plan).found }

  /// Junos takes no comments among such lines that nobody has doubts about, so the version of the program stands
  /// nowhere; what each policy is for stands in its description.
  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    var text = ConfigurationText()
    let configuration = SRXConfiguration(plan)
    configuration.write(to: &text)
    return [text.artifact("srx.set", purpose: "lines for `load set terminal`")]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    var text = ConfigurationText()
    SRXConfiguration(plan).writeWayBack(to: &text)
    return [text.artifact(Self.wayBack, purpose: "lines for `load set terminal` that take it away")]
  }

  /// The name of the file with the way back.
  static let wayBack = "way-back.set"

  package func guide(to plan: FlowPlan) -> PlatformGuide? { SRXGuide(plan).guide }
}

extension SRXPlatform {
  package func helperType(for plan: FlowPlan) -> String {
    plan.platformVersion.flatMap { JunosVersion($0)?.letsTLSPass } == false ? "junos-ftp-old" : "junos-ftp"
  }
}
