import Addressing
import Diagnostics
import Flows

/// What keeps a plan from being said in the words of RouterOS, beyond what it cannot do at all.
struct RouterOSObstacles {
  private let plan: FlowPlan

  init(_ plan: FlowPlan) { self.plan = plan }

  var findings: [Diagnostic] {
    var findings: [Diagnostic] = []
    let services = plan.services
    var named: Set<String> = []
    for service in services {
      if plan.name(of: .before) == nil, !named.contains(service.name), let finding = place(service) {
        named.insert(service.name)
        findings.append(finding)
      }
      if service.family == .ipv6 { findings += ipv6(service) }
      findings += rates(service)
    }
    return findings + sharedLimits(services)
  }

  private func error(
    _ message: String, at span: SourceSpan, help: String, related: [Label] = []
  ) -> Diagnostic {
    .error("platform-unsupported", message, at: span, related: related, help: help)
  }

  /// Why it cannot be said without lines in the `forward` chain. What is translated over IPv4 passes the rule that
  /// routers have from the factory; for the rest there is nothing like it.
  private func place(_ service: PublishedService) -> Diagnostic? {
    let reason: (words: String, span: SourceSpan)
    if let limit = service.limits.first {
      reason = ("its limit", limit.provenance)
    } else if service.family == .ipv6 {
      reason = ("IPv6", service.provenance(of: .address))
    } else if !service.isTranslated {
      reason = ("a server at its own address", service.provenance(of: .address))
    } else {
      return nil
    }
    return .error(
      "platform-input",
      "`\(service.name)` needs lines in the chain `forward` for \(reason.words), and nothing says where they belong",
      at: reason.span,
      help:
        "write `before \"COMMENT\"` into the gateway, with the comment of the rule of that chain that refuses the rest"
    )
  }

  private func ipv6(_ service: PublishedService) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    if service.wantsHelper, plan.mayUseDeviceSwitch {
      findings.append(
        error(
          "`\(service.name)` asks for the FTP helper over IPv6, and nothing is known of one in RouterOS",
          at: service.provenance(of: .helper),
          help: "write `helper off` and a passive range, or publish it over IPv4 alone"))
    }
    guard !plan.routerOSTranslatesIPv6, !service.isTranslated else { return findings }
    let help = RouterOSPlatform().advice(on: .ipv6Translation) ?? ""
    if service.translatesControl {
      findings.append(
        error(
          "`\(service.name)` has another control port than its server, and this RouterOS cannot translate it over IPv6",
          at: service.provenance(of: .control), help: help))
    }
    if service.wantsGatewaySource {
      findings.append(
        error(
          "`\(service.name)` asks for the gateway's address as source, which this RouterOS cannot give over IPv6",
          at: service.provenance(of: .source), help: help))
    }
    return findings
  }

  /// `dst-limit` is the kernel's `hashlimit`, which does not take bursts of more than 10000 packets in the kernels of
  /// RouterOS 6 (`XT_HASHLIMIT_BURST_MAX_v1`).
  private static let largestRate: UInt32 = 10_000

  private func rates(_ service: PublishedService) -> [Diagnostic] {
    service.limits.filter { $0.limit.unit == .newPerMinutePerClient && $0.limit.count > Self.largestRate }.map {
      error(
        "`\(service.name)` limits new connections to more than \(Self.largestRate) a minute, "
          + "which RouterOS cannot count",
        at: $0.provenance, help: "write a smaller number, or leave the limit out")
    }
  }

  /// Where a limit would count the connections of another publication too. The `forward` chain sees where a connection
  /// goes, and not which address the client dialled.
  private func sharedLimits(_ services: [PublishedService]) -> [Diagnostic] {
    struct Target: Hashable {
      var address: IPAddress
      var port: UInt16
    }
    var targets: [Target: [PublishedService]] = [:]
    for service in services {
      targets[Target(address: service.serverAddress, port: service.serverControlPort), default: []].append(service)
    }
    var blamed: Set<String> = []
    return services.compactMap { service -> Diagnostic? in
      guard let limit = service.limits.first(where: { $0.limit.unit != .sessions }) else { return nil }
      let target = Target(address: service.serverAddress, port: service.serverControlPort)
      guard let other = targets[target]?.first(where: { $0.name != service.name }) else { return nil }
      guard blamed.insert(service.name).inserted else { return nil }
      return error(
        "the limit of `\(service.name)` would count the connections of `\(other.name)` too, which arrive at the same "
          + "port of the server",
        at: limit.provenance,
        help: "let the server listen on a port of its own for each of them (`control port N -> M`), or count there",
        related: [Label(other.header, "has the same server and port")])
    }
  }
}
