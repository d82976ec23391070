import Addressing
import Parallel

/// A publication with its server, for rules that look at both.
package final class Published: Sendable {
  /// Position in `Policy.publications`.
  package let position: Int
  package let publication: Publication
  package let server: Server
  /// Position of the server in `Policy.servers`.
  package let declaration: Int
  /// Equal for publications of one machine: declarations with one address behind one gateway are one machine,
  /// and so is everything on the firewall host of one gateway.
  package let machine: Int
  /// The families in which it can be reached.
  package let endpoints: [Endpoint]

  init(position: Int, publication: Publication, server: Server, declaration: Int, machine: Int) {
    self.position = position
    self.publication = publication
    self.server = server
    self.declaration = declaration
    self.machine = machine
    endpoints = publication.endpoints(at: server)
  }

  /// The program; `nil` when the policy does not say.
  var software: SoftwareKind? { server.software?.value.kind }
  /// The name of the publication.
  var name: String { publication.name.value }
  /// Whether the address of the server is translated, in any family.
  var isTranslated: Bool { endpoints.contains { $0.reach == .translated } }
}

/// One family of one publication, for rules that compare addresses.
package struct PublishedEndpoint: Sendable {
  package let published: Published
  package let endpoint: Endpoint
}

/// A policy with the groupings that rules ask for, so that every rule stays linear in the number of
/// publications.
package struct RuleContext: Sendable {
  package let policy: Policy
  /// Every publication whose server is known, in the order of the text.
  package let published: [Published]
  /// The endpoints on each external address of each gateway, in the order of the text.
  package let byExternalAddress: [ArraySlice<PublishedEndpoint>]
  /// The publications of each machine, in the order of the text.
  package let byMachine: [ArraySlice<Published>]
  /// The publications of each declared server, in the order of the text.
  package let byDeclaration: [ArraySlice<Published>]

  package init(_ policy: Policy) {
    var machines = Machines(of: policy)
    let (publications, servers) = (policy.publications, policy.servers)
    let numbers = publications.map { machines.number(of: $0, in: policy) }
    let parts = inParallel(policy.publications.count, least: worthAThread) { part in
      part.compactMap { position -> Published? in
        let publication = publications[position]
        guard let machine = numbers[position], let declaration = publication.server else { return nil }
        return Published(
          position: position, publication: publication, server: servers[declaration], declaration: declaration,
          machine: machine)
      }
    }
    let published = parts.count == 1 ? parts[0] : parts.flatMap(\.self)
    let machineCount = machines.count
    self.policy = policy
    self.published = published
    (byExternalAddress, (byMachine, byDeclaration)) = together(
      worthIt: published.count >= worthAThread,
      { endpointsByExternalAddress(published) },
      {
        (
          published.grouped(byNumber: { $0.machine }, below: machineCount),
          published.grouped(byNumber: { $0.declaration }, below: policy.servers.count)
        )
      })
  }
}

private func endpointsByExternalAddress(_ published: [Published]) -> [ArraySlice<PublishedEndpoint>] {
  var endpoints: [PublishedEndpoint] = []
  endpoints.reserveCapacity(published.count)
  for published in published {
    for endpoint in published.endpoints {
      endpoints.append(PublishedEndpoint(published: published, endpoint: endpoint))
    }
  }
  return endpoints.grouped {
    GatewayAddress(gateway: $0.published.publication.gateway, address: $0.endpoint.external.value)
  }
}

/// An address as one gateway sees it; another gateway may have another host there.
struct GatewayAddress: Hashable {
  var gateway: Int?
  var address: IPAddress

  /// Few hosts have one address behind several gateways.
  func hash(into hasher: inout Hasher) { hasher.combine(address) }
}

/// Gives each machine a number, in the order of the text.
private struct Machines {
  private var hosts: [Int?: Int] = [:]
  /// By position of the server.
  private var declarations: [Int?]
  private var addresses: [GatewayAddress: Int] = [:]
  private(set) var count = 0

  init(of policy: Policy) {
    declarations = Array(repeating: nil, count: policy.servers.count)
    addresses.reserveCapacity(policy.servers.count)
  }

  /// The machine that a publication leads to; `nil` when its server is not known.
  mutating func number(of publication: Publication, in policy: Policy) -> Int? {
    guard let server = policy.server(of: publication), let declaration = publication.server else { return nil }
    let gateway = publication.gateway
    if server.isLocal {
      if let known = hosts[gateway] { return known }
      hosts[gateway] = next()
      return count - 1
    }
    var number = declarations[declaration]
    for address in server.addresses where number == nil {
      number = addresses[GatewayAddress(gateway: gateway, address: address.value)]
    }
    let result = number ?? next()
    declarations[declaration] = result
    for address in server.addresses {
      let key = GatewayAddress(gateway: gateway, address: address.value)
      if addresses[key] == nil { addresses[key] = result }
    }
    return result
  }

  private mutating func next() -> Int {
    count += 1
    return count - 1
  }
}

extension Array {
  /// The elements with one key together, groups and elements in the order of the array.
  func grouped<Key: Hashable>(by key: (Element) -> Key) -> [ArraySlice<Element>] {
    var numbers: [Key: Int] = [:]
    numbers.reserveCapacity(count)
    let grouping = map { element in
      let (key, next) = (key(element), numbers.count)
      if let number = numbers[key] { return number }
      numbers[key] = next
      return next
    }
    return grouped(grouping, count: numbers.count)
  }

  /// The same for keys that are numbers from 0, each less than `limit`.
  func grouped(byNumber number: (Element) -> Int, below limit: Int) -> [ArraySlice<Element>] {
    var groups = [Int?](repeating: nil, count: limit)
    var count = 0
    let grouping = map { element in
      let number = number(element)
      if let group = groups[number] { return group }
      groups[number] = count
      count += 1
      return count - 1
    }
    return grouped(grouping, count: count)
  }

  /// The elements of each group side by side.
  ///
  /// - Parameter groups: For each element the number of its group, less than `count`.
  private func grouped(_ groups: [Int], count: Int) -> [ArraySlice<Element>] {
    var ends = [Int](repeating: 0, count: count)
    for group in groups { ends[group] += 1 }
    for group in ends.indices.dropFirst() { ends[group] += ends[group - 1] }
    var starts = [0] + ends.dropLast()
    var order = [Int](repeating: 0, count: self.count)
    for (index, group) in groups.enumerated() {
      order[starts[group]] = index
      starts[group] += 1
    }
    let sorted = order.map { self[$0] }
    return ends.indices.map { sorted[($0 == 0 ? 0 : ends[$0 - 1])..<ends[$0]] }
  }
}
