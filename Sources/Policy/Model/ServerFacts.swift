package import Addressing

/// What is known of one FTP server program, as far as the meaning of a policy depends on it.
///
/// Policy knows no program. Those that there are come to `resolve` as a list, and whoever needs a fact asks here. The
/// facts belong to types, so that a publication that asks one counts no references.
package protocol ServerFacts: SendableMetatype {
  /// As `software NAME` has it. Programs that are told apart by their version alone share one.
  static var name: String { get }
  /// The program's own spelling of its name.
  static var title: String { get }
  /// What people write for the name, without its hyphens.
  static var otherNames: [String] { get }
  /// Whether the name with that version means this program; `nil` when the policy says none.
  static func isMeant(byVersion version: String?) -> Bool
  /// Whether anything is known of the program; not of the one that stands for all others.
  static var isKnown: Bool { get }

  // MARK: TLS

  /// Why a mode of TLS cannot be set; `nil` when it can.
  static func gap(at mode: TLSMode) -> TLSGap?
  /// The port that alone has implicit TLS, and never anything else; `nil` when any port may.
  static var implicitPort: UInt16? { get }
  /// Whether a server has implicit TLS beside explicit TLS, where both are settings of the whole server.
  static var hasImplicitBesideExplicit: Bool { get }
  static var clearControl: ClearControlSupport { get }
  /// Whether sessions with TLS can be told another address than those without.
  static var hasTLSMasquerade: Bool { get }
  static var certificateForm: CertificateForm { get }

  // MARK: Data connections

  /// The source port of data connections in active mode, where the program has a fixed one.
  static func activeDataPort(controlPort: UInt16) -> UInt16?
  /// Whether the program has a setting that refuses PORT and EPRT.
  static var canRefuseActive: Bool { get }
  /// Whether that setting is one for all control ports of a process, so that what one publication leaves at its default
  /// counts as much as what another says.
  static var hasOneActiveSwitch: Bool { get }
  /// What becomes of a passive range of one port, as a sentence; `nil` when the program takes it.
  static var singlePort: String? { get }
  /// What happens when every port of a passive range is taken, as a sentence.
  static func exhaustion(of range: PortRange) -> String
  /// Whether it may leave its passive range in sessions without TLS.
  static var leavesRangeInClear: Bool { get }
  /// A port of the program's own, which takes away a passive range that holds it.
  static var adminPort: UInt16? { get }
  /// Whether each control port is a host with passive ports of its own, and another host's listener may be met there.
  static var hasHostForEachPort: Bool { get }

  /// The service of Windows in which the program runs, where it has one that Windows' firewall can tell from others;
  /// `nil` where it does not, or may run elsewhere.
  static var windowsService: String? { get }

  // MARK: Scopes

  /// Whether a server is one site of several that a machine has.
  static var hasSites: Bool { get }
  /// Whether the publications of one declared server have that in common.
  static func isOfServer(_ subject: ServerSubject) -> Bool
  /// Whether all servers of the program on one machine have that in common.
  static func isOfMachine(_ subject: ServerSubject) -> Bool
  /// How two publications come by settings of their own, as what follows "or"; `nil` when there is no way.
  static func separation(of subject: ServerSubject) -> String?
}

extension ServerFacts {
  package static var otherNames: [String] { [] }
  package static func isMeant(byVersion version: String?) -> Bool { true }
  package static var isKnown: Bool { true }
  package static func gap(at mode: TLSMode) -> TLSGap? { nil }
  package static var implicitPort: UInt16? { nil }
  package static var hasImplicitBesideExplicit: Bool { false }
  package static var clearControl: ClearControlSupport { .onRequest }
  package static var hasTLSMasquerade: Bool { false }
  package static var certificateForm: CertificateForm { .files }
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { 20 }
  package static var canRefuseActive: Bool { false }
  package static var windowsService: String? { nil }
  package static var hasOneActiveSwitch: Bool { false }
  package static var singlePort: String? { nil }
  package static func exhaustion(of range: PortRange) -> String {
    "when no port is free the server refuses the transfer"
  }
  package static var leavesRangeInClear: Bool { false }
  package static var adminPort: UInt16? { nil }
  package static var hasHostForEachPort: Bool { false }
  package static var hasSites: Bool { false }
  package static func isOfServer(_ subject: ServerSubject) -> Bool { false }
  package static func isOfMachine(_ subject: ServerSubject) -> Bool { false }
  package static func separation(of subject: ServerSubject) -> String? {
    "use another port of the server for one of them: `control port N -> M`"
  }
}

/// A mode of TLS that a program does not have.
package struct TLSGap: Sendable {
  /// One sentence.
  package var reason: String
  /// The mode that comes nearest.
  package var instead: TLSMode

  package init(_ reason: String, instead: TLSMode) {
    self.reason = reason
    self.instead = instead
  }
}

/// Whether clients may return to a clear control connection (CCC).
package enum ClearControlSupport: Sendable {
  /// The program does not know the command.
  case unsupported
  /// The program allows it to everybody and has no setting against it.
  case always
  /// The program has settings for and against it.
  case onRequest
}

/// How a program is told its certificate.
package enum CertificateForm: Sendable {
  case files, thumbprint, either
}

/// Something of which a server may have only one.
package enum ServerSubject: Hashable, CaseIterable, Sendable {
  case program, range, masquerade, tls, active, addresses

  /// As in "want different ...".
  package var title: String {
    switch self {
    case .program: "programs"
    case .range: "passive ranges"
    case .masquerade: "addresses in the 227 reply"
    case .tls: "TLS modes"
    case .active: "answers to PORT and EPRT"
    case .addresses: "sets of addresses"
    }
  }
}

/// A server of which the policy does not say the program.
enum UnknownServer: ServerFacts {
  static var name: String { "" }
  static var title: String { "the FTP server" }
  static var isKnown: Bool { false }
}
