import Addressing
import Nftables
import Policy

/// `external ip`, `control port`: the control connection goes to the server's address and port.
func lowerControl(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    let elements = services.of(family).filter(\.isTranslated)
      .sorted { ($0.external, $0.controlPort) < ($1.external, $1.controlPort) }
      .map { service in
        Element(
          key: [.address(service.external), .port(service.controlPort)],
          data: [.address(service.serverAddress), .port(service.serverControlPort)], comment: service.name,
          provenance: service.publication.controlPort.span ?? service.publication.header)
      }
    let data: [Expression] = [.destination(family), .destinationPort]
    guard builder.add(.ports("control", family, data: data, isInterval: false, elements)) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: "control\(family.suffix)")), to: .publish,
      provenance: elements.map(\.provenance).min())
  }
}
