import Addressing
package import Diagnostics
import Policy

/// What a flow plan may ask of a platform, and not every platform can do.
package enum FlowFeature: CaseIterable, Hashable, Sendable {
  case ipv6
  /// IPv6 packets that get another destination address.
  case ipv6Translation
  /// Packets that get the server's address as their destination.
  case translation
  /// A server that clients dial at its own address, through the gateway.
  case routedServer
  /// A server that runs on the gateway itself.
  case localServer
  /// A control connection that gets another port.
  case controlPortTranslation
  /// Clients that some publication keeps out.
  case clients
  /// The helper on a control connection of its own, not on all.
  case helper
  /// The helper on control connections that a client may encrypt, which must not be hurt by it.
  case helperBesideTLS
  /// Active mode through the helper.
  case activeThroughHelper
  /// Active mode without the helper, for a server that clients dial at its own address.
  case activeRouted
  /// Data connections that leave with the external address, known by their source port.
  case activeTranslation
  /// Data connections of active mode that are refused on behalf of a server.
  case activeRefusal
  case hairpin
  case gatewaySource
  case limitNewPerMinute, limitPerClient, limitTotal
  case logNew, logDenied
  /// Users behind the gateway at a server beyond it.
  case reach
  /// The same through the helper, of that server's control connections alone.
  case reachHelper
  /// The same with the gateway's address as source.
  case reachSource
  /// Users whom a `reach` keeps out.
  case reachUsers
  case reachLogNew, reachLogDenied
}

extension FlowFeature {
  /// What publications alone ask for.
  package static let publishing = Set(allCases).subtracting(reaching)
  /// What `reach` blocks alone ask for.
  package static let reaching: Set<FlowFeature> = [
    .reach, .reachHelper, .reachSource, .reachUsers, .reachLogNew, .reachLogDenied,
  ]

  /// The same as a `reach` asks for it; `nil` where nothing more is asked for than that it may be reached.
  fileprivate var ofReach: FlowFeature? {
    switch self {
    case .ipv6, .helperBesideTLS, .activeThroughHelper: self
    case .clients: .reachUsers
    case .helper: .reachHelper
    case .gatewaySource: .reachSource
    case .logNew: .reachLogNew
    case .logDenied: .reachLogDenied
    default: nil
    }
  }
}

extension FlowFeature {
  /// Whether a platform that cannot do it may leave it out and say so, because nothing stops working by that.
  package var mayBeLeftOut: Bool { self == .activeRefusal }

  /// What is asked for, as a part of a sentence.
  package var words: String {
    switch self {
    case .ipv6: "IPv6"
    case .ipv6Translation: "a translation of IPv6 addresses"
    case .translation: "a translation of addresses"
    case .routedServer: "a server that clients dial at its own address"
    case .localServer: "a server on the gateway itself"
    case .controlPortTranslation: "a control port that differs from the server's"
    case .clients: "clients that are kept out"
    case .helper: "the FTP helper on its control connections alone"
    case .helperBesideTLS: "the FTP helper on control connections that may be encrypted"
    case .activeThroughHelper: "active mode through the FTP helper"
    case .activeRouted, .activeTranslation: "active mode that no helper opens (`helper off`, or TLS)"
    case .activeRefusal: "active mode to be refused for the server"
    case .hairpin: "clients inside at the external address"
    case .gatewaySource: "the gateway's address as source"
    case .limitNewPerMinute: "a limit of new connections"
    case .limitPerClient: "a limit of sessions per client"
    case .limitTotal: "a limit of sessions"
    case .logNew: "a log of new connections"
    case .logDenied: "a log of denied connections"
    case .reach: "access of users inside to a server beyond the gateway"
    case .reachHelper: "the FTP helper on connections of users inside to one server"
    case .reachSource: "the gateway's address in the place of that of users inside"
    case .reachUsers: "users inside who are kept from a server"
    case .reachLogNew: "a log of new connections of users inside"
    case .reachLogDenied: "a log of denied connections of users inside"
    }
  }
}

/// A feature that one publication asks for.
package struct FlowDemand: Sendable {
  package var feature: FlowFeature
  /// The name of the publication, or of the `reach`.
  package var publication: String
  /// The statement that asks for it.
  package var provenance: SourceSpan
}

extension FlowPlan {
  /// What the publications ask for, each feature once for each of them, in the order of their names; after them, what
  /// `reach` blocks do.
  package var demands: [FlowDemand] {
    let own = isOutbound ? outboundDemands : inboundDemands
    return own + (outbound?.demands ?? [])
  }

  private var outboundDemands: [FlowDemand] {
    var seen: [String: Set<FlowFeature>] = [:]
    return services.flatMap { service -> [FlowDemand] in
      let asked: [(feature: FlowFeature, span: SourceSpan?)] =
        [(.reach, nil)]
        + service.features.compactMap { asked in asked.feature.ofReach.map { (feature: $0, span: asked.span) } }
      return asked.filter { seen[service.name, default: []].insert($0.feature).inserted }.map {
        FlowDemand(feature: $0.feature, publication: service.name, provenance: $0.span ?? service.header)
      }
    }
  }

  private var inboundDemands: [FlowDemand] {
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
      (.ipv6Translation, family == .ipv6 && isTranslated, endpoint.external.dialled.span),
      (.translation, isTranslated, endpoint.external.dialled.span),
      (.routedServer, isRouted, endpoint.external.dialled.span),
      (.localServer, isLocal, nil),
      (.controlPortTranslation, controlPort != serverControlPort, publication.controlPort.span),
      (.clients, clients != nil, publication.allow.first?.span ?? publication.deny.first?.span),
      (.helper, publication.helper.value, publication.helper.span),
      (.helperBesideTLS, wantsHelper && mayBeEncrypted, publication.helper.span),
      (.activeThroughHelper, wantsHelper && wantsActive, publication.active.span),
      (.activeTranslation, opensActiveData && isTranslated, publication.active.span),
      (.activeRouted, opensActiveData && !isTranslated, publication.active.span),
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
