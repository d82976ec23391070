import Addressing
package import Diagnostics
package import Flows
package import Nftables

/// OpenWrt: sections of /etc/config/firewall, which fw4 reads from 22.03 on, and fw3 before. What fw4 makes of them is
/// taken from its source; redirects and `HELPER` rules were run through it, and sessions through those.
package struct OpenWrtPlatform: SessionPlatform {
  package var name: String { "openwrt" }
  package var isLinux: Bool { true }
  package var forms: [String] { ["uci", "batch"] }

  /// What is played follows the source of fw4, which cannot be had from a package.
  package var wasRun: Bool { false }

  package init() {}

  package var versions: String? { "19.07 or newer" }

  /// Releases from 19.07 on, with or without what follows: `23.05.2`.
  package func knows(version: String) -> Bool {
    guard let release = Release(version) else { return false }
    return release.year >= 19 && (release.year > 19 || release.month >= 7)
  }

  /// A section has one limit for all clients together, and cannot log on every release.
  package var capabilities: Set<FlowFeature> {
    [
      .ipv6, .ipv6Translation, .translation, .routedServer, .localServer, .controlPortTranslation, .clients, .helper,
      .helperBesideTLS, .activeThroughHelper, .activeRouted, .activeTranslation, .hairpin, .gatewaySource,
      .reach, .reachHelper, .reachSource, .reachUsers,
    ]
  }

  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    var able = capabilities
    if !plan.hasFw4 {
      able.subtract([.ipv6Translation, .helper, .activeTranslation, .gatewaySource, .reachHelper, .reachSource])
    }
    // A reflection is for the clients in the zone of the server, and only where that is known.
    if plan.inside.count != 1 { able.remove(.hairpin) }
    return able
  }

  package var writesBothDirections: Bool { true }

  /// A reflection lets in every client of the zone.
  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    Platforms.refusals(plan, on: self) { service in
      service.wantsHairpin && !service.denied.isEmpty && plan.inside.count == 1 ? [(.hairpin, .hairpin)] : []
    } + usersOfHelper(plan)
  }

  /// A rule that sets the helper names the zone where packets come from.
  private func usersOfHelper(_ plan: FlowPlan) -> [Diagnostic] {
    guard plan.inside.isEmpty, let gateway = plan.gateway,
      let helped = plan.outbound?.services.first(where: \.wantsHelper)
    else { return [] }
    return [
      .error(
        "platform-input",
        "openwrt has to be told `inside` of `\(gateway.name)`, because `\(helped.name)` has the FTP helper",
        at: gateway.platform ?? gateway.header, related: [Label(helped.provenance(of: .helper))],
        help: "write a statement such as `inside lan` into the `gateway` block, with the zone of the users")
    ]
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .hairpin:
      "name with `inside` the one zone where server and clients are, and keep no clients out by `deny`: a reflection "
        + "lets in all of the zone"
    case .helper, .reachHelper:
      "`HELPER` rules are known of 22.03 and later; on older releases open a passive range, and leave the helper out"
    case .ipv6Translation: "fw3, before 22.03, translates IPv4 only; let clients dial the server's own address"
    case .activeTranslation: "it is written for 22.03 and later; passive mode needs nothing of it"
    case .gatewaySource: "it is written for 22.03 and later; route the server's answers through the gateway"
    case .limitNewPerMinute, .limitPerClient, .limitTotal:
      "a limit of a section is one for all clients together; let the server limit"
    case .logNew, .logDenied: "not every release logs what it redirects; let the server log"
    case .reachSource: "it is written for 22.03 and later; `masq` of the outer zone hides users on every release"
    case .reachLogNew, .reachLogDenied:
      "not every release logs what a rule of a section meets; leave the statement out"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("wan", "lan") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside: .required
    case .inside: .optional
    default: .useless
    }
  }

  /// The name of a zone (`parse_identifier` in fw4.uc), without what it would allow besides: a zone has chains of its
  /// name.
  package func fault(of name: String, as input: GatewayInput) -> String? {
    guard let first = name.utf8.first, name.utf8.count <= 32 else { return "is not one to 32 characters long" }
    guard isWordCharacter(first), !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return "does not begin with a letter or `_`"
    }
    return name.utf8.allSatisfy { isWordCharacter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
      ? nil : "has other characters than letters, digits, `-`, `.` and `_`"
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let sections = OpenWrtSections(plan)
    return [form == "batch" ? sections.batch : sections.configuration(version: version)]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] { [OpenWrtSections(plan).wayBack] }

  package func ruleset(of plan: FlowPlan) -> Ruleset { Ruleset([OpenWrtSections(plan).table]) }

  static let wayBackName = "remove.batch"

  /// A release as it is called, by year and month.
  struct Release {
    let year: UInt8
    let month: UInt8

    init?(_ version: String) {
      let parts = version.split(separator: ".", omittingEmptySubsequences: false)
      let numbers = parts.map { UInt8($0) }
      guard (2...3).contains(parts.count), parts[1].count == 2, numbers.allSatisfy({ $0 != nil }),
        let year = numbers[0], let month = numbers[1], (1...12).contains(month)
      else { return nil }
      (self.year, self.month) = (year, month)
    }
  }
}

extension FlowPlan {
  /// Whether the configuration is read by fw4: from 22.03 on, and where the policy names no version.
  var hasFw4: Bool {
    guard let version = platformVersion, let release = OpenWrtPlatform.Release(version) else { return true }
    return release.year >= 22
  }
}
