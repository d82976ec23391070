package import Diagnostics
import PolicySyntax

/// A publication that nobody can dial.
package struct ExternalIPMissing: PublicationRule {
  package init() {}

  package let code = "external-ip-missing"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard !publication.cannotTell(.externalIP, .gateway) else { return nil }
    guard publication.externalAddresses.isEmpty else { return stranded(publication, in: context.policy) }
    let gateway = context.policy.gateway(of: publication)
    // Which gateway's default it is, is another question.
    guard gateway != nil || context.policy.gateways.count < 2 else { return nil }
    guard gateway?.unreadable.contains(.externalIP) != true else { return nil }
    return diagnostic(
      "`\(publication.name.value)` has no external address", at: publication.header,
      related: .place(gateway?.header, "this gateway has no default either"),
      help: "add `external ip ADDRESS` with the address that clients dial")
  }

  /// A server that runs on a gateway to which the gateways before it have no address to send to.
  private func stranded(_ publication: Publication, in policy: Policy) -> Diagnostic? {
    guard let last = publication.hops.last, last.server.isLocal,
      let outer = publication.hops.dropLast().first(where: { hop in
        hop.publication.externalAddresses.contains { hop.server.address($0.family) == nil }
      }), let inner = policy.gateway(at: last.gateway), !inner.unreadable.contains(.externalIP)
    else { return nil }
    let name = policy.gateway(at: outer.gateway)?.name.value ?? ""
    return diagnostic(
      "`\(publication.name.value)` is served by `\(inner.name.value)` itself, which has no address to which `\(name)` "
        + "could send its packets", at: publication.header,
      related: [Label(inner.header, "has no external address of that family")],
      help: "add `external ip ADDRESS` to `\(inner.name.value)` with the address that it has towards `\(name)`")
  }
}
