package import Diagnostics

/// An interface that is outside and inside at once.
package struct InterfaceOnBothSides: PolicyRule {
  package init() {}

  package let code = "interface-on-both-sides"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.policy.gateways.flatMap { gateway in
      let outside = Dictionary(
        gateway.outside.map { ($0.value, $0.span) }, uniquingKeysWith: { first, _ in first })
      return gateway.inside.compactMap { interface in
        outside[interface.value].map { span in
          diagnostic(
            "interface `\(interface.value)` of gateway `\(gateway.name.value)` is outside and inside at once",
            at: interface.span, related: [Label(span, "outside here")], help: "keep it on one side")
        }
      }
    }
  }
}
