import Addressing
import Nftables

extension Operation {
  /// `mangle`: a mark, a label, or a field of a header becomes something else.
  static func mangle(_ value: JSONValue) -> Operation? {
    guard let key = value["key"], let listed = value["value"] else { return nil }
    if let mark = mark(key, listed) { return mark }
    if let field = key["ct"]?["key"]?.string {
      return change(ofConnection: field, key["ct"]?["dir"]?.string, listed)
    }
    if let field = key["meta"]?["key"]?.string {
      // What neither leads packets elsewhere nor decides about them.
      return ["priority", "nftrace", "secmark", "cgroup"].contains(field) ? .setField("meta \(field)", nil) : nil
    }
    if key["tcp option"] != nil, case .field(let name) = Operand(key) {
      let size = name == KnownFields.segmentSize ? listed.number.flatMap { UInt128(exactly: $0) } : nil
      return .setField(name, size)
    }
    guard case .field(let name) = Operand(key), KnownFields.changeable.contains(name) else { return nil }
    guard case .number(let number)? = KnownFields.domain(of: name).datum(listed) else { return .setField(name, nil) }
    return .setField(name, number)
  }

  private static func mark(_ key: JSONValue, _ listed: JSONValue) -> Operation? {
    let isOfConnection = key["ct"]?["key"]?.string == "mark"
    guard isOfConnection || key["meta"]?["key"]?.string == "mark" else { return nil }
    let operand = Domain.number.datum(listed).map { Operand.constant($0) } ?? Operand(listed)
    return .setMark(ofConnection: isOfConnection, operand)
  }

  private static func change(
    ofConnection field: String, _ direction: String?, _ listed: JSONValue
  ) -> Operation? {
    switch field {
    case "zone":
      guard let number = listed.number.flatMap({ UInt16(exactly: $0) }) else { return nil }
      return .setZone(
        TrackingZone(number: number, hasOriginal: direction != "reply", hasReply: direction != "original"))
    case "label":
      guard case .number(let bit)? = Domain.label.datum(listed) else { return nil }
      return .setLabel(bit)
    case "event", "secmark": return .nothing
    default: return nil
    }
  }

  /// `dnat`, `snat`, `masquerade` and `redirect`.
  static func translate(_ kind: Translation, _ value: JSONValue) -> Operation? {
    let family = value["family"]?.string.flatMap { name in AddressFamily.allCases.first { $0.header == name } }
    let flags = value["flags"]?.list.compactMap(\.string) ?? []
    var port: PortChoice?
    if let listed = value["port"] {
      switch FieldPattern(listed, .port) {
      case .range(let range):
        guard let low = UInt16(exactly: range.lowerBound), let high = UInt16(exactly: range.upperBound) else {
          return nil
        }
        let isChance = low < high && (flags.contains("random") || flags.contains("fully-random"))
        // By chance one of the range, also for a port that lies in it.
        guard !isChance || kind == .source || kind == .masquerade else { return nil }
        port = .range(low...high)
      default: port = .computed(Operand(listed))
      }
    }
    var address = value["addr"].map { target($0) }
    if flags.contains("netmap") || value["type_flags"]?.list.contains("prefix") == true {
      address = address.map { .moved(isSource: kind == .source, to: $0) }
    }
    guard kind == .masquerade || kind == .redirect || address != nil || port != nil else { return nil }
    return .translate(kind, family: family, address: address, port: port)
  }

  /// Where a translation leads: one address, one of several, or what a rule computes.
  private static func target(_ listed: JSONValue) -> Operand {
    if let address = listed.string.flatMap({ IPAddress($0) }) { return .constant(.number(address.value)) }
    if listed["prefix"] != nil || listed["range"] != nil, case .range(let range) = FieldPattern(listed, .address) {
      return .oneOf(range, listed.text)
    }
    return Operand(listed)
  }
}
