import Addressing
import Diagnostics
package import Flows
package import Nftables
import Parallel

/// Turns the flows of one gateway into our table. What `reach` blocks ask for is lowered by the same steps, and lies
/// beside it under names of its own (`Table.namedForReach`).
///
/// The number of rules depends on which statements the policy uses, not on how many publications use them: what differs
/// between publications lies in sets and maps. (The exceptions: a rule for each distinct number in a `limit`; a chain
/// for each publication that is logged, because a log prefix is part of a rule; one for each that counts its sessions
/// over both families, because a set holds one; and one for each long list of clients that several addresses have in
/// common.)
///
/// - Parameter longestRepeated: A list of clients with at most so many ranges of addresses is repeated for each address
///   that uses it; a longer one that several use is kept once.
package func lower(_ plan: FlowPlan, longestRepeated: Int = 16) -> Table {
  let empty = TableBuilder(longestRepeated: longestRepeated)
  var builder = empty
  let parts = inParallel(steps.count, isUneven: true, worthIt: plan.isLarge) { part in
    var builder = empty
    for step in steps[part] { step(plan, &builder) }
    return builder
  }
  for part in parts { builder.append(part) }
  lowerCounts(plan, &builder)
  lowerEntrance(plan, &builder)
  let table = builder.table()
  guard let outbound = plan.outbound else { return table }
  return table.joined(with: lower(outbound, longestRepeated: longestRepeated).namedForReach)
}

/// One aspect of the policy: adds its sets and rules to the table.
typealias LoweringStep = @Sendable (FlowPlan, inout TableBuilder) -> Void

/// Every step but the entrance, in the order in which their rules stand in a chain; none asks what another one added.
/// The entrance comes last, because it leads only where rules are.
private let steps: [LoweringStep] = [
  lowerClients,
  lowerLimits,
  lowerHelper,
  lowerMark,
  lowerLog,
  lowerControl,
  lowerPassive,
  lowerRelated,
  lowerActive,
  lowerHairpin,
  lowerHairpinPorts,
  lowerSource,
]
