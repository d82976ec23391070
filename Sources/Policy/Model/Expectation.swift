package import Addressing
package import Diagnostics
package import PolicySyntax

/// `expect NAME { ... }`: what sessions of a publication or a `reach` must do.
package struct Expectation: Sendable {
  /// What it is about.
  package enum Subject: Hashable, Sendable {
    /// Position in `Policy.publications`.
    case publication(Int)
    /// Position in `Policy.reaches`.
    case reach(Int)
  }

  /// The name of what it is about.
  package var name: Located<String>
  /// `nil` when nothing has that name, which was reported.
  package var subject: Subject?
  /// In the order of the text.
  package var statements: [ExpectedSessions] = []
  /// The first line of the declaration.
  package var header: SourceSpan

  init(name: Located<String>, subject: Subject?, header: SourceSpan) {
    self.name = name
    self.subject = subject
    self.header = header
  }
}

/// One statement: what must become of every session that its words do not exclude.
package struct ExpectedSessions: Sendable {
  /// Which clients a statement speaks of.
  package enum Clients: Sendable {
    /// Everybody whom the policy admits.
    case admitted
    /// Clients on the inner side of the gateway.
    case inside
    case listed([ClientTerm])
  }

  /// What must become of them.
  package var outcome: ExpectWord
  /// Words of the kind of TLS and of the mode; `nil` for all.
  package var encryption: ExpectedEncryption?
  package var mode: ExpectedMode?
  package var family: Located<AddressFamily>?
  package var clients = Clients.admitted
  /// `from` and what follows it.
  package var clientsSpan: SourceSpan?
  package var span: SourceSpan

  init(_ outcome: ExpectWord, span: SourceSpan) {
    self.outcome = outcome
    self.span = span
  }
}

/// How a session uses TLS, as `expect` spells it.
package enum ExpectedEncryption: String, CaseIterable, Sendable {
  case plain, explicit, implicit
}

/// How the data connections of a session are asked for, as `expect` spells it.
package enum ExpectedMode: String, CaseIterable, Sendable {
  case pasv, epsv, port, eprt

  /// Whether the command can say anything over IPv6 (RFC 2428 section 1).
  package var hasIPv6Form: Bool { self == .epsv || self == .eprt }
}

extension Policy {
  /// The access that an expectation is about, with its families and clients: a publication, or a `reach` as one. `nil`
  /// where it is not known.
  package func accesses(of expectation: Expectation) -> [Publication] {
    switch expectation.subject {
    case .publication(let position): publications.indices.contains(position) ? [publications[position]] : []
    case .reach(let position): reaches.indices.contains(position) ? reaches[position].accesses : []
    case nil: []
    }
  }

  /// The addresses that a statement speaks of; `nil` for clients inside.
  package func clients(of statement: ExpectedSessions, _ access: Publication) -> AddressSet? {
    switch statement.clients {
    case .admitted: admittedClients(of: access)
    case .inside: nil
    case .listed(let terms): AddressSet(unionOf: terms.map { addresses(of: $0) })
    }
  }
}
