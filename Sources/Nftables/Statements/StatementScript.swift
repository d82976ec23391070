import Addressing

extension Statement {
  func write(to writer: inout ScriptWriter) {
    switch self {
    case .match(let left, let comparison, let right):
      left.write(to: &writer)
      left.write(comparison, right, to: &writer)
      right.write(to: &writer)
    case .assignHelper(let name):
      writer.write("ct helper set ")
      writer.write(quoted: name, limit: 31)
    case .translate(let translation): translation.write(to: &writer)
    case .counter: writer.write("counter")
    case .limit(let rate): rate.write(to: &writer)
    case .quota(let quota): quota.write(to: &writer)
    case .log(let log): log.write(to: &writer)
    case .connectionCount(let limit, let isOver):
      writer.write(isOver ? "ct count over \(limit)" : "ct count \(limit)")
    case .update(let update): update.write(to: &writer)
    case .verdict(let verdict): verdict.write(to: &writer)
    case .verdicts(let key, let map):
      key.write(to: &writer)
      writer.write(" vmap ")
      map.write(to: &writer)
    case .object(let kind, let name): Self.write(object: kind, name, to: &writer)
    case .reject(let type, let code):
      writer.write("reject")
      if let type { writer.write(" with \(words: type)") }
      if let code {
        writer.write(" ")
        code.write(to: &writer)
      }
    case .set(let field, let value):
      field.write(to: &writer)
      writer.write(" set ")
      value.write(to: &writer)
    case .reset(let option):
      writer.write("reset ")
      option.write(to: &writer)
    case .notrack: writer.write("notrack")
    case .handOver(let handover): handover.write(to: &writer)
    case .queue(let numbers, let flags):
      writer.write("queue")
      if !flags.isEmpty { writer.write(" flags ") }
      writer.write(flags, separator: ",") { $0.write("\(words: $1)") }
      writer.write(" to ", numbers)
    case .synproxy(let synproxy): synproxy.write(to: &writer)
    case .flow(let table): writer.write("flow add @\(name: table)")
    case .last: writer.write("last")
    case .xtables, .unread: writer.write(foreign: json)
    case .foreign(let value): writer.write(foreign: value)
    }
  }

  private static func write(object kind: String, _ name: Expression, to writer: inout ScriptWriter) {
    switch kind {
    case "counter", "quota", "limit", "synproxy": writer.write("\(words: kind) name ")
    case "secmark": writer.write("meta secmark set ")
    default: writer.write("\(words: kind) set ")
    }
    name.write(to: &writer)
  }
}

extension ScriptWriter {
  /// An expression, if there is one, and what stands before it.
  fileprivate mutating func write(_ words: ScriptPhrase, _ expression: Expression?) {
    guard let expression else { return }
    write(words)
    expression.write(to: &self)
  }
}

extension Expression {
  fileprivate func write(_ comparison: MatchOperator, _ right: Expression, to writer: inout ScriptWriter) {
    switch comparison {
    case .equal: writer.write(isBits && !right.isNameOfSet && !right.isFlags ? " == " : " ")
    case .isIn: writer.write(" ")
    case .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .lacks: writer.write(" \(comparison) ")
    }
  }

  /// Whether nft takes a value beside it for bits of which one is set, and `==` for the whole value.
  private var isBits: Bool {
    switch self {
    case .conntrack("state"), .conntrack("status"), .conntrack("label"), .payload("tcp", "flags"), .arithmetic,
      .masked:
      true
    default: false
    }
  }

  private var isFlags: Bool { if case .flags = self { true } else { false } }

  private var isNameOfSet: Bool {
    switch self {
    case .set, .members: true
    default: false
    }
  }
}

extension Translation {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write("\(kind)")
    if let family { writer.write(" \(words: family.header)") }
    for flag in typeFlags { writer.write(" \(words: flag)") }
    if address != nil || port != nil { writer.write(" to ") }
    if let address {
      // A port after an IPv6 address needs brackets.
      let isBracketed = family == .ipv6 && port != nil && address.isConstant
      if isBracketed { writer.write("[") }
      address.write(to: &writer)
      if isBracketed { writer.write("]") }
    }
    writer.write(":", port)
    // That networks are exchanged is told by the prefix.
    let flags = flags.filter { $0 != "netmap" }
    if !flags.isEmpty { writer.write(" ") }
    writer.write(flags, separator: ",") { $0.write("\(words: $1)") }
  }
}

extension Rate {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write(isOver ? "limit rate over " : "limit rate ")
    writer.write("\(count)")
    if let countUnit { writer.write(" \(words: countUnit)") }
    writer.write("/\(unit) burst \(burst) \(words: burstUnit ?? "packets")")
  }
}

extension Quota {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write(isOver ? "quota over " : "quota ")
    writer.write("\(limit.count) \(words: limit.unit)")
    if let used { writer.write(" used \(used.count) \(words: used.unit)") }
  }
}

extension Log {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write("log")
    if let prefix {
      writer.write(" prefix ")
      writer.write(quoted: prefix, limit: 127)
    }
    if let group { writer.write(" group \(group)") }
    if let snapLength { writer.write(" snaplen \(snapLength)") }
    if let queueThreshold { writer.write(" queue-threshold \(queueThreshold)") }
    if let level { writer.write(" level \(words: level)") }
    for flag in flags { writer.write(" flags \(words: flag)") }
  }
}

extension ElementUpdate {
  fileprivate func write(to writer: inout ScriptWriter) {
    if case .meter(let size) = target {
      writer.write("meter \(name: name)")
      if let size { writer.write(" size \(size)") }
      writer.write(" { ")
    } else {
      writer.write("\(name: operation) @\(name: name) { ")
    }
    key.write(to: &writer)
    for statement in statements {
      writer.write(" ")
      statement.write(to: &writer)
    }
    if case .map(let data) = target { writer.write(" : ", data) }
    writer.write(" }")
  }
}

extension Handover {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write("\(kind)")
    if let family { writer.write(" \(words: family)") }
    writer.write(" to ")
    if let address {
      let isBracketed = family == "ip6" && port != nil && address.isConstant
      if isBracketed { writer.write("[") }
      address.write(to: &writer)
      if isBracketed { writer.write("]") }
      writer.write(" device ", device)
    } else if let device {
      device.write(to: &writer)
    }
    writer.write(":", port)
  }
}

extension Synproxy {
  fileprivate func write(to writer: inout ScriptWriter) {
    writer.write("synproxy")
    if let segmentSize { writer.write(" mss \(segmentSize)") }
    if let windowScale { writer.write(" wscale \(windowScale)") }
    for flag in flags { writer.write(" \(words: flag)") }
  }
}
