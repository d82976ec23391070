import Addressing
import LiveSupport
import Policy
import Testing

@Suite struct AddressUseTests {
  /// What the other test groups by.
  private struct Place: Hashable {
    var address: IPAddress
    var gateway: Int?
  }

  @Test func addressesThatAreUsedOnceAreLeftOut() {
    let uses = (0..<300).map { AddressUse(.v4(IPv4Address(UInt32($0))), gateway: nil, user: $0) }
    #expect(uses.shared.isEmpty)
    #expect([AddressUse]().shared.isEmpty)
  }

  @Test(arguments: 0..<20)
  func usersOfOnePlaceAreTogether(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var uses: [AddressUse] = []
    var users: [Place: [Int]] = [:]
    for user in 0..<200 {
      let number = UInt32.random(in: 0..<90, using: &random)
      let addresses: [IPAddress] = [.v4(IPv4Address(number)), .v6(IPv6Address(UInt128(number)))]
      let address = random.pick(addresses)
      let gateway = [nil, 0, 1].randomElement(using: &random) ?? nil
      uses.append(AddressUse(address, gateway: gateway, user: user))
      users[Place(address: address, gateway: gateway), default: []].append(user)
    }
    let expected = users.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    #expect(!expected.isEmpty)
    #expect(uses.shared == expected)
    #expect(uses.shuffled(using: &random).shared == expected)
  }
}
