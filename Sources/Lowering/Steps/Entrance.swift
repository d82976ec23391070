import Addressing
import Nftables
import Policy

let outsideSet = "outside_interfaces"
let insideSet = "inside_interfaces"
let hairpinSet = "hairpin"

/// `gateway`, `hairpin`: which packets are looked at. Connections that come in on an outside interface are; those from
/// inside only towards publications with `hairpin on`.
func lowerEntrance(_ services: Services, _ builder: inout TableBuilder) {
  guard let first = services.lazy.map({ $0.publication.header }).min() else { return }
  let doors = [(from: ChainName.prerouting, to: ChainName.admission), (.destinationNAT, .publish)]
    .filter { builder.hasRules($0.to) }
  if doors.contains(where: { $0.from == .prerouting }) {
    builder.add(
      .match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept), to: .prerouting,
      comment: "only the first packet of a connection decides", provenance: first)
  }
  let opensInside = !builder.outside.isEmpty && hasHairpin(services, builder)
  for door in doors {
    guard let outside = builder.outside.first else {
      builder.add(.verdict(.jump(door.to.rawValue)), to: door.from, provenance: first)
      continue
    }
    builder.add(
      .in(.inputInterface, outsideSet), .verdict(.jump(door.to.rawValue)), to: door.from, provenance: outside.span)
    guard opensInside else { continue }
    for family in AddressFamily.allCases where hasHairpin(services.of(family), builder) {
      builder.add(
        .in(.inputInterface, insideSet), .in(.dialled(family), hairpinSet + family.suffix),
        .verdict(.jump(door.to.rawValue)), to: door.from, provenance: builder.inside.first?.span)
    }
  }
  for family in AddressFamily.allCases where builder.uses(hairpinSet + family.suffix) {
    builder.add(.ports(hairpinSet, family, hairpinElements(services.of(family))))
  }
  for (name, interfaces) in [(outsideSet, builder.outside), (insideSet, builder.inside)] where builder.uses(name) {
    builder.add(interfaceSet(name, interfaces))
  }
}

/// What clients inside may dial: the ports of publications with `hairpin on`.
private func hairpinElements(_ services: [PublishedService]) -> [Element] {
  var segments = PortSegments<Void>()
  for service in services where service.publication.hairpin.value {
    for ports in service.dialledPorts {
      segments.add(
        service.external, ports, for: service,
        provenance: service.publication.hairpin.span ?? service.publication.header)
    }
  }
  return segments.elements()
}

/// Whether clients inside may use a publication.
func hasHairpin(_ services: some Sequence<PublishedService>, _ builder: TableBuilder) -> Bool {
  !builder.inside.isEmpty && services.contains { $0.publication.hairpin.value }
}

private func interfaceSet(_ name: String, _ interfaces: [Located<String>]) -> NamedSet {
  let unique = Dictionary(interfaces.map { ($0.value, $0.span) }, uniquingKeysWith: min)
  return NamedSet(
    name, key: [.inputInterface],
    elements: unique.sorted { $0.key < $1.key }.map { Element(key: [.interface($0.key)], provenance: $0.value) })
}

extension PublishedService {
  /// Whether the control connection needs a dnat: another address, or another port.
  var isTranslated: Bool { endpoint.reach == .translated || publication.controlPort.value.isTranslated }
}
