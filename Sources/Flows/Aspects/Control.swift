package import Addressing
package import Diagnostics
import Policy

/// The control connections of one service, as clients dial them.
package struct ControlFlow: Sendable {
  package let service: PublishedService
  /// The statement that asked for what the list is about.
  package let provenance: SourceSpan

  /// The address for which their packets arrive at the gateway.
  package var address: IPAddress { service.arrival }
  /// The port that clients dial.
  package var port: UInt16 { service.controlPort }
}

extension FamilyFlows {
  /// Translate (`external ip`, `control port`): control connections that get another destination, the server's address
  /// and port. In the order of what is dialled.
  package var controlTranslations: [ControlFlow] {
    controls { service in
      guard service.isTranslated || service.controlPort != service.serverControlPort else { return nil }
      return service.publication.controlPort.span ?? service.header
    }
  }

  /// The other ones: control connections that go where clients dial.
  package var untranslated: [ControlFlow] {
    controls { service in
      guard !service.isTranslated, service.controlPort == service.serverControlPort else { return nil }
      return service.header
    }
  }

  /// The control connections of services with some traits, in the order of what is dialled.
  ///
  /// - Parameter provenance: The statement that asked for it; `nil` to leave the service out.
  func controls(
    _ traits: PublishedService.Traits = [], provenance: (PublishedService) -> SourceSpan?
  ) -> [ControlFlow] {
    byControlPort(traits).compactMap { service in
      provenance(service).map { ControlFlow(service: service, provenance: $0) }
    }
  }
}
