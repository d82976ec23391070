import Addressing
import Diagnostics
import Policy

extension AuditPair {
  /// A service that somebody has to start by hand.
  func stopped() -> [Diagnostic] {
    guard let stopped = actual.stopped else { return [] }
    return [
      .error(
        "audit-not-started", "\(title) does not listen\(onTitle): \(stopped.reason)", at: stopped.span,
        related: policyLabel("clients are expected to connect") { $0.header },
        notes: ["after the next start of the machine control connections are refused"], help: stopped.help)
    ]
  }

  /// A service that lets nobody log in.
  func nobodyLogsIn() -> [Diagnostic] {
    // Said with the module already, for the lack of which the login is closed.
    guard let nobody = actual.nobody, !nobody.isForMissingModule || wanted.tls == .off else { return [] }
    return [
      .error(
        "audit-no-login", "\(title) lets nobody log in\(onTitle): \(nobody.reason)", at: nobody.span,
        related: policyLabel("clients are expected to log in") { $0.header }, help: nobody.help)
    ]
  }

  /// Users with a name who log in at another address of the server only.
  func loginAddress() -> [Diagnostic] {
    guard let trusted = actual.loginAddress, actual.nobody == nil else { return [] }
    for publication in wanted.publications {
      for endpoint in policy.endpoints(of: publication)
      where endpoint.server.family == trusted.value.family && endpoint.server != trusted.value {
        return [
          .error(
            "audit-no-login",
            "\(title) lets only anonymous users log in at \(endpoint.server)\(onTitle): all others log in at \(trusted.value)",
            at: place(trusted.span), related: policyLabel("clients are expected to log in") { $0.header },
            help: "\(words.write(["TrustedIP \(endpoint.server)"])), or remove it")
        ]
      }
    }
    return []
  }

  /// Clients that the policy admits, and the server refuses by their address.
  func refusedClients() -> [Diagnostic] {
    guard let admitted = actual.admits else { return [] }
    for publication in wanted.publications {
      let related = [Label(publication.allow.first?.span ?? publication.header, "the clients that the policy admits")]
      if publication.source.value == .gateway {
        guard admitted.value != .any else { continue }
        return [
          .warning(
            "audit-clients",
            "\(title) lets in some addresses only\(onTitle), and sees the gateway's in the place of all clients",
            at: place(admitted.span),
            related: [
              Label(publication.source.span ?? publication.header, "clients come from the gateway's address")
            ],
            notes: ["whether the gateway's inside address is among them is not known here"],
            help: "let in the gateway's inside address, and clients by `allow` in the policy")
        ]
      }
      let families = Set(policy.endpoints(of: publication).map(\.family))
      var expected = policy.admittedClients(of: publication)
      if !families.contains(.ipv4) { expected.ipv4 = IntervalSet() }
      if !families.contains(.ipv6) { expected.ipv6 = IntervalSet() }
      let refused = expected.subtracting(admitted.value)
      guard !refused.isEmpty else { continue }
      return [
        .warning(
          "audit-clients", "\(title) refuses clients that the policy admits\(onTitle), among them \(refused.first)",
          at: place(admitted.span), related: related,
          notes: ["they get a connection through the gateway, and are refused by the server"],
          help: "let them in on the server too, or keep them out with `allow` or `deny` in the policy")
      ]
    }
    return []
  }

  /// Private peers that are told the server's own address, where clients come to the server with private addresses.
  func privatePeers() -> [Diagnostic] {
    guard let tellsOwn = actual.tellsPrivatePeersOwn, tellsOwn.value, actual.announced.value != .own,
      wanted.announced != nil
    else { return [] }
    for publication in wanted.publications {
      guard let endpoint = policy.endpoints(of: publication).first(where: { $0.family == .ipv4 }),
        endpoint.reach == .translated, endpoint.server.scope != .global,
        let (severity, span, who) = privateClients(of: publication)
      else { continue }
      return [
        Diagnostic(
          severity, "audit-private-peers",
          "\(title) tells peers with private addresses its own address \(endpoint.server)\(onTitle), and \(who)",
          at: place(tellsOwn.span), label: tellsOwn.span == nil ? "nothing here turns that off" : "",
          related: [Label(span, "clients that the server sees with private addresses")],
          notes: [
            severity == .error
              ? "F01: the 227 reply carries the private address, and the data connection times out"
              : "F01: they have to reach \(endpoint.server) without the gateway's translation, or PASV fails"
          ], help: words.privatePeers)
      ]
    }
    return []
  }

  /// How clients come to have private addresses for the server.
  private func privateClients(of publication: Publication) -> (Severity, SourceSpan, String)? {
    if publication.source.value == .gateway {
      return (
        .error, publication.source.span ?? publication.header,
        "with `source gateway` all clients come from the gateway"
      )
    }
    if publication.hairpin.value {
      return (
        .warning, publication.hairpin.span ?? publication.header, "with `hairpin on` clients inside are among them"
      )
    }
    for term in publication.allow {
      guard case .prefix(let prefix) = term.kind, prefix.family == .ipv4, prefix.address.scope == .privateUse else {
        continue
      }
      return (.warning, term.span, "clients of \(prefix) are among them")
    }
    return nil
  }
}

extension AddressSet {
  /// The lowest address, as text.
  fileprivate var first: String {
    if let interval = ipv4.intervals.first { return "\(IPAddress.v4(IPv4Address(interval.lowerBound)))" }
    return ipv6.intervals.first.map { "\(IPAddress.v6(IPv6Address($0.lowerBound)))" } ?? "none"
  }
}
