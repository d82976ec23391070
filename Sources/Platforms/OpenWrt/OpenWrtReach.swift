import Addressing
import Diagnostics
import Flows

/// What `reach` blocks ask for. Rules of ours stand before the `forwarding` of a zone, so who is kept out is so
/// whatever else the zone may do (ruleset.uc).
extension OpenWrtSections {
  /// - Parameter plan: The other direction: its clients are the users.
  mutating func addReaches(_ plan: FlowPlan) {
    for service in plan.services {
      addPermits(service, .ctl, PortRange(service.controlPort), .control)
      if let range = service.passiveRange { addPermits(service, .pasv, range, .passive) }
      if service.wantsHelper { addHelper(service) }
      if service.wantsGatewaySource, let own = plan.ownSource(service.family) { addSource(service, own) }
    }
    // After all permits: what one `reach` does not admit another one may.
    for service in plan.services where service.clients != nil { addRefusals(service) }
  }

  /// The zones of the users; all where the policy names none.
  private var users: [String] { inside.isEmpty ? ["*"] : inside }

  private func section(
    _ service: PublishedService, _ kind: OpenWrtSection.Kind, _ part: OpenWrtSection.Part, _ ports: PortRange,
    _ aspect: ServiceAspect
  ) -> OpenWrtSection {
    OpenWrtSection(
      kind: kind, publication: service.name, part: part, family: service.family,
      destination: Prefix(service.serverAddress), ports: ports, provenance: service.provenance(of: aspect))
  }

  private mutating func addPermits(
    _ service: PublishedService, _ part: OpenWrtSection.Part, _ ports: PortRange, _ aspect: ServiceAspect
  ) {
    var section = section(service, .accept, part, ports, aspect)
    for (user, zone) in users.flatMap({ user in outside.map { (user, $0) } }) {
      for source in service.clientSources {
        (section.from, section.to, section.source) = (user, zone, source)
        add(section)
      }
    }
  }

  /// A rule that sets a helper has to name a zone, which the platform asks for.
  private mutating func addHelper(_ service: PublishedService) {
    var section = section(service, .helper, .alg, PortRange(service.controlPort), .helper)
    for user in inside {
      for source in service.clientSources {
        (section.from, section.source) = (user, source)
        add(section)
      }
    }
  }

  /// Data connections of the helper follow their control connection by themselves.
  private mutating func addSource(_ service: PublishedService, _ own: IPAddress) {
    for ports in service.serverPorts {
      var section = section(service, .source(own), .src, ports, .source)
      for zone in outside {
        for source in service.clientSources {
          (section.from, section.source) = (zone, source)
          add(section)
        }
      }
    }
  }

  /// Users whom a `reach` does not admit, wherever their packets would leave.
  private mutating func addRefusals(_ service: PublishedService) {
    for ports in service.serverPorts {
      var section = section(service, .drop, .deny, ports, .clients)
      for user in users {
        (section.from, section.to) = (user, "*")
        add(section)
      }
    }
  }
}
