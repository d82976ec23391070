import Addressing
import Diagnostics
import Policy
import Servers

/// What of a publication decides which sessions work, its addresses and numbers left out: two publications of one shape
/// fare alike, as long as nobody shares an address with them.
struct SessionShape: Hashable {
  /// How an external address leads to the server.
  private struct Endpoint: Hashable {
    let reach: Reach
    let isTranslatedBefore: Bool
  }

  private let gateway: Int?
  private let software: SoftwareKind?
  private let ipv4: Endpoint?
  private let ipv6: Endpoint?
  private let limits: Limits
  private let tls: TLSMode
  private let hasClearControl: Bool
  private let helper: Bool
  private let active: Bool
  private let hairpin: Bool
  private let hasPassiveRange: Bool
  private let isControlPortTranslated: Bool
  private let admitsEveryone: Bool
  private let denies: Bool
  private let source: SourceMode
  private let log: LogMode
  /// What each gateway on the path does with packets of each family; empty where there is one gateway or none.
  private let hops: [[Reach]]

  init(of publication: Publication, in policy: Policy) {
    let server = policy.server(of: publication)
    func endpoint(_ family: AddressFamily) -> Endpoint? {
      guard let server, let external = publication.external(family) else { return nil }
      return publication.endpoint(at: server, dialledAt: external).map {
        Endpoint(reach: $0.reach, isTranslatedBefore: external.at != nil)
      }
    }
    gateway = publication.gateway
    software = server?.software?.value.kind
    (ipv4, ipv6) = (endpoint(.ipv4), endpoint(.ipv6))
    limits = Limits(publication.limits)
    tls = publication.tls.value
    hasClearControl = publication.clearControl != nil
    helper = publication.helper.value
    active = publication.active.value
    hairpin = publication.hairpin.value
    hasPassiveRange = publication.passiveRange != nil
    isControlPortTranslated = publication.controlPort.value.isTranslated
    admitsEveryone = publication.admitsEveryone
    denies = !publication.deny.isEmpty
    source = publication.source.value
    log = publication.log.value
    hops = publication.hops.map { hop in hop.publication.endpoints(at: hop.server).map(\.reach) }
  }
}

/// Which kinds of limits a publication has.
private struct Limits: Hashable {
  private var sessionsPerClient = false
  private var sessions = false
  private var newPerMinute = false

  init(_ limits: [Located<Limit>]) {
    for limit in limits {
      switch limit.value {
      case .sessionsPerClient: sessionsPerClient = true
      case .sessions: sessions = true
      case .newPerMinutePerClient: newPerMinute = true
      }
    }
  }
}

extension Policy {
  /// Every address that rules name for a publication, with the position of the publication. First come all addresses
  /// that clients dial, then all of servers, because each of these lists is mostly sorted already.
  fileprivate func forEachPlace(_ use: (IPAddress, _ gateway: Int?, Int) -> Void) {
    for (position, publication) in publications.enumerated() {
      for external in publication.externalAddresses { use(external.arrival.value, publication.gateway, position) }
      for hop in publication.hops.dropLast() {
        for external in hop.publication.externalAddresses { use(external.arrival.value, hop.gateway, position) }
      }
    }
    for (position, publication) in publications.enumerated() {
      guard let server = publication.server, servers.indices.contains(server) else { continue }
      for address in servers[server].addresses
      where !publication.externalAddresses.contains(where: { $0.arrival.value == address.value }) {
        use(address.value, publication.gateway, position)
      }
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
    policy.forEachPlace { address, gateway, position in
      uses.append(AddressUse(address, gateway: gateway, user: position))
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
