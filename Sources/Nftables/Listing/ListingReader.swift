package import Diagnostics

/// Reads what `nft -j list table` prints (nft 1.0.6, and 1.1.x where it differs) into the values of this module.
///
/// Unknown members of objects are ignored, and so are all handles but those of rules. What has a shape that we never
/// write is kept as JSON: a foreign statement, value or object, never an error.
struct ListingReader {
  var table: Table
  private var isPresent = false

  init(table name: String) { table = Table(name) }

  /// Reads the objects of a listing. Rules may come before their chains.
  ///
  /// - Returns: The table; `nil` when the listing has none of that name.
  /// - Throws: `ListingError` for what is no listing of nft, or a part of one.
  mutating func read(_ listing: JSONValue) throws(ListingError) -> Table? {
    guard case .array(let objects)? = listing["nftables"] else {
      throw .unexpected(expected: "an object with the array `nftables`", path: "the top")
    }
    var rules: [String: [Rule]] = [:]
    var members: [String: ListedObject] = [:]
    for (index, object) in objects.enumerated() {
      guard case .object(let kinds) = object else {
        throw .unexpected(expected: "an object", path: "nftables[\(index)]")
      }
      for (kind, value) in kinds.sorted(by: { $0.key < $1.key }) where kind != "metainfo" {
        let member = ListedObject(kind: kind, value: value, path: "nftables[\(index)].\(kind)")
        guard try isOurs(member) else { continue }
        if kind == "rule" {
          let chain = try member.text("chain")
          rules[chain, default: []].append(try member.rule())
          if members[chain] == nil { members[chain] = member }
        } else {
          try read(member)
        }
      }
    }
    try place(rules, first: members)
    return isPresent ? table : nil
  }

  /// Whether an object stands in the table that is read: the listing of a whole ruleset has those of others too.
  private mutating func isOurs(_ object: ListedObject) throws(ListingError) -> Bool {
    guard case .object = object.value else { throw object.unexpected("an object") }
    guard try object.text("family") == "inet" else { return false }
    guard object.kind == "table" else { return try object.text("table") == table.name }
    guard try object.text("name") == table.name else { return false }
    isPresent = true
    table.isDormant = object.hasDormantFlag
    return false
  }

  private mutating func read(_ object: ListedObject) throws(ListingError) {
    switch object.kind {
    case "set", "map":
      let set = try object.set()
      if let generation = Generation(set) {
        table.generation = generation
      } else {
        table.sets.append(set)
      }
    case "chain":
      if let chain = try object.chain() {
        table.chains.append(chain)
      } else {
        table.foreign.append(try object.foreign())
      }
    // One for IPv4 alone helps no session over IPv6.
    case "ct helper" where object.value["protocol"]?.string == "tcp" && object.isForBothFamilies:
      table.helpers.append(HelperObject(try object.text("name"), type: try object.text("type")))
    default: table.foreign.append(try object.foreign())
    }
  }

  /// Gives rules to their chains. Those of a chain of another shape are foreign as it is.
  ///
  /// - Parameter first: The first rule of each chain.
  /// - Throws: for rules of a chain that the listing does not declare, so that a part of it is missing.
  private mutating func place(
    _ rules: [String: [Rule]], first: [String: ListedObject]
  ) throws(ListingError) {
    for index in table.chains.indices {
      table.chains[index].rules = rules[table.chains[index].name] ?? []
    }
    let known = Set(table.chains.map(\.name))
    let foreign = Set(table.foreign.filter { $0.kind == "chain" }.map(\.name))
    for (chain, rules) in rules.sorted(by: { $0.key < $1.key }) where !known.contains(chain) {
      if let rule = first[chain], !foreign.contains(chain) {
        throw rule.unexpected("a chain that the listing declares, which `\(chain)` is not,", at: "chain")
      }
      table.foreign += rules.map {
        ForeignObject(kind: "rule of the chain", name: chain, definition: .array($0.statements.map(\.json)))
      }
    }
  }
}

/// One object of a listing and where it stands.
struct ListedObject {
  var kind: String
  var value: JSONValue
  var path: String

  func unexpected(_ expected: String, at member: String? = nil) -> ListingError {
    .unexpected(expected: expected, path: member.map { "\(path).\($0)" } ?? path)
  }

  /// A member that has to be a string.
  func text(_ name: String) throws(ListingError) -> String {
    guard let text = value[name]?.string else { throw unexpected("a string", at: name) }
    return text
  }

  /// A member that is an integer if it is there.
  func number(_ name: String) throws(ListingError) -> Int {
    guard let member = value[name] else { return 0 }
    guard let number = member.number else { throw unexpected("an integer", at: name) }
    return Int(number)
  }

  /// Whether a table is dormant. Of one with flags nft 1.0.6 prints what happens to lie in its memory: whatever is no
  /// other flag may be this one.
  var hasDormantFlag: Bool {
    value["flags"]?.list.contains { $0 != .string("owner") && $0 != .string("persist") } ?? false
  }

  /// `nil` for a chain of a type or hook that `BaseChain` does not know.
  ///
  /// - Parameter includesDevices: Whether to read chains of hooks of devices, which no table of ours has.
  func chain(includesDevices: Bool = false) throws(ListingError) -> Chain? {
    let name = try text("name")
    guard value["hook"] != nil || value["type"] != nil else { return Chain(name) }
    guard let kind = BaseChain.Kind(rawValue: try text("type")),
      let hook = BaseChain.Hook(rawValue: try text("hook")),
      includesDevices || value["dev"] == nil && !hook.isOfDevices
    else { return nil }
    let drops = value["policy"]?.string == "drop"
    var base = BaseChain(kind, hook, priority: try number("prio"), dropsByPolicy: drops)
    if hook.isOfDevices { base.devices = value["dev"]?.list.compactMap(\.string) }
    return Chain(name, base)
  }

  /// - Parameter keepsCounters: Whether the definition has what packets change.
  func foreign(keepsCounters: Bool = false) throws(ListingError) -> ForeignObject {
    guard case .object(var members) = value else { throw unexpected("an object") }
    let name = members["name"]?.string ?? ""
    for key in ["handle", "family", "table", "name"] { members[key] = nil }
    if !keepsCounters { for key in ["packets", "bytes", "used"] { members[key] = nil } }
    return ForeignObject(kind: kind, name: name, definition: .object(members))
  }

  func rule() throws(ListingError) -> Rule {
    guard case .array(let statements)? = value["expr"] else { throw unexpected("an array", at: "expr") }
    return Rule(
      statements.map { Statement(listed: $0) }, comment: value["comment"]?.string, provenance: [],
      handle: value["handle"]?.number)
  }
}

extension Table {
  /// Reads a listing in JSON, of one table or of a whole ruleset.
  ///
  /// - Parameter name: The name of the table, of family `inet`.
  /// - Returns: The table as it runs, without provenance; `nil` when the listing has none of that name.
  /// - Throws: `ListingError` for what is no listing of nft.
  package static func read(listing bytes: [UInt8], name: String) throws(ListingError) -> Table? {
    var reader = ListingReader(table: name)
    return try reader.read(JSONValue.parse(bytes))
  }
}

extension SourceSpan {
  /// The provenance of what was read from a listing: no statement of a policy.
  package static let none = SourceSpan(file: SourceID(-1), 0..<0)
}

extension ListedObject {
  /// Whether a helper object is for packets of every family. That is what the kernel makes of one in a table of family
  /// `inet` that names no family.
  fileprivate var isForBothFamilies: Bool { value["l3proto"]?.string.map { $0 == "inet" } ?? true }
}
