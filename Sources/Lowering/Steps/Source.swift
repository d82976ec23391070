import Addressing
import Nftables
import Policy

/// `source gateway`: the server sees the gateway's address on control and data alike; a server that compares the
/// two refuses anything less. Data connections of the helper follow their control connection by themselves.
func lowerSource(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.gatewaySource) {
    masquerade("gateway_source", services, .translated, &builder) { _ in .isTranslated }
    masquerade("gateway_source_routed", services, .routed, &builder) {
      $0.outside.isEmpty ? .isNew : .in(.inputInterface, outsideSet)
    }
  }
}

private func masquerade(
  _ name: String, _ services: FamilyServices, _ reach: Reach, _ builder: inout TableBuilder,
  when condition: (TableBuilder) -> Statement
) {
  let family = services.family
  var claims = PortClaims(services)
  for service in services.outlines where service.has(.gatewaySource) && service.reach == reach {
    claims.addServed(service, provenance: services[service].publication.source.span ?? service.header)
  }
  let elements = PortSegments(claims).elements()
  guard builder.add(.ports(name + "_v", family, elements)) else { return }
  builder.add(
    condition(builder), .in(.dialled(family), name + "_v" + family.suffix), .masquerade, to: .postrouting,
    comment: "source gateway", provenance: elements.firstProvenance)
}
