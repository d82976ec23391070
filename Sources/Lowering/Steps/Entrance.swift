import Addressing
import Nftables
import Policy

let outsideSet = "outside_interfaces"
let insideSet = "inside_interfaces"

/// `gateway`, `hairpin`: which packets are looked at. Connections that come in on an outside interface are; those from
/// inside only towards publications with `hairpin on`.
func lowerEntrance(_ services: [PublishedService], _ builder: inout TableBuilder) {
  guard let first = services.map(\.publication.header).min() else { return }
  let doors = [(from: ChainName.prerouting, to: ChainName.admission), (.destinationNAT, .publish)]
    .filter { builder.hasRules($0.to) }
  if doors.contains(where: { $0.from == .prerouting }) {
    builder.add(
      .match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept), to: .prerouting,
      comment: "only the first packet of a connection decides", provenance: first)
  }
  for (name, interfaces) in [(outsideSet, builder.outside), (insideSet, builder.inside)] {
    let isEntered = !interfaces.isEmpty && !doors.isEmpty && (name == outsideSet || hasHairpin(services, builder))
    if isEntered || builder.uses(name) { builder.add(interfaceSet(name, interfaces)) }
  }
  guard let outside = builder.outside.first else {
    for door in doors { builder.add(.verdict(.jump(door.to.rawValue)), to: door.from, provenance: first) }
    return
  }
  for door in doors {
    builder.add(
      .in(.inputInterface, outsideSet), .verdict(.jump(door.to.rawValue)), to: door.from, provenance: outside.span)
  }
  guard let inside = builder.inside.first, hasHairpin(services, builder), !doors.isEmpty else { return }
  for family in AddressFamily.allCases {
    var segments = PortSegments<Void>()
    for service in services.of(family) where service.publication.hairpin.value {
      for ports in service.dialledPorts {
        segments.add(
          service.external, ports, for: service, provenance: service.publication.hairpin.span ?? inside.span)
      }
    }
    guard builder.add(.ports("hairpin", family, segments.elements())) else { continue }
    for door in doors {
      builder.add(
        .in(.inputInterface, insideSet), .in(.dialled(family), "hairpin\(family.suffix)"),
        .verdict(.jump(door.to.rawValue)), to: door.from, provenance: inside.span)
    }
  }
}

/// Whether connections from inside are looked at on their own: without outside interfaces every connection is.
private func hasHairpin(_ services: [PublishedService], _ builder: TableBuilder) -> Bool {
  !builder.outside.isEmpty && services.contains { $0.publication.hairpin.value }
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
