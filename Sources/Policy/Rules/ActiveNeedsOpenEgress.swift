package import Diagnostics
import PolicySyntax

/// Active mode without the helper's help depends on rules that are not ours.
package struct ActiveNeedsOpenEgress: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "active-needs-open-egress", "the server must be allowed to open connections to its clients",
    explanation: """
      In active mode the server opens the data connection, to any port that the client names. The helper \
      announces such connections to the firewall, but not those of encrypted sessions. Sallyport gives them \
      the right source address; whether servers may open connections to the outside at all is decided by the \
      other rules of the firewall. All of them leave from one port, so many transfers to one client in a row \
      run into ports that are still busy.
      """,
    failureModes: ["F33", "F34"],
    bad: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         on
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         off
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard published.opensActiveData, published.activeObstacle == nil,
      !publication.cannotTell(.helper, .tls, .active)
    else { return nil }
    let origin = published.activePort.map { "its port \($0)" } ?? "any of its ports"
    let sessions = publication.helper.value ? "encrypted sessions in active mode" : "active mode"
    return diagnostic(
      "in \(sessions) the server opens connections from \(origin) to its clients, and the firewall's other "
        + "rules must let them out",
      at: publication.activeSpan, help: "allow such connections, or write `active off`")
  }
}
