package import Addressing

/// One use of an address behind one gateway; behind another gateway the same address may be another host. Numbers only,
/// so that sorting many of them is quick.
package struct AddressUse: Sendable {
  private let address: UInt128
  /// The family, and the position of the gateway.
  private let scope: Int
  fileprivate let user: Int

  /// - Parameter user: Any number that tells users apart.
  package init(_ address: IPAddress, gateway: Int?, user: Int) {
    self.address = address.value
    scope = 2 * (gateway ?? -1) + (address.family == .ipv4 ? 0 : 1)
    self.user = user
  }

  fileprivate func isSamePlace(as other: Self) -> Bool { address == other.address && scope == other.scope }

  fileprivate func precedes(_ other: Self) -> Bool {
    if address != other.address { return address < other.address }
    return scope == other.scope ? user < other.user : scope < other.scope
  }
}

extension [AddressUse] {
  /// The users of each address that is used more than once: users in their order, groups in that of their first users.
  package var shared: [[Int]] {
    let isSorted = indices.dropFirst().allSatisfy { !self[$0].precedes(self[$0 - 1]) }
    let uses = isSorted ? self : sorted { $0.precedes($1) }
    var groups: [[Int]] = []
    var start = 0
    for end in uses.indices where end + 1 == uses.count || !uses[end + 1].isSamePlace(as: uses[start]) {
      if end > start { groups.append(uses[start...end].map(\.user)) }
      start = end + 1
    }
    return groups.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
