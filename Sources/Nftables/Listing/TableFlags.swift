/// The flags of tables as the kernel tells them. In JSON nft 1.0.6 prints something else in their place, and in its
/// text a comment of somebody else's can look like one.
package struct TableFlags: Sendable {
  private var flags: [RuleName: UInt32] = [:]

  /// - Parameter messages: `NFT_MSG_NEWTABLE` one after the other; attributes as in `linux/netfilter/nf_tables.h`.
  package init(messages: [UInt8]) {
    for (family, body) in Octets(messages).netfilterMessages {
      guard let family = TableFamily(number: family), let name = body.attribute(1),
        let table = name.text(0, name.count), let value = body.attribute(2)?.big(0, 4)
      else { continue }
      flags[RuleName(family: family, table: table)] = UInt32(truncatingIfNeeded: value)
    }
  }

  /// Whether the base chains of a table are not called (`NFT_TABLE_F_DORMANT`); `nil` for a table that is not among
  /// them.
  package func isDormant(_ table: Table) -> Bool? { flags[RuleName(table)].map { $0 & 1 != 0 } }
}

extension Table {
  /// The table with what the kernel tells of its flags.
  package func with(_ flags: TableFlags) -> Table {
    var table = self
    table.isDormant = flags.isDormant(self) ?? isDormant
    return table
  }
}
