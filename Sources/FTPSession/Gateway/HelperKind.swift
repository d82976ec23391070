package import Nftables

/// What the FTP helper of a firewall makes of a dialogue: the kernel's, or the one of a firewall that is not Linux, as
/// far as it is documented. What is not documented makes a session undecided.
struct HelperKind: Sendable {
  /// What becomes of a command that begins TLS.
  enum Authentication: Sendable {
    /// It passes, and the helper reads nothing from then on.
    case passes
    /// The firewall answers it itself, ends the connection, and writes a result code into its log.
    case answered(String, log: String)
    /// Nobody has verified what becomes of it.
    case unverified(String)
  }

  /// As `ct helper` objects call it.
  let type: String
  /// As people call it, after "the".
  let title: String
  /// Whether what is said here was seen on a kernel; else it is documented.
  let isProven: Bool
  let authentication: Authentication
  /// What becomes of a connection that is encrypted from its first byte; `nil` where the helper is merely blind.
  var doubtOfImplicit: String?
  /// What becomes of a command or reply, by how it begins, of which nobody has verified it.
  var unverified: [String: String] = [:]
  /// What becomes of an announcement that names another address than its sender's; `nil` where the helper makes nothing
  /// of it, as the kernel's does.
  var doubtOfForeignAddress: String?
  /// How it is kept off a connection, as an imperative sentence in the words of the device; `nil` where it hurts
  /// nobody.
  var remedy: String?

  /// The helper of a type; `nil` for one that does nothing to FTP.
  static func named(_ type: String) -> HelperKind? { byType[type] }

  private static let byType = Dictionary(
    all.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })

  private static let all: [HelperKind] = [
    HelperKind(type: "ftp", title: "helper", isProven: true, authentication: .passes),
    // RouterOS is Linux, and its manual names the helper so (`/ip firewall service-port`); it was not run.
    HelperKind(
      type: "routeros-ftp", title: "FTP helper of RouterOS", isProven: false, authentication: .passes),
    // Cisco, ASA firewall guide, "FTP Inspection".
    HelperKind(
      type: "asa-ftp", title: "FTP inspection of the ASA", isProven: false, authentication: .passes,
      doubtOfForeignAddress: "what the inspection makes of a reply that names the translated address already"),
    HelperKind(
      type: "asa-ftp-strict", title: "strict FTP inspection of the ASA", isProven: false,
      authentication: .unverified(
        "strict inspection ends what it cannot read, so it may end a session that begins TLS"),
      doubtOfImplicit: "strict inspection ends what it cannot read, so it may end a session that is encrypted",
      doubtOfForeignAddress: "what the inspection makes of a reply that names the translated address already",
      remedy: "write `inspect ftp` without `strict`, or take the server out of the inspection"),
    // Juniper JSA10706: from the releases that it names on the commands of TLS pass.
    HelperKind(
      type: "junos-ftp", title: "FTP ALG of Junos", isProven: false, authentication: .passes,
      doubtOfForeignAddress: "what the ALG does where addresses differ (`allow-mismatch-ip-address`)"),
    HelperKind(
      type: "junos-ftp-old", title: "FTP ALG of Junos", isProven: false,
      authentication: .unverified("the ALG of this release may block the commands of TLS (JSA10706)"),
      doubtOfForeignAddress: "what the ALG does where addresses differ (`allow-mismatch-ip-address`)",
      remedy: "give the application `application-protocol ignore`"),
    HelperKind(
      type: "screenos-ftp", title: "FTP ALG of ScreenOS", isProven: false,
      authentication: .unverified("what the ALG of ScreenOS does once a session begins TLS is not documented"),
      doubtOfImplicit: "what the ALG of ScreenOS does to an encrypted session is not documented",
      unverified: undocumentedExtensions("the ALG of ScreenOS"),
      doubtOfForeignAddress: "what the ALG of ScreenOS makes of a reply that names the translated address already"),
    // Microsoft: the FTP Access Filter knows no AUTH; the log has FWX_E_CONNECTION_KILLED.
    HelperKind(
      type: "isa-ftp", title: "FTP Access Filter", isProven: false,
      authentication: .answered("550 Access is denied", log: "0x80074E24"),
      doubtOfImplicit: "what the FTP Access Filter does to an encrypted session is not documented",
      unverified: undocumentedExtensions("the FTP Access Filter"),
      doubtOfForeignAddress: "what the FTP Access Filter makes of a reply that names the translated address already",
      remedy: "publish a protocol of its own for this server, to which the filter is not bound"),
    HelperKind(
      type: "fortigate-ftp", title: "FTP session helper of the FortiGate", isProven: false,
      authentication: .unverified("what the session helper does once a session begins TLS is not documented"),
      doubtOfImplicit: "what the session helper does to an encrypted session is not documented",
      unverified: undocumentedExtensions("the session helper"),
      doubtOfForeignAddress: "what the session helper makes of a reply that names the translated address already",
      remedy: "write `set helper disable` into a service of its own for this server"),
    // Microsoft (dd421710): with FTP over TLS it has to be off.
    HelperKind(
      type: "windows-ftp", title: "StatefulFtp filter of Windows", isProven: false,
      authentication: .unverified(
        "StatefulFtp has to be off with TLS (dd421710), and what it does else is not documented"),
      doubtOfImplicit: "StatefulFtp has to be off with TLS (dd421710), and what it does else is not documented",
      unverified: undocumentedExtensions("StatefulFtp")),
  ]

  private static func undocumentedExtensions(_ helper: String) -> [String: String] {
    let reason = "whether \(helper) reads the extensions of RFC 2428 is not documented"
    return ["229": reason, "EPRT": reason]
  }
}

/// What devices do to sessions that no document tells, and how it is kept off.
package enum DeviceHelpers {
  /// How a helper is kept off a connection, as an imperative sentence in the words of the device.
  ///
  /// - Parameter type: As `ct helper` objects call it.
  package static func remedy(type: String) -> String? { HelperKind.named(type)?.remedy }

  /// The ruleset with helpers that hurt nobody in the place of those of which it is not known: what fails there fails
  /// whatever the device's helper does. `nil` where it has none of these.
  package static func harmless(_ ruleset: Ruleset) -> Ruleset? {
    var result = ruleset
    var isChanged = false
    for table in result.tables.indices {
      for helper in result.tables[table].helpers.indices {
        guard let kind = HelperKind.named(result.tables[table].helpers[helper].type), !kind.isProven else { continue }
        result.tables[table].helpers[helper].type = "routeros-ftp"
        isChanged = true
      }
    }
    return isChanged ? result : nil
  }
}
