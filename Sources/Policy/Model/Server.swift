package import Addressing
package import Diagnostics
package import PolicySyntax

/// An FTP server program, as a policy names it. Equal where the name is: whoever needs more asks the facts.
package struct SoftwareKind: Hashable, Sendable, CustomStringConvertible {
  package let facts: any ServerFacts.Type

  package init(_ facts: any ServerFacts.Type) { self.facts = facts }

  /// As the language spells it.
  package var name: String { facts.name }
  /// The program's own spelling of its name.
  package var title: String { facts.title }

  package var description: String { name }

  package static func == (left: Self, right: Self) -> Bool {
    ObjectIdentifier(left.facts) == ObjectIdentifier(right.facts) || left.name == right.name
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// `software NAME [VERSION]`.
package struct Software: Hashable, Sendable {
  package var kind: SoftwareKind
  /// As written, for example `1.3.8`; `nil` when the policy does not say.
  package var version: String?

  package init(_ kind: SoftwareKind, version: String? = nil) {
    self.kind = kind
    self.version = version
  }
}

/// The certificate that a server presents.
package enum Certificate: Hashable, Sendable {
  /// Paths on the server; without a key the certificate file holds the key as well.
  case files(certificate: String, key: String?)
  /// SHA-1 thumbprint of a certificate in the Windows store: 40 upper-case hexadecimal digits.
  case thumbprint(String)
}

/// One FTP server: a `server` block, or a server given in place by a publication. An object, because many look at each.
package final class Server: Sendable {
  package let parts: Parts

  package init(_ parts: Parts) { self.parts = parts }

  /// Whether the server runs on the firewall host.
  package var isLocal: Bool { local != nil }

  /// The address of a family; `nil` for a local server too.
  package func address(_ family: AddressFamily) -> Located<IPAddress>? {
    addresses.first { $0.value.family == family }
  }
}

/// Its parts.
extension Server {
  @inlinable package var name: Located<String> { parts.name }
  @inlinable package var addresses: [Located<IPAddress>] { parts.addresses }
  @inlinable package var local: SourceSpan? { parts.local }
  @inlinable package var isGateway: Bool { parts.isGateway }
  @inlinable package var software: Located<Software>? { parts.software }
  @inlinable package var site: Located<String>? { parts.site }
  @inlinable package var certificate: Located<Certificate>? { parts.certificate }
  @inlinable package var maxClients: Located<Int>? { parts.maxClients }
  @inlinable package var unreadable: Set<ServerWord> { parts.unreadable }
  @inlinable package var header: SourceSpan { parts.header }
}

extension Server {
  /// What a `server` block says: each statement sets one part.
  package struct Parts: Sendable {
    package var name: Located<String>
    /// Where it listens, at most one of each family; empty when it is the firewall host itself.
    package var addresses: [Located<IPAddress>] = []
    /// Whether it stands for the next gateway on the path of a publication.
    package var isGateway = false
    /// The `local` of `address local`; `nil` for a server behind the gateway.
    package var local: SourceSpan?
    /// `nil` when the policy does not say, or says it wrongly (an error then).
    package var software: Located<Software>?
    /// The site that is configured, of a program that has several.
    package var site: Located<String>?
    package var certificate: Located<Certificate>?
    /// Simultaneous sessions that the server admits; at least 1.
    package var maxClients: Located<Int>?
    /// Words of statements that were reported as wrong, misspelt ones included: what they set is not missing
    /// but unknown.
    package var unreadable: Set<ServerWord> = []
    /// The first line of the declaration.
    package var header: SourceSpan

    package init(name: Located<String>, header: SourceSpan) {
      self.name = name
      self.header = header
    }
  }
}
