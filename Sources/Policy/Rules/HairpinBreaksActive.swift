package import Diagnostics

/// Active mode for clients whose address the server does not see.
package struct HairpinBreaksActive: PublishedRule {
  package init() {}

  package let code = "hairpin-breaks-active"
  package let severity = Severity.warning

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
