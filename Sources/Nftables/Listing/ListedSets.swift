import Addressing

extension ListedObject {
  /// A named set or map. nft 1.0.6 lists only the names of types; 1.1.x lists `typeof` expressions as well, and arrays
  /// where 1.0.6 has text.
  func set() throws(ListingError) -> NamedSet {
    let key = try types("type")
    let data = value["map"] == nil ? [] : try types("map")
    var flags: [NamedSet.Flag] = []
    for flag in value["flags"]?.list ?? [] {
      guard let name = flag.string else { throw unexpected("words", at: "flags") }
      if let flag = NamedSet.Flag(rawValue: name) { flags.append(flag) }
    }
    var elements = ElementList()
    if let listed = value["elem"] {
      guard case .array(let listed) = listed else { throw unexpected("an array", at: "elem") }
      elements.reserve(listed.count, width: key.count + data.count)
      for (index, element) in listed.enumerated() {
        guard elements.append(listed: element, key: key, data: data) else {
          throw unexpected("an element", at: "elem[\(index)]")
        }
      }
    }
    return NamedSet(
      try text("name"), key: key.map { .dataType($0) }, data: data.map { .dataType($0) }, flags: flags,
      size: try number("size"), timeout: try number("timeout"),
      isCounted: value["stmt"]?.list.contains { $0["counter"] != nil } ?? false, elements: elements,
      handle: value["handle"]?.number)
  }

  /// The names of the types of the fields: `"ipv4_addr"`, `["ipv4_addr", "inet_service"]`,
  /// `"ipv4_addr . inet_service"` or `{"typeof": ...}`.
  private func types(_ name: String) throws(ListingError) -> [String] {
    guard let member = value[name] else { throw unexpected("a type", at: name) }
    if let expression = member["typeof"] {
      let fields = expression["concat"]?.list ?? [expression]
      return fields.map { field in
        Expression(listed: field).isWritten ? field.typeName : field.text
      }
    }
    var types: [String] = []
    for item in member.list {
      guard let text = item.string else { throw unexpected("a type", at: name) }
      types += text.split(separator: ".").map { $0.split(separator: " ").joined() }
    }
    guard !types.isEmpty else { throw unexpected("a type", at: name) }
    return types
  }
}

extension ElementList {
  /// Appends an element; `false` when a map has one without data.
  fileprivate mutating func append(listed: JSONValue, key types: [String], data dataTypes: [String]) -> Bool {
    var key = listed
    var data: [Value] = []
    if !dataTypes.isEmpty {
      guard case .array(let pair) = listed, pair.count == 2, let first = pair.first, let last = pair.last else {
        return false
      }
      key = first
      data = Value.fields(listed: last, types: dataTypes)
    }
    var comment: String?
    if let element = key["elem"] {
      let known: Set<String> = ["val", "comment", "counter", "expires", "handle"]
      comment = element["comment"]?.string
      if let value = element["val"], element.members(among: known) != nil {
        key = value
      } else {
        key = element
      }
    }
    append(key: Value.fields(listed: key, types: types), data: data, comment: comment, provenance: .none)
    return true
  }
}

extension Value {
  /// The values of the fields of a key or of data; one foreign value when their number does not fit.
  static func fields(listed: JSONValue, types: [String]) -> [Value] {
    let fields = types.count == 1 ? [listed] : listed["concat"]?.list ?? []
    guard fields.count == types.count else { return [.foreign(listed)] }
    return zip(fields, types).map { Value(listed: $0, type: $1) }
  }

  init(listed: JSONValue, type: String) {
    self = Self.read(listed, type) ?? .foreign(listed)
  }

  private static func read(_ listed: JSONValue, _ type: String) -> Value? {
    switch type {
    case "ipv4_addr": addresses(listed, .ipv4)
    case "ipv6_addr": addresses(listed, .ipv6)
    case "inet_service": ports(listed)
    case "ifname": listed.string.map { .interface($0) }
    case "verdict": Verdict(listed: listed).map { .verdict($0) }
    default: other(listed)
    }
  }

  /// A value of a type that sets of ours do not have.
  private static func other(_ listed: JSONValue) -> Value? {
    switch listed {
    case .number(let number): .number(number)
    case .bool(let isThere): .boolean(isThere)
    case .string(let word): .symbol(word)
    case .null, .array, .object: nil
    }
  }

  private static func addresses(_ listed: JSONValue, _ family: AddressFamily) -> Value? {
    func address(_ value: JSONValue?) -> IPAddress? {
      value?.string.flatMap { IPAddress($0) }.flatMap { $0.family == family ? $0 : nil }
    }
    if let single = address(listed) { return .address(single) }
    if let prefix = listed["prefix"], let base = address(prefix["addr"]), let length = prefix["len"]?.number,
      let value = Value(base: base, length: Int(length))
    {
      return value
    }
    guard let range = listed["range"]?.list, range.count == 2, let low = address(range.first),
      let high = address(range.last), low <= high
    else { return nil }
    return Value(low...high)
  }

  private static func ports(_ listed: JSONValue) -> Value? {
    func port(_ value: JSONValue?) -> UInt16? { value?.number.flatMap { UInt16(exactly: $0) } }
    if let single = port(listed) { return .port(single) }
    guard let range = listed["range"]?.list, range.count == 2, let low = port(range.first),
      let high = port(range.last)
    else { return nil }
    return PortRange(low: low, high: high).map { Value($0) }
  }
}

extension Verdict {
  init?(listed: JSONValue) {
    guard case .object(let members) = listed, let (name, value) = members.first, members.count == 1 else {
      return nil
    }
    switch (name, value["target"]?.string) {
    case ("accept", _): self = .accept
    case ("drop", _): self = .drop
    case ("return", _): self = .return
    case ("continue", _): self = .continue
    case ("jump", let target?): self = .jump(target)
    case ("goto", let target?): self = .goto(target)
    default: return nil
    }
  }
}
