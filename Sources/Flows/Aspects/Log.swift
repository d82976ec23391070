import Addressing
package import Diagnostics
import Policy

/// What of control connections is logged.
package enum LoggedEvent: String, CaseIterable, Sendable {
  /// Those that are let in.
  case new
  /// Those that are refused, and data connections that are.
  case denied

  var trait: PublishedService.Traits { self == .new ? .logsNew : .logsDenied }
}

extension FlowPlan {
  /// Log (`log`): the publications that log an event, sorted by name.
  package func logged(_ event: LoggedEvent) -> [(publication: String, provenance: SourceSpan)] {
    publications(event.trait).map { ($0.name, $0.publication.log.span ?? $0.publication.header) }
  }

  /// The first publication that keeps anybody out, by its first line; `nil` where nobody ever is.
  package var denial: SourceSpan? {
    guard has(.restricted) || has(.limited) else { return nil }
    return declared.lazy.filter { $0.has(.restricted) || $0.has(.limited) }.map(\.header).min()
  }
}

extension FamilyFlows {
  /// The flows that log an event: of new connections control ports, of denied ones all ports that clients may dial.
  package func logged(_ event: LoggedEvent) -> PortFlows {
    var claims = PortClaims(self, .dialled)
    if has(event.trait) {
      for (position, service) in services.enumerated() where service.has(event.trait) {
        let span = service.publication.log.span ?? service.header
        switch event {
        case .new: claims.add(service.arrival, PortRange(service.controlPort), of: position, provenance: span)
        case .denied: claims.addDialled(position, provenance: span)
        }
      }
    }
    return PortFlows(claims)
  }
}
