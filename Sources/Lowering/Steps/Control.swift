import Addressing
import Nftables
import Policy

/// `external ip`, `control port`: the control connection goes to the server's address and port.
func lowerControl(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families {
    let family = services.family
    var elements = ElementList()
    elements.reserve(services.outlines.count, width: 4)
    for outline in services.byControlPort() where outline.isTranslated {
      let service = services[outline]
      elements.append(
        outline.arrival, PortRange(outline.controlPort), comment: service.name,
        provenance: service.publication.controlPort.span ?? outline.header)
      elements.addData(.address(outline.serverAddress))
      elements.addData(.port(outline.serverControlPort))
    }
    let data: [Expression] = [.destination(family), .destinationPort]
    guard builder.add(.ports("control", family, data: data, isInterval: false, elements)) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: "control" + family.suffix)), to: .publish,
      provenance: elements.firstProvenance)
  }
}
