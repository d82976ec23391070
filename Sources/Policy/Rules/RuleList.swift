package import Diagnostics

/// Rules that look at one publication at a time. A new rule is one file and one line in one of the three lists.
private let publicationRules: [any PublicationRule] = [
  ClearControlLeavesEncryptedSessions(),
  ExternalIPMissing(),
  GatewayAmbiguous(),
  HairpinWithoutInside(),
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
  ClearControlUnsupported(),
  HairpinBreaksActive(),
  HelperWithoutNAT(),
  PassiveRangeEphemeral(),
  PassiveRangeSinglePort(),
  PassiveRangeTooSmall(),
  RangeIgnoredInClear(),
  SourceGatewayHidesClients(),
  SourceGatewayOnLocalServer(),
  TLSModeUnsupported(),
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
  ServerAddressUnusable(),
  ServerScopeConflict(),
  UnusedDeclaration(),
]

/// Every rule.
package let policyRules: [any PolicyRule] = publicationRules + publishedRules + wholeRules

/// Everything that the rules find in a policy, in the order of the text.
package func validate(_ policy: Policy) -> [Diagnostic] {
  let context = RuleContext(policy)
  var found: [Diagnostic] = []
  for publication in policy.publications {
    for rule in publicationRules {
      if let diagnostic = rule.check(publication, in: context) { found.append(diagnostic) }
    }
  }
  for published in context.published {
    for rule in publishedRules {
      if let diagnostic = rule.check(published, in: context) { found.append(diagnostic) }
    }
  }
  for rule in wholeRules { found += rule.check(context) }
  return found.inSourceOrder()
}

/// Every page, sorted by code: those of the rules, and those of codes that are raised elsewhere.
package let rulePages: [RulePage] =
  (policyRules.map(\.page) + syntaxPages + namePages + valuePages + pipelinePages + serverPages + kernelPages
  + auditPages)
  .sorted { $0.code < $1.code }
