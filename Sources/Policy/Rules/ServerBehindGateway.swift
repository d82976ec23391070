import Addressing
package import Diagnostics

/// A server that stands behind a gateway further in, by what the policy says elsewhere, and is published past it.
package struct ServerBehindGateway: PolicyRule {
  package init() {}

  package let code = "server-behind-gateway"
  package let severity = Severity.warning

  /// Where an address is, as something in the policy says.
  private struct Place {
    var gateway: Int
    var span: SourceSpan
    /// Whether it is the gateway's own address.
    var isOwn: Bool
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    let policy = context.policy
    guard policy.hasPaths else { return [] }
    let places = places(context)
    return context.published.compactMap { published in
      guard let gateway = published.publication.gateway else { return nil }
      for address in published.server.addresses {
        let further = places[address.value, default: []].first { place in
          place.gateway != gateway && policy.path(to: place.gateway).contains(gateway)
        }
        if let further { return finding(published, address.value, further, in: policy) }
      }
      return nil
    }
  }

  /// Addresses that are behind inner gateways, or those of inner gateways, each gateway once.
  private func places(_ context: RuleContext) -> [IPAddress: [Place]] {
    let policy = context.policy
    var places: [IPAddress: [Place]] = [:]
    func isInner(_ gateway: Int) -> Bool { policy.gateway(at: gateway)?.behind != nil }
    for (position, gateway) in policy.gateways.enumerated() where isInner(position) {
      for external in gateway.externalAddresses {
        places[external.arrival.value, default: []].append(
          Place(gateway: position, span: external.arrival.span, isOwn: true))
      }
    }
    for published in context.published {
      guard let gateway = published.publication.gateway, isInner(gateway) else { continue }
      for address in published.server.addresses {
        guard places[address.value]?.last?.gateway != gateway else { continue }
        places[address.value, default: []].append(
          Place(gateway: gateway, span: published.publication.header, isOwn: false))
      }
    }
    return places
  }

  private func finding(
    _ published: Published, _ address: IPAddress, _ place: Place, in policy: Policy
  ) -> Diagnostic {
    let name = policy.gateway(at: place.gateway)?.name.value ?? ""
    return diagnostic(
      place.isOwn
        ? "the server of `\(published.name)` has the address \(address), which is that of gateway `\(name)`"
        : "the server of `\(published.name)`, \(address), is behind gateway `\(name)` as well, whose rules its sessions "
          + "pass without being expected there",
      at: published.publication.header, related: [Label(place.span, place.isOwn ? "has it" : "behind that one here")],
      help:
        "write `gateway \(name)`, from which the path leads outwards; where another machine is meant that has this "
        + "address in another network, allow the warning")
  }
}
