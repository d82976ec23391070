package import Diagnostics
package import Flows

extension Platform {
  /// Whether it can do whatever a flow plan may ask for.
  package var canDoAll: Bool { capabilities.count == FlowFeature.allCases.count }
}

extension Platforms {
  /// What a flow plan asks for and the platform of its gateway cannot do: an error at the statement that asks for it.
  package static func findings(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    let capabilities = platform.capabilities
    return plan.demands.filter { !capabilities.contains($0.feature) }.map { demand in
      .error(
        "platform-unsupported",
        "`\(demand.publication)` asks for \(demand.feature.words), which \(platform.name) cannot do",
        at: demand.provenance, help: "leave the statement out, or publish it on a gateway that can")
    }
  }
}

extension FlowFeature {
  /// What is asked for, as a part of a sentence.
  fileprivate var words: String {
    switch self {
    case .ipv6: "IPv6"
    case .controlPortTranslation: "a control port that differs from the server's"
    case .clients: "clients that are kept out"
    case .helper: "the FTP helper on its control connections alone"
    case .activeTranslation: "active mode without the helper"
    case .activeRefusal: "active mode to be refused for the server"
    case .hairpin: "clients inside at the external address"
    case .gatewaySource: "the gateway's address as source"
    case .limitNewPerMinute: "a limit of new connections"
    case .limitPerClient: "a limit of sessions per client"
    case .limitTotal: "a limit of sessions"
    case .logNew: "a log of new connections"
    case .logDenied: "a log of denied connections"
    }
  }
}
