package import Diagnostics
import PolicySyntax

/// `hairpin on`, and nothing says where the inside is.
package struct HairpinWithoutInside: PublicationRule {
  package init() {}

  package let code = "hairpin-without-inside"
  package let severity = Severity.error

  package func check(_ publication: Publication, in context: RuleContext) -> Diagnostic? {
    guard publication.hairpin.value, !publication.cannotTell(.gateway) else { return nil }
    guard let gateway = context.policy.gateway(of: publication) else {
      // Which one it is, is another question.
      guard context.policy.gateways.isEmpty else { return nil }
      return diagnostic(
        "`hairpin on` needs a gateway that names its inside interfaces",
        at: publication.hairpin.span ?? publication.header,
        help: "add `gateway NAME { outside IFACE; inside IFACE }`, or write `hairpin off`")
    }
    guard gateway.inside.isEmpty, !gateway.unreadable.contains(.inside), !gateway.facts.isServerHost
    else { return nil }
    return diagnostic(
      "`hairpin on` needs the inside interfaces of gateway `\(gateway.name.value)`",
      at: publication.hairpin.span ?? publication.header, related: [Label(gateway.header, "names none")],
      help: "add `inside IFACE` to the gateway, or write `hairpin off`")
  }
}
