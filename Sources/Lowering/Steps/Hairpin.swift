import Addressing
import Nftables
import Policy

/// `hairpin on`: to a client inside, the server would answer directly, and the client would drop the answer; so such
/// connections come from the gateway's address, control and data alike.
func lowerHairpin(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.hairpin) {
    let family = services.family
    var claims = PortClaims(services)
    for service in services.outlines where service.has(.hairpin) && service.reach == .translated {
      claims.addServed(
        service, provenance: services[service].publication.hairpin.span ?? service.header)
    }
    let elements = PortSegments(claims).elements()
    guard builder.add(.ports("hairpin_server", family, elements)) else { continue }
    builder.add(
      .in(.inputInterface, insideSet), .isTranslated,
      .in(.dialled(family), "hairpin_server" + family.suffix), .masquerade, to: .postrouting, comment: "hairpin",
      provenance: elements.firstProvenance)
  }
}
