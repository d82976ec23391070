import Addressing
import Diagnostics
import PolicySyntax

extension Published {
  /// Whether `active on` has data connections that the helper does not expect, because it is off or because
  /// it cannot read the control connection: the server opens them by itself then.
  var opensActiveData: Bool {
    publication.active.value && (!publication.helper.value || publication.tls.value.allowsTLS)
  }

  /// The port from which it opens them; `nil` when it takes any.
  var activePort: UInt16? { software?.facts.activeDataPort(controlPort: publication.controlPort.value.server) }

  /// What keeps data connections that the server opens by itself from every client.
  enum ActiveObstacle {
    /// The server sees the gateway's address and refuses every other one in PORT and EPRT.
    case hiddenClients
    /// The gateway cannot tell the connections from others, and so cannot give them the external address.
    case anySourcePort(SoftwareKind)
  }

  /// The obstacle in the way of active mode without the helper's help; a session with `clear-control` has the
  /// helper's after it returned to clear text.
  var activeObstacle: ActiveObstacle? {
    let isHelped = publication.helper.value && publication.clearControl != nil
    guard opensActiveData, !isHelped, !publication.cannotTell(.helper, .tls, .active) else { return nil }
    if publication.source.value == .gateway, !server.isLocal { return .hiddenClients }
    guard let software, isTranslated, activePort == nil else { return nil }
    return .anySourcePort(software)
  }
}
