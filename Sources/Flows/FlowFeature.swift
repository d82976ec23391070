import Addressing
package import Diagnostics
import Policy

/// What a flow plan may ask of a platform, and not every platform can do.
package enum FlowFeature: CaseIterable, Hashable, Sendable {
  case ipv6
  /// A control connection that gets another port.
  case controlPortTranslation
  /// Clients that some publication keeps out.
  case clients
  /// The helper on a control connection of its own, not on all.
  case helper
  /// Data connections that leave with the external address, known by their source port.
  case activeTranslation
  /// Data connections of active mode that are refused on behalf of a server.
  case activeRefusal
  case hairpin
  case gatewaySource
  case limitNewPerMinute, limitPerClient, limitTotal
  case logNew, logDenied
}

/// A feature that one publication asks for.
package struct FlowDemand: Sendable {
  package var feature: FlowFeature
  /// The name of the publication.
  package var publication: String
  /// The statement that asks for it.
  package var provenance: SourceSpan
}

extension FlowPlan {
  /// What the publications ask for, each feature once for each of them, in the order of their names.
  package var demands: [FlowDemand] {
    var demands: [FlowDemand] = []
    var last: (publication: String, features: Set<FlowFeature>) = ("", [])
    for service in services {
      if last.publication != service.name { last = (service.name, []) }
      for (feature, span) in service.features where last.features.insert(feature).inserted {
        demands.append(
          FlowDemand(feature: feature, publication: service.name, provenance: span ?? service.publication.header))
      }
    }
    return demands
  }
}

extension PublishedService {
  /// What it asks for, with the statement that does; `nil` for what no statement does.
  fileprivate var features: [(feature: FlowFeature, span: SourceSpan?)] {
    var features: [(feature: FlowFeature, span: SourceSpan?)] = []
    let statements: [(feature: FlowFeature, isAsked: Bool, span: SourceSpan?)] = [
      (.ipv6, family == .ipv6, endpoint.external.dialled.span),
      (.controlPortTranslation, controlPort != serverControlPort, publication.controlPort.span),
      (.clients, clients != nil, publication.allow.first?.span ?? publication.deny.first?.span),
      (.helper, publication.helper.value, publication.helper.span),
      (.activeTranslation, opensActiveData && endpoint.reach == .translated, publication.active.span),
      (.activeRefusal, isActiveRefusedHere && activeSourcePort != nil, publication.active.span),
      (.hairpin, publication.hairpin.value, publication.hairpin.span),
      (.gatewaySource, publication.source.value == .gateway, publication.source.span),
      (.logNew, publication.log.value.logsNew, publication.log.span),
      (.logDenied, publication.log.value.logsDenied, publication.log.span),
    ]
    for statement in statements where statement.isAsked { features.append((statement.feature, statement.span)) }
    for limit in publication.limits {
      switch limit.value {
      case .newPerMinutePerClient: features.append((.limitNewPerMinute, limit.span))
      case .sessionsPerClient: features.append((.limitPerClient, limit.span))
      case .sessions: features.append((.limitTotal, limit.span))
      }
    }
    return features
  }
}
