package import Diagnostics
import FoundationEssentials

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

/// One table of family `inet`, and with it a whole ruleset of ours: we own no other.
package struct Table: Hashable, Sendable {
  package var name: String
  package var helpers: [HelperObject]
  package var sets: [NamedSet]
  package var chains: [Chain]

  package init(_ name: String, helpers: [HelperObject] = [], sets: [NamedSet] = [], chains: [Chain] = []) {
    self.name = name
    self.helpers = helpers
    self.sets = sets
    self.chains = chains
  }

  /// Rules of all chains together.
  package var ruleCount: Int { chains.reduce(0) { $0 + $1.rules.count } }
}

extension Table {
  private static let family = "inet"

  /// The script that puts this table in the place of whatever table has its name, in one transaction: the first line
  /// makes the second succeed where there is none.
  package func script(header: [String] = []) -> ScriptWriter {
    var writer = ScriptWriter()
    for line in header { writer.line { $0.write("# \(line)") } }
    writer.line { $0.write("table \(Self.family) \(name)") }
    writer.line { $0.write("delete table \(Self.family) \(name)") }
    write(to: &writer)
    return writer
  }

  private func write(to writer: inout ScriptWriter) {
    writer.block("table \(Self.family) \(name)") { writer in
      for helper in helpers {
        writer.block("ct helper \(helper.name)", provenance: helper.provenance) { writer in
          writer.line {
            $0.write("type ")
            $0.write(quoted: helper.type, limit: 15)
            $0.write(" protocol tcp")
          }
        }
      }
      for set in sets { set.write(to: &writer) }
      for chain in chains { chain.write(to: &writer) }
    }
  }

  /// The table as `nft -j list table` of nft 1.0.6 prints it, without handles: sorted keys, one line.
  ///
  /// - Throws: What the encoder throws; with the values of this module nothing does.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(["nftables": jsonObjects])) + [0x0A]
  }

  private var jsonObjects: [JSONValue] {
    let family = Self.family
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
