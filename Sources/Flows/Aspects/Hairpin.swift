package import Addressing
package import Diagnostics
import Policy

extension FamilyFlows {
  package var hasHairpin: Bool { has(.hairpin) }

  /// Admit (`hairpin on`): the ports that clients behind the inside interfaces may dial, whatever `allow` lists.
  /// `PortFlows.deniedInside` says whom `deny` keeps out there as well.
  package var hairpinPorts: PortFlows {
    var claims = PortClaims(self, .dialled)
    for (position, service) in services.enumerated() where service.has(.hairpin) {
      claims.addDialled(position, provenance: service.publication.hairpin.span ?? service.header)
    }
    return PortFlows(claims)
  }

  /// Whether some client inside is kept out of a port with `hairpin on`.
  package var deniesInside: Bool { has(.denying) }

  /// The first `hairpin` statement.
  package var hairpinProvenance: SourceSpan? {
    services.lazy.filter { $0.has(.hairpin) }.compactMap(\.publication.hairpin.span).min()
  }

  /// Source (`hairpin on`): connections of clients inside that get the gateway's address as their source, control and
  /// data alike. To a client inside, the server would answer directly, and the client would drop the answer.
  package var hairpinSources: PortFlows {
    var claims = PortClaims(self, .served)
    for (position, service) in services.enumerated() where service.has(.hairpin) && service.isTranslated {
      claims.addServed(position, provenance: service.publication.hairpin.span ?? service.header)
    }
    return PortFlows(claims)
  }
}

extension PortFlows {
  /// The clients inside that nobody with these ports lets in, whatever lists them: a port that two publications share
  /// is open to whom either lets in.
  package func deniedInside(_ flow: PortFlow) -> AddressSet {
    guard !isSole(flow) else { return service(flow).denied }
    let services = allServices(flow)
    return services.dropFirst().reduce(services.first?.denied ?? AddressSet()) { $0.intersection($1.denied) }
  }
}
