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

  /// The addresses that one process can be kept to.
  package enum Binding: Sendable {
    /// One of each family.
    case bothFamilies
    /// One, of either family.
    case oneAddress
    /// One IPv4 address.
    case ipv4Address
  }

  /// How a certificate is named.
  package enum CertificateForm: Sendable {
    case files, thumbprint, either
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
  /// Whether there is only one such process, so only one control port.
  package var isOneProcess = false
  /// To which addresses such a process can be bound; it listens on all of them when that is not enough.
  package var binding = Binding.bothFamilies
  /// Whether a service with both families needs a process for each when it announces another address, or has
  /// to be kept to its own addresses.
  package var splitsFamilies = false
  /// Whether sessions with TLS can be told another address than those without.
  package var hasTLSMasquerade = false
  /// Whether settings belong to a named site.
  package var hasSites = false
  /// A port of the program's own, which takes away a passive range that holds it.
  package var adminPort: UInt16?
  /// The first version that is configured like this; `nil` when all are.
  package var oldestVersion: SoftwareVersion?

  package init() {}

}
