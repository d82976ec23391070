import Addressing
import Nftables
import Policy

/// `hairpin on`: to a client inside, the server would answer directly, and the client would drop the answer; so such
/// connections come from the gateway's address, control and data alike.
func lowerHairpin(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    var segments = PortSegments<Void>()
    for service in services.of(family)
    where service.publication.hairpin.value && service.endpoint.reach == .translated {
      for ports in service.serverPorts {
        segments.add(
          service.serverAddress, ports, for: service,
          provenance: service.publication.hairpin.span ?? service.publication.header)
      }
    }
    let elements = segments.elements()
    guard builder.add(.ports("hairpin_server", family, elements)) else { continue }
    builder.add(
      .in(.inputInterface, insideSet), .isTranslated,
      .in(.dialled(family), "hairpin_server\(family.suffix)"), .masquerade, to: .postrouting, comment: "hairpin",
      provenance: elements.map(\.provenance).min())
  }
}
