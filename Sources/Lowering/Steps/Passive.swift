import Addressing
import Nftables
import Policy

/// `passive range`: data connections go to the server's address with their port unchanged. A map holds an address
/// alone, because a port in the data of an interval map would send the whole range to one port.
///
/// A range that many addresses have in common stands in a rule of its own, and its map, a hash, has addresses as keys.
func lowerPassive(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families {
    let family = services.family
    var claims = PortClaims(services)
    claims.reserve(services.outlines.count)
    for service in services.outlines where service.reach == .translated && service.passiveRange != nil {
      guard let range = services[service].publication.passiveRange else { continue }
      claims.add(service.arrival, range.value, of: service, provenance: range.span)
    }
    let segments = PortSegments(claims)
    var common = CommonElements(segments.segments.lazy.map { $0.ports }, width: 3)
    for segment in segments.segments {
      let server = Value.address(segments.service(segment).serverAddress)
      if let position = common.position(of: segment.ports) {
        common.lists[position].append(segment, of: segments, hasPorts: false, data: server)
      } else {
        common.others.append(segment, of: segments, data: server)
      }
    }
    for (ports, elements) in zip(common.traits, common.lists) {
      let map = NamedSet(
        Vocabulary.passiveMap(ports, family), key: [.destination(family)], data: [.destination(family)],
        elements: elements)
      builder.add(map)
      builder.add(
        .match(.destinationPort, .equal, .value(Value(ports))),
        .translateDestination(family, .map(key: .destination(family), name: map.name)), to: .publish,
        provenance: elements.firstProvenance)
    }
    let elements = common.others
    guard builder.add(.ports("passive", family, data: [.destination(family)], elements)) else { continue }
    builder.add(
      .translateDestination(family, .map(key: .dialled(family), name: "passive" + family.suffix)), to: .publish,
      provenance: elements.firstProvenance)
  }
}
