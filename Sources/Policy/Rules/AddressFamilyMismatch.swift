import Addressing
package import Diagnostics

/// An external address of a family in which the server has no address.
package struct AddressFamilyMismatch: PolicyRule {
  package init() {}

  package let code = "address-family-mismatch"
  package let severity = Severity.error

  package func check(_ context: RuleContext) -> [Diagnostic] {
    context.published.flatMap { published -> [Diagnostic] in
      let publication = published.publication
      let server = published.server
      guard !server.isLocal, !server.addresses.isEmpty else { return [] }
      let orphans = publication.externalAddresses.filter { server.address($0.family) == nil }.map(\.dialled)
      guard let first = orphans.first else { return [] }
      let defaults = context.policy.gateway(of: publication)?.externalAddresses ?? []
      guard !defaults.contains(where: { $0.dialled.span == first.span }) else {
        // What a gateway offers to all its publications need not suit every server.
        return published.endpoints.isEmpty ? [mismatch(published, first, at: publication.header)] : []
      }
      return orphans.map { mismatch(published, $0, at: $0.span) }
    }
  }

  private func mismatch(
    _ published: Published, _ external: Located<IPAddress>, at span: SourceSpan
  ) -> Diagnostic {
    let family = external.value.family.title
    let place = span == external.span ? [] : [Label(external.span, "the gateway's external address")]
    return diagnostic(
      "server `\(published.server.name.value)` has no \(family) address for `\(external.value)` to lead to",
      at: span, related: place + published.server.addresses.map { Label($0.span) },
      help: "add the server's \(family) address, or take this external address out")
  }
}
