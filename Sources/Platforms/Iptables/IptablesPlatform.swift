import Addressing
package import Diagnostics
package import Flows
package import Nftables

/// iptables and ip6tables on Linux from 2.4 on, with either backend: chains of our own in each table, one file for each
/// family, loaded beside everybody else's rules.
///
/// Its version is that of the kernel, because that is what decides how a helper is assigned; nothing stands for a
/// present-day one.
package struct IptablesPlatform: SessionPlatform {
  package var name: String { "iptables" }
  package var isLinux: Bool { true }
  /// `restore`: lists of clients are rules. `ipset`: they are sets of ipset, with a file of their own.
  package var forms: [String] { ["restore", "ipset"] }
  package var capabilities: Set<FlowFeature> { Set(FlowFeature.allCases) }
  package var writesBothDirections: Bool { true }

  package init() {}

  package var versions: String? { "kernels 2.4, 2.6 and 3.0 or newer" }

  package func knows(version: String) -> Bool { LinuxKernel(version) != nil }

  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    var can = capabilities
    let kernel = plan.kernel
    if !kernel.hasRevisions {
      can.subtract([.ipv6, .hairpin, .gatewaySource, .limitNewPerMinute, .limitPerClient, .limitTotal, .reachSource])
    }
    if !kernel.translatesIPv6 { can.remove(.ipv6Translation) }
    // The module reads at every port that it is given, whatever the address.
    if !kernel.helpsByRule, !plan.mayUseDeviceSwitch { can.subtract([.helper, .reachHelper]) }
    return can
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .helper, .reachHelper:
      "kernels before 3.5 give the helper to every connection to its port; `helper scope device` in the `gateway` block "
        + "says that they may, and a passive range needs no helper"
    case .ipv6Translation: "kernels translate IPv6 from 3.7 on; publish the server's own IPv6 address"
    case .ipv6, .hairpin, .gatewaySource, .reachSource, .limitNewPerMinute, .limitPerClient, .limitTotal:
      "kernels can from 2.6.25 on; leave the statement out, or write the version that the gateway has"
    default: nil
    }
  }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside, .inside: .optional
    case .helperScope: plan.kernel.helpsByRule ? .useless : .optional
    default: .useless
    }
  }

  /// What Linux cannot have, and what iptables takes for something else: `+` at the end stands for any ending, and old
  /// versions take `!` for "not".
  package func fault(of name: String, as input: GatewayInput) -> String? {
    if let fault = faultOfLinuxInterface(name) { return fault }
    if name.hasSuffix("+") { return "ends in `+`, which iptables takes for any ending" }
    return name.hasPrefix("!") ? "begins with `!`, which iptables takes for \"not\"" : nil
  }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] { IptablesObstacles(plan).findings }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let lowered = IptablesLowering.lower(plan, usesSets: form == "ipset")
    let sets = ClientSet.artifact(lowered.flatMap(\.sets))
    return (sets.map { [$0] } ?? [])
      + lowered.map { family, _ in
        var text = ConfigurationText()
        let program = family.family == .ipv4 ? "iptables" : "ip6tables"
        text.add("# Compiled by sallyport \(version). Owns the chains SALLYPORT-* and touches no others.")
        text.add("# Load it with apply.sh, or once with \(program)-restore --noflush.")
        family.write(to: &text)
        return text.artifact(
          family.family.rulesFile, destination: "/etc/sallyport/\(family.family.rulesFile)",
          purpose: "the rules of \(program)")
      }
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    IptablesScripts.artifacts + KernelFiles(plan, plan.kernel).artifacts
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { iptablesGuide(plan) }

  package func ruleset(of plan: FlowPlan) -> Ruleset {
    Ruleset(IptablesLowering.lower(plan, isModel: true).flatMap(\.rules.model))
  }
}

extension AddressFamily {
  /// The file with the rules of the family.
  var rulesFile: String { self == .ipv4 ? "sallyport.v4.rules" : "sallyport.v6.rules" }
}
