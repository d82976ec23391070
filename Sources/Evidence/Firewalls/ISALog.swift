import Addressing

/// The W3C firewall log of ISA Server 2004, 2006 and TMG 2010. Its fields are named in the head, parted by tabs, and
/// their names have blanks (published samples; documented: cc441730, cc441734).
package struct ISALog: LogReader {
  package let title = "firewall log of ISA Server or TMG"
  package let viewpoint = Viewpoint.firewall

  package init() {}

  package func weight(of line: String) -> Int {
    if line.hasPrefix("#Fields:"), line.contains("\t"), line.contains("original client IP") { return 20 }
    if line.hasPrefix("#Software: Microsoft"),
      line.contains("Acceleration Server") || line.contains("Threat Management")
    {
      return 20
    }
    return 0
  }

  package func read(_ log: LogText) -> LogContents {
    var fields: [String] = []
    var records: [FirewallRecord] = []
    for line in log.lines {
      if line.text.hasPrefix("#Fields:") {
        fields = line.text.dropFirst(8).split(separator: "\t").map { trimmed($0).lowercased() }
        continue
      }
      guard !line.text.hasPrefix("#"), !fields.isEmpty else { continue }
      let values = line.text.split(separator: "\t", omittingEmptySubsequences: false).map { trimmed($0) }
      let row = Dictionary(zip(fields, values)) { first, _ in first }
      guard let source = row["source"].flatMap({ endpointText($0) }),
        let destination = row["destination"].flatMap({ endpointText($0) })
      else { continue }
      let action = (row["action"] ?? "").lowercased()
      let status = (row["status"] ?? "").lowercased()
      let isDenied = action == "denied" || action == "denied connection" || action == "failed"
      records.append(
        FirewallRecord(
          time: row["time"].flatMap { clockTime($0) },
          mark: Mark(source: log.source, line: line.number, text: line.text.replacing("\t", with: " ")),
          action: isDenied
            ? .denied : action.hasPrefix("terminate") || action.hasPrefix("closed") ? .ended : .allowed,
          reason: Self.reason(status), source: source, destination: destination,
          isSYN: action == "establish" || isDenied))
    }
    return LogContents(records: records, understood: records.count)
  }

  /// HRESULTs (wspfwerr.h; cc441734).
  private static func reason(_ status: String) -> FirewallRecord.Reason? {
    switch status {
    case "0x80074e24": .inspection
    case "0xc004000d": .noRule
    case "0xc0040012": .noRoute
    case "0xc0040014": .asymmetric
    case "0xc0040017": .noConnection
    case "0xc004002d": .noRoute
    case "0xc004002e": .otherAddress
    case "0xc0040033", "0xc0040037", "0xc0040016": .limit
    case "0xc0040038": .noAnswer
    default: nil
    }
  }
}
