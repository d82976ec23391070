import Addressing
import Nftables

/// Reads the scripts that this project writes, as `ScriptWriter` writes them. Whatever else nft takes is refused, so a
/// script that is understood is understood wholly.
struct ScriptReader {
  private var words: ScriptWords

  static func commands(in script: [UInt8]) throws(ScriptError) -> [ScriptCommand] {
    var reader = ScriptReader(words: try ScriptWords(script))
    var commands: [ScriptCommand] = []
    reader.words.skipLineEnds()
    while reader.words.next != nil {
      commands.append(try reader.command())
      try reader.words.endOfLine()
    }
    return commands
  }

  private mutating func command() throws(ScriptError) -> ScriptCommand {
    let line = words.line
    let verb = try words.bare("a command")
    if verb == "table" {
      let table = Table(try tableName())
      return ScriptCommand(line: line, table: table.name, action: .declare(try objects(of: table)))
    }
    var object = try words.bare("the kind of an object")
    if object == "ct" { object += " " + (try words.bare("`helper`")) }
    let table = try tableName()
    return ScriptCommand(line: line, table: table, action: try action(verb, object))
  }

  private mutating func tableName() throws(ScriptError) -> String {
    try words.expect("inet")
    return try words.bare("the name of a table")
  }

  private mutating func action(_ verb: String, _ object: String) throws(ScriptError) -> ScriptCommand.Action {
    switch (verb, object) {
    case ("create", "table"): return .createTable
    case ("delete", "table"): return .deleteTable
    case ("add", "element"): return .addElements(set: try words.bare("a set"), try elements())
    case ("delete", "element"): return .deleteElements(set: try words.bare("a set"), try elements())
    case ("add", "rule"): return .addRule(chain: try words.bare("a chain"), try rule())
    case ("insert", "rule"): return .insertRule(chain: try words.bare("a chain"), try place("position"), try rule())
    case ("replace", "rule"): return .replaceRule(chain: try words.bare("a chain"), try place("handle"), try rule())
    case ("delete", "rule"): return .deleteRule(chain: try words.bare("a chain"), try place("handle"))
    case ("flush", "chain"): return .flushChain(try words.bare("a chain"))
    case ("delete", "chain"): return .deleteChain(try words.bare("a chain"))
    case ("delete", "ct helper"): return .deleteHelper(try words.bare("a helper"))
    case ("delete", "set") where words.next == .bare("handle"): return .deleteSet(handle: try place("handle"))
    case ("delete", "set"), ("delete", "map"):
      return .deleteNamedSet(try words.bare("a set"), isMap: object == "map")
    default: throw words.error("a command of ours, not `\(verb) \(object)`")
    }
  }

  private mutating func place(_ word: String) throws(ScriptError) -> Int64 {
    try words.expect(word)
    return try words.number(Int64.self)
  }
}

// MARK: - Objects

extension ScriptReader {
  /// Reads a block, whose first brace comes next; where there is none, there are no objects.
  private mutating func objects(of table: Table) throws(ScriptError) -> Table {
    var table = table
    guard words.take("{") else { return table }
    try words.endOfLine()
    while !words.take("}") {
      switch try words.bare("an object") {
      case "flags":
        try words.expect("dormant")
        table.isDormant = true
      case "ct":
        try words.expect("helper")
        table.helpers.append(try helper())
      case "set": table.sets.append(try set(isMap: false))
      case "map": table.sets.append(try set(isMap: true))
      case "chain": table.chains.append(try chain())
      default: throw words.error("an object of ours")
      }
      try words.endOfLine()
    }
    return table
  }

  private mutating func begin() throws(ScriptError) -> String {
    let name = try words.bare("a name")
    try words.expect("{")
    try words.endOfLine()
    return name
  }

  private mutating func helper() throws(ScriptError) -> HelperObject {
    let name = try begin()
    try words.expect("type")
    let type = try words.quoted("the helper of the kernel")
    try words.expect("protocol")
    try words.expect("tcp")
    try words.endOfLine()
    try words.expect("}")
    return HelperObject(name, type: type)
  }

  private mutating func set(isMap: Bool) throws(ScriptError) -> NamedSet {
    var set = NamedSet(try begin(), key: [])
    while !words.take("}") {
      switch try words.bare("a part of a set") {
      case "typeof":
        set.key = try expression().types
        if isMap {
          try words.expect(":")
          set.data = words.take("verdict") ? [.dataType("verdict")] : try expression().types
        }
      case "type":
        set.key = try typeNames()
        if isMap {
          try words.expect(":")
          set.data = try typeNames()
        }
      case "size": set.size = try words.number(Int.self)
      case "flags":
        for name in try words.bare("flags").split(separator: ",") {
          guard let flag = NamedSet.Flag(rawValue: String(name)) else { throw words.error("a flag of ours") }
          set.flags.append(flag)
        }
      case "counter": set.isCounted = true
      case "timeout":
        let text = try words.bare("a time")
        guard text.hasSuffix("s"), let seconds = Int(text.dropLast()) else { throw words.error("a time in seconds") }
        set.timeout = seconds
      case "elements":
        try words.expect("=")
        set.elements = try elements()
      default: throw words.error("a part of a set of ours")
      }
      try words.endOfLine()
    }
    return set
  }

  private mutating func typeNames() throws(ScriptError) -> [Expression] {
    var types = [Expression.dataType(try words.bare("a type"))]
    while words.take(".") { types.append(.dataType(try words.bare("a type"))) }
    return types
  }

  private mutating func chain() throws(ScriptError) -> Chain {
    var chain = Chain(try begin())
    if words.take("type") { chain.base = try base() }
    while !words.take("}") {
      chain.rules.append(try rule())
      try words.endOfLine()
    }
    return chain
  }

  private mutating func base() throws(ScriptError) -> BaseChain {
    guard let kind = BaseChain.Kind(rawValue: try words.bare("a type")) else { throw words.error("another type") }
    try words.expect("hook")
    guard let hook = BaseChain.Hook(rawValue: try words.bare("a hook")) else { throw words.error("another hook") }
    try words.expect("priority")
    let priority = try words.number(Int.self)
    try words.expect(";")
    try words.expect("policy")
    let drops = words.take("drop")
    if !drops { try words.expect("accept") }
    try words.expect(";")
    try words.endOfLine()
    return BaseChain(kind, hook, priority: priority, dropsByPolicy: drops)
  }
}

// MARK: - Elements

extension ScriptReader {
  private mutating func elements() throws(ScriptError) -> ElementList {
    var list = ElementList()
    try words.expect("{")
    words.skipLineEnds()
    while !words.take("}") {
      let key = try values()
      let comment = words.take("comment") ? try words.quoted("a comment") : nil
      let data = words.take(":") ? try values() : []
      list.append(key: key, data: data, comment: comment, provenance: .none)
      let isFollowed = words.take(",")
      words.skipLineEnds()
      guard isFollowed || words.next == .bare("}") else { throw words.error("`,` or `}`") }
    }
    return list
  }

  private mutating func values() throws(ScriptError) -> [Value] {
    var values = [try value()]
    while words.take(".") { values.append(try value()) }
    return values
  }

  private mutating func value() throws(ScriptError) -> Value {
    if case .quoted(let name)? = words.next {
      _ = try words.quoted("an interface")
      return .interface(name)
    }
    let before = words
    let word = try words.bare("a value")
    if let verdict = try verdict(word) { return .verdict(verdict) }
    guard let value = constant(word) else {
      words = before
      throw words.error("a value of ours")
    }
    return value
  }

  /// An address, some addresses, a port, some ports, or a mark, which a listing has as a number.
  private func constant(_ word: String) -> Value? {
    if let port = UInt16(word) { return .port(port) }
    if let address = IPAddress(word) { return .address(address) }
    if word.hasPrefix("0x"), word.count == 10 {
      return Int64(word.dropFirst(2), radix: 16).map { .foreign(.number($0)) }
    }
    let prefix = word.split(separator: "/", omittingEmptySubsequences: false)
    if prefix.count == 2, let base = IPAddress(String(prefix[0])), let length = Int(prefix[1]) {
      return Value(base: base, length: length)
    }
    let range = word.split(separator: "-", omittingEmptySubsequences: false)
    guard range.count == 2 else { return nil }
    if let low = UInt16(range[0]), let high = UInt16(range[1]) {
      return PortRange(low: low, high: high).map { Value($0) }
    }
    guard let low = IPAddress(String(range[0])), let high = IPAddress(String(range[1])), low.family == high.family,
      low <= high
    else { return nil }
    return Value(low...high)
  }

  private mutating func verdict(_ word: String) throws(ScriptError) -> Verdict? {
    switch word {
    case "accept": .accept
    case "drop": .drop
    case "return": .return
    case "jump": .jump(try words.bare("a chain"))
    case "goto": .goto(try words.bare("a chain"))
    default: nil
    }
  }
}

// MARK: - Rules

extension ScriptReader {
  private mutating func rule() throws(ScriptError) -> Rule {
    var rule = Rule([], provenance: [])
    repeat { rule.statements.append(try statement()) } while words.next != .lineEnd && words.next != .bare("comment")
    if words.take("comment") { rule.comment = try words.quoted("a comment") }
    return rule
  }

  private mutating func statement() throws(ScriptError) -> Statement {
    if words.take("ct", "count") {
      try words.expect("over")
      return .connectionCount(over: try words.number(UInt32.self))
    }
    let before = words
    if words.take("ct", "helper"), words.take("set") { return .assignHelper(try words.quoted("a helper")) }
    words = before
    let word = try words.bare("a statement")
    if let verdict = try verdict(word) { return .verdict(verdict) }
    switch word {
    case "masquerade": return .masquerade
    case "counter": return .counter
    case "limit": return .limit(try rate())
    case "log":
      try words.expect("prefix")
      return .log(prefix: try words.quoted("a prefix"))
    case "dnat", "snat":
      let (family, target) = try translation()
      return word == "dnat" ? .translateDestination(family, target) : .translateSource(family, target)
    case "add", "update":
      let set = try words.reference()
      try words.expect("{")
      let key = try expression()
      let state = try statement()
      try words.expect("}")
      return .dynamic(operation: word, set: set, key: key, state)
    default:
      words = before
      return try match()
    }
  }

  private mutating func translation() throws(ScriptError) -> (AddressFamily, Expression) {
    let header = try words.bare("a family")
    guard let family = AddressFamily.allCases.first(where: { $0.header == header }) else {
      throw words.error("a family of addresses before it")
    }
    try words.expect("to")
    let target = try expression()
    guard case .lookup(_, in: .set) = target else { throw words.error("a map before it") }
    return (family, target)
  }

  private mutating func rate() throws(ScriptError) -> Rate {
    try words.expect("rate")
    let isOver = words.take("over")
    let parts = try words.bare("a rate").split(separator: "/")
    guard parts.count == 2, let count = UInt32(parts[0]), let unit = Rate.Unit(rawValue: String(parts[1])) else {
      throw words.error("a rate of ours before it")
    }
    try words.expect("burst")
    let burst = try words.number(UInt32.self)
    try words.expect("packets")
    return Rate(count, per: unit, burst: burst, over: isOver)
  }

  private mutating func match() throws(ScriptError) -> Statement {
    let left = try expression()
    if words.take("vmap") { return .verdictMap(key: left, name: try words.reference()) }
    let comparison = words.take("!=") ? MatchOperator.notEqual : .equal
    if case .bare(let word)? = words.next, word.hasPrefix("@") {
      return .match(left, comparison, .set(try words.reference()))
    }
    switch left {
    case .conntrack("state"), .conntrack("status"):
      let flags = try words.bare("flags").split(separator: ",").map(String.init)
      return .match(left, comparison, .flags(flags))
    case .conntrack("helper"): return .match(left, comparison, .value(.string(try words.quoted("a helper"))))
    case .meta("iifname"), .meta("oifname"), .payload: return .match(left, comparison, .value(try value()))
    default: throw words.error("something else to compare with a value")
    }
  }

  private mutating func expression() throws(ScriptError) -> Expression {
    var fields = [try field()]
    while words.take(".") { fields.append(try field()) }
    let key = fields.count == 1 ? fields[0] : .concatenation(fields)
    return words.take("map") ? .map(key: key, name: try words.reference()) : key
  }

  private mutating func field() throws(ScriptError) -> Expression {
    let before = words
    let word = try words.bare("an expression")
    let field: Expression
    switch word {
    case "ip", "ip6", "tcp": field = .payload(word, try words.bare("a field"))
    case "meta": field = .meta(try words.bare("a key"))
    case "iifname", "oifname": field = .meta(word)
    case "ct":
      let key = try words.bare("a key")
      guard key == "original" || key == "reply" else { return .conntrack(key) }
      field = .tuple(key, try words.bare("a family") + " " + words.bare("an address"))
    default:
      words = before
      throw words.error("an expression of ours")
    }
    guard words.take("&") else { return field }
    guard let mask = IPAddress(try words.bare("a mask")) else { throw words.error("a mask before it") }
    return .masked(field, with: mask)
  }
}

extension Expression {
  /// The types of the fields, as a listing tells them.
  fileprivate var types: [Expression] {
    guard case .concatenation(let fields) = self else { return [.dataType(typeName)] }
    return fields.map { .dataType($0.typeName) }
  }
}
