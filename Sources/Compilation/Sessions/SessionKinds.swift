import Addressing
import Policy
import Servers

extension Policy {
  /// What of a publication decides which sessions work, its addresses and numbers left out, as the bits of a number.
  func sessionShape(ofPublication position: Int) -> UInt64 {
    let publication = publications[position]
    var shape = Bits(UInt64(truncatingIfNeeded: publication.gateway.map { $0 + 1 } ?? 0))
    var endpoints = Bits(0)
    if let server = publication.server, servers.indices.contains(server) {
      for external in publication.externalAddresses {
        guard let reach = reach(of: external.arrival.value, atServer: server) else { continue }
        endpoints.append(external.family == .ipv4 ? 0 : 1, bits: 1)
        endpoints.append(reach, bits: 2)
        endpoints.append(external.at != nil)
      }
      shape.append(servers[server].software.map { UInt64(ServerPrograms.number(of: $0.value.kind)) } ?? 0, bits: 4)
    } else {
      shape.append(0, bits: 4)
    }
    shape.append(endpoints.value, bits: 8)
    shape.append(publication.limits.reduce(0) { $0 | $1.value.bit }, bits: 3)
    shape.append(publication.tls.value.allowsTLS)
    shape.append(publication.tls.value.allowsPlain)
    shape.append(publication.tls.value == .implicit)
    shape.append(publication.helper.value)
    shape.append(publication.active.value)
    shape.append(publication.hairpin.value)
    shape.append(publication.passiveRange != nil)
    shape.append(publication.clearControl != nil)
    shape.append(publication.controlPort.value.isTranslated)
    shape.append(publication.admitsEveryone)
    shape.append(publication.deny.isEmpty)
    shape.append(publication.source.value == .gateway)
    shape.append(publication.log.value.logsNew)
    shape.append(publication.log.value.logsDenied)
    return shape.value
  }

  /// How an external address leads to a server, as a number from 1; `nil` where the server has no address of its
  /// family.
  private func reach(of external: IPAddress, atServer server: Int) -> UInt64? {
    if servers[server].isLocal { return 3 }
    return servers[server].address(external.family).map { $0.value == external ? 2 : 1 }
  }

  /// The addresses by which the rules of publications are found, with the positions of these: those that clients dial,
  /// then the servers', because either mostly come in their order.
  fileprivate func forEachPlace(_ use: (IPAddress, Int) -> Void) {
    for (position, publication) in publications.enumerated() {
      for external in publication.externalAddresses { use(external.arrival.value, position) }
    }
    for (position, publication) in publications.enumerated() {
      guard let server = publication.server, servers.indices.contains(server) else { continue }
      for address in servers[server].addresses
      where !publication.externalAddresses.contains(where: { $0.arrival.value == address.value }) {
        use(address.value, position)
      }
    }
  }
}

/// A number that is put together from small ones.
private struct Bits {
  private(set) var value: UInt64

  init(_ value: UInt64) { self.value = value }

  mutating func append(_ number: UInt64, bits: UInt64) { value = value << bits | number }
  mutating func append(_ flag: Bool) { append(flag ? 1 : 0, bits: 1) }
}

extension Limit {
  fileprivate var bit: UInt64 {
    switch self {
    case .sessionsPerClient: 1
    case .sessions: 2
    case .newPerMinutePerClient: 4
    }
  }
}

/// Gives equal values the same number, in the order in which they are met.
struct Numbering {
  struct Kind {
    /// Where the value was met first.
    let first: Int
    /// How often it was met.
    fileprivate(set) var count: Int
  }

  private(set) var numbers: [Int] = []
  private(set) var kinds: [Kind] = []

  init<Value: Hashable>(_ values: some Sequence<Value>) {
    var known: [Value: Int] = [:]
    for value in values {
      let number = known[value] ?? kinds.count
      if number < kinds.count {
        kinds[number].count += 1
      } else {
        known[value] = number
        kinds.append(Kind(first: numbers.count, count: 1))
      }
      numbers.append(number)
    }
  }
}

/// Which publications share an address behind the same gateway.
struct AddressUses {
  /// The users of each address that more than one publication uses, sorted.
  private var users: [[Int]] = []
  /// The positions in `users` of the addresses of each publication that has one there.
  private var shared: [Int: [Int]] = [:]

  init(_ policy: Policy) {
    var uses: [AddressUse] = []
    uses.reserveCapacity(4 * policy.publications.count)
    policy.forEachPlace { address, position in
      uses.append(AddressUse(address, gateway: policy.publications[position].gateway, user: position))
    }
    for publications in uses.shared { share(publications) }
  }

  private mutating func share(_ publications: [Int]) {
    for publication in publications { shared[publication, default: []].append(users.count) }
    users.append(publications)
  }

  /// Whether any publications share an address.
  var isAnyShared: Bool { !users.isEmpty }

  /// The publications that share an address with one, itself left out, sorted.
  ///
  /// - Parameter most: How many are looked at for each address.
  func neighbours(of position: Int, atMost most: Int) -> [Int] {
    var found: Set<Int> = []
    for place in shared[position] ?? [] {
      guard users.indices.contains(place) else { continue }
      for other in users[place].prefix(most + 1) where other != position { found.insert(other) }
    }
    return found.sorted()
  }
}
