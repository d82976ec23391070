import Addressing
package import Diagnostics
package import Flows

/// Microsoft ISA Server 2004 and 2006, and Forefront Threat Management Gateway 2010, which have the same object model
/// (documented: SDKs of both): a script in JScript that makes server publishing rules.
///
/// A publication is two rules with a protocol definition each, one for the control connection and one for the passive
/// range, because ports of a definition with several cannot be overridden (documented: `OverridePublishPort`). No
/// definition of ours has an application filter. With `helper on` it is one rule with the predefined protocol, to which
/// the FTP Access Filter belongs: filters are a property of protocol definitions alone (documented:
/// `FPCProtocolDefinition.ApplicationFilters`).
package struct ISAPlatform: DevicePlatform {
  package let name: String
  private let device: String
  private let years: [String]
  /// The Windows on which it runs, and the ports from which that takes those of its own connections unless told
  /// otherwise (documented: KB929851). TMG runs on none older than 2008 (documented).
  let host: (title: String, outgoingPorts: ClosedRange<UInt16>)

  /// ISA Server.
  package static let isa = ISAPlatform(
    name: "isa", device: "Microsoft ISA Server 2004 or 2006", years: ["2004", "2006"],
    host: ("Windows Server 2003", 1025...5000))
  /// Forefront Threat Management Gateway.
  package static let tmg = ISAPlatform(
    name: "tmg", device: "Microsoft Forefront Threat Management Gateway 2010", years: ["2010"],
    host: ("Windows Server 2008", 49_152...65_535))

  package var forms: [String] { ["jscript"] }
  package var versions: String? { years.joined(separator: " or ") }
  package func knows(version: String) -> Bool { years.contains(version) }

  package var capabilities: Set<FlowFeature> {
    [
      .translation, .controlPortTranslation, .clients, .helper, .activeThroughHelper, .reach, .reachHelper,
      .reachUsers,
    ]
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .ipv6, .ipv6Translation: "publish it over IPv4 alone on this gateway, which forwards no IPv6"
    case .routedServer:
      "give it an external address of the firewall: server publishing needs a network rule with a NAT relation"
    case .localServer: "publish a server behind the firewall: what runs on it is let in by its system policy"
    case .helperBesideTLS:
      "leave `helper on` out: the FTP Access Filter ends every session that asks for TLS, and the passive range alone "
        + "carries them all"
    case .activeTranslation:
      "leave `active on` out: without the FTP Access Filter nothing opens the data connections of active mode"
    case .gatewaySource:
      "leave it out: the server sees the clients' addresses, and its default route leads through the firewall"
    case .reachSource:
      "leave it out: a network rule of the firewall says whether users leave with its address, and holds for all that they "
        + "do between two networks"
    case .logNew, .logDenied, .reachLogNew, .reachLogDenied:
      "leave the statement out: the firewall's own log has the connections that its rules allow and deny"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("\"External\"", "\"Internal\"") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    input == .outside || input == .inside ? .optional : .useless
  }

  /// Names of networks are those that somebody gave them; in the script every character can be said.
  package func fault(of name: String, as input: GatewayInput) -> String? { name.isEmpty ? "is empty" : nil }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    let others = plan.outside.dropFirst().map { network in
      Diagnostic.error(
        "platform-unsupported",
        plan.isOutbound
          ? "\(name) is written for users of one network, and `inside` names several"
          : "\(name) publishes a server at one network, and `outside` names several",
        at: network.provenance,
        help: plan.isOutbound
          ? "name the network of the users" : "name the network to which the external addresses belong")
    }
    guard !plan.isOutbound else { return others + filterOfUsers(plan) }
    let both = plan.services.filter { $0.wantsHelper && $0.passiveRange != nil && !$0.mayBeEncrypted }.map {
      service in
      Diagnostic.error(
        "platform-unsupported",
        "`\(service.name)` has both `helper on` and a passive range, and what the FTP Access Filter makes of replies that "
          + "name the external address is not known",
        at: service.provenance(of: .helper),
        help:
          "leave `helper on` out, because the range alone carries every passive session; for active mode, leave out "
          + "the range")
    }
    return others + both
  }

  /// What the predefined protocol cannot do for users: its port is 21.
  private func filterOfUsers(_ plan: FlowPlan) -> [Diagnostic] {
    plan.services.filter { $0.wantsHelper && !$0.mayBeEncrypted }.compactMap { service in
      if service.controlPort != 21 {
        return .error(
          "platform-unsupported",
          "`\(service.name)` asks for the FTP helper on port \(service.controlPort), and the FTP Access Filter of \(name) "
            + "belongs to a protocol on port 21",
          at: service.provenance(of: .helper), help: "ask the other side for its passive range, which needs no helper"
        )
      }
      guard service.passiveRange != nil else { return nil }
      return .error(
        "platform-unsupported",
        "`\(service.name)` has both `helper on` and a passive range, and a rule of \(name) has the FTP Access Filter or a "
          + "protocol of our own",
        at: service.provenance(of: .helper),
        help:
          "leave `helper on` out, because the range alone carries every passive session; for active mode, leave out "
          + "the range")
    }
  }

  package var commentMark: String { "//" }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    [ISAScript(plan, self).configuration(version)]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] { [ISAScript(plan, self).wayBack()] }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { isaGuide(to: plan, self) }

  /// The name of the script, and of the one that takes back what it made.
  var scriptName: String { "\(name).js" }
  var wayBackName: String { "\(name)-undo.js" }
  var title: String { device }

  /// The network where clients come from, or users: `External` is built in (documented: `FPCNetworkSet`), and so is
  /// `Internal`.
  func network(of plan: FlowPlan) -> String {
    plan.outside.first?.name ?? (plan.isOutbound ? "Internal" : "External")
  }
}

extension ISAPlatform {
  package func helperType(for plan: FlowPlan) -> String { "isa-ftp" }
}
