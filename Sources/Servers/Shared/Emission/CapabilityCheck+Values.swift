import Diagnostics
import Policy

extension CapabilityCheck {
  /// CCC, where it is not asked for and impossible to refuse.
  func clearControl(_ publication: Publication) -> [Diagnostic] {
    guard program.clearControl == .always, publication.clearControl == nil, publication.tls.value == .explicitRequired
    else { return [] }
    return [
      Diagnostic(
        .note, "clear-control-not-refused",
        "\(title) lets clients return to a clear control connection after login (CCC) and has no setting "
          + "against it",
        at: publication.tls.span ?? publication.header)
    ]
  }

  /// A certificate in a form that the program cannot use; without TLS nobody looks at it.
  func certificate() -> [Diagnostic] {
    guard plan.usesTLS else { return [] }
    guard let certificate = server.certificate else { return program.needsCertificate ? [certificateNeeded] : [] }
    switch (program.certificateForm, certificate.value) {
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

  private var certificateNeeded: Diagnostic {
    .error(
      "certificate-needed", "\(title) has TLS with a certificate alone, and server `\(server.name.value)` names none",
      at: softwareSpan, help: "add `certificate \"CERT\" key \"KEY\"` with paths on the server")
  }

  /// Texts that cannot stand in the program's file.
  func values() -> [Diagnostic] {
    guard let format = emitter?.format else { return [] }
    var diagnostics: [Diagnostic] = []
    if program.certificateForm == .files, let certificate = server.certificate,
      case .files(let path, let key) = certificate.value, plan.usesTLS
    {
      if let finding = self.path(path, format, at: certificate.span) { diagnostics.append(finding) }
      if let key, let finding = self.path(key, format, at: certificate.span) { diagnostics.append(finding) }
    }
    if program.hasSites, let site = server.site, let reason = format.obstacle(in: site.value) {
      diagnostics.append(notExpressible(site.value, reason, at: site.span))
    }
    return diagnostics
  }

  /// A path that the program cannot be told.
  private func path(_ path: String, _ format: any DocumentFormat, at span: SourceSpan) -> Diagnostic? {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    let reason = isAbsolute ? format.obstacle(in: path) : "is not an absolute path"
    return reason.map { notExpressible(path, $0, at: span) }
  }

  private func notExpressible(_ text: String, _ reason: String, at span: SourceSpan) -> Diagnostic {
    .error(
      "value-not-expressible", "\(title) cannot be told `\(text)`: it \(reason)", at: span,
      help: "give it another name on the server, and write that one")
  }
}
