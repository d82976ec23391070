package import Addressing
import Diagnostics
import Policy

/// What must happen to the traffic of one family at one gateway. Each list of flows is made when it is asked for,
/// sorted and disjoint; the files in Aspects/ hold one aspect of the language each.
package struct FamilyFlows: Sendable {
  package let family: AddressFamily
  /// Sorted by the address for which packets arrive, and by name where several have the same.
  let services: [PublishedService]
  /// What any of them has.
  let traits: PublishedService.Traits

  init(_ family: AddressFamily, of all: [PublishedService]) {
    func precedes(_ left: PublishedService, _ right: PublishedService) -> Bool {
      left.arrival == right.arrival ? left.name < right.name : left.arrival < right.arrival
    }
    self.family = family
    services = all.filter { $0.family == family }.inOrder(by: precedes)
    traits = services.reduce(into: []) { $0.formUnion($1.traits) }
  }

  /// Whether any packet gets another destination address.
  package var translatesAddresses: Bool { services.contains(where: \.isTranslated) }

  /// Whether any server is behind the gateway, not on it.
  package var forwards: Bool { !services.allSatisfy(\.isLocal) }

  func has(_ traits: PublishedService.Traits) -> Bool { self.traits.contains(traits) }

  /// The services with some traits, in the order of their control ports.
  func byControlPort(_ traits: PublishedService.Traits = []) -> [PublishedService] {
    (traits.isEmpty ? services : services.filter { $0.has(traits) }).inOrder { $0.dialsBefore($1) }
  }
}

extension Array {
  /// The elements sorted; as they are where they are sorted already, which most policies are.
  func inOrder(by precedes: (Element, Element) -> Bool) -> [Element] {
    let isSorted = indices.dropFirst().allSatisfy { !precedes(self[$0], self[$0 - 1]) }
    return isSorted ? self : sorted(by: precedes)
  }
}
