import Addressing
import Diagnostics
import FTPSession
import Lowering
import Nftables
import Policy

/// Sessions that a policy permits and that have no path through the ruleset it compiles to: whatever no single rule of
/// validation saw.
///
/// A publication is judged together with those that share an address with it, for no key of a set of ours leads from one
/// address to another. Of a large policy one publication of each kind is judged.
struct SessionCheck {
  /// Publications up to which each is judged by itself.
  private static let few = 24
  /// Kinds of publications that are judged at most.
  private static let mostKinds = 48
  /// Neighbours that are looked at together with a publication.
  private static let mostNeighbours = 8

  private let policy: Policy
  private let addresses: AddressUses

  init(_ policy: Policy) {
    self.policy = policy
    addresses = AddressUses(policy)
  }

  /// What the sessions of the publications of a policy without errors come to.
  func findings() -> [Diagnostic] {
    let count = policy.publications.count
    guard count > Self.few else { return policy.publications.indices.compactMap { judge($0, alike: 0) } }
    let kinds = Numbering(policy.publications.lazy.map { OwnShape($0, in: policy) }).numbers
    let shapes = Numbering(
      policy.publications.indices.lazy.map { position in
        SessionShape(own: kinds[position], neighbours: Set(neighbours(position).map { kinds[$0] }))
      })
    return shapes.firsts.prefix(Self.mostKinds).enumerated().compactMap { number, position in
      judge(position, alike: shapes.counts[number] - 1)
    }
  }

  /// Positions of some of the publications that share an address with one, itself left out.
  private func neighbours(_ position: Int) -> [Int] {
    Array(addresses.neighbours(of: position, atMost: Self.mostNeighbours).prefix(Self.mostNeighbours))
  }

  private func judge(_ position: Int, alike: Int) -> Diagnostic? {
    let publication = policy.publications[position]
    var part = policy
    part.publications = [publication] + neighbours(position).map { policy.publications[$0] }
    let ruleset = Ruleset([lower(part, gateway: publication.gateway)])
    let study = SessionStudy(part, gateway: publication.gateway, ruleset: ruleset)
    let broken = study.table(of: publication, permittedOnly: true).cells.filter {
      $0.isPermitted && $0.outcome != .works
    }
    guard let cell = broken.first else { return nil }
    let name = publication.name.value
    var notes = broken.count > 1 ? ["\(broken.count - 1) more kinds of its sessions do not work"] : []
    if alike > 0 { notes.append("\(alike) more publications are of this kind") }
    let cause = cell.performance?.ending.loss?.citation?.provenance
    return .error(
      "session-without-path", "`\(name)` permits sessions that do not work: \(cell.title): \(cell.reason)",
      at: publication.header,
      related: cause.flatMap { $0 == publication.header ? nil : [Label($0, "this stops them")] } ?? [], notes: notes,
      help: "`sallyport explain FILES \(name)` shows where each session stops")
  }
}

/// What of a publication decides which sessions work, its addresses and numbers left out.
private struct OwnShape: Hashable {
  private let gateway: Int?
  /// Families and how they are reached, as digits of a number.
  private let endpoints: Int
  /// One bit for each of the yes and no questions.
  private let flags: Int
  private let software: SoftwareKind?

  init(_ publication: Publication, in policy: Policy) {
    gateway = publication.gateway
    endpoints = policy.endpoints(of: publication).reduce(0) { number, endpoint in
      let reach =
        switch endpoint.reach {
        case .translated: 1
        case .routed: 2
        case .local: 3
        }
      return number &* 8 &+ (endpoint.family == .ipv4 ? 0 : 4) &+ reach
    }
    var flags = 0
    func note(_ flag: Bool) { flags = flags << 1 | (flag ? 1 : 0) }
    for limit in publication.limits {
      switch limit.value {
      case .sessionsPerClient: flags |= 1
      case .sessions: flags |= 2
      case .newPerMinutePerClient: flags |= 4
      }
    }
    note(publication.tls.value.allowsTLS)
    note(publication.tls.value.allowsPlain)
    note(publication.tls.value == .implicit)
    note(publication.helper.value)
    note(publication.active.value)
    note(publication.hairpin.value)
    note(publication.passiveRange != nil)
    note(publication.clearControl != nil)
    note(publication.controlPort.value.isTranslated)
    note(publication.admitsEveryone)
    note(publication.deny.isEmpty)
    note(publication.source.value == .gateway)
    note(publication.log.value.logsNew)
    note(publication.log.value.logsDenied)
    self.flags = flags
    software =
      publication.server.flatMap {
        policy.servers.indices.contains($0) ? policy.servers[$0].software?.value.kind : nil
      }
  }
}

/// The numbers of two publications with the same sessions are equal.
private struct SessionShape: Hashable {
  var own: Int
  var neighbours: Set<Int>
}

/// Gives equal values the same number, in the order in which they are met.
private struct Numbering {
  private(set) var numbers: [Int] = []
  /// Where each number was met first.
  private(set) var firsts: [Int] = []
  /// How often each number was met.
  private(set) var counts: [Int] = []

  init<Value: Hashable>(_ values: some Sequence<Value>) {
    var known: [Value: Int] = [:]
    for value in values {
      let number = known[value] ?? counts.count
      if number == counts.count {
        known[value] = number
        firsts.append(numbers.count)
        counts.append(0)
      }
      counts[number] += 1
      numbers.append(number)
    }
  }
}

/// Which publications share an address behind the same gateway.
private struct AddressUses {
  private struct Place: Hashable {
    var gateway: Int?
    var address: IPAddress
  }

  /// The numbers of the addresses of all publications, one publication behind the other.
  private var places: [Int] = []
  /// Where the addresses of each publication end in `places`.
  private var ends: [Int] = []
  /// Publications by the number of an address that more than one uses.
  private var shared: [Int: [Int]] = [:]

  init(_ policy: Policy) {
    var numbers: [Place: Int] = [:]
    numbers.reserveCapacity(2 * policy.publications.count)
    /// The first user of each address.
    var first: [Int] = []
    for (position, publication) in policy.publications.enumerated() {
      for address in policy.places(of: publication) {
        let place = Place(gateway: publication.gateway, address: address)
        let number = numbers[place] ?? first.count
        if number == first.count {
          numbers[place] = number
          first.append(position)
        } else {
          shared[number, default: [first[number]]].append(position)
        }
        places.append(number)
      }
      ends.append(places.count)
    }
  }

  /// The publications that share an address with one, itself left out, sorted.
  ///
  /// - Parameter most: How many are looked at for each address.
  func neighbours(of position: Int, atMost most: Int) -> [Int] {
    guard !shared.isEmpty else { return [] }
    var found: Set<Int> = []
    for place in places[(position == 0 ? 0 : ends[position - 1])..<ends[position]] {
      for other in (shared[place] ?? []).prefix(most + 1) where other != position { found.insert(other) }
    }
    return found.sorted()
  }
}

extension Policy {
  /// The addresses by which the rules of a publication are found: those that clients dial, and the server's.
  fileprivate func places(of publication: Publication) -> [IPAddress] {
    var addresses = publication.externalAddresses.map(\.value)
    guard let index = publication.server, servers.indices.contains(index) else { return addresses }
    for address in servers[index].addresses where !addresses.contains(address.value) {
      addresses.append(address.value)
    }
    return addresses
  }
}
