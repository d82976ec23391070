package import Diagnostics
package import Flows

extension Platforms {
  /// What a plan asks for that neither the server nor the platform of the gateway does, and that nothing needs to work:
  /// a note at each statement.
  package static func omissionFindings(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    let capabilities = platform.capabilities(for: plan)
    return plan.demands.filter { !capabilities.contains($0.feature) && $0.feature.mayBeLeftOut }.map { demand in
      Diagnostic(
        .note, "platform-omits",
        "`\(demand.publication)` asks for \(demand.feature.words), and \(platform.name) does not do that",
        at: demand.provenance,
        help: "keep it off by other rules of the firewall, or say that it may be on")
    }
  }
}
