package import Diagnostics
import PolicySyntax

/// A publication that nobody can dial.
package struct ExternalIPMissing: PublicationRule {
  package init() {}

  package let page = RulePage(
    .error, "external-ip-missing", "a publication has no external address",
    explanation: """
      The external address is the one that clients dial, and the one that the server announces in its 227 \
      reply. Every publication needs it, in its own block or as the default of its gateway. For a server \
      that is routed without translation it is the server's own address.
      """,
    failureModes: ["F01"],
    bad: """
      publish files {
          server         10.10.20.200 pure-ftpd
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 pure-ftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """)

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.externalAddresses.isEmpty, !publication.cannotTell(.externalIP, .gateway) else {
      return nil
    }
    let gateway = context.policy.gateway(of: publication)
    // Which gateway's default it is, is another question.
    guard gateway != nil || context.policy.gateways.count < 2 else { return nil }
    guard gateway?.unreadable.contains(.externalIP) != true else { return nil }
    return diagnostic(
      "`\(publication.name.value)` has no external address", at: publication.header,
      related: .place(gateway?.header, "this gateway has no default either"),
      help: "add `external ip ADDRESS` with the address that clients dial")
  }
}
