package import Diagnostics

/// A `ct helper` object: the conntrack helper that rules may assign.
package struct HelperObject: Hashable, Sendable {
  package var name: String
  /// The kernel's name of the helper, for example `ftp`.
  package var type: String
  /// The policy statements that asked for the object.
  package var provenance: [SourceSpan]

  package init(_ name: String, type: String, provenance: [SourceSpan] = []) {
    self.name = name
    self.type = type
    self.provenance = provenance
  }
}

/// Something in a table that we never write: an object of another kind, or one of a shape that is not ours.
package struct ForeignObject: Hashable, Sendable {
  /// As nft names it, for example `counter` or `flowtable`.
  package var kind: String
  package var name: String
  /// Everything that the listing says about it, but its handle and its counters.
  package var definition: JSONValue

  package init(kind: String, name: String, definition: JSONValue) {
    self.kind = kind
    self.name = name
    self.definition = definition
  }
}

/// One table. Ours is of family `inet`, and with it a whole ruleset of ours: we own no other.
package struct Table: Hashable, Sendable {
  package var family: TableFamily
  package var name: String
  /// Whether its base chains are not called (the flag `dormant`).
  package var isDormant = false
  /// Whether it stands for what a device does that has no tables: its name and its hooks are nobody's words.
  package var isOfDevice = false
  package var helpers: [HelperObject]
  package var sets: [NamedSet]
  package var chains: [Chain]
  /// Objects of kinds that we never write, as a listing has them.
  package var foreign: [ForeignObject]
  /// Which `apply` wrote the table; `nil` for none. No part of its meaning: the canonical form has none.
  package var generation: Generation?

  package init(
    _ name: String, family: TableFamily = .inet, helpers: [HelperObject] = [], sets: [NamedSet] = [],
    chains: [Chain] = [], foreign: [ForeignObject] = []
  ) {
    self.family = family
    self.name = name
    self.helpers = helpers
    self.sets = sets
    self.chains = chains
    self.foreign = foreign
  }

  /// The same, which stands for what a device does.
  package var ofDevice: Table {
    var table = self
    table.isOfDevice = true
    return table
  }

  /// Rules of all chains together.
  package var ruleCount: Int { chains.reduce(0) { $0 + $1.rules.count } }
}

extension Table {
  /// The family of our table.
  static let family = TableFamily.inet

  /// The text of the table alone, for reading and comparing.
  package var listing: String {
    var writer = ScriptWriter()
    write(to: &writer)
    return writer.text
  }

  /// The script that puts this table in the place of whatever table has its name, in one transaction: the first line
  /// makes the second succeed where there is none.
  ///
  /// - Parameters:
  ///   - header: Comment lines.
  ///   - isTraced: Whether to note which statements asked for which lines.
  package func script(header: [String] = [], isTraced: Bool = true) -> ScriptWriter {
    var writer = ScriptWriter(isTraced: isTraced)
    for line in header { writer.remark(line) }
    writer.line { $0.write("table \(family) \(name: name)") }
    writer.deleteTable(name, family)
    write(to: &writer)
    return writer
  }

  func write(to writer: inout ScriptWriter) {
    writer.block("table \(family) \(name: name)") { writer in
      if isDormant { writer.line { $0.write("flags dormant") } }
      for helper in helpers {
        writer.block("ct helper \(name: helper.name)", provenance: helper.provenance) { writer in
          writer.line {
            $0.write("type ")
            $0.write(quoted: helper.type, limit: 15)
            $0.write(" protocol tcp")
          }
        }
      }
      generation?.set.write(to: &writer)
      for set in sets { set.write(to: &writer) }
      for chain in chains { chain.write(to: &writer) }
      for object in foreign {
        writer.remark("\(object.kind) \(object.name) \(object.definition.text)")
      }
    }
  }

  /// The table as `nft -j list table` of nft 1.0.6 prints it, without handles: sorted keys, one line.
  package func json() -> [UInt8] {
    Array(JSONValue.object(["nftables": .array(jsonObjects)]).text.utf8) + [0x0A]
  }

  private var jsonObjects: [JSONValue] {
    let family = family.rawValue
    var objects: [JSONValue] = [
      ["metainfo": ["json_schema_version": 1]],
      ["table": ["family": .string(family), "name": .string(name)]],
    ]
    objects += helpers.map {
      [
        "ct helper": [
          "family": .string(family), "table": .string(name), "name": .string($0.name), "type": .string($0.type),
          "protocol": "tcp", "l3proto": "inet",
        ]
      ]
    }
    objects += sets.map { $0.json(family: family, table: name) }
    objects += chains.map { $0.json(family: family, table: name) }
    for chain in chains {
      objects += chain.rules.map { $0.json(family: family, table: name, chain: chain.name) }
    }
    return objects
  }
}
