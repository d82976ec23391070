package import Diagnostics
import PolicySyntax

/// A `reach` that does not say what users dial, or says it twice.
package struct ReachTarget: ReachRule {
  package init() {}

  package let code = "reach-target"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    let name = reach.name.value
    switch (reach.serverSpan, reach.publication) {
    case (nil, nil) where !reach.cannotTell(.server, .publication):
      return [
        diagnostic(
          "`\(name)` names neither a server nor a publication", at: reach.header,
          help: "add `server ADDRESS`, or `publication NAME` for one of this policy")
      ]
    case (let server?, let publication?):
      return [
        diagnostic(
          "`\(name)` names both a server and a publication, and they may differ", at: publication.span,
          related: [Label(server, "the server")],
          help: "keep `publication`, which says the addresses, for one of this policy, and `server` for any other")
      ]
    default: return []
    }
  }
}
