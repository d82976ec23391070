import Addressing
import Nftables
import Policy

let outsideSet = "outside_interfaces"
let insideSet = "inside_interfaces"
let hairpinSet = "hairpin"

/// `gateway`, `hairpin`: which packets are looked at. Connections that come in on an outside interface are; those from
/// inside only towards publications with `hairpin on`.
func lowerEntrance(_ services: Services, _ builder: inout TableBuilder) {
  guard let first = services.outlines.map(\.header).min() else { return }
  let doors = [(from: ChainName.prerouting, to: ChainName.admission), (.destinationNAT, .publish)]
    .filter { builder.hasRules($0.to) }
  if doors.contains(where: { $0.from == .prerouting }) {
    builder.add(
      .match(.conntrack("state"), .notEqual, .flags(["new"])), .verdict(.accept), to: .prerouting,
      comment: "only the first packet of a connection decides", provenance: first)
  }
  let opensInside = !builder.outside.isEmpty && builder.opensInside(services.traits)
  for door in doors {
    guard let outside = builder.outside.first else {
      builder.add(.verdict(.jump(door.to.text)), to: door.from, provenance: first)
      continue
    }
    builder.add(
      .in(.inputInterface, outsideSet), .verdict(.jump(door.to.text)), to: door.from, provenance: outside.span)
    guard opensInside else { continue }
    for services in services.families where services.has(.hairpin) {
      builder.add(
        .in(.inputInterface, insideSet), .in(.dialled(services.family), hairpinSet + services.family.suffix),
        .verdict(.jump(door.to.text)), to: door.from, provenance: builder.inside.first?.span)
    }
  }
  builder.addIfUsed(interfaceSet(outsideSet, builder.outside))
  builder.addIfUsed(interfaceSet(insideSet, builder.inside))
}

/// The set of what clients inside may dial.
func lowerHairpinPorts(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.hairpin) {
    builder.addIfUsed(.ports(hairpinSet, services.family, hairpinPorts(services).elements()))
  }
}

/// What clients inside may dial: the ports of publications with `hairpin on`.
func hairpinPorts(_ services: FamilyServices) -> PortSegments {
  var claims = PortClaims(services)
  for service in services.outlines where service.has(.hairpin) {
    claims.addDialled(service, provenance: services[service].publication.hairpin.span ?? service.header)
  }
  return PortSegments(claims)
}

extension TableBuilder {
  /// Whether clients inside may use one of the services with those traits.
  func opensInside(_ traits: ServiceOutline.Traits) -> Bool { !inside.isEmpty && traits.contains(.hairpin) }
}

private func interfaceSet(_ name: String, _ interfaces: [Located<String>]) -> NamedSet {
  let sorted = interfaces.sorted { ($0.value, $0.span) < ($1.value, $1.span) }
  var elements = ElementList()
  for (index, interface) in sorted.enumerated() where index == 0 || interface.value != sorted[index - 1].value {
    elements.append(key: [.interface(interface.value)], provenance: interface.span)
  }
  return NamedSet(name, key: [.inputInterface], elements: elements)
}

extension ServiceOutline {
  /// Whether the control connection needs a dnat: another address, or another port.
  var isTranslated: Bool { reach == .translated || controlPort != serverControlPort }
}
