import Addressing
import Diagnostics
import Flows
import Nftables

/// Entries that the dynamic sets of limits hold at most; a full set stops to limit.
private let dynamicSetSize = 65535

/// `limit`: what exceeds a limit is denied. One rule and two sets for each distinct number, because the number is part
/// of the rule.
func lowerLimits(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for family in plan.families {
    for (limit, flows) in family.limits { lower(limit, flows, family.family, &builder) }
  }
  lowerTotals(plan, &builder)
}

/// `limit N sessions` of a publication with several addresses: an element counts the connections to one, so such a
/// publication has a chain whose one rule counts the connections to all.
private func lowerTotals(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  for total in plan.totalLimits {
    let rule = Rule([total.limit.statement, .denyExcess], comment: total.limit.words, provenance: [total.provenance])
    builder.addPublicationChain(.sessions(publication: total.publication), rules: [rule])
  }
  for flows in plan.families {
    let family = flows.family
    let map = NamedSet(.family(.sessions, family), of: flows.totallyLimited, family, data: [.verdict]) {
      [.verdict(.jump(ChainName.sessions(publication: $0.service.name).text))]
    }
    guard builder.add(map) else { continue }
    builder.add(
      .verdictMap(key: .dialled(family), name: map.name), to: .admission,
      provenance: map.elements.firstProvenance)
  }
}

private func lower(
  _ limit: ConnectionLimit, _ flows: [ControlFlow], _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let set = NamedSet(.limit(limit, family), of: flows, family)
  guard builder.add(set) else { return }
  let provenance = set.elements.firstProvenance
  let state = SetName.limitState(limit, family).text
  let fields = FlowSide.dialled.key(family) + (limit.unit == .sessions ? [] : [.source(family)])
  let isRate = limit.unit == .newPerMinutePerClient
  builder.add(
    NamedSet(
      state, key: fields, flags: isRate ? [.dynamic, .timeout] : [.dynamic], size: dynamicSetSize,
      timeout: isRate ? 300 : 0, provenance: provenance.map { [$0] } ?? []))
  builder.add(
    .in(.dialled(family), .limit(limit, family)),
    .dynamic(operation: isRate ? "update" : "add", set: state, key: .concatenation(fields), limit.statement),
    .denyExcess,
    to: .admission, comment: limit.words, provenance: provenance)
}

extension ConnectionLimit {
  fileprivate var statement: Statement {
    switch unit {
    case .newPerMinutePerClient: .limit(Rate(count, per: .minute, burst: count, over: true))
    case .sessionsPerClient, .sessions: .connectionCount(over: count)
    }
  }
}
