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
  CertificateMissing(),
  ControlPortBypass(),
  ControlPortConflict(),
  ControlPortInPassiveRange(),
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
    wholeRules[part].flatMap { $0.check(context) }
  }
  return ValidatedPolicy(context: context, diagnostics: (ofPublications + ofPublished + ofAll).flatMap(\.self))
}

/// Positions in parts that fit into the cache, so that each publication is fetched once for all rules.
private func batches(of range: Range<Int>) -> [Range<Int>] {
  stride(from: range.lowerBound, to: range.upperBound, by: 128).map { $0..<min($0 + 128, range.upperBound) }
}
