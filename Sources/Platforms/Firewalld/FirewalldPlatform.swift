import Addressing
package import Diagnostics
package import Flows
package import Nftables

/// firewalld from 0.9 on, which has policy objects: its permanent configuration, as files below /etc/firewalld. What it
/// makes of them was seen with 1.3.3 and its nftables backend.
package struct FirewalldPlatform: SessionPlatform {
  package var name: String { "firewalld" }
  package var isLinux: Bool { true }
  package var forms: [String] { ["xml"] }

  package init() {}

  package var versions: String? { "0.9 to 2.x" }

  /// Versions 0.9, 1 and 2, with or without what follows: `1.3.3`.
  package func knows(version: String) -> Bool {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0 != nil }) else { return false }
    return parts.first == 1 || parts.first == 2 || parts.prefix(2) == [0, 9]
  }

  /// A rich rule that translates sources has no ports, so that neither `hairpin` nor `source gateway` could be kept to
  /// one publication (users of a `reach` get their source from a table beside it); the limit of a rich rule is one for
  /// all clients together.
  package var capabilities: Set<FlowFeature> {
    [
      .ipv6, .ipv6Translation, .translation, .routedServer, .localServer, .controlPortTranslation, .clients, .helper,
      .helperBesideTLS, .activeThroughHelper, .activeRouted, .logNew, .reach, .reachHelper, .reachSource, .reachUsers,
      .reachLogNew, .reachLogDenied,
    ]
  }

  package var writesBothDirections: Bool { true }

  /// What it can do for some servers only.
  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    Platforms.refusals(plan, on: self) { service in
      let isShifted = service.controlPort != service.serverControlPort
      var refused: [(FlowFeature, ServiceAspect)] = []
      // A `forward-port` with a `log` logs nothing (measured with 1.3.3).
      if service.logs(.new), service.isTranslated || isShifted { refused.append((.logNew, .log)) }
      // What the machine itself opens passes; what a server behind it opens is up to zones of others.
      if service.opensActiveData, service.isRouted { refused.append((.activeRouted, .active)) }
      // A translation to the address that a packet has already is none for the kernel, so that on the machine itself
      // the passive ports would need a policy of their own.
      if service.isLocal, isShifted { refused.append((.controlPortTranslation, .control)) }
      return refused
    }
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .hairpin:
      "let the names that clients inside ask for resolve to the server's own address there, or use `platform nftables`"
    case .gatewaySource: "route the server's answers through the gateway, or use `platform nftables`"
    case .limitNewPerMinute, .limitPerClient, .limitTotal:
      "a limit of a rich rule is one for all clients together; let the server limit, or use `platform nftables`"
    case .logNew:
      "it logs nothing of what a `forward-port` translates; let the server log, or use `platform nftables`"
    case .logDenied:
      "switch on `LogDenied` in firewalld.conf, which logs for the whole machine, or let the server log"
    case .activeRouted, .activeTranslation:
      "leave `active on` out: passive mode needs nothing of it; or use `platform nftables`"
    case .controlPortTranslation: "let the server on the gateway itself listen on the port that clients dial"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("external", "internal") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside: .required
    case .inside: .optional
    default: .useless
    }
  }

  /// The name of a zone: at most 17 characters (firewalld.zone(5)), here without folders.
  package func fault(of name: String, as input: GatewayInput) -> String? {
    guard (1...17).contains(name.utf8.count) else { return "is not one to 17 characters long" }
    guard name.utf8.allSatisfy({ isWordCharacter($0) || $0 == UInt8(ascii: "-") }) else {
      return "has other characters than letters, digits, `-` and `_`"
    }
    return name == "ANY" || name == "HOST" ? "is a word of firewalld, and no zone" : nil
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    FirewalldRules(plan).files(version: version)
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    let others = FirewalldHelper.files(plan) + KernelFiles(plan).artifacts
    return others + [wayBack(of: plan, beside: others)]
  }

  package func ruleset(of plan: FlowPlan) -> Ruleset {
    Ruleset([FirewalldRules(plan).table(plan), FirewalldHelper.table(plan)].compactMap(\.self))
  }

  /// Takes away what the bundle put in place, and nothing else.
  private func wayBack(of plan: FlowPlan, beside others: [Artifact]) -> Artifact {
    var text = ConfigurationText()
    text.add("#!/bin/sh")
    text.add("# Takes away what sallyport put in place for firewalld; README.md says what has to follow.")
    for path in FirewalldRules(plan).destinations { text.add("rm -f \(path)") }
    if plan.needsSideTable {
      text.add("systemctl disable --now \(FirewalldHelper.unit) 2>/dev/null")
      text.add("nft delete table inet \(FirewalldHelper.tableName) 2>/dev/null")
    }
    for path in others.compactMap(\.destination) { text.add("rm -f \(path)") }
    text.add("true")
    return text.artifact(Self.wayBackName, purpose: "the way back")
  }

  static let wayBackName = "remove.sh"
}
