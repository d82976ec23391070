import Addressing
import Diagnostics
import Nftables
import Policy

/// Entries that the dynamic sets of limits hold at most; a full set stops to limit.
private let dynamicSetSize = 65535

/// `limit`: what exceeds a limit is denied. One rule and two sets for each distinct number, because the number is part
/// of the rule.
func lowerLimits(_ services: Services, _ builder: inout TableBuilder) {
  for family in AddressFamily.allCases {
    var byLimit: [Limit: [Element]] = [:]
    for service in services.of(family) {
      for limit in Set(service.publication.limits.map(\.value)) where !service.sharesCount(limit) {
        let span = service.publication.limits.first { $0.value == limit }?.span ?? service.publication.header
        byLimit[limit, default: []].append(
          Element(key: service.controlKey, comment: service.name, provenance: span))
      }
    }
    for (limit, elements) in byLimit.sorted(by: { $0.key.order < $1.key.order }) {
      lower(limit, elements, family, &builder)
    }
  }
  lowerSharedCounts(services, &builder)
}

/// `limit N sessions` of a publication with both families: a set has keys of one family, so such a publication has a chain
/// whose one rule counts the connections of both.
private func lowerSharedCounts(_ services: Services, _ builder: inout TableBuilder) {
  var last: String?
  for family in AddressFamily.allCases {
    var elements: [Element] = []
    for service in services where service.family == family {
      let shared = service.publication.limits.filter { service.sharesCount($0.value) }
      guard let limit = shared.min(by: { $0.value.order < $1.value.order }) else { continue }
      let chain = "sessions_\(service.name)"
      elements.append(
        Element(
          key: service.controlKey, data: [.verdict(.jump(chain))], comment: service.name, provenance: limit.span))
      guard family == .ipv4, service.name != last else { continue }
      last = service.name
      let rule = Rule(
        [limit.value.statement, .verdict(.goto(ChainName.denied.rawValue))], comment: limit.value.comment,
        provenance: [limit.span])
      builder.addPublicationChain(Chain(chain, rules: [rule]))
    }
    let sorted = elements.sorted { $0.sortKey < $1.sortKey }
    guard builder.add(.ports("sessions", family, data: [.verdict], isInterval: false, sorted)) else { continue }
    builder.add(
      .verdictMap(key: .dialled(family), name: "sessions\(family.suffix)"), to: .admission,
      provenance: sorted.first?.provenance)
  }
}

extension PublishedService {
  /// Address and port of the control connection as clients dial it.
  fileprivate var controlKey: [Value] { [.address(external), .port(controlPort)] }

  /// Whether a limit counts the connections of both families together.
  fileprivate func sharesCount(_ limit: Limit) -> Bool {
    guard case .sessions = limit else { return false }
    return isDualStack
  }
}

private func lower(
  _ limit: Limit, _ elements: [Element], _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let name = "\(limit.setName)_v"
  let state = "\(limit.setName)_state\(family.suffix)"
  let fields = limit.keyFields(family)
  let sorted = elements.sorted { $0.sortKey < $1.sortKey }
  guard builder.add(.ports(name, family, isInterval: false, sorted)) else { return }
  builder.add(
    NamedSet(
      state, key: fields, flags: limit.isRate ? [.dynamic, .timeout] : [.dynamic], size: dynamicSetSize,
      timeout: limit.isRate ? 300 : 0, provenance: sorted.prefix(1).map(\.provenance)))
  builder.add(
    .in(.dialled(family), name + family.suffix),
    .dynamic(operation: limit.isRate ? "update" : "add", set: state, key: .concatenation(fields), limit.statement),
    .verdict(.goto(ChainName.denied.rawValue)), to: .admission, comment: limit.comment,
    provenance: sorted.first?.provenance)
}

extension Element {
  /// Address and port of a control connection, for sorting.
  fileprivate var sortKey: (UInt128, UInt16) {
    guard case .address(let address) = key.first, case .port(let port) = key.last else { return (0, 0) }
    return (address.value, port)
  }
}

extension Limit {
  fileprivate var order: (Int, UInt32) {
    switch self {
    case .newPerMinutePerClient(let count): (0, count)
    case .sessionsPerClient(let count): (1, count)
    case .sessions(let count): (2, count)
    }
  }

  fileprivate var isRate: Bool { order.0 == 0 }

  fileprivate var setName: String {
    switch self {
    case .newPerMinutePerClient(let count): "new_per_client_\(count)"
    case .sessionsPerClient(let count): "sessions_per_client_\(count)"
    case .sessions(let count): "sessions_\(count)"
    }
  }

  fileprivate var comment: String {
    switch self {
    case .newPerMinutePerClient(let count): "\(count) new per minute per client"
    case .sessionsPerClient(let count): "\(count) sessions per client"
    case .sessions(let count): "\(count) sessions"
    }
  }

  fileprivate func keyFields(_ family: AddressFamily) -> [Expression] {
    if case .sessions = self { return [.destination(family), .destinationPort] }
    return [.destination(family), .destinationPort, .source(family)]
  }

  fileprivate var statement: Statement {
    switch self {
    case .newPerMinutePerClient(let count): .limit(Rate(count, per: .minute, burst: count, over: true))
    case .sessionsPerClient(let count), .sessions(let count): .connectionCount(over: count)
    }
  }
}
