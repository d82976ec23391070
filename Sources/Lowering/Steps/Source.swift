import Addressing
import Nftables
import Policy

/// `source gateway`: the server sees the gateway's address on control and data alike; a server that compares the
/// two refuses anything less. Data connections of the helper follow their control connection by themselves.
func lowerSource(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    let rewritten = services.of(family).filter { $0.publication.source.value == .gateway }
    masquerade("gateway_source", rewritten.filter { $0.endpoint.reach == .translated }, family, &builder) { _ in
      .isTranslated
    }
    masquerade("gateway_source_routed", rewritten.filter { $0.endpoint.reach == .routed }, family, &builder) {
      $0.outside.isEmpty ? .isNew : .in(.inputInterface, outsideSet)
    }
  }
}

private func masquerade(
  _ name: String, _ services: [PublishedService], _ family: AddressFamily, _ builder: inout TableBuilder,
  when condition: (TableBuilder) -> Statement
) {
  var segments = PortSegments<Void>()
  for service in services {
    for ports in service.serverPorts {
      segments.add(
        service.serverAddress, ports, for: service,
        provenance: service.publication.source.span ?? service.publication.header)
    }
  }
  let elements = segments.elements()
  guard builder.add(.ports(name + "_v", family, elements)) else { return }
  builder.add(
    condition(builder), .in(.dialled(family), "\(name)_v\(family.suffix)"), .masquerade, to: .postrouting,
    comment: "source gateway", provenance: elements.map(\.provenance).min())
}
