package import Diagnostics
import Parallel

/// Rules that look at one publication at a time. A new rule is one file, a line in one of three
/// lists, and its page in `docs/rules` with a line in `docs/RuleDocuments.swift`.
private let publicationRules: [any PublicationRule] = [
  ClearControlLeavesEncryptedSessions(),
  ExternalIPMissing(),
  GatewayAmbiguous(),
  HairpinWithoutInside(),
  HelperBeforeTranslation(),
  HelperCannotReadTLS(),
  HelperOpenToAny(),
  HelperWithoutEffect(),
  PassiveRangeALGPort(),
  PassiveRangeOutOfBounds(),
  TLSOff(),
  TLSPortMismatch(),
]

/// Rules that look at one publication with its server at a time.
private let publishedRules: [any PublishedRule] = [
  ActiveNeedsOpenEgress(),
  HairpinBreaksActive(),
  HelperWithoutNAT(),
  PassiveRangeEphemeral(),
  PassiveRangeSinglePort(),
  PassiveRangeTooSmall(),
  RangeIgnoredInClear(),
  SourceGatewayHidesClients(),
  SourceGatewayOnLocalServer(),
  TLSUnsupported(),
]

/// Rules that look at the policy as a whole.
private let wholeRules: [any PolicyRule] = [
  ActiveNotEnforcedByServer(),
  ActiveSourceConflict(),
  AddressFamilyMismatch(),
  AllowNeverMatches(),
  BehindCircle(),
  CertificateMissing(),
  ControlPortBypass(),
  ControlPortConflict(),
  ControlPortInPassiveRange(),
  ExpectationEmpty(),
  ExternalIPAtItself(),
  ExternalIPClaimedTwice(),
  ExternalIPPrivate(),
  ExternalIPUnusable(),
  InterfaceOnBothSides(),
  LANClientsWithoutHairpin(),
  LimitSuperseded(),
  NoDataPath(),
  PassiveRangeOverlap(),
  PassiveRangeShared(),
  ReachActive(),
  ReachConflict(),
  ReachGatewayAmbiguous(),
  ReachHelperLimited(),
  ReachLimitShared(),
  ReachNotAdmitted(),
  ReachOtherEnd(),
  ReachRangeAny(),
  ReachRangeMissing(),
  ReachServerPrivate(),
  ReachServerUnusable(),
  ReachSourceMissing(),
  ReachTarget(),
  ReachUsersOutside(),
  ServerAddressUnusable(),
  ServerBehindGateway(),
  ServerScopeConflict(),
  TooManyClients(),
  UnusedDeclaration(),
]

/// Every rule.
package let policyRules: [any PolicyRule] = publicationRules + publishedRules + wholeRules

/// A policy that the rules have looked at.
package struct ValidatedPolicy: Sendable {
  /// What the rules were told.
  package let context: RuleContext
  /// Everything that the rules find, in any order.
  package let diagnostics: [Diagnostic]
}

/// Lets every rule look at a policy.
package func validate(_ policy: Policy) -> ValidatedPolicy {
  let context = RuleContext(policy)
  let ofPublications = inParallel(policy.publications.count, least: worthAThread) { part in
    batches(of: part).flatMap { batch in
      publicationRules.flatMap { $0.check(each: policy.publications[batch], in: context) }
    }
  }
  let ofPublished = inParallel(context.published.count, least: worthAThread) { part in
    batches(of: part).flatMap { batch in
      publishedRules.flatMap { $0.check(each: context.published[batch], in: context) }
    }
  }
  let isLarge = policy.publications.count >= 2 * worthAThread
  let ofAll = inParallel(wholeRules.count, isUneven: true, worthIt: isLarge) { part in
    wholeRules[part].flatMap { policy.told($0.check(context)) }
  }
  let found = (ofPublications + ofPublished + ofAll).flatMap(\.self)
  return ValidatedPolicy(
    context: context, diagnostics: found + checkHops(policy, besides: found) + checkReaches(policy))
}

/// Rules about what publications share at the address for which their packets arrive, which is another one at each
/// gateway of a path.
private let hopRules: [any PolicyRule] = [
  ActiveSourceConflict(),
  ControlPortConflict(),
  ControlPortInPassiveRange(),
  LANClientsWithoutHairpin(),
  PassiveRangeOverlap(),
]

/// What these rules find at gateways that publications pass.
///
/// - Parameter known: What was found already, and is not told again.
private func checkHops(_ policy: Policy, besides known: [Diagnostic]) -> [Diagnostic] {
  guard policy.hasPaths else { return [] }
  let gateways = Set(policy.publications.flatMap(\.hops).map(\.gateway)).sorted()
  var told = Set(known.map { HopFinding($0) })
  return gateways.flatMap { gateway in
    let context = RuleContext(policy.seen(from: gateway))
    return hopRules.flatMap { $0.check(context) }.filter { told.insert(HopFinding($0)).inserted }
  }
}

/// What makes two findings the same.
private struct HopFinding: Hashable {
  let code: String
  let span: SourceSpan

  init(_ diagnostic: Diagnostic) { (code, span) = (diagnostic.code, diagnostic.primary.span) }
}

/// Positions in parts that fit into the cache, so that each publication is fetched once for all rules.
private func batches(of range: Range<Int>) -> [Range<Int>] {
  stride(from: range.lowerBound, to: range.upperBound, by: 128).map { $0..<min($0 + 128, range.upperBound) }
}
