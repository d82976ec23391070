extension Statement {
  /// Whether we write such statements. All others are somebody else's: what only others write is neither changed nor
  /// written back.
  package var isWritten: Bool {
    switch self {
    case .match(let left, let comparison, let right):
      (comparison == .equal || comparison == .notEqual) && left.isWritten && left.isWritten(besides: right)
    case .translate(let translation): translation.isWritten
    case .limit(let rate):
      (rate.unit == .second || rate.unit == .minute) && rate.countUnit == nil && rate.burstUnit == nil
    case .log(let log): log.isPlain
    case .connectionCount(_, let isOver): isOver
    case .update(let update): update.hasWrittenForm && update.statements.allSatisfy(\.isWritten)
    case .verdict(let verdict): verdict != .continue
    case .verdicts(let key, .set): key.isWritten
    case .assignHelper, .counter: true
    case .set(.conntrack("mark"), .arithmetic(.or, let parts)):
      if parts.count == 2, parts[0] == .conntrack("mark"), case .value(.number) = parts[1] { true } else { false }
    case .verdicts, .quota, .object, .reject, .set, .reset, .notrack, .handOver, .queue, .synproxy, .flow, .last,
      .xtables, .unread, .foreign:
      false
    }
  }
}

extension ElementUpdate {
  /// Whether it is such an update as we write, whatever its statement is.
  var hasWrittenForm: Bool { target == .set && statements.count == 1 && key.isWritten }
}

extension Translation {
  fileprivate var isWritten: Bool {
    switch kind {
    case .redirect: return false
    case .masquerade: return self == Translation(.masquerade)
    case .destination, .source:
      guard family != nil, let address, case .lookup = address, address.isWritten else { return false }
      return self == Translation(kind, family, address: address)
    }
  }
}

extension Expression {
  /// Whether we ask a packet for such a thing.
  var isWritten: Bool {
    switch self {
    case .payload, .meta, .conntrack, .tuple: true
    case .concatenation(let fields): fields.allSatisfy(\.isWritten)
    case .masked(let address, _): address.isWritten
    case .lookup(let key, .set): key.isWritten
    default: false
    }
  }

  /// Whether we compare it with such a thing.
  fileprivate func isWritten(besides right: Expression) -> Bool {
    switch (self, right) {
    case (_, .set): true
    case (.conntrack("state"), .flags), (.conntrack("status"), .flags), (.conntrack("helper"), .value(.string)): true
    case (.meta("iifname"), .value(.interface)), (.meta("oifname"), .value(.interface)): true
    case (.payload("ip", "saddr"), .value(let value)), (.payload("ip", "daddr"), .value(let value)),
      (.payload("ip6", "saddr"), .value(let value)), (.payload("ip6", "daddr"), .value(let value)):
      value.isAddresses
    case (.payload("tcp", "sport"), .value(let value)), (.payload("tcp", "dport"), .value(let value)): value.isPorts
    default: false
    }
  }
}

extension Value {
  fileprivate var isAddresses: Bool {
    switch self {
    case .address, .addresses: true
    default: false
    }
  }

  fileprivate var isPorts: Bool {
    switch self {
    case .port, .ports: true
    default: false
    }
  }
}
