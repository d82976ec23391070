import Addressing
import Diagnostics
import Nftables
import Policy

/// Log lines of one publication: at most 5 a second, after a burst of 10.
private let logRate = Rate(5, per: .second, burst: 10)

/// `log`: the kernel log says which publication a connection was for, so each logged publication has a chain with its
/// own prefix, reached through a verdict map. The last rules of `admission` log what is let in, the first rules of
/// `denied` what is not.
func lowerLog(_ services: Services, _ builder: inout TableBuilder) {
  addLogChains("new", services.publications(.logsNew), &builder)
  addLogChains("denied", services.publications(.logsDenied), &builder)
  for services in services.families {
    addLogMap("new", services, .logsNew, to: .admission, &builder) { claims, service, provenance in
      claims.add(service.arrival, PortRange(service.controlPort), of: service, provenance: provenance)
    }
    addLogMap("denied", services, .logsDenied, to: .denied, &builder) { claims, service, provenance in
      claims.addDialled(service, provenance: provenance)
    }
  }
  guard services.has(.restricted) || services.has(.limited) else { return }
  let denies = services.outlines.filter { $0.has(.restricted) || $0.has(.limited) }
  guard let first = denies.map(\.header).min() else { return }
  builder.add(.counter, .verdict(.drop), to: .denied, provenance: first)
}

private func logChain(_ event: String, _ name: String) -> String { "log_" + event + "_" + name }

private func addLogChains(_ event: String, _ services: [PublishedService], _ builder: inout TableBuilder) {
  for service in services {
    let statements: [Statement] = [.limit(logRate), .log(prefix: "sallyport \(service.name) \(event): ")]
    let span = service.publication.log.span ?? service.publication.header
    builder.addPublicationChain(Chain(logChain(event, service.name), rules: [Rule(statements, provenance: [span])]))
  }
}

private func addLogMap(
  _ event: String, _ services: FamilyServices, _ logged: ServiceOutline.Traits, to chain: ChainName,
  _ builder: inout TableBuilder, add: (inout PortClaims, ServiceOutline, SourceSpan) -> Void
) {
  guard services.has(logged) else { return }
  let family = services.family
  var claims = PortClaims(services)
  for service in services.outlines where service.has(logged) {
    add(&claims, service, services[service].publication.log.span ?? service.header)
  }
  let segments = PortSegments(claims)
  let elements = segments.elements { segment in
    let name =
      segments.isSole(segment)
      ? segments.service(segment).name
      : segments.allServices(segment).map(\.name).min() ?? segments.service(segment).name
    return .verdict(.jump(logChain(event, name)))
  }
  guard builder.add(.ports("log_" + event, family, data: [.verdict], elements)) else { return }
  builder.add(
    .verdictMap(key: .dialled(family), name: "log_" + event + family.suffix), to: chain,
    provenance: elements.firstProvenance)
}
