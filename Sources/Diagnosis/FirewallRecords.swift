import Addressing
import Evidence

/// The lines of all firewalls' logs, to be found by the session that they are about. Those about other clients and
/// servers prove nothing.
struct FirewallRecords {
  private let all: [FirewallRecord]
  private var byAddress: [IPAddress: [Int]] = [:]
  private var bySource: [Endpoint: [Int]] = [:]

  init(_ records: [FirewallRecord]) {
    all = records
    for (index, record) in records.enumerated() {
      for address in record.addresses { byAddress[address, default: []].append(index) }
      if record.source.port != nil { bySource[record.source, default: []].append(index) }
    }
  }

  /// Lines that name the addresses of client and server, as far as they are known, before or after translation; and
  /// those about a connection of which another line does. In the order of the logs.
  func about(_ encounter: Encounter) -> [FirewallRecord] {
    guard !all.isEmpty else { return [] }
    let clients = Set(encounter.stories.compactMap(\.dialogue.client.address))
    let servers = Set(encounter.stories.flatMap(\.serverAddresses)).subtracting(clients)
    let named = Set((clients.isEmpty ? servers : clients).flatMap { byAddress[$0] ?? [] }).filter { index in
      servers.isEmpty || !all[index].addresses.isDisjoint(with: servers)
    }
    let sources = Set(named.map { all[$0].source })
    return named.union(sources.flatMap { bySource[$0] ?? [] }).sorted().map { all[$0] }
  }
}

extension FirewallRecord {
  fileprivate var addresses: Set<IPAddress> {
    Set([source.address, destination.address, translated?.address].compactMap(\.self))
  }
}

extension Story {
  /// Where the server is, by what was dialled, announced and seen.
  fileprivate var serverAddresses: [IPAddress] {
    ([dialogue.server.address, peer]
      + transfers.flatMap { [$0.announced?.endpoint?.address] + $0.dials.map(\.target.address) }).compactMap(\.self)
  }
}
