import Diagnostics
import FTPSession
import Flows
import Nftables
import Platforms
import Policy

/// Sessions that a policy permits and that have no path through the ruleset it compiles to: whatever no single rule of
/// validation saw.
///
/// A publication is judged together with those that share an address with it, for no key of a set of ours leads from
/// one address to another. Of a large policy one publication of each kind is judged.
struct SessionCheck {
  /// Publications up to which each is judged by itself.
  static let few = 24
  /// Kinds of publications that are judged at most.
  private static let mostKinds = 48
  /// The same where other tables are judged, which name addresses and so make more kinds.
  private static let mostForeignKinds = 200
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
    return numbering().kinds.prefix(Self.mostKinds).compactMap { judge($0.first, alike: $0.count - 1) }
  }

  /// The publications by what decides about their sessions: what they say themselves, and what their neighbours say.
  /// Those of one kind fare alike, but for names and addresses.
  func numbering() -> Numbering {
    let own = Numbering(policy.publications.lazy.map { SessionShape(of: $0, in: policy) })
    guard addresses.isAnyShared else { return own }
    return Numbering(
      own.numbers.indices.lazy.map { position in
        [own.numbers[position]] + Set(neighbours(position).map { own.numbers[$0] }).sorted()
      })
  }

  /// The policy with one publication and some of those that share an address with it: what decides about its sessions.
  func part(_ position: Int) -> Policy {
    var part = policy
    part.publications = [policy.publications[position]] + neighbours(position).map { policy.publications[$0] }
    return part
  }

  /// Publications of one gateway to be played under rules that nobody of us wrote: one of each kind, where what rules
  /// say of its addresses and ports is a part of its kind.
  ///
  /// - Parameter place: Tells how those rules see the publication at a position.
  func kinds(
    behind gateway: Int?, place: (Int) -> [Int]
  ) -> (judged: [(first: Int, count: Int)], unjudged: Int) {
    let positions = policy.publications.indices.filter { policy.publications[$0].gateway == gateway }
    guard positions.count > Self.few else { return (positions.map { ($0, 1) }, 0) }
    let shapes = Numbering(policy.publications.lazy.map { SessionShape(of: $0, in: policy) }).numbers
    let kinds = Numbering(
      positions.map { position in
        let others = addresses.isAnyShared ? Set(neighbours(position).map { shapes[$0] }).sorted() : []
        return [[shapes[position]], others, place(position)]
      }
    ).kinds
    let judged = kinds.prefix(Self.mostForeignKinds).map { (first: positions[$0.first], count: $0.count) }
    return (judged, kinds.dropFirst(Self.mostForeignKinds).reduce(0) { $0 + $1.count })
  }

  /// The same; `nil` where so many share an address that some would be left out.
  func wholePart(_ position: Int) -> Policy? {
    neighbours(position).count < Self.mostNeighbours ? part(position) : nil
  }

  /// Positions of some of the publications that share an address with one, itself left out.
  private func neighbours(_ position: Int) -> [Int] {
    Array(addresses.neighbours(of: position, atMost: Self.mostNeighbours).prefix(Self.mostNeighbours))
  }

  private func judge(_ position: Int, alike: Int) -> Diagnostic? {
    let publication = policy.publications[position]
    let part = part(position)
    // Of a gateway that cannot be played nothing is said here.
    guard let platform = policy.platform(of: publication.gateway) as? any SessionPlatform else { return nil }
    let ruleset = platform.ruleset(of: FlowPlan(part, gateway: publication.gateway))
    let study = SessionStudy(part, gateway: publication.gateway, ruleset: ruleset)
    guard study.unplayed == nil || publication.hops.isEmpty, !study.permittedSessionsWork(of: publication) else {
      return nil
    }
    let failing = study.table(of: publication, permittedOnly: true).cells.filter {
      $0.isPermitted && $0.outcome != .works
    }
    // What no document says of a device is no mistake of the policy.
    let broken = !(platform is any DevicePlatform) ? failing : failing.filter { $0.outcome == .broken }
    guard let cell = broken.first else { return failing.first.map { undecided($0, of: publication, alike: alike) } }
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

  private func undecided(_ cell: SessionCell, of publication: Publication, alike: Int) -> Diagnostic {
    let name = publication.name.value
    return Diagnostic(
      .note, "session-undecided",
      "whether sessions of `\(name)` work is not known: \(cell.title): \(cell.reason)", at: publication.header,
      notes: alike > 0 ? ["\(alike) more publications are of this kind"] : [],
      help: "try such a session through the device, or see `sallyport explain FILES \(name)` for the others")
  }
}
