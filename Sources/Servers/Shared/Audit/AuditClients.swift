import Addressing
import Diagnostics
import Policy

extension AuditPair {
  /// Whether the limit is what the policy's own numbers come to for this program: said of the policy already.
  private var isCappedByPolicy: Bool {
    guard program.capsClientsByRange, let range = wanted.passiveRange, actual.passivePorts.value == .range(range)
    else {
      return false
    }
    return range.count == 1 ? actual.maxClients.value == nil : actual.maxClients.value == range.count / 2
  }

  /// Another limit than `max clients`.
  func maxClients() -> [Diagnostic] {
    let isUnlimited = !program.limitsClients && actual.maxClients.span == nil
    guard let named = server.maxClients, !isUnlimited, !isCappedByPolicy, !actual.isSpawned,
      actual.maxClients.value != named.value
    else { return [] }
    let span = actual.maxClients.span
    let found = actual.maxClients.value.map { "\($0) sessions" } ?? "any number of sessions"
    let isCapped = program.capsClientsByRange && span != nil && span == actual.passivePorts.span
    return [
      .warning(
        "audit-max-clients", "\(title) admits \(found)\(onTitle), and the policy says \(named.value)",
        at: place(span),
        label: label(span, words.name(.maxClients)), related: [Label(named.span, "the limit of this server")],
        notes: isCapped
          ? ["F28: \(title) admits no more sessions than half its passive ports, without saying so"] : [],
        help: isCapped ? "give it a range of at least \(named.value * 2) ports" : words.maxClients(named.value))
    ]
  }

  /// More sessions than half the passive ports, where the policy does not say so itself.
  func rangeAgainstClients() -> [Diagnostic] {
    guard case .range(let range) = actual.passivePorts.value, let most = actual.maxClients.value,
      most > range.count / 2, most != server.maxClients?.value, wanted.passiveRange != nil,
      program.limitsClients
    else { return [] }
    return [
      .warning(
        "audit-range-too-small",
        "\(title) admits \(most) sessions\(onTitle), and has \(range.count) passive ports for them",
        at: place(actual.maxClients.span ?? actual.passivePorts.span),
        label: label(actual.maxClients.span ?? actual.passivePorts.span, words.name(.maxClients)),
        related: policyLabel("\(range.count) ports") { $0.passiveRange?.span }, notes: [words.exhaustion],
        help: words.maxClients(max(1, range.count / 2)))
    ]
  }
}
