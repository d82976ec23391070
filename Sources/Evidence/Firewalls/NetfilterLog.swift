import Addressing

/// Lines of the kernel's log about packets (`nf_log_syslog.c`), ours and others'. No verdict is in such a line; words
/// in the prefix are a hint, and only our own prefixes are known to be true.
package struct NetfilterLog: LogReader {
  package let title = "kernel log of a Linux firewall"
  package let viewpoint = Viewpoint.firewall

  package init() {}

  package func weight(of line: String) -> Int {
    if line.contains(" SRC=") && line.contains("IN=") && line.contains(" DST=") && line.contains("PROTO=") {
      return 6
    }
    return line.contains("automatic helper assignment has been turned off") ? 6 : 0
  }

  package func read(_ log: LogText) -> LogContents {
    var records: [FirewallRecord] = []
    var remarks: [String] = []
    for line in log.lines {
      if line.text.contains("automatic helper assignment has been turned off") {
        remarks.append("line \(line.number): the kernel assigns no helper by itself")
      }
      guard let record = Self.record(line, source: log.source) else { continue }
      records.append(record)
    }
    var contents = LogContents(records: records, understood: records.count)
    contents.remarks = remarks
    return contents
  }

  private static func record(_ line: LogText.Line, source: Int) -> FirewallRecord? {
    guard let start = line.text.firstRange(of: "IN=") else { return nil }
    // The packet that an ICMP error quotes stands in brackets and is not this one.
    let outer = line.text[start.lowerBound...].prefix { $0 != "[" }
    var values: [Substring: Substring] = [:]
    var flags: Set<Substring> = []
    for word in outer.split(separator: " ") {
      if let sign = word.firstIndex(of: "=") {
        values[word[..<sign], default: ""] = word[word.index(after: sign)...]
      } else {
        flags.insert(word)
      }
    }
    guard let from = values["SRC"].flatMap({ IPAddress(String($0)) }),
      let to = values["DST"].flatMap({ IPAddress(String($0)) }), values["PROTO"] == "TCP"
    else { return nil }
    let beginning = line.text[..<start.lowerBound]
    // What stands before it are the time and the name of the host.
    let prefix = beginning.firstRange(of: "kernel:").map { beginning[$0.upperBound...] } ?? beginning
    let head = prefix.uppercased()
    let refusals = ["DENIED:", "DROP", "REJECT", "DENY", "BLOCK"]
    let allowances = [" NEW: ", "ACCEPT", "ALLOW"]
    let action: FirewallRecord.Action =
      allowances.contains { head.contains($0) } ? .allowed : refusals.contains { head.contains($0) } ? .denied : .seen
    return FirewallRecord(
      time: firstClockTime(in: beginning),
      mark: Mark(source: source, line: line.number, text: line.text), action: action,
      reason: action == .denied ? .noRule : nil,
      source: Endpoint(from, values["SPT"].flatMap { UInt16($0) }),
      destination: Endpoint(to, values["DPT"].flatMap { UInt16($0) }),
      isSYN: flags.contains("SYN") && !flags.contains("ACK"))
  }
}
