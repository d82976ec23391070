import Addressing
import Nftables

extension Operation {
  /// A mark, a label, or a field of a header becomes something else.
  static func set(_ field: Expression, to value: Expression) -> Operation? {
    switch field {
    case .conntrack("mark"), .tuple(_, "mark"): return .setMark(ofConnection: true, mark(value))
    case .meta("mark"): return .setMark(ofConnection: false, mark(value))
    case .conntrack(let key): return change(ofConnection: key, nil, value)
    case .tuple(let direction, let key): return change(ofConnection: key, direction, value)
    // What neither leads packets elsewhere nor decides about them.
    case .meta(let key):
      return ["priority", "nftrace", "secmark", "cgroup"].contains(key) ? .setField("meta \(key)", nil) : nil
    default: break
    }
    guard case .field(let name) = Operand(field) else { return nil }
    if case .option("tcp option", _, _) = field {
      guard name == KnownFields.segmentSize, case .value(.number(let size)) = value else {
        return .setField(name, nil)
      }
      return .setField(name, UInt128(exactly: size))
    }
    guard KnownFields.changeable.contains(name) else { return nil }
    return .setField(name, KnownFields.domain(of: name).number(value))
  }

  private static func mark(_ value: Expression) -> Operand {
    Domain.number.datum(value).map { .constant($0) } ?? Operand(value)
  }

  private static func change(
    ofConnection field: String, _ direction: String?, _ value: Expression
  ) -> Operation? {
    switch field {
    case "zone":
      guard case .value(.number(let listed)) = value, let number = UInt16(exactly: listed) else { return nil }
      return .setZone(
        TrackingZone(number: number, hasOriginal: direction != "reply", hasReply: direction != "original"))
    case "label": return Domain.label.number(value).map { .setLabel($0) }
    case "event", "secmark": return .nothing
    default: return nil
    }
  }

  /// `dnat`, `snat`, `masquerade` and `redirect`.
  static func translate(_ translation: Nftables.Translation) -> Operation? {
    let kind = Translation(translation.kind)
    let flags = translation.flags
    var port: PortChoice?
    if let wanted = translation.port {
      switch FieldPattern(wanted, .port) {
      case .range(let range):
        guard let low = UInt16(exactly: range.lowerBound), let high = UInt16(exactly: range.upperBound) else {
          return nil
        }
        let isChance = low < high && (flags.contains("random") || flags.contains("fully-random"))
        // By chance one of the range, also for a port that lies in it.
        guard !isChance || kind == .source || kind == .masquerade else { return nil }
        port = .range(low...high)
      default: port = .computed(Operand(wanted))
      }
    }
    var address = translation.address.map { target($0) }
    if flags.contains("netmap") || translation.typeFlags.contains("prefix") {
      address = address.map { .moved(isSource: kind == .source, to: $0) }
    }
    guard kind == .masquerade || kind == .redirect || address != nil || port != nil else { return nil }
    return .translate(kind, family: translation.family, address: address, port: port)
  }

  /// Where a translation leads: one address, one of several, or what a rule computes.
  private static func target(_ address: Expression) -> Operand {
    switch address {
    case .value(.address(let address)): return .constant(.number(address.value))
    case .value(.addresses), .range, .prefix:
      guard case .range(let range) = FieldPattern(address, .address) else { return Operand(address) }
      return .oneOf(range, address.text)
    default: return Operand(address)
    }
  }
}

extension Operation.Translation {
  fileprivate init(_ kind: Nftables.Translation.Kind) {
    self =
      switch kind {
      case .destination: .destination
      case .source: .source
      case .masquerade: .masquerade
      case .redirect: .redirect
      }
  }
}
