package import Diagnostics
import PolicySyntax

/// A TLS mode on the port by which clients know the other one.
package struct TLSPortMismatch: PublicationRule {
  package init() {}

  package let page = RulePage(
    .warning, "tls-port-mismatch", "clients expect another TLS mode on this control port",
    explanation: """
      Clients go by the port: on 990 they begin with TLS at once, on 21 they wait for the server's greeting. \
      With implicit TLS on 21 both sides wait for each other; with explicit TLS on 990 clients report an \
      unexpected packet.
      """,
    failureModes: ["F21"],
    bad: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          control port   21
          passive range  50000-50399
          tls            implicit
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          control port   990
          passive range  50000-50399
          tls            implicit
      }
      """)

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
