import Addressing
package import Diagnostics
import PolicySyntax

/// A user whom no packet from inside can be of.
package struct ReachUsersOutside: ReachRule {
  package init() {}

  package let code = "reach-users-outside"
  package let severity = Severity.warning

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    let own = context.policy.gateway(at: reach.gateway)?.externalAddresses ?? []
    return reach.allow.compactMap { term -> Diagnostic? in
      guard case .prefix(let prefix) = term.kind else { return nil }
      let reason: String
      var related: [Label] = []
      if let unusable = prefix.length > 0 ? prefix.address.unusableReason : nil {
        reason = "is \(unusable)"
      } else if let server = reach.dialled.first(where: { prefix == Prefix($0.value) }) {
        reason = "is the server"
        related = server.span == term.span ? [] : [Label(server.span, "the server")]
      } else if let external = own.first(where: { prefix == Prefix($0.arrival.value) }) {
        reason = "is the gateway's own outside"
        related = [Label(external.arrival.span, "its external address")]
      } else {
        return nil
      }
      return diagnostic(
        "no user has the address `\(prefix.length == prefix.family.bits ? "\(prefix.address)" : "\(prefix)")`, which \(reason)",
        at: term.span, related: related, help: "write addresses that users behind the gateway have")
    }
  }
}
