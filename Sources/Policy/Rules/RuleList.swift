package import Diagnostics

/// Every rule; a new one is one file and one line here.
package let policyRules: [any PolicyRule] = [
  ActiveNeedsOpenEgress(),
  ActiveNotEnforcedByServer(),
  ActiveSourceConflict(),
  AddressFamilyMismatch(),
  AllowNeverMatches(),
  CertificateMissing(),
  ClearControlLeavesEncryptedSessions(),
  ClearControlUnsupported(),
  ControlPortBypass(),
  ControlPortConflict(),
  ControlPortInPassiveRange(),
  ExternalIPMissing(),
  ExternalIPPrivate(),
  ExternalIPUnusable(),
  GatewayAmbiguous(),
  HairpinBreaksActive(),
  HairpinWithoutInside(),
  HelperCannotReadTLS(),
  HelperOpenToAny(),
  HelperWithoutEffect(),
  HelperWithoutNAT(),
  InterfaceOnBothSides(),
  LANClientsWithoutHairpin(),
  LimitSuperseded(),
  NoDataPath(),
  PassiveRangeALGPort(),
  PassiveRangeEphemeral(),
  PassiveRangeOutOfBounds(),
  PassiveRangeOverlap(),
  PassiveRangeShared(),
  PassiveRangeSinglePort(),
  PassiveRangeTooSmall(),
  RangeIgnoredInClear(),
  ServerAddressUnusable(),
  ServerScopeConflict(),
  SourceGatewayHidesClients(),
  SourceGatewayOnLocalServer(),
  TLSModeUnsupported(),
  TLSOff(),
  TLSPortMismatch(),
  UnusedDeclaration(),
]

/// Everything that the rules find in a policy, in the order of the text.
package func validate(_ policy: Policy) -> [Diagnostic] {
  let context = RuleContext(policy)
  return policyRules.flatMap { $0.check(context) }.inSourceOrder()
}

/// Every page, sorted by code: those of the rules, and those of codes that are raised elsewhere.
package let rulePages: [RulePage] =
  (policyRules.map(\.page) + syntaxPages + namePages + valuePages + pipelinePages + serverPages + kernelPages
  + auditPages)
  .sorted { $0.code < $1.code }
