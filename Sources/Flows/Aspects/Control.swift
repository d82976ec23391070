package import Addressing
package import Diagnostics
import Policy

/// The control connections of one service.
package struct ControlFlow: Sendable {
  /// The address for which their packets arrive at the gateway.
  package var address: IPAddress
  /// The port that clients dial.
  package var port: UInt16
  package var server: IPAddress
  /// The port on which the server listens.
  package var serverPort: UInt16
  /// The name of the publication.
  package var publication: String
  /// Whether the server runs on the gateway itself.
  package var isLocal: Bool
  /// The statement that asked for what the list is about.
  package var provenance: SourceSpan
}

extension ControlFlow {
  init(_ outline: ServiceOutline, _ service: PublishedService, provenance: SourceSpan) {
    self.init(
      address: outline.arrival, port: outline.controlPort, server: outline.serverAddress,
      serverPort: outline.serverControlPort, publication: service.name, isLocal: outline.reach == .local,
      provenance: provenance)
  }
}

extension FamilyFlows {
  /// Translate (`external ip`, `control port`): control connections that get another destination, the server's address
  /// and port. In the order of what is dialled.
  package var controlTranslations: [ControlFlow] {
    controls { $0.isTranslated ? $1.publication.controlPort.span ?? $0.header : nil }
  }

  /// The control connections of services with some traits, in the order of what is dialled.
  ///
  /// - Parameter provenance: The statement that asked for it; `nil` to leave the service out.
  func controls(
    _ traits: ServiceOutline.Traits = [], provenance: (ServiceOutline, PublishedService) -> SourceSpan?
  ) -> [ControlFlow] {
    let outlines = byControlPort(traits)
    var flows: [ControlFlow] = []
    flows.reserveCapacity(outlines.count)
    for outline in outlines {
      let service = self[outline]
      if let span = provenance(outline, service) { flows.append(ControlFlow(outline, service, provenance: span)) }
    }
    return flows
  }
}
