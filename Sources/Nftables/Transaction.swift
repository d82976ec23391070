/// A script that leads from the running table to the wanted one in one transaction: all of it takes effect, or nothing.
package struct Transaction: Sendable {
  package enum Kind: String, Sendable {
    /// The table is made; the transaction fails where there is one.
    case create
    /// Only what differs is touched: counters, live elements of dynamic sets and the state of limits stay.
    case change
    /// The table is deleted and made anew. Connections and their translation stay, since they belong to connection
    /// tracking; counters and what packets have added to sets are lost.
    case replace
  }

  package let kind: Kind
  package let script: ScriptWriter

  /// - Parameters:
  ///   - running: The table as it was listed, with the handles of its rules; `nil` when there is none.
  ///   - wanted: What it shall become. Its generation is that of the transaction.
  ///   - difference: From `running` to `wanted`, in canonical form.
  ///   - replacing: Whether to replace the table where a change would do.
  ///   - header: Comment lines.
  package init(
    from running: Table?, to wanted: Table, difference: Difference?, replacing: Bool = false, header: [String] = []
  ) {
    var writer = ScriptWriter()
    for line in header { writer.remark(line) }
    if let running {
      if let old = running.generation { writer.expect(old, in: running.name) }
      if !replacing, let difference, let change = TableChange(difference, from: running, to: wanted) {
        kind = .change
        change.write(to: &writer)
      } else {
        kind = .replace
        writer.deleteTable(running.name)
        wanted.write(to: &writer)
      }
    } else {
      kind = .create
      writer.line { $0.write("create table \(Table.family) \(name: wanted.name)") }
      wanted.write(to: &writer)
    }
    script = writer
  }
}

extension ScriptWriter {
  /// The command that takes a table away, with all that is in it.
  mutating func deleteTable(_ name: String, _ family: TableFamily = Table.family) {
    line { $0.write("delete table \(family) \(name: name)") }
  }

  /// The script that takes a table of ours away.
  ///
  /// - Parameters:
  ///   - generation: That of the table, on any other one the script fails; `nil` for whichever runs.
  ///   - script: What is to come into its place, in the same transaction; `nil` for nothing.
  package static func removal(
    ofTable name: String, expecting generation: Generation? = nil, replacedBy script: [UInt8]? = nil
  ) -> [UInt8] {
    var writer = ScriptWriter(isTraced: false)
    if let generation { writer.expect(generation, in: name) }
    writer.deleteTable(name)
    return writer.bytes + (script ?? [])
  }

  /// The line at which a transaction fails when the table is not of that generation any more.
  mutating func expect(_ generation: Generation, in table: String) {
    line { writer in
      writer.write("delete element \(Table.family) \(name: table) \(name: Generation.setName) { ")
      generation.value.write(to: &writer)
      writer.write(" }")
    }
  }
}
