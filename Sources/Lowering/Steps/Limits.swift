import Addressing
import Diagnostics
import Nftables
import Policy

/// Entries that the dynamic sets of limits hold at most; a full set stops to limit.
private let dynamicSetSize = 65535

/// `limit`: what exceeds a limit is denied. One rule and two sets for each distinct number, because the number is part
/// of the rule.
func lowerLimits(_ services: Services, _ builder: inout TableBuilder) {
  guard services.has(.limited) else { return }
  for services in services.families where services.has(.limited) {
    var limited: [LimitedService] = []
    for (rank, outline) in services.byControlPort(.limited).enumerated() {
      let service = services[outline]
      for limit in service.distinctLimits where !service.sharesCount(limit.value) {
        limited.append(LimitedService(limit: limit, rank: rank, service: outline))
      }
    }
    limited.sort { $0.order < $1.order }
    var rest = limited[...]
    while let limit = rest.first?.limit.value {
      let group = rest.prefix { $0.limit.value == limit }
      rest = rest[group.endIndex...]
      var elements = ElementList()
      elements.reserve(group.count, width: 2)
      for entry in group { elements.append(entry.service, services[entry.service], provenance: entry.limit.span) }
      lower(limit, elements, services.family, &builder)
    }
  }
  if services.has([.limited, .several]) { lowerSharedCounts(services, &builder) }
}

/// One limit of one service.
private struct LimitedService {
  var limit: Located<Limit>
  /// The place among the limited services, in the order of their control ports.
  var rank: Int
  var service: ServiceOutline

  var order: (kind: Int, count: UInt32, rank: Int) {
    let (kind, count) = limit.value.order
    return (kind, count, rank)
  }
}

/// `limit N sessions` of a publication with several addresses: an element counts the connections to one, so such a
/// publication has a chain whose one rule counts the connections to all.
private func lowerSharedCounts(_ services: Services, _ builder: inout TableBuilder) {
  for service in services.publications([.limited, .several]) {
    guard let limit = service.sharedLimit else { continue }
    let rule = Rule(
      [limit.value.statement, .verdict(.goto(ChainName.denied.text))], comment: limit.value.comment,
      provenance: [limit.span])
    builder.addPublicationChain(Chain(service.sessionsChain, rules: [rule]))
  }
  for services in services.families {
    var elements = ElementList()
    for outline in services.byControlPort([.limited, .several]) {
      let service = services[outline]
      guard let limit = service.sharedLimit else { continue }
      elements.append(outline, service, provenance: limit.span)
      elements.addData(.verdict(.jump(service.sessionsChain)))
    }
    let family = services.family
    guard builder.add(.ports("sessions", family, data: [.verdict], isInterval: false, elements)) else { continue }
    builder.add(
      .verdictMap(key: .dialled(family), name: "sessions" + family.suffix), to: .admission,
      provenance: elements.first?.provenance)
  }
}

extension PublishedService {
  /// The limits, each where it is first stated.
  fileprivate var distinctLimits: [Located<Limit>] {
    guard publication.limits.count > 1 else { return publication.limits }
    var known: Set<Limit> = []
    return publication.limits.filter { known.insert($0.value).inserted }
  }

  /// Whether a limit counts the connections to several addresses together.
  fileprivate func sharesCount(_ limit: Limit) -> Bool {
    guard case .sessions = limit else { return false }
    return isOneOfSeveral
  }

  /// The least of the limits that count several addresses together.
  fileprivate var sharedLimit: Located<Limit>? {
    publication.limits.filter { sharesCount($0.value) }.min { $0.value.order < $1.value.order }
  }

  /// The chain that counts the connections to all its addresses.
  fileprivate var sessionsChain: String { "sessions_" + name }
}

extension ElementList {
  /// Appends an element keyed by address and port of the control connection as clients dial it.
  fileprivate mutating func append(
    _ outline: ServiceOutline, _ service: PublishedService, provenance: SourceSpan
  ) {
    append(outline.arrival, PortRange(outline.controlPort), comment: service.name, provenance: provenance)
  }
}

private func lower(
  _ limit: Limit, _ elements: ElementList, _ family: AddressFamily, _ builder: inout TableBuilder
) {
  let name = limit.setName + "_v"
  let state = limit.setName + "_state" + family.suffix
  let fields = limit.keyFields(family)
  guard builder.add(.ports(name, family, isInterval: false, elements)) else { return }
  builder.add(
    NamedSet(
      state, key: fields, flags: limit.isRate ? [.dynamic, .timeout] : [.dynamic], size: dynamicSetSize,
      timeout: limit.isRate ? 300 : 0, provenance: elements.first.map { [$0.provenance] } ?? []))
  builder.add(
    .in(.dialled(family), name + family.suffix),
    .dynamic(operation: limit.isRate ? "update" : "add", set: state, key: .concatenation(fields), limit.statement),
    .verdict(.goto(ChainName.denied.text)), to: .admission, comment: limit.comment,
    provenance: elements.first?.provenance)
}

extension Limit {
  /// By kind, and by number.
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
