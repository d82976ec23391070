import Addressing
import Diagnostics
package import Nftables
import Parallel
package import Policy

/// Turns the publications of one gateway into our table.
///
/// The number of rules depends on which statements the policy uses, never on how often: what differs between
/// publications lies in sets and maps. (The exceptions: a rule for each distinct number in a `limit`; a chain for each
/// publication that is logged, because a log prefix is part of a rule; one for each that counts its sessions over both
/// families, because a set holds one; and one for each long list of clients that several addresses have in common.)
///
/// - Parameters:
///   - policy: A policy without errors.
///   - gateway: Position in `Policy.gateways`; `nil` for a policy that declares none.
///   - longestRepeated: Of how many ranges of addresses a list of clients is at most that is repeated for each address
///     which it is about; a longer one that is said more than once is kept once.
///   - keep: Is given what the table is made of. Whoever keeps it does not wait until all of that is taken apart.
package func lower(
  _ policy: Policy, gateway: Int?, longestRepeated: Int = 16, keeping keep: (any Sendable) -> Void = { _ in }
) -> Table {
  let services = Services(declaredServices(of: policy, gateway: gateway))
  keep(services)
  let interfaces = gateway.flatMap { policy.gateways.indices.contains($0) ? policy.gateways[$0] : nil }
  let empty = TableBuilder(
    outside: interfaces?.outside ?? [], inside: interfaces?.inside ?? [], longestRepeated: longestRepeated)
  var builder = empty
  let isLarge = policy.publications.count >= 2 * worthAThread
  let parts = inParallel(steps.count, isUneven: true, worthIt: isLarge) { part in
    var builder = empty
    for step in steps[part] { step(services, &builder) }
    return builder
  }
  for part in parts { builder.append(part) }
  lowerEntrance(services, &builder)
  return builder.table()
}

/// One aspect of the policy: adds its sets and rules to the table.
typealias LoweringStep = @Sendable (Services, inout TableBuilder) -> Void

/// Every step but the entrance, in the order in which their rules stand in a chain; none asks what another one added.
/// The entrance comes last, because it leads only where rules are.
private let steps: [LoweringStep] = [
  lowerClients,
  lowerLimits,
  lowerHelper,
  lowerLog,
  lowerControl,
  lowerPassive,
  lowerRelated,
  lowerActive,
  lowerHairpin,
  lowerHairpinPorts,
  lowerSource,
]

/// Publications that are worth a thread of their own.
let worthAThread = 500
