package import Addressing
package import Policy

/// What sessions are told of by name: a publication, or a `reach`.
package enum SessionSubject: Sendable {
  case publication(Publication)
  case reach(Outreach)
}

extension SessionSubject {
  package var name: String {
    switch self {
    case .publication(let publication): publication.name.value
    case .reach(let reach): reach.name.value
    }
  }

  /// Whether its clients are users behind the gateway.
  var isReach: Bool { if case .reach = self { true } else { false } }

  /// The gateway next to the server of a publication, or to the users of a `reach`: position in `Policy.gateways`.
  package var gateway: Int? {
    switch self {
    case .publication(let publication): publication.gateway
    case .reach(let reach): reach.gateway
    }
  }
}

extension Compilation {
  /// The publication or `reach` of that name.
  package func subject(named name: String) -> SessionSubject? {
    policy.publications.first { $0.name.value == name }.map { .publication($0) }
      ?? policy.reaches.first { $0.name.value == name }.map { .reach($0) }
  }

  package func canExplain(_ subject: SessionSubject) -> Bool {
    switch subject {
    case .publication(let publication): canExplain(publication)
    case .reach(let reach): canExplain(reach)
    }
  }

  /// Whether sessions pass a gateway.
  package func passes(_ subject: SessionSubject, _ gateway: Int?) -> Bool {
    switch subject {
    case .publication(let publication):
      gateway == publication.gateway || publication.hops.contains { $0.gateway == gateway }
    case .reach(let reach): passes(reach, as: .users, gateway) || passes(reach, as: .end, gateway)
    }
  }

  /// The policy as it is asked about the rules of one gateway: publications that pass several are played there alone,
  /// and sessions of a `reach` from there on, or to there.
  ///
  /// - Returns: With what is to be said of it, as a sentence without a final period.
  package func judging(_ subject: SessionSubject, at gateway: Int?) -> (compilation: Compilation, remark: String?) {
    guard gateway != subject.gateway else { return (self, nil) }
    let name = policy.gateway(at: gateway)?.name.value ?? ""
    switch subject {
    case .publication:
      return (seen(from: gateway), "played through `\(name)` alone; the gateways after it do what the policy says")
    case .reach(let reach) where passes(reach, as: .users, gateway):
      return (self, "played from `\(name)` on; the gateways before it do what the policy says")
    case .reach: return (self, "the rules of `\(name)` are judged; the gateways before it do what the policy says")
    }
  }

  /// - Parameters:
  ///   - judged: Rules that take the place of what the policy compiles to at one gateway.
  ///   - client: The only client to look at.
  package func sessions(
    of subject: SessionSubject, judging judged: JudgedRules? = nil, client: IPAddress? = nil
  ) -> SessionTable {
    switch subject {
    case .publication(let publication):
      sessions(
        of: publication, running: judged.map { ($0.ruleset, $0.site?(publication, policy)) }, client: client)
    case .reach(let reach): sessions(of: reach, judging: judged, client: client)
    }
  }

  package func changing(_ subject: SessionSubject, _ what: WhatIf) throws(WhatIfFailure) -> Compilation {
    switch subject {
    case .publication(let publication): try changing(publication, what)
    case .reach(let reach): try changing(reach, what)
    }
  }

  /// The clients outside, or the users, that may connect.
  package func admittedClients(of subject: SessionSubject) -> AddressSet {
    switch subject {
    case .publication(let publication): policy.admittedClients(of: publication)
    case .reach(let reach): reach.accesses.first.map { policy.admittedClients(of: $0) } ?? AddressSet()
    }
  }
}
