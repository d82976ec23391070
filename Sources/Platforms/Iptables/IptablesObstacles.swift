import Diagnostics
import Flows

/// What of a plan cannot be said in rules of iptables, though the gateway can do such things.
struct IptablesObstacles {
  /// The most connections a minute that `hashlimit` lets come at once (`XT_HASHLIMIT_BURST_MAX_v1`).
  private static let mostPerMinute: UInt32 = 10_000

  let plan: FlowPlan

  init(_ plan: FlowPlan) { self.plan = plan }

  var findings: [Diagnostic] { sharedTotals + rates + ports }

  /// Rules of IPv4 and of IPv6 count apart.
  private var sharedTotals: [Diagnostic] {
    let families = Dictionary(grouping: plan.services, by: \.name).filter { Set($0.value.map(\.family)).count > 1 }
    return plan.totalLimits.filter { families[$0.publication] != nil }.map { total in
      .error(
        "platform-unsupported",
        "`\(total.publication)` asks for a limit of sessions over both families, which iptables counts apart",
        at: total.provenance,
        help:
          "limit the sessions of each client, let the server limit them with `max clients`, or publish each family "
          + "by a publication of its own")
    }
  }

  private var rates: [Diagnostic] {
    var known: Set<SourceSpan> = []
    return plan.services.flatMap { service in
      service.limits.filter { $0.limit.unit == .newPerMinutePerClient && $0.limit.count > Self.mostPerMinute }
        .filter { known.insert($0.provenance).inserted }.map { limit in
          .error(
            "platform-unsupported",
            "`\(service.name)` asks for a limit of \(limit.limit.count) new a minute; iptables counts to \(Self.mostPerMinute)",
            at: limit.provenance, help: "such a limit stops nobody; leave the statement out")
        }
    }
  }

  /// Where the kernel assigns the helper by itself it does so at eight ports at most.
  private var ports: [Diagnostic] {
    guard !plan.kernel.helpsByRule, plan.helperPorts.count > LinuxKernel.mostHelperPorts else { return [] }
    var known: Set<UInt16> = []
    let all = plan.helpedServices.filter { known.insert($0.serverControlPort).inserted }
    return all.dropFirst(LinuxKernel.mostHelperPorts).prefix(1).map { service in
      .error(
        "platform-unsupported",
        "`\(service.name)` is the ninth port with the FTP helper; the module takes \(LinuxKernel.mostHelperPorts)",
        at: service.provenance(of: .helper), help: "let servers have the same control port, or publish passive ranges"
      )
    }
  }
}
