package import Diagnostics
import PolicySyntax

/// A publication that nobody can dial.
package struct ExternalIPMissing: PublicationRule {
  package init() {}

  package let code = "external-ip-missing"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.externalAddresses.isEmpty, !publication.cannotTell(.externalIP, .gateway) else {
      return nil
    }
    let gateway = context.policy.gateway(of: publication)
    // Which gateway's default it is, is another question.
    guard gateway != nil || context.policy.gateways.count < 2 else { return nil }
    guard gateway?.unreadable.contains(.externalIP) != true else { return nil }
    return diagnostic(
      "`\(publication.name.value)` has no external address", at: publication.header,
      related: .place(gateway?.header, "this gateway has no default either"),
      help: "add `external ip ADDRESS` with the address that clients dial")
  }
}
