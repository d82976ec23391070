import Addressing
import Diagnostics
import Policy

extension AuditPair {
  /// Clients of the policy whom the server does not let in.
  func login() -> [Diagnostic] {
    let related = policyLabel("clients are expected to log in") { $0.allow.first?.span ?? $0.header }
    guard actual.login.value == .someUsers, actual.nobody == nil else { return [] }
    return [
      Diagnostic(
        .note, "audit-login-limited", "\(title) lets only some users log in\(onTitle)",
        at: place(actual.login.span),
        related: related, notes: ["who they are is not in the policy"],
        help: remedy(.login, "remove the users and groups from `<Limit LOGIN>` if everybody may log in"))
    ]
  }

  /// Listings that are refused, which clients ask for first.
  func listings() -> [Diagnostic] {
    guard !actual.allowsListings.value else { return [] }
    return [
      .warning(
        "audit-listings", "\(title) refuses listings\(onTitle)", at: place(actual.allowsListings.span),
        related: policyLabel("clients are expected to list folders") { $0.header },
        notes: ["LIST, NLST and MLSD are answered with 450 or 550, and most clients give up then"],
        help: remedy(
          .listings, "remove `DIRS` and `ALL` from the `<Limit>`, or allow the clients of the policy in it"))
    ]
  }
}

/// The clients of one service that the policy asks for, as the server sees them.
struct AuditClients {
  private let seen: AddressSet

  init(_ wanted: Service, _ policy: Policy) {
    var sets: [AddressSet] = []
    for publication in wanted.publications {
      if publication.source.value == .gateway {
        // The server sees the gateway's inside address, which stands next to its own.
        sets.append(AddressSet(wanted.addresses.compactMap { Prefix($0, length: $0.family == .ipv4 ? 24 : 64) }))
      } else {
        let admitted = policy.admittedClients(of: publication)
        // Whoever says nothing about clients, or `any`, means those outside.
        let isOpen = publication.allow.isEmpty || publication.allow.contains { $0.kind == .any }
        sets.append(isOpen ? admitted.subtracting(.privateUse) : admitted)
      }
    }
    seen = AddressSet(unionOf: sets)
  }

  /// Whether any of them is treated as that service says.
  func meet(_ service: EffectiveService) -> Bool {
    service.clients.map { !$0.intersection(seen).isEmpty } ?? true
  }
}
