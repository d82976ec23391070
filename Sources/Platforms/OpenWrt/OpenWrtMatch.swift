import Addressing
import Nftables

/// What a section asks of packets, for one protocol and one family (rule.uc and redirect.uc of fw4's templates).
struct OpenWrtMatch {
  var family: AddressFamily?
  var proto: Choice<String>
  var sources: [Choice<OpenWrtNetwork>] = []
  var destinations: [Choice<OpenWrtNetwork>] = []
  var sourcePorts: [Choice<PortRange>] = []
  var destinationPorts: [Choice<PortRange>] = []
  /// Of ICMPv6, where there are some.
  var types: [Int64] = []

  static let protocolAny = Choice(value: OpenWrtProtocols.any, isInverted: false)

  private var hasPorts: Bool {
    // Ports of a rule for all protocols are passed over.
    (proto.value == "tcp" || proto.value == "udp") && !(sourcePorts.isEmpty && destinationPorts.isEmpty)
  }

  var statements: [Statement] {
    var result: [Statement] = []
    let (from, to) = (addresses(sources, "saddr"), addresses(destinations, "daddr"))
    if let family, from.isEmpty && to.isEmpty {
      result.append(.match(.meta("nfproto"), .equal, .value(.symbol(family == .ipv4 ? "ipv4" : "ipv6"))))
    }
    if proto.isInverted {
      result.append(.unread("proto !\(proto.value)"))
    } else if proto.value != OpenWrtProtocols.any, !hasPorts {
      result.append(.match(.meta("l4proto"), .equal, .value(.symbol(proto.value))))
    }
    result += from + to
    if hasPorts {
      result += ports(sourcePorts, "sport") + ports(destinationPorts, "dport")
    }
    if !types.isEmpty {
      result.append(
        .match(.payload("icmpv6", "type"), .equal, .members(types.map { Member(.value(.number($0))) })))
    }
    return result
  }

  private func addresses(_ networks: [Choice<OpenWrtNetwork>], _ field: String) -> [Statement] {
    var (values, others): ([Value], [Value]) = ([], [])
    var unread: [Statement] = []
    for choice in networks {
      switch choice.value {
      case .addresses(let value, let own) where own == family:
        if choice.isInverted { others.append(value) } else { values.append(value) }
      case .addresses: break
      case .unread(let words, let own) where own == nil || own == family: unread.append(.unread(words))
      case .unread: break
      }
    }
    guard let family else { return unread }
    let left = Expression.payload(family.header, field)
    return [Statement.match(left, .equal, values), .match(left, .notEqual, others)].compactMap(\.self) + unread
  }

  private func ports(_ choices: [Choice<PortRange>], _ field: String) -> [Statement] {
    let left = Expression.payload(proto.value, field)
    let values = choices.filter { !$0.isInverted }.map { Value($0.value) }
    let others = choices.filter(\.isInverted).map { Value($0.value) }
    return [Statement.match(left, .equal, values), .match(left, .notEqual, others)].compactMap(\.self)
  }
}

extension Statement {
  /// One of some values, or none of them; `nil` where there are none.
  static func match(_ left: Expression, _ comparison: MatchOperator, _ values: [Value]) -> Statement? {
    guard let first = values.first else { return nil }
    guard values.count > 1 else { return .match(left, comparison, .value(first)) }
    return .match(left, comparison, .members(values.map { Member(.value($0)) }))
  }
}

/// Which families sections are for (`infer_family`).
struct OpenWrtFamilies {
  /// What the section itself says, or what the addresses and zones of it do; `nil` for both.
  private(set) var only: AddressFamily?
  /// Whether they contradict each other, so that fw4 leaves the section out.
  private(set) var isContradictory = false
  private var seen: Set<AddressFamily> = []

  init(_ family: OpenWrtFamily, networks: [[Choice<OpenWrtNetwork>]], zones: [OpenWrtZone?]) {
    only = family.only
    for list in networks {
      let families = Set(list.compactMap(\.value.family))
      seen.formUnion(families)
      if families.count == 1, let family = families.first { narrow(family) }
    }
    for zone in zones { if let family = zone?.family { narrow(family) } }
  }

  private mutating func narrow(_ family: AddressFamily) {
    if let only, only != family { isContradictory = true }
    only = only ?? family
  }

  /// One family for each rule that is made; `nil` for one rule of both.
  var rules: [AddressFamily?] {
    if isContradictory { return [] }
    if let only { return [only] }
    return seen.isEmpty ? [nil] : AddressFamily.allCases.filter(seen.contains)
  }
}
