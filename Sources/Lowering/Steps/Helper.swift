import Addressing
import Nftables
import Policy

/// `helper on`: the conntrack FTP helper, on exactly the published control connections. Where the server is the
/// firewall host, also on connections that the host opens itself, which never pass prerouting unconfirmed.
func lowerHelper(_ services: Services, _ builder: inout TableBuilder) {
  for services in services.families where services.has(.helper) {
    let family = services.family
    let helped = services.byControlPort(.helper)
    var elements = ElementList()
    elements.reserve(helped.count, width: 2)
    for outline in helped {
      let service = services[outline]
      elements.append(
        outline.arrival, PortRange(outline.controlPort), comment: service.name,
        provenance: service.publication.helper.span ?? outline.header)
    }
    let name = "helper" + family.suffix
    guard builder.add(.ports("helper", family, isInterval: false, elements)) else { continue }
    let provenance = elements.firstProvenance
    builder.useHelper(provenance: provenance)
    builder.add(
      .in(.dialled(family), name), .assignHelper(TableBuilder.helperName), to: .admission, provenance: provenance)
    guard helped.contains(where: { $0.reach == .local }) else { continue }
    builder.add(
      .isNew, .match(.outputInterface, .equal, .value(.interface("lo"))), .in(.dialled(family), name),
      .assignHelper(TableBuilder.helperName),
      to: .outputHelper, comment: "the host itself as a client", provenance: provenance)
  }
}
