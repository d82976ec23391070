/// Reads sets, maps and other objects of a table into what nft lists for them in JSON.
struct TextObjects {
  private(set) var members: [String: JSONValue] = [:]
  /// The elements of a set or map, each with the line in which it begins.
  private(set) var elements: [(listed: JSONValue, line: Int)] = []
  /// What is not understood; `nil` when all is.
  private(set) var fault: (message: String, line: Int)?
  let family: TableFamily

  init(family: TableFamily) { self.family = family }

  /// Takes the types of a set that is there already.
  mutating func declare(_ set: NamedSet) {
    func names(_ fields: [Expression]) -> JSONValue { .array(fields.map { .string($0.typeName) }) }
    members["type"] = names(set.key)
    members["map"] = set.isMap ? names(set.data) : nil
  }

  /// One statement of the block of an object.
  mutating func read(_ kind: String, _ tokens: [TextToken]) {
    var cursor = TextCursor(tokens)
    guard let word = cursor.word() else { return fail(tokens) }
    switch (kind, word) {
    case ("set", _), ("map", _): readSet(word, &cursor, tokens)
    case (_, "comment"): members["comment"] = cursor.name().map { .string($0) }
    case ("ct helper", _), ("ct timeout", _), ("ct expectation", _): readTracking(word, &cursor, tokens)
    case ("counter", "packets"):
      members["packets"] = cursor.number().map { .number($0) }
      if cursor.take("bytes") { members["bytes"] = cursor.number().map { .number($0) } }
    case ("limit", "rate"):
      var statements = TextStatements(cursor, family: family)
      guard case .object(let rate)? = statements.rate() else { return fail(tokens) }
      members.merge(rate) { $1 }
    case ("quota", _): readQuota(tokens)
    case ("flowtable", _): readFlowTable(word, &cursor, tokens)
    default: members[word] = .string(cursor.first.map { _ in TextCursor.words(tokens.dropFirst()) } ?? "")
    }
  }

  private mutating func fail(_ tokens: [TextToken]) {
    fault = fault ?? ("`\(TextCursor.words(tokens.prefix(12)))` is not understood here", tokens.first?.line ?? 0)
  }

  // MARK: - Sets

  private mutating func readSet(_ word: String, _ cursor: inout TextCursor, _ tokens: [TextToken]) {
    switch word {
    case "type":
      let sides = Self.sides(tokens.dropFirst())
      members["type"] = Self.types(sides.key)
      if let data = sides.data {
        members["map"] = Self.types(data.first?.isWord("interval") == true ? Array(data.dropFirst()) : data)
      }
      if members["type"] == nil { fail(tokens) }
    case "typeof":
      let sides = Self.sides(tokens.dropFirst())
      members["type"] = Self.typeof(sides.key)
      members["map"] = sides.data.flatMap { data in
        data.first?.isWord("verdict") == true
          ? "verdict" : Self.typeof(data.first?.isWord("interval") == true ? Array(data.dropFirst()) : data)
      }
      if members["type"] == nil || sides.data != nil && members["map"] == nil { fail(tokens) }
    case "flags":
      var flags: [JSONValue] = []
      while let flag = cursor.word() {
        flags.append(.string(flag))
        _ = cursor.take(",")
      }
      members["flags"] = .array(flags)
      orderFlags()
    case "size": members["size"] = cursor.number().map { .number($0) }
    case "timeout":
      members["timeout"] = cursor.time().map { .number($0) }
      orderFlags()
    case "elements":
      guard cursor.take("=") else { return fail(tokens) }
      readElements(&cursor, tokens)
    case "counter": members["stmt"] = [["counter": .null]]
    // How the kernel keeps it, and what else each element has.
    case "auto", "auto-merge", "gc-interval", "policy", "comment", "quota", "limit", "last", "ct": break
    default: fail(tokens)
    }
  }

  /// Flags in the order in which JSON has them; that a set has a timeout implies one.
  private mutating func orderFlags() {
    let known = (members["flags"]?.list ?? []).compactMap(\.string) + (members["timeout"] == nil ? [] : ["timeout"])
    let ordered = ["constant", "interval", "timeout", "dynamic"].filter(known.contains)
    members["flags"] = ordered.isEmpty ? nil : .array(ordered.map { .string($0) })
  }

  /// What stands before `:` and after it.
  private static func sides(_ tokens: some Sequence<TextToken>) -> (key: [TextToken], data: [TextToken]?) {
    let parts = tokens.split(maxSplits: 1, omittingEmptySubsequences: false) { $0.isSign(":") }
    return (parts.first.map(Array.init) ?? [], parts.count > 1 ? parts.last.map(Array.init) : nil)
  }

  /// Names of types joined by `.`.
  private static func types(_ tokens: [TextToken]) -> JSONValue? {
    let words = tokens.filter { $0.kind == .word }.map { JSONValue.string($0.text) }
    guard !words.isEmpty, tokens.allSatisfy({ $0.kind == .word || $0.isSign(".") }) else { return nil }
    return words.count == 1 ? words.first : .array(words)
  }

  /// The types of expressions.
  private static func typeof(_ tokens: [TextToken]) -> JSONValue? {
    var reader = TextExpressions(TextCursor(tokens))
    guard let key = reader.key(), reader.cursor.isAtEnd else { return nil }
    let types = (key["concat"]?.list ?? [key]).map { JSONValue.string($0.typeName) }
    return types.count == 1 ? types.first : .array(types)
  }

  /// `{ ... }`, or one element.
  mutating func readElements(_ cursor: inout TextCursor, _ tokens: [TextToken]) {
    guard cursor.take("{") else { return fail(tokens) }
    let isMap = members["map"] != nil
    let types = (members["type"]?.list ?? []).compactMap(\.string)
    while !cursor.take("}") {
      let line = cursor.first?.line ?? tokens.first?.line ?? 0
      if cursor.first?.isSign("{") == true {
        readElements(&cursor, tokens)
      } else {
        var reader = TextExpressions(cursor)
        guard let element = reader.element(data: isMap) else { return fail(tokens) }
        cursor = reader.cursor
        elements.append((Self.key(types).translated(element, isMap: isMap), line))
      }
      guard cursor.take(",") || cursor.first?.isSign("}") == true else { return fail(tokens) }
    }
  }

  /// Expressions of such types, for the names of services.
  private static func key(_ types: [String]) -> JSONValue {
    let fields = types.map { type -> JSONValue in
      type == "inet_service" ? ["payload": ["protocol": "tcp", "field": "dport"]] : ["meta": ["key": "mark"]]
    }
    return fields.count == 1 ? fields.first ?? .null : ["concat": .array(fields)]
  }

  /// A set or map as nft lists it.
  func set(_ kind: String, table: String, name: String) -> JSONValue {
    var all = members
    all["family"] = .string(family.rawValue)
    all["table"] = .string(table)
    all["name"] = .string(name)
    all["elem"] = elements.isEmpty ? nil : .array(elements.map(\.listed))
    return .object(all)
  }

  // MARK: - Other objects

  private mutating func readTracking(_ word: String, _ cursor: inout TextCursor, _ tokens: [TextToken]) {
    switch word {
    case "type":
      members["type"] = cursor.name().map { .string($0) }
      if cursor.take("protocol") { members["protocol"] = cursor.word().map { .string($0) } }
    case "protocol", "l3proto": members[word] = cursor.word().map { .string($0) }
    case "policy":
      guard cursor.take("="), cursor.take("{") else { return fail(tokens) }
      var policy: [String: JSONValue] = [:]
      while let state = cursor.word(), cursor.take(":"), let time = cursor.time() {
        policy[state] = .number(time)
        _ = cursor.take(",")
      }
      members["policy"] = .object(policy)
    // JSON has thousandths.
    case "timeout": members["timeout"] = cursor.time().map { .number($0 &* 1000) }
    default: members[word] = cursor.number().map { .number($0) }
    }
  }

  private mutating func readQuota(_ tokens: [TextToken]) {
    var statements = TextStatements(TextCursor(tokens), family: family)
    guard let quota = statements.quota(), let count = quota["val"]?.number else { return fail(tokens) }
    func bytes(_ count: Int64, _ unit: JSONValue?) -> JSONValue {
      let factors: [String: Int64] = ["kbytes": 1024, "mbytes": 1_048_576, "gbytes": 1_073_741_824]
      let product = count.multipliedReportingOverflow(by: factors[unit?.string ?? ""] ?? 1)
      return .number(product.overflow ? .max : product.partialValue)
    }
    members["bytes"] = bytes(count, quota["val_unit"])
    members["used"] = bytes(quota["used"]?.number ?? 0, quota["used_unit"])
    members["inv"] = .bool(quota["inv"] == .bool(true))
  }

  private mutating func readFlowTable(_ word: String, _ cursor: inout TextCursor, _ tokens: [TextToken]) {
    switch word {
    case "hook":
      members["hook"] = cursor.word().map { .string($0) }
      if cursor.take("priority") {
        members["prio"] = TextPriority.read(&cursor, family: family, hook: "ingress").map { .number(Int64($0)) }
      }
    case "devices":
      guard cursor.take("=") else { return fail(tokens) }
      let names = TextDevices.read(&cursor)
      members["dev"] = names.count == 1 ? names.first.map { .string($0) } : .array(names.map { .string($0) })
    default: members[word] = .bool(true)
    }
  }
}

extension JSONValue {
  /// An element with the names of services as numbers.
  fileprivate func translated(_ element: JSONValue, isMap: Bool) -> JSONValue {
    if isMap, case .array(let pair) = element, pair.count == 2, let key = pair.first, let data = pair.last {
      return [translated(key, isMap: false), data]
    }
    if case .object(var members) = element, case .object(var inner)? = members["elem"], let value = inner["val"] {
      inner["val"] = translated(value)
      members["elem"] = .object(inner)
      return .object(members)
    }
    return translated(element)
  }

  /// The name of the data type of an expression (`nft describe`).
  var typeName: String {
    let field = self["payload"]?["field"]?.string ?? ""
    switch self["payload"]?["protocol"]?.string {
    case "ip":
      return ["saddr": "ipv4_addr", "daddr": "ipv4_addr", "protocol": "inet_proto", "dscp": "dscp"][field]
        ?? "integer"
    case "ip6":
      return ["saddr": "ipv6_addr", "daddr": "ipv6_addr", "nexthdr": "inet_proto", "dscp": "dscp"][field] ?? "integer"
    case "ether": return field == "type" ? "ether_type" : "ether_addr"
    case "tcp" where field == "flags": return "tcp_flag"
    case "icmp" where field == "type": return "icmp_type"
    case "icmpv6" where field == "type": return "icmpv6_type"
    case .some: return field == "sport" || field == "dport" ? "inet_service" : "integer"
    case nil: break
    }
    if let key = self["meta"]?["key"]?.string {
      return [
        "iif": "iface_index", "oif": "iface_index", "iifname": "ifname", "oifname": "ifname", "mark": "mark",
        "l4proto": "inet_proto", "nfproto": "nf_proto", "protocol": "ether_type", "skuid": "uid", "skgid": "gid",
        "pkttype": "pkt_type", "iiftype": "iface_type", "oiftype": "iface_type", "iifgroup": "devgroup",
        "oifgroup": "devgroup", "cpu": "integer", "priority": "tc_handle",
      ][key] ?? "integer"
    }
    let key = self["ct"]?["key"]?.string ?? ""
    return [
      "state": "ct_state", "status": "ct_status", "mark": "mark", "direction": "ct_dir", "label": "ct_label",
      "ip saddr": "ipv4_addr", "ip daddr": "ipv4_addr", "ip6 saddr": "ipv6_addr", "ip6 daddr": "ipv6_addr",
      "proto-src": "inet_service", "proto-dst": "inet_service", "protocol": "inet_proto", "l3proto": "nf_proto",
    ][key] ?? "integer"
  }
}

/// Priorities of chains by their names (`std_prios` and `bridge_std_prios` in nft's rule.c).
enum TextPriority {
  private static let standard: [String: Int] = [
    "raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100,
  ]
  private static let bridge: [String: Int] = ["dstnat": -300, "filter": -200, "out": 100, "srcnat": 300]

  /// `filter`, `dstnat + 5`, `-150`; `nil` for what is none.
  static func read(_ cursor: inout TextCursor, family: TableFamily, hook: String) -> Int? {
    var base = 0
    if let word = cursor.text(), cursor.first?.kind == .word, TextCursor.number(word) == nil {
      // `filter-5` is one word here.
      let name = String(word.prefix { $0 != "-" && $0 != "+" })
      guard let known = (family == .bridge ? bridge : standard)[name] else { return nil }
      base = known
      cursor.advance()
      let rest = word.dropFirst(name.count)
      if rest.first == "-", let number = Int(rest.dropFirst()) { return base - number }
      if rest == "-", let number = cursor.number() { return base - Int(clamping: number) }
    }
    if cursor.take("-") { return cursor.number().map { base - Int(clamping: $0) } }
    if cursor.take("+") { return cursor.number().map { base + Int(clamping: $0) } }
    if let number = cursor.number() { return base + Int(clamping: number) }
    return base
  }
}

/// Devices of a chain or flow table: `"eth0"` or `{ eth0, "eth1" }`.
enum TextDevices {
  static func read(_ cursor: inout TextCursor) -> [String] {
    guard cursor.take("{") else { return cursor.name().map { [$0] } ?? [] }
    var names: [String] = []
    while !cursor.isAtEnd, !cursor.take("}") {
      if let name = cursor.name() { names.append(name) } else { cursor.advance() }
      _ = cursor.take(",")
    }
    return names
  }
}
