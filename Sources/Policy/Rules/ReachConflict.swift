import Addressing
package import Diagnostics
import PolicySyntax

/// Two `reach` blocks of one gateway that contradict each other about one server: the gateway cannot tell their
/// connections apart.
package struct ReachConflict: PolicyRule {
  package init() {}

  package let code = "reach-conflict"
  package let severity = Severity.error

  private struct Place: Hashable {
    var gateway: Int?
    var address: IPAddress
    var port: UInt16
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var known: [Place: (reach: Outreach, access: Publication)] = [:]
    var told: Set<String> = []
    var found: [Diagnostic] = []
    for reach in context.policy.reaches {
      for access in reach.accesses {
        for address in access.externalAddresses {
          let place = Place(
            gateway: reach.gateway, address: address.dialled.value, port: access.controlPort.value.external)
          guard let first = known[place] else {
            known[place] = (reach, access)
            continue
          }
          guard first.reach !== reach, told.insert(reach.name.value).inserted else { continue }
          found += conflicts(reach, access, first.access, address.dialled.value)
        }
      }
    }
    return found
  }

  private func conflicts(
    _ reach: Outreach, _ access: Publication, _ first: Publication, _ address: IPAddress
  ) -> [Diagnostic] {
    let differences: [(word: ReachWord, differs: Bool, own: SourceSpan?, other: SourceSpan?)] = [
      (.tls, access.tls.value != first.tls.value, access.tls.span, first.tls.span),
      (.helper, access.helper.value != first.helper.value, access.helper.span, first.helper.span),
      (.active, access.active.value != first.active.value, access.active.span, first.active.span),
      (.source, access.source.value != first.source.value, access.source.span, first.source.span),
    ]
    return differences.filter { $0.differs && !reach.cannotTell($0.word) }.map { difference in
      let place = difference.own ?? reach.header
      let other = difference.other ?? first.header
      return diagnostic(
        "`\(access.name.value)` and `\(first.name.value)` want different things of `\(difference.word.spelling)` at "
          + "`\(address)`, port \(access.controlPort.value.external)",
        at: place, related: other == place ? [] : [Label(other, "the other one")],
        help: "say the same in both: the gateway cannot tell their connections apart")
    }
  }
}
