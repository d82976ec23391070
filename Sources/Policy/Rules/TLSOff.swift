package import Diagnostics
import PolicySyntax

/// A publication without TLS.
package struct TLSOff: PublicationRule {
  package init() {}

  package let code = "tls-off"
  package let severity = Severity.warning

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.tls.value == .off, !publication.cannotTell(.tls) else { return nil }
    // `tls-mode-unsupported` says so already.
    guard context.policy.server(of: publication)?.software?.value.kind.facts.gap(at: .off) == nil else { return nil }
    let isStated = publication.tls.span != nil
    guard !context.policy.isOutbound else { return ofUsers(publication, isStated: isStated) }
    return diagnostic(
      "sessions of `\(publication.name.value)` send passwords and files in clear text",
      at: publication.tlsSpan,
      help: isStated
        ? "write `tls explicit required`, or say why not: `# allow: tls-off (REASON)`"
        : "add `tls explicit required`, or say that it is meant: `tls off`",
      fixes: publication.tls.span.map {
        [.replace($0, with: "tls explicit required", "require TLS", .unsafe)]
      } ?? [])
  }

  /// Whether there is TLS is up to the other side.
  private func ofUsers(_ publication: Publication, isStated: Bool) -> Diagnostic {
    diagnostic(
      "users of `\(publication.name.value)` send passwords and files in clear text", at: publication.tlsSpan,
      help: isStated
        ? "ask the other side for TLS, or say why not: `# allow: tls-off (REASON)`"
        : "write what the other side says, such as `tls explicit required`; `tls off` says that it has no TLS")
  }
}
