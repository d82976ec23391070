/// The family of a table: which packets its chains see.
package enum TableFamily: String, Hashable, Sendable, CaseIterable {
  case ip, ip6, inet, arp, bridge, netdev
}

/// Every table of a network namespace, in the order in which they were made.
package struct Ruleset: Hashable, Sendable {
  package var tables: [Table]
  /// The sets of `ipset`, which rules of iptables refer to.
  package var ipSets: [IPSet] = []

  package init(_ tables: [Table] = []) { self.tables = tables }

  /// Whether no table is there.
  package var isEmpty: Bool { tables.isEmpty }
}

extension Ruleset {
  /// Reads what `nft -j list ruleset` prints: tables of every family, whoever wrote them.
  ///
  /// A foreign table may have anything in it, so nothing but the frame of the listing can be wrong: an object whose
  /// shape is not understood is kept as a foreign object, which names itself when a packet meets it.
  ///
  /// - Throws: `ListingError` for what is no listing of nft.
  package static func read(listing bytes: [UInt8]) throws(ListingError) -> Ruleset {
    var reader = RulesetReader()
    return try reader.read(JSONValue.parse(bytes))
  }

  /// The ruleset but for one table.
  package func without(_ name: String, _ family: TableFamily) -> Ruleset {
    var ruleset = self
    ruleset.tables.removeAll { ($0.family, $0.name) == (family, name) }
    return ruleset
  }

  /// The ruleset after a table of ours came into the place of the one with its family and name, as `apply` would do it.
  package func replacing(_ table: Table) -> Ruleset {
    var ruleset = self
    // Its chains stay registered where they are: a chain of the same priority that was registered later still runs
    // before them.
    if let position = tables.firstIndex(where: { ($0.family, $0.name) == (table.family, table.name) }) {
      ruleset.tables[position] = table
    } else {
      ruleset.tables.append(table)
    }
    return ruleset
  }
}

/// Reads the objects of a whole listing into tables.
private struct RulesetReader {
  private struct Name: Hashable {
    var family: TableFamily
    var table: String
  }

  private var tables: [Table] = []
  private var positions: [Name: Int] = [:]
  private var rules: [[String: [Rule]]] = []

  mutating func read(_ listing: JSONValue) throws(ListingError) -> Ruleset {
    guard case .array(let objects)? = listing["nftables"] else {
      throw .unexpected(expected: "an object with the array `nftables`", path: "the top")
    }
    for (index, object) in objects.enumerated() {
      guard case .object(let members) = object else {
        throw .unexpected(expected: "an object", path: "nftables[\(index)]")
      }
      for (kind, value) in members.sorted(by: { $0.key < $1.key }) where kind != "metainfo" {
        add(ListedObject(kind: kind, value: value, path: "nftables[\(index)].\(kind)"))
      }
    }
    for (position, rules) in rules.enumerated() {
      for index in tables[position].chains.indices {
        tables[position].chains[index].rules = rules[tables[position].chains[index].name] ?? []
      }
    }
    return Ruleset(tables)
  }

  private mutating func add(_ object: ListedObject) {
    let isTable = object.kind == "table"
    guard let family = object.value["family"]?.string.flatMap(TableFamily.init(rawValue:)),
      let name = object.value[isTable ? "name" : "table"]?.string
    else { return }
    let position = self.position(of: Name(family: family, table: name))
    guard !isTable else {
      tables[position].isDormant = object.value["flags"]?.list.contains(.string("dormant")) ?? false
      return
    }
    if let rule = try? object.rule(), object.kind == "rule", let chain = object.value["chain"]?.string {
      rules[position][chain, default: []].append(rule)
    } else if object.kind == "set" || object.kind == "map", let set = try? object.set() {
      tables[position].sets.append(set)
    } else if object.kind == "chain", let chain = try? object.chain(includesDevices: true) {
      tables[position].chains.append(chain)
    } else if object.kind == "ct helper", object.value["protocol"]?.string == "tcp",
      let helper = object.value["name"]?.string, let type = object.value["type"]?.string
    {
      tables[position].helpers.append(HelperObject(helper, type: type))
    } else if let foreign = try? object.foreign(keepsCounters: true) {
      tables[position].foreign.append(foreign)
    }
  }

  private mutating func position(of name: Name) -> Int {
    if let known = positions[name] { return known }
    positions[name] = tables.count
    tables.append(Table(name.table, family: name.family))
    rules.append([:])
    return tables.count - 1
  }
}

extension Ruleset {
  /// Whether any rule asks by which interface a packet comes or goes.
  package var looksAtInterfaces: Bool {
    let names = ["iifname", "oifname", "iif", "oif"].map { Expression.meta($0) }
    return tables.contains { table in
      table.chains.contains { chain in
        chain.rules.contains { rule in
          rule.statements.contains { statement in
            if case .match(let left, _, _) = statement { names.contains(left) } else { false }
          }
        }
      }
    }
  }
}
