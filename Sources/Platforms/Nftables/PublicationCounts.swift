package import Nftables

/// What a running table has counted of one publication or `reach`, or of several that share what is counted, since the
/// table, or the element that counts, was made. A first packet that a client sends again, because nothing answered it,
/// counts again but where the connection is translated.
package struct PublicationCounts: Hashable, Sendable {
  /// Sorted; several where they have an address and ports in common.
  package var names: [String]
  package var isReach: Bool
  /// Control connections that were let in; `nil` where the table has nothing to do with them, and so counts none.
  package var admitted: UInt64?
  /// Connections, control and data, of clients that are not admitted; `nil` where all are. Those from inside that
  /// `hairpin` refuses are not among them.
  package var refused: UInt64?
  /// Control connections that exceeded a limit; `nil` where there is none.
  package var limited: UInt64?
  /// Data connections: passive ones that are translated, those that the helper expects, and active ones that get the
  /// external address; `nil` where the table has nothing to do with them.
  package var dataConnections: UInt64?

  /// What is counted, each as a field of the counts.
  private static func field(of set: SetName) -> WritableKeyPath<PublicationCounts, UInt64?>? {
    switch set.undirected {
    case .family(.control, _), .family(.admittedHere, _): \.admitted
    case .family(.restricted, _): \.refused
    case .family(.limited, _): \.limited
    case .passiveRange, .family(.passive, _), .family(.relatedIn, _), .family(.relatedOut, _), .family(.active, _):
      \.dataConnections
    default: nil
    }
  }

  /// The counts of all publications that a table names, publications first, sorted by their names.
  ///
  /// - Parameter packets: What `Table.packetCounts` read.
  package static func all(in table: Table, packets: [String: [UInt64]]) -> [PublicationCounts] {
    struct Key: Hashable { var (names, isReach): ([String], Bool) }
    var all: [Key: PublicationCounts] = [:]
    for set in table.sets {
      guard let name = SetName(text: set.name), let field = field(of: name), let counts = packets[set.name] else {
        continue
      }
      for (element, count) in zip(set.elements, counts) {
        let names = element.publications.sorted()
        guard !names.isEmpty else { continue }
        let key = Key(names: names, isReach: name != name.undirected)
        var known = all[key] ?? PublicationCounts(names: names, isReach: key.isReach)
        let (sum, overflows) = (known[keyPath: field] ?? 0).addingReportingOverflow(count)
        known[keyPath: field] = overflows ? .max : sum
        all[key] = known
      }
    }
    return all.values.sorted {
      ($0.isReach ? 1 : 0, $0.names.joined(separator: " ")) < ($1.isReach ? 1 : 0, $1.names.joined(separator: " "))
    }
  }
}
