package import Policy

/// What one server program can be told. The sources are the facts about the servers; each program's values
/// stand in the file of its emitter.
package struct Capabilities: Sendable {
  /// Whether clients may return to a clear control connection (CCC).
  package enum ClearControl: Sendable {
    /// The program does not know the command.
    case unsupported
    /// The program allows it to everybody and has no setting against it.
    case always
    /// The program has settings for and against it.
    case onRequest
  }

  /// How a certificate is named.
  package enum CertificateForm: Sendable {
    case files, thumbprint, either
  }

  /// What all control ports of one installation have in common.
  package struct Shared: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// One passive port range.
    package static let range = Shared(rawValue: 1)
    /// One masquerade address.
    package static let masquerade = Shared(rawValue: 2)
    /// One TLS policy for all control ports, except that implicit TLS may stand beside explicit TLS.
    package static let tls = Shared(rawValue: 4)
  }

  /// The TLS modes that exist.
  package var tlsModes: [TLSMode] = TLSMode.allCases
  /// The port that alone has implicit TLS, and never anything else; `nil` when any port may.
  package var implicitPort: UInt16?
  package var clearControl = ClearControl.onRequest
  package var certificate = CertificateForm.files
  /// Whether the number of sessions can be limited.
  package var limitsClients = true
  /// Whether each control port is a process of its own that counts its own sessions.
  package var isOneProcessPerService = false
  /// Whether such a process can be bound to one address of each family; if not, it listens on all addresses as
  /// soon as IPv6 is among them.
  package var bindsBothFamilies = true
  /// Whether a service with both families needs a process for each when it announces another address, or has
  /// to be kept to its own addresses.
  package var splitsFamilies = false
  /// Whether sessions with TLS can be told another address than those without.
  package var hasTLSMasquerade = false
  package var shared: Shared = []
  /// Whether settings belong to a named site.
  package var hasSites = false

  package init() {}

}
