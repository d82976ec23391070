package import Diagnostics

/// Active mode for clients whose address the server does not see.
package struct HairpinBreaksActive: PublishedRule {
  package init() {}

  package let page = RulePage(
    .warning, "hairpin-breaks-active", "inside clients cannot use active mode through hairpin",
    explanation: """
      With `hairpin on` the server sees the gateway's address for clients on the inside. Unless the helper \
      reads and rewrites the PORT or EPRT command, it names an address other than the one that the server \
      sees, and the server refuses it. Passive mode works.
      """,
    failureModes: ["F32", "F40"],
    bad: """
      gateway edge {
          outside  eth0
          inside   eth1
      }

      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          active         on
          hairpin        on
      }
      """,
    good: """
      gateway edge {
          outside  eth0
          inside   eth1
      }

      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          hairpin        on
      }
      """)

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    let publication = published.publication
    guard publication.hairpin.value, published.opensActiveData, published.isTranslated,
      publication.clearControl == nil, published.activeObstacle == nil
    else { return nil }
    let sessions = publication.helper.value ? "encrypted sessions" : "clients"
    return diagnostic(
      "\(sessions) from the inside cannot use active mode: the server takes the gateway for the client, "
        + "and refuses a PORT or EPRT command that names the client itself",
      at: publication.activeSpan,
      related: .place(publication.hairpin.span, "hides the clients of the inside"),
      help: "write `active off`, or let inside clients use passive mode")
  }
}
