import Addressing
import Nftables
import Policy

/// Log lines of one publication: at most 5 a second, after a burst of 10.
private let logRate = Rate(5, per: .second, burst: 10)

/// `log`: the kernel log says which publication a connection was for, so each logged publication has a chain with its
/// own prefix, reached through a verdict map. The last rules of `admission` log what is let in, the first rules of
/// `denied` what is not.
func lowerLog(_ services: Services, _ builder: inout TableBuilder) {
  addLogChains(services, &builder, event: "new") { $0.logsNew }
  addLogChains(services, &builder, event: "denied") { $0.logsDenied }
  for family in AddressFamily.allCases {
    let services = services.of(family)
    addLogMap("new", family, services.filter { $0.publication.log.value.logsNew }, to: .admission, &builder) {
      [PortRange($0.controlPort)]
    }
    addLogMap("denied", family, services.filter { $0.publication.log.value.logsDenied }, to: .denied, &builder) {
      $0.dialledPorts
    }
  }
  let denies = services.lazy.filter { $0.clients != nil || !$0.publication.limits.isEmpty }
  guard let first = denies.map({ $0.publication.header }).min() else { return }
  builder.add(.counter, .verdict(.drop), to: .denied, provenance: first)
}

private func logChain(_ event: String, _ name: String) -> String { "log_\(event)_\(name)" }

private func addLogChains(
  _ services: Services, _ builder: inout TableBuilder, event: String, _ isLogged: (LogMode) -> Bool
) {
  var last: String?
  for service in services where isLogged(service.publication.log.value) && service.name != last {
    last = service.name
    let statements: [Statement] = [.limit(logRate), .log(prefix: "sallyport \(service.name) \(event): ")]
    let span = service.publication.log.span ?? service.publication.header
    builder.addPublicationChain(Chain(logChain(event, service.name), rules: [Rule(statements, provenance: [span])]))
  }
}

private func addLogMap(
  _ event: String, _ family: AddressFamily, _ services: [PublishedService], to chain: ChainName,
  _ builder: inout TableBuilder, ports: (PublishedService) -> [PortRange]
) {
  var segments = PortSegments<String>()
  for service in services {
    for range in ports(service) {
      segments.add(
        service.external, range, service.name, for: service,
        provenance: service.publication.log.span ?? service.publication.header)
    }
  }
  let elements = segments.elements { segment in
    segment.claims.map(\.payload).min().map { [.verdict(.jump(logChain(event, $0)))] } ?? []
  }
  guard builder.add(.ports("log_\(event)", family, data: [.verdict], elements)) else { return }
  builder.add(
    .verdictMap(key: .dialled(family), name: "log_\(event)\(family.suffix)"), to: chain,
    provenance: elements.map(\.provenance).min())
}
