import Diagnostics
import Policy

extension AuditPair {
  /// Active mode on where it is meant to be off, or off where it is meant to work.
  func activeMode() -> [Diagnostic] {
    guard let found = actual.allowsActive, found.value != wanted.allowsActive else { return [] }
    let related = policyLabel("what clients are told") { $0.active.span }
    if wanted.allowsActive {
      return [
        .error(
          "audit-active-mode", "\(title) refuses active mode\(onTitle), and the policy says `active on`",
          at: place(found.span), related: related, notes: ["F33: PORT and EPRT are refused"],
          help: remedy(.active, words.active(true))
        )
      ]
    }
    return [
      .warning(
        "audit-active-mode", "\(title) accepts active mode\(onTitle), and the policy says `active off`",
        at: place(found.span), related: related,
        notes: [
          "F33: the gateway drops these data connections, so that clients wait for a 425 in the place of a refusal"
        ],
        help: words.active(false))
    ]
  }

  /// Data connections of active mode from any port, where the gateway has to know them by it.
  func activePort() -> [Diagnostic] {
    guard wanted.translatesActive, let help = words.pinnedDataPort, actual.allowsActive?.value != false,
      !actual.pinsDataPort.value
    else { return [] }
    return [
      .error(
        "audit-active-port", "\(title) takes any source port for active mode\(onTitle)",
        at: place(actual.pinsDataPort.span), related: policyLabel("active mode is meant to work") { $0.active.span },
        notes: ["F33: without the helper the gateway knows these data connections by their source port only"],
        help: help)
    ]
  }

  /// Checks against other hosts that are switched off, where the program has a setting for them.
  func foreignAddresses() -> [Diagnostic] {
    let related = policyLabel("sessions of one client") { $0.header }
    var found: [Diagnostic] = []
    if actual.allowsForeignPort.value, let help = words.foreign(port: true) {
      found.append(
        .warning(
          "audit-foreign-address", "\(title) connects to any host that a client names in PORT\(onTitle)",
          at: place(actual.allowsForeignPort.span), label: label(actual.allowsForeignPort.span, words.name(.foreign)),
          related: related,
          notes: ["F32: that makes the server a relay into its own network (FTP bounce)"],
          help: help))
    }
    let isSaid = program.hasOneSettingForForeignHosts && actual.allowsForeignPort.value
    if actual.allowsForeignPeer.value, !isSaid, let help = words.foreign(port: false) {
      found.append(
        .warning(
          "audit-foreign-address", "\(title) gives data to any host that finds the passive port first\(onTitle)",
          at: place(actual.allowsForeignPeer.span), label: label(actual.allowsForeignPeer.span, words.name(.foreign)),
          related: related, notes: ["F32: a stranger who guesses the port gets the file, or gives one"],
          help: help))
    }
    return found
  }
}
