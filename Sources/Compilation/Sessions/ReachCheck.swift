import Diagnostics
import FTPSession
import Flows
import Platforms
import Policy

/// Sessions of users that a policy permits, that pass each gateway by itself, and that do not work through all of them:
/// both ends of a `reach` of a publication together.
struct ReachCheck {
  /// Blocks up to which each is judged; of more the first.
  private static let most = 24

  private let policy: Policy

  init(_ policy: Policy) { self.policy = policy }

  /// - Parameter known: What was found at single gateways, and is not told again.
  func findings(besides known: [Diagnostic]) -> [Diagnostic] {
    let told = Set(known.map(\.primary.span))
    let joint = policy.reaches.filter { $0.publication != nil && !told.contains($0.header) }.prefix(Self.most)
    guard !joint.isEmpty else { return [] }
    let outbound = policy.outbound
    return joint.compactMap { reach in
      let accesses = outbound.publications.filter {
        $0.name.value == reach.name.value && $0.gateway == reach.gateway
      }
      return accesses.lazy.compactMap { judge($0, of: reach, outbound) }.first
    }
  }

  private func judge(_ access: Publication, of reach: Outreach, _ outbound: Policy) -> Diagnostic? {
    guard let platform = policy.platform(of: access.gateway) as? any SessionPlatform,
      let publication = policy.publication(of: reach),
      let onward = OnwardPath(after: access, outbound, of: policy, to: publication, judged: nil)
    else { return nil }
    let ruleset = platform.ruleset(of: FlowPlan(policy, gateway: access.gateway))
    var study = SessionStudy(outbound, gateway: access.gateway, ruleset: ruleset)
    study.onward = onward
    guard !study.permittedSessionsWork(of: access) else { return nil }
    let broken = study.table(of: access, permittedOnly: true).cells.filter { $0.isPermitted && $0.outcome == .broken }
    guard let cell = broken.first else { return nil }
    let name = reach.name.value
    let cause = cell.performance?.ending.loss?.citation?.provenance
    return .error(
      "session-without-path", "`\(name)` permits sessions that do not work: \(cell.title): \(cell.reason)",
      at: reach.header,
      related: [Label(publication.header, "the other end")]
        + (cause.flatMap { $0 == reach.header ? nil : [Label($0, "this stops them")] } ?? []),
      notes: broken.count > 1 ? ["\(broken.count - 1) more kinds of its sessions do not work"] : [],
      help: "`sallyport explain FILES \(name)` shows where each session stops")
  }
}
