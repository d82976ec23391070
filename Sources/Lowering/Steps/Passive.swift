import Addressing
import Nftables
import Policy

/// `passive range`: data connections go to the server's address with their port unchanged. A map holds an address alone,
/// because a port in the data of an interval map would send the whole range to one port.
///
/// A range that many addresses have in common stands in a rule of its own, and its map, a hash, has addresses as keys.
func lowerPassive(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families {
    let family = services.family
    var claims = PortClaims(services)
    for service in services.outlines where service.reach == .translated && service.passiveRange != nil {
      guard let range = services[service].publication.passiveRange else { continue }
      claims.add(service.external, range.value, of: service, provenance: range.span)
    }
    let segments = PortSegments(claims)
    let (common, others) = apart(segments.segments) { $0.ports }
    for (ports, members) in common {
      let map = NamedSet(
        Vocabulary.passiveMap(ports, family), key: [.destination(family)], data: [.destination(family)],
        elements: segments.elements(members, havePorts: false) { .address(segments.service($0).serverAddress) })
      builder.add(map)
      builder.add(
        .match(.destinationPort, .equal, .value(Value(ports))),
        .translateDestination(family, .map(key: .destination(family), name: map.name)), to: .publish,
        provenance: map.elements.firstProvenance)
    }
    let elements = segments.elements(others) { .address(segments.service($0).serverAddress) }
    guard builder.add(.ports("passive", family, data: [.destination(family)], elements)) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: "passive" + family.suffix)), to: .publish,
      provenance: elements.firstProvenance)
  }
}
