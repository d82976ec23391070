import Diagnostics
import Policy

extension CapabilityCheck {
  /// A TLS mode that the program lacks, or lacks on that port.
  func tlsMode(_ publication: Publication) -> [Diagnostic] {
    let mode = publication.tls.value
    let span = publication.tls.span ?? publication.header
    guard capabilities.tlsModes.contains(mode) else {
      let known = capabilities.tlsModes.map { "`tls \($0.rawValue)`" }.joined(separator: ", ")
      return [
        .error(
          "tls-mode-unsupported", "\(title) cannot be set to `tls \(mode.rawValue)`", at: span,
          help: "use one of \(known)")
      ]
    }
    let port = publication.controlPort.value
    guard let implicit = capabilities.implicitPort, (mode == .implicit) != (port.server == implicit) else {
      return []
    }
    if mode == .implicit {
      return [
        .error(
          "tls-mode-unsupported",
          "\(title) has implicit TLS on port \(implicit) only, and this server port is \(port.server)",
          at: publication.controlPort.span ?? span,
          help: "write `control port \(port.external) -> \(implicit)`, or use `tls explicit required`")
      ]
    }
    return [
      .error(
        "tls-mode-unsupported",
        "\(title) always takes port \(implicit) for implicit TLS, and this publication has `tls \(mode.rawValue)`",
        at: publication.controlPort.span ?? span,
        help: "use another port of the server, such as `control port \(port.external) -> 21`")
    ]
  }

  /// CCC, where it is asked for and unknown, or not asked for and impossible to refuse.
  func clearControl(_ publication: Publication) -> [Diagnostic] {
    switch (capabilities.clearControl, publication.clearControl) {
    case (.unsupported, let span?):
      return [
        .error(
          "clear-control-unsupported",
          "\(title) does not know CCC, so the control connection stays encrypted",
          at: span, help: "remove `clear-control` and open a passive range")
      ]
    case (.always, nil) where publication.tls.value == .explicitRequired:
      return [
        Diagnostic(
          .note, "clear-control-not-refused",
          "\(title) lets clients return to a clear control connection after login (CCC) and has no setting "
            + "against it",
          at: publication.tls.span ?? publication.header)
      ]
    default:
      return []
    }
  }

  /// A certificate in a form that the program cannot use; without TLS nobody looks at it.
  func certificate() -> [Diagnostic] {
    guard let certificate = server.certificate, plan.usesTLS else { return [] }
    switch (capabilities.certificate, certificate.value) {
    case (.thumbprint, .files):
      return [
        .error(
          "certificate-form-unsupported",
          "\(title) takes its certificate from the Windows store and cannot be given a file",
          at: certificate.span,
          help: "import it on the server and write `certificate thumbprint HEX`")
      ]
    case (.files, .thumbprint):
      return [
        .error(
          "certificate-form-unsupported", "\(title) reads its certificate from files and knows no thumbprint",
          at: certificate.span, help: "write `certificate \"CERT\" key \"KEY\"` with paths on the server")
      ]
    default:
      return []
    }
  }

  /// Texts that cannot stand in the program's file.
  func values() -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    if capabilities.certificate == .files, let certificate = server.certificate,
      case .files(let path, let key) = certificate.value, plan.usesTLS
    {
      if let finding = self.path(path, at: certificate.span) { diagnostics.append(finding) }
      if let key, let finding = self.path(key, at: certificate.span) { diagnostics.append(finding) }
    }
    if capabilities.hasSites, let site = server.site, let reason = emitter.format.obstacle(in: site.value) {
      diagnostics.append(notExpressible(site.value, reason, at: site.span))
    }
    return diagnostics
  }

  /// A path that the program cannot be told.
  private func path(_ path: String, at span: SourceSpan) -> Diagnostic? {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    let reason = isAbsolute ? emitter.format.obstacle(in: path) : "is not an absolute path"
    return reason.map { notExpressible(path, $0, at: span) }
  }

  private func notExpressible(_ text: String, _ reason: String, at span: SourceSpan) -> Diagnostic {
    .error(
      "value-not-expressible", "\(title) cannot be told `\(text)`: it \(reason)", at: span,
      help: "give it another name on the server, and write that one")
  }
}
