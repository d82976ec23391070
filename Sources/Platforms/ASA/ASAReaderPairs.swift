import Addressing
import Nftables

extension ASATranslationWriter {
  /// Ports and addresses up to which ranges that differ are written one by one.
  private static let mostPorts = 64
  private static let mostAddresses: UInt128 = 256

  /// One side of packets that becomes another.
  struct Change {
    var rule: ASATranslation
    /// Where packets come from and leave to.
    var base: [Statement]
    /// What is done before.
    var first: [Statement]
    var kind: Translation.Kind
    var from = ASAAddresses.any
    var to = ASAAddresses.any
    /// The addresses of the other side, which stay.
    var others = ASAAddresses.any
    var ports: (from: [PortRange]?, to: [PortRange]?) = (nil, nil)
    var otherPorts: [PortRange]?

    var otherPortMatch: [Statement] {
      otherPorts.map { [.ports(kind == .destination ? .sourcePort : .destinationPort, $0)] } ?? []
    }
    var portSide: Expression { kind == .destination ? .destinationPort : .sourcePort }
  }

  static func rules(
    _ change: Change, _ family: AddressFamily, _ maker: inout ASAConditionMaker
  ) -> [Rule] {
    let (rule, text) = (change.rule, change.rule.line.text)
    let (side, other): (Expression, Expression) =
      change.kind == .destination
      ? (.destination(family), .source(family)) : (.source(family), .destination(family))
    var result: [Rule] = []
    for others in maker.conditions(change.others, other, family) {
      let base = change.base + (change.others.isAny ? [] : others.matches) + change.otherPortMatch
      if let doubt = others.doubt ?? change.from.doubt ?? change.to.doubt {
        result.append(
          rule.rule(base + (change.ports.from.map { [.ports(change.portSide, $0)] } ?? []) + [.unread(doubt)]))
        continue
      }
      let (from, to) = (change.from.of(family), change.to.of(family))
      if from.isEmpty, to.isEmpty { continue }
      // One family becomes another, or one side has none of it.
      if from.isEmpty || (to.isEmpty && change.to.ranges.isEmpty) { continue }
      guard let pairs = pairs(from, to), let ports = ports(change.ports.from, change.ports.to) else {
        let matches = maker.conditions(change.from, side, family).map(\.matches)
        let ports = change.ports.from.map { [Statement.ports(change.portSide, $0)] } ?? []
        result += matches.map { rule.rule(base + $0 + ports + [.unread("the pairs of `\(text)`")]) }
        continue
      }
      for (source, target) in pairs {
        let isAll = source == ASAAddresses.every(family)
        let address: [Statement] = isAll ? [] : [.match(side, .equal, .value(Value(source)))]
        for (dialled, own) in ports {
          let port: [Statement] = dialled.map { [.match(change.portSide, .equal, .value(Value($0)))] } ?? []
          let isFound = change.kind != .destination || !rule.isSilent || target == nil
          let action =
            isFound
            ? action(change.kind, family, target, own)
            : .unread("whether neighbours find the mapped address of `\(text)` without proxy ARP")
          result.append(rule.rule(base + address + port + change.first + [action]))
        }
      }
    }
    return result
  }

  private static func action(
    _ kind: Translation.Kind, _ family: AddressFamily, _ target: ClosedRange<IPAddress>?, _ port: PortRange?
  ) -> Statement {
    guard target != nil || port != nil else { return .verdict(.accept) }
    var translation = Translation(
      kind, family, address: target.map { .value(Value($0)) }, port: port.map { .value(Value($0)) })
    if let target, target.lowerBound != target.upperBound { translation.flags = ["netmap"] }
    return .translate(translation)
  }

  /// Which addresses become which; `nil` targets stay as they are, `nil` for what is not known.
  private static func pairs(
    _ from: [ClosedRange<IPAddress>], _ to: [ClosedRange<IPAddress>]
  ) -> [(ClosedRange<IPAddress>, ClosedRange<IPAddress>?)]? {
    if from == to { return from.map { ($0, nil) } }
    if to.count == 1, let only = to.first, only.lowerBound == only.upperBound { return from.map { ($0, only) } }
    guard from.count == to.count else { return nil }
    var result: [(ClosedRange<IPAddress>, ClosedRange<IPAddress>?)] = []
    for (one, other) in zip(from, to) {
      let size = one.upperBound.value - one.lowerBound.value
      guard size == other.upperBound.value - other.lowerBound.value else { return nil }
      if size == 0
        || prefixLength(one.lowerBound, one.upperBound) != nil
          && prefixLength(other.lowerBound, other.upperBound) != nil
      {
        result.append((one, other))
        continue
      }
      guard size < mostAddresses else { return nil }
      for step in 0...size {
        guard let low = IPAddress(family: one.lowerBound.family, value: one.lowerBound.value + step),
          let high = IPAddress(family: one.lowerBound.family, value: other.lowerBound.value + step)
        else { return nil }
        result.append((low...low, high...high))
      }
    }
    return result
  }

  /// Which ports become which; `nil` targets stay as they are, `nil` for what no rule can say.
  private static func ports(_ from: [PortRange]?, _ to: [PortRange]?) -> [(PortRange?, PortRange?)]? {
    guard let from, let to else { return from == nil && to == nil ? [(nil, nil)] : nil }
    if from == to { return from.map { ($0, nil) } }
    guard from.count == 1, to.count == 1, let dialled = from.first, let own = to.first, dialled.count == own.count,
      dialled.count <= mostPorts
    else { return nil }
    return zip(dialled.ports, own.ports).map { (PortRange($0), PortRange($1)) }
  }
}

extension ASAAddresses {
  /// Those of a family, as they stand.
  fileprivate func of(_ family: AddressFamily) -> [ClosedRange<IPAddress>] {
    ranges.filter { $0.lowerBound.family == family }
  }
}
