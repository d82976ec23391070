import Addressing
package import Diagnostics

/// An external address that two gateways of one path have.
package struct ExternalIPClaimedTwice: PolicyRule {
  package init() {}

  package let code = "external-ip-claimed-twice"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    guard policy.gateways.count > 1 else { return [] }
    var firsts: [Claim: (gateway: Int, place: SourceSpan)] = [:]
    var diagnostics: [Diagnostic] = []
    for position in policy.gateways.indices {
      let gateway = policy.gateways[position]
      for external in gateway.externalAddresses {
        for address in external.at.map({ [external.dialled, $0] }) ?? [external.dialled] {
          // What a box before a gateway translates to may be the same address in many places.
          let isPrivate = address.value.scope == .privateUse
          let claim = Claim(address: address.value, path: isPrivate ? policy.outermost(of: position) : nil)
          guard let first = firsts[claim], first.gateway != position else {
            firsts[claim] = firsts[claim] ?? (position, address.span)
            continue
          }
          let other = policy.gateways[first.gateway].name.value
          diagnostics.append(
            diagnostic(
              "gateways `\(other)` and `\(gateway.name.value)` both have the address `\(address.value)`",
              at: address.span, related: [Label(first.place, "the first one")],
              help:
                "write the address that each gateway has itself; a publication names with `external ip` what clients "
                + "dial"))
        }
      }
    }
    return diagnostics
  }
}

/// An address, and for a private one the gateway by which everything comes in where it is.
private struct Claim: Hashable {
  var address: IPAddress
  var path: Int?
}

extension Policy {
  /// The gateway further out than all others on the path of one.
  fileprivate func outermost(of gateway: Int) -> Int? { path(to: gateway).first }
}
