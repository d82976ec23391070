package import Addressing
import Diagnostics
import Policy

/// What must happen to the traffic of one family at one gateway. Each list of flows is made when it is asked for,
/// sorted and disjoint; the files in Aspects/ hold one aspect of the language each.
package struct FamilyFlows: Sendable {
  package let family: AddressFamily
  /// Those of all families, as the policy declares them.
  private let services: [PublishedService]
  /// Sorted by the address for which packets arrive, and by name where several have the same.
  let outlines: [ServiceOutline]
  /// What any of them has.
  let traits: ServiceOutline.Traits

  init(_ family: AddressFamily, of all: DeclaredServices) {
    let services = all.services
    var outlines = all.outlines.kept { $0.arrival.family == family }
    func precedes(_ left: ServiceOutline, _ right: ServiceOutline) -> Bool {
      left.arrival == right.arrival
        ? services[Int(left.place)].name < services[Int(right.place)].name : left.arrival < right.arrival
    }
    let isSorted = outlines.indices.dropFirst().allSatisfy { !precedes(outlines[$0], outlines[$0 - 1]) }
    if !isSorted { outlines.sort(by: precedes) }
    for position in outlines.indices { outlines[position].position = Int32(clamping: position) }
    self.family = family
    self.services = services
    self.outlines = outlines
    traits = outlines.reduce(into: []) { $0.formUnion($1.traits) }
  }

  subscript(outline: ServiceOutline) -> PublishedService { services[Int(outline.place)] }

  /// The service at that position, as an outline names it.
  subscript(position: Int32) -> PublishedService { self[outlines[Int(position)]] }

  /// Whether any packet gets another destination address.
  package var translatesAddresses: Bool { outlines.contains { $0.reach == .translated } }

  /// Whether any server is behind the gateway, not on it.
  package var forwards: Bool { outlines.contains { $0.reach != .local } }

  func has(_ traits: ServiceOutline.Traits) -> Bool { self.traits.contains(traits) }

  /// The services with some traits, in the order of their control ports.
  func byControlPort(_ traits: ServiceOutline.Traits = []) -> [ServiceOutline] {
    let chosen = traits.isEmpty ? outlines : outlines.kept { $0.has(traits) }
    let isSorted = chosen.indices.dropFirst().allSatisfy { !chosen[$0].dialsBefore(chosen[$0 - 1]) }
    return isSorted ? chosen : chosen.sorted { $0.dialsBefore($1) }
  }
}

extension [ServiceOutline] {
  /// Those that a condition holds for. They are counted first, so that no room is made in vain.
  fileprivate func kept(_ condition: (ServiceOutline) -> Bool) -> [ServiceOutline] {
    let count = reduce(0) { condition($1) ? $0 + 1 : $0 }
    if count == self.count { return self }
    var kept: [ServiceOutline] = []
    kept.reserveCapacity(count)
    for outline in self where condition(outline) { kept.append(outline) }
    return kept
  }
}
