import Diagnostics
import Policy

extension AuditPair {
  private var tlsHelp: String {
    words.tls(wanted.tls, clearControl: wanted.allowsClearControl, certificate: server.certificate?.value)
  }

  private func tlsLabel(_ message: String) -> [Label] { policyLabel(message) { $0.tls.span } }

  /// TLS on the control connection and on data connections.
  func tls() -> [Diagnostic] {
    if let diagnostic = implicitTLS() { return [diagnostic] }
    return [controlTLS(), dataTLS()].compactMap(\.self)
  }

  private func implicitTLS() -> Diagnostic? {
    let found = actual.tls.isImplicit
    guard found.value != (wanted.tls == .implicit) else { return nil }
    return .error(
      "audit-tls-implicit",
      found.value
        ? "\(title) begins TLS at once on port \(wanted.port), and the policy says `tls \(wanted.tls.rawValue)`"
        : "\(title) waits for AUTH on port \(wanted.port), and the policy says `tls implicit`",
      at: place(found.span ?? (found.value ? actual.port.span : nil) ?? actual.tls.control.span),
      related: tlsLabel("what clients are told"),
      notes: ["one side waits for TLS and the other for a greeting, so that every session hangs"], help: tlsHelp)
  }

  private func controlTLS() -> Diagnostic? {
    let found = actual.tls.control
    if let module = actual.tls.missingModule, wanted.tls != .off { return withoutModule(module) }
    let message: String
    let note: String
    var severity = Severity.error
    switch (wanted.tls, found.value) {
    case (.off, .off), (.explicitOptional, .optional), (.explicitRequired, .required), (.implicit, .required),
      (.implicit, .optional):
      return nil
    case (.off, .optional):
      message = "\(title) offers TLS\(onTitle), and the policy says `tls off`"
      let needsHelper = wanted.passiveRange == nil
      severity = needsHelper ? .error : .warning
      note =
        needsHelper
        ? "F04: the helper cannot read an encrypted control connection, so sessions with TLS have no data path"
        : "F04: sessions with TLS go unmentioned in the policy"
    case (.off, .required), (.explicitOptional, .required):
      message = "\(title) refuses logins without TLS\(onTitle), and the policy says `tls \(wanted.tls.rawValue)`"
      note = "F24: clients in clear text, which the policy admits, are refused at USER or PASS"
    case (.explicitRequired, .optional):
      message = "\(title) accepts logins in clear text\(onTitle), and the policy says `tls explicit required`"
      note = "passwords travel in clear text as soon as a client does not ask for TLS"
    case (.explicitOptional, .off), (.explicitRequired, .off), (.implicit, .off):
      message = "\(title) has TLS switched off\(onTitle), and the policy says `tls \(wanted.tls.rawValue)`"
      note = "AUTH TLS is refused, and whoever logs in does so in clear text"
    }
    return Diagnostic(
      severity, "audit-tls-control", message, at: place(found.span),
      label: label(found.span, words.name(.tlsControl)),
      related: tlsLabel("what clients are told"), notes: [note], help: remedy(.control, tlsHelp))
  }

  /// Lines for TLS that are there, in a block for a module that is not loaded.
  private func withoutModule(_ module: MissingModule) -> Diagnostic {
    let isClosed = actual.nobody?.isForMissingModule ?? false
    return .error(
      "audit-tls-control",
      "\(title) has no TLS\(onTitle), because \(module.name) is not loaded, and the policy says `tls \(wanted.tls.rawValue)`",
      at: module.span, related: tlsLabel("what clients are told"),
      notes: [
        "the lines for TLS are there, in this block, which is passed over",
        isClosed
          ? "nobody logs in: a `<Limit LOGIN>` refuses everybody as long as the module is missing"
          : "AUTH TLS is refused, and whoever logs in does so in clear text",
      ],
      help: "write `LoadModule \(module.name)` before this block, on Debian in modules.conf, and install the module")
  }

  private func dataTLS() -> Diagnostic? {
    let found = actual.tls.data
    // Said already of the control connection.
    guard actual.tls.control.value != .off else { return nil }
    let message: String
    let note: String
    switch (wanted.tls, found.value) {
    case (.off, _), (.explicitOptional, .optional), (.explicitRequired, .required), (.implicit, .required):
      return nil
    case (.explicitOptional, .required):
      message = "\(title) refuses data in clear text\(onTitle), and the policy says `tls explicit optional`"
      note = "F26: listings and transfers of clients without PROT P are refused"
    case (_, .off):
      message = "\(title) refuses TLS on data connections\(onTitle), and the policy says `tls \(wanted.tls.rawValue)`"
      note = "F26: listings and transfers of clients with PROT P are refused"
    case (.explicitRequired, .optional), (.implicit, .optional):
      message = "\(title) accepts data in clear text\(onTitle), and the policy says `tls \(wanted.tls.rawValue)`"
      note = "files travel in clear text as soon as a client does not ask for PROT P"
    }
    return .error(
      "audit-tls-data", message, at: place(found.span), label: label(found.span, words.name(.tlsData)),
      related: tlsLabel("what clients are told"), notes: [note], help: remedy(.data, tlsHelp))
  }

  /// CCC, where the program has a setting for it and clients are told that it works.
  func clearControl() -> [Diagnostic] {
    guard wanted.allowsClearControl, let found = actual.allowsClearControl, !found.value else { return [] }
    return [
      .error(
        "audit-clear-control", "\(title) refuses CCC\(onTitle), and the policy says `clear-control`",
        at: place(found.span), related: policyLabel("what clients are told") { $0.clearControl },
        notes: ["F04: the control connection stays encrypted, so the helper opens no data path"], help: tlsHelp)
    ]
  }

  /// Data connections that need not resume the TLS session, where the program has a setting for it.
  func sessionReuse() -> [Diagnostic] {
    guard wanted.tls.allowsTLS, let help = words.sessionReuse, actual.tls.control.value != .off,
      !actual.tls.demandsReuse.value
    else { return [] }
    return [
      .warning(
        "audit-session-reuse", "\(title) takes data connections that do not resume the TLS session\(onTitle)",
        at: place(actual.tls.demandsReuse.span), related: tlsLabel("TLS is meant to protect these sessions"),
        notes: ["whoever finds the passive port first gets the data: resuming is what ties it to the session"],
        help: help)
    ]
  }

  /// Another certificate than the policy names.
  func certificate() -> [Diagnostic] {
    guard wanted.tls.allowsTLS, let named = server.certificate, actual.tls.control.value != .off,
      !actual.isOptionFolder
    else { return [] }
    let found = actual.tls.certificate
    switch (found.value, named.value) {
    case (let same?, let wanted) where same.isSame(as: wanted): return []
    case (nil, _) where program.mayChooseCertificateElsewhere: return []
    default: break
    }
    return [
      .warning(
        "audit-certificate",
        found.value.map { "\(title) presents \($0.text)\(onTitle), and the policy names \(named.value.text)" }
          ?? "\(title) has no certificate\(onTitle), and the policy names \(named.value.text)",
        at: place(found.span ?? actual.tls.control.span),
        related: [Label(named.span, "the certificate of this server")],
        notes: ["clients that know the other certificate refuse the connection, or ask their users"],
        help: "set the certificate that the policy names, or change the policy")
    ]
  }
}

extension Certificate {
  /// `\`PATH\`` or the thumbprint.
  fileprivate var text: String {
    switch self {
    case .files(let certificate, let key?): "`\(certificate)` with the key `\(key)`"
    case .files(let certificate, nil): "`\(certificate)`"
    case .thumbprint(let digits): "the thumbprint \(digits)"
    }
  }

  /// Whether both are the same; a key in the file of its certificate need not be named.
  fileprivate func isSame(as other: Certificate) -> Bool {
    switch (self, other) {
    case (.files(let certificate, let key), .files(let otherCertificate, let otherKey)):
      certificate == otherCertificate && key ?? certificate == otherKey ?? otherCertificate
    case (.thumbprint(let one), .thumbprint(let two)): one.uppercased() == two.uppercased()
    default: false
    }
  }
}
