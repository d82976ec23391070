import Addressing
import Nftables
import Policy

/// `helper on`: the conntrack FTP helper, on exactly the published control connections. Where the server is the firewall
/// host, also on connections that the host opens itself, which never pass prerouting unconfirmed.
func lowerHelper(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    let helped = services.of(family).filter(\.publication.helper.value)
    let elements = helped.sorted { ($0.external, $0.controlPort) < ($1.external, $1.controlPort) }.map {
      Element(
        key: [.address($0.external), .port($0.controlPort)], comment: $0.name,
        provenance: $0.publication.helper.span ?? $0.publication.header)
    }
    let name = "helper\(family.suffix)"
    guard builder.add(.ports("helper", family, isInterval: false, elements)) else { continue }
    builder.useHelper(provenance: elements.map(\.provenance).min())
    builder.add(
      .in(.dialled(family), name), .assignHelper(TableBuilder.helperName), to: .admission,
      provenance: elements.map(\.provenance).min())
    guard helped.contains(where: { $0.endpoint.reach == .local }) else { continue }
    builder.add(
      .isNew, .match(.outputInterface, .equal, .value(.interface("lo"))), .in(.dialled(family), name),
      .assignHelper(TableBuilder.helperName),
      to: .outputHelper, comment: "the host itself as a client", provenance: elements.map(\.provenance).min())
  }
}
