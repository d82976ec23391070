package import Diagnostics
import PolicySyntax

/// A TLS mode on the port by which clients know the other one.
package struct TLSPortMismatch: PublicationRule {
  package init() {}

  package let code = "tls-port-mismatch"
  package let severity = Severity.warning

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    let port = publication.controlPort.value
    let isImplicit = publication.tls.value == .implicit
    guard port.external == (isImplicit ? 21 : 990), !publication.cannotTell(.tls, .controlPort) else {
      return nil
    }
    let expected = isImplicit ? 990 : 21
    let fixed =
      port.isTranslated ? "control port \(expected) -> \(port.server)" : "control port \(expected)"
    return diagnostic(
      isImplicit
        ? "clients wait for a greeting on port 21, and with `tls implicit` the server waits for theirs"
        : "clients begin with TLS at once on port 990, and `tls \(publication.tls.value.rawValue)` waits",
      at: publication.controlSpan, related: .place(publication.tls.span, "this TLS mode"),
      help: "write `\(fixed)`",
      fixes: publication.controlPort.span.map {
        [.replace($0, with: fixed, "use port \(expected)", .unsafe)]
      } ?? [])
  }
}
