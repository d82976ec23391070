package import Compilation
package import Diagnostics
import Flows
import Nftables
import Platforms
import Policy

/// What a machine says about a policy.
package struct KernelReport: Sendable {
  /// Errors and warnings at the statements that they concern, in the order of the text, after `# allow:` comments.
  package var diagnostics: [Diagnostic] = []
  /// Why the kernel could not be asked, or not to the end; `nil` when it was.
  package var failure: NetfilterFailure?

  package init(diagnostics: [Diagnostic] = [], failure: NetfilterFailure? = nil) {
    self.diagnostics = diagnostics
    self.failure = failure
  }
}

extension Compilation {
  /// Tries the ruleset of every gateway in the kernel, without a change, and looks at what else is there: rules of
  /// others, interfaces, addresses.
  ///
  /// - Parameters:
  ///   - backend: Whoever knows the kernel's rules.
  ///   - forwarding: Whether the kernel forwards.
  ///   - surroundings: The interfaces, addresses and routes of the machine; without them they are not looked at.
  ///   - gateway: Position in `Policy.gateways` of the one that the machine is; without it what the machine has tells,
  ///     or all are tried.
  ///   - version: The version of the program, which stands at the head of a script.
  package func kernelReport(
    from backend: some NetfilterBackend, forwarding: ForwardingSettings, surroundings: HostSurroundings? = nil,
    gateway: Int? = nil, version: String
  ) async -> KernelReport {
    let indices = policy.gateways.isEmpty ? [nil] : gateway.map { [$0] } ?? policy.gatewayPositions
    let views = indices.compactMap { GatewayView(self, gateway: $0) }
    let own = views.count > 1 ? surroundings.flatMap { ownGateway(on: $0.machine) } : views.first?.index
    let here = views.count > 1 && own != nil ? views.filter { $0.index == own } : views
    var report = KernelReport()
    report.diagnostics = here.flatMap { forwardingFindings($0, forwarding, surroundings?.machine) }
    if let surroundings {
      report.diagnostics +=
        here.count == 1
        ? here.flatMap { machineFindings($0, surroundings.machine) } : [gatewayUnknown].compactMap(\.self)
    }
    do throws(NetfilterFailure) {
      // What was found already stops sessions, too, and is not told twice.
      let isHere = surroundings != nil && here.count == 1 && report.diagnostics.allSatisfy { !$0.isAboutTheWay }
      report.diagnostics += try await foreignFindings(here, backend, surroundings, isHere: isHere)
      for view in views {
        let script = view.table.script(header: view.platform.header(version: version))
        report.diagnostics += refusals(try await backend.dryRun(script.bytes), of: script, view)
      }
    } catch {
      report.failure = error
    }
    report.diagnostics = withoutAllowed(report.diagnostics).inSourceOrder()
    return report
  }

  /// libnftables 1.0.6 still lists chains where sets of a newer nft crash everything else: then their policies tell a
  /// part.
  private func foreignFindings(
    _ views: [GatewayView], _ backend: some NetfilterBackend, _ surroundings: HostSurroundings?, isHere: Bool
  ) async throws(NetfilterFailure) -> [Diagnostic] {
    let ruleset: Ruleset
    do throws(NetfilterFailure) {
      ruleset = try await backend.ruleset()
    } catch {
      guard error.isOfLibrary, !Task.isCancelled else { throw error }
      let chains = try await backend.baseChains()
      return views.flatMap { unreadChainFindings($0, chains) }
    }
    return views.flatMap { Netfilter.foreignFindings($0, ruleset, surroundings, isHere: isHere) }
  }
}

extension Diagnostic {
  /// Whether it says that the machine lacks an interface or address of the policy, or does not forward.
  fileprivate var isAboutTheWay: Bool {
    ["forwarding-off", "interface-missing", "interface-enslaved", "local-address-missing", "external-address-absent"]
      .contains(code)
  }
}

/// One gateway of a policy, with all that findings about its kernel ask for.
struct GatewayView {
  let compilation: Compilation
  /// Its position in the policy.
  let index: Int?
  /// `nil` when the policy declares none.
  let gateway: Gateway?
  let services: [PublishedService]
  /// What `reach` blocks of the gateway lead to.
  let reached: [PublishedService]
  let platform: any TablePlatform
  let table: Table

  /// - Returns: `nil` for a gateway whose platform has no table of ours.
  init?(_ compilation: Compilation, gateway index: Int?) {
    guard let platform = compilation.tablePlatform(of: index) else { return nil }
    let compilation = compilation.seen(from: index)
    let plan = compilation.flows(gateway: index)
    self.platform = platform
    let policy = compilation.policy
    self.compilation = compilation
    self.index = index
    gateway = policy.gateway(at: index)
    services = plan.services
    reached = plan.outbound?.services ?? []
    table = platform.table(of: plan)
  }

  /// Where to show what concerns these services and has no statement of its own: the declaration of the gateway, or the
  /// first of their publications.
  func anchor(_ services: [PublishedService]) -> SourceSpan? {
    services.map(\.publication.header).min().map { gateway?.header ?? $0 }
  }
}
