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
  /// Positions in `Policy.publications` by the gateway and address that they use.
  private let byAddress: [Place: [Int]]

  private struct Place: Hashable {
    var gateway: Int?
    var address: IPAddress
  }

  init(_ policy: Policy) {
    self.policy = policy
    var byAddress: [Place: [Int]] = [:]
    for (position, publication) in policy.publications.enumerated() {
      for address in policy.places(of: publication) {
        byAddress[Place(gateway: publication.gateway, address: address), default: []].append(position)
      }
    }
    self.byAddress = byAddress
  }

  /// What the sessions of the publications of a policy without errors come to.
  func findings() -> [Diagnostic] {
    let count = policy.publications.count
    guard count > Self.few else { return policy.publications.indices.compactMap { judge($0, alike: 0) } }
    var first: [SessionShape: Int] = [:]
    var sizes: [SessionShape: Int] = [:]
    for position in policy.publications.indices {
      let shape = shape(position)
      if first[shape] == nil { first[shape] = position }
      sizes[shape, default: 0] += 1
    }
    return first.sorted { $0.value < $1.value }.prefix(Self.mostKinds)
      .compactMap { judge($0.value, alike: (sizes[$0.key] ?? 1) - 1) }
  }

  /// Positions of the publications that share an address with one, itself left out.
  private func neighbours(_ position: Int) -> [Int] {
    let publication = policy.publications[position]
    var found: Set<Int> = []
    for address in policy.places(of: publication) {
      let sharing = byAddress[Place(gateway: publication.gateway, address: address)] ?? []
      for other in sharing.prefix(Self.mostNeighbours + 1) where other != position { found.insert(other) }
    }
    return Array(found.sorted().prefix(Self.mostNeighbours))
  }

  private func shape(_ position: Int) -> SessionShape {
    SessionShape(
      own: OwnShape(policy.publications[position], in: policy),
      neighbours: Set(neighbours(position).map { OwnShape(policy.publications[$0], in: policy) }))
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
  private let families: [AddressFamily]
  private let reaches: [Reach]
  private let tls: TLSMode
  private let flags: [Bool]
  private let source: SourceMode
  private let log: LogMode
  private let limits: Set<Int>
  private let software: SoftwareKind?

  init(_ publication: Publication, in policy: Policy) {
    gateway = publication.gateway
    let endpoints = policy.endpoints(of: publication)
    families = endpoints.map(\.family)
    reaches = endpoints.map(\.reach)
    tls = publication.tls.value
    let range = publication.passiveRange?.value
    flags = [
      publication.helper.value, publication.active.value, publication.hairpin.value, range != nil,
      publication.clearControl != nil, publication.controlPort.value.isTranslated, publication.admitsEveryone,
      publication.deny.isEmpty,
    ]
    source = publication.source.value
    log = publication.log.value
    limits = Set(
      publication.limits.map {
        switch $0.value {
        case .sessionsPerClient: 0
        case .sessions: 1
        case .newPerMinutePerClient: 2
        }
      })
    software = policy.server(of: publication)?.software?.value.kind
  }
}

private struct SessionShape: Hashable {
  var own: OwnShape
  var neighbours: Set<OwnShape>
}

extension Policy {
  /// The addresses by which the rules of a publication are found: those that clients dial, and the server's.
  fileprivate func places(of publication: Publication) -> [IPAddress] {
    var addresses = publication.externalAddresses.map(\.value)
    for address in server(of: publication)?.addresses ?? [] where !addresses.contains(address.value) {
      addresses.append(address.value)
    }
    return addresses
  }
}
