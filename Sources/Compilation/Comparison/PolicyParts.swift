import Addressing
import Policy

/// A policy in the parts that decide about sessions of one publication each, so that playing some of many does not take
/// the whole ruleset of a gateway for each.
struct PolicyParts {
  let whole: Compilation
  private let check: SessionCheck
  private let positions: [String: Int]

  init(_ whole: Compilation) {
    self.whole = whole
    check = SessionCheck(whole.policy)
    positions = Dictionary(
      whole.policy.publications.enumerated().map { ($0.element.name.value, $0.offset) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The policy with that publication and those that share an address with it; the whole one of a `reach`, and where
  /// too many share one.
  func part(of subject: SessionSubject) -> Compilation {
    guard case .publication(let publication) = subject, let position = positions[publication.name.value],
      let part = check.wholePart(position)
    else { return whole }
    return whole.holding(part)
  }
}

extension SessionSubject {
  /// Every address of packets that it is about, at any gateway.
  func addresses(in policy: Policy) -> Set<IPAddress> {
    func of(_ publication: Publication, _ server: Server?) -> [IPAddress] {
      publication.externalAddresses.flatMap { [$0.dialled.value, $0.arrival.value] }
        + (server?.addresses.map(\.value) ?? [])
    }
    switch self {
    case .publication(let publication):
      return Set(
        of(publication, policy.server(of: publication)) + publication.hops.flatMap { of($0.publication, $0.server) })
    case .reach(let reach):
      let end = policy.publication(of: reach)
      return Set(
        reach.accesses.flatMap { of($0, nil) } + (end.map { of($0, policy.server(of: $0)) } ?? []))
    }
  }
}
