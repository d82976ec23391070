import Addressing
import Nftables
import Policy

/// `passive range`: data connections go to the server's address with their port unchanged. The map holds an address
/// alone, because a port in the data of an interval map would send the whole range to one port.
func lowerPassive(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    var segments = PortSegments<IPAddress>()
    for service in services.of(family) where service.endpoint.reach == .translated {
      guard let range = service.publication.passiveRange else { continue }
      segments.add(service.external, range.value, service.serverAddress, for: service, provenance: range.span)
    }
    let elements = segments.elements { segment in [.address(segment.claim.payload)] }
    guard builder.add(.ports("passive", family, data: [.destination(family)], elements)) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: "passive\(family.suffix)")), to: .publish,
      provenance: elements.map(\.provenance).min())
  }
}
