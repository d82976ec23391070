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

  /// A limit for one address that stops sessions before the policy does. Behind a gateway that puts its own address in
  /// the place of theirs, all clients are one address.
  func maxPerClient() -> [Diagnostic] {
    guard let most = actual.maxPerClient.value else { return [] }
    let wished = wanted.publications.compactMap { publication -> (count: Int?, span: SourceSpan, isShared: Bool)? in
      let isShared = publication.source.value == .gateway
      let limits = publication.limits.compactMap { limit -> (count: Int, span: SourceSpan)? in
        switch (limit.value, isShared) {
        case (.sessions(let count), true), (.sessionsPerClient(let count), false): (Int(count), limit.span)
        default: nil
        }
      }
      let all = limits + (isShared ? server.maxClients.map { [($0.value, $0.span)] } ?? [] : [])
      // The lowest of the policy's own is what it counts on.
      if let lowest = all.min(by: { $0.count < $1.count }) {
        return lowest.count > most ? (lowest.count, lowest.span, isShared) : nil
      }
      let isLower = most < actual.maxClients.value ?? .max
      return isShared && isLower ? (nil, publication.source.span ?? publication.header, true) : nil
    }
    guard let first = wished.max(by: { $0.count ?? .max < $1.count ?? .max }) else { return [] }
    let wish = first.count.map { "\($0)" } ?? "any number"
    return [
      .warning(
        "audit-max-clients",
        "\(title) admits \(most) sessions from one address\(onTitle), and the policy says \(wish)",
        at: place(actual.maxPerClient.span),
        label: label(actual.maxPerClient.span, "a limit for one address"),
        related: [
          Label(first.span, first.isShared ? "all clients come from one address" : "the limit for one client")
        ],
        notes: first.isShared
          ? ["with `source gateway` the server sees the gateway's address in the place of theirs"] : [],
        help: words.maxPerClient(first.count))
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
