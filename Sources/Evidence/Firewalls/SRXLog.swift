import Addressing

/// Session logs of Juniper SRX, structured (RFC 5424) and plain (public samples of five releases).
package struct SRXLog: LogReader {
  package let title = "session log of a Juniper SRX"
  package let viewpoint = Viewpoint.firewall

  package init() {}

  package func weight(of line: String) -> Int { line.contains("RT_FLOW_SESSION_") ? 8 : 0 }

  package func read(_ log: LogText) -> LogContents {
    let records = log.lines.compactMap { line -> FirewallRecord? in
      guard line.text.contains("RT_FLOW_SESSION_") else { return nil }
      return line.text.contains("source-address=\"")
        ? Self.structured(line, log.source) : Self.plain(line, log.source)
    }
    return LogContents(records: records, understood: records.count)
  }

  private static func action(_ text: String) -> FirewallRecord.Action {
    text.contains("SESSION_DENY") ? .denied : text.contains("SESSION_CLOSE") ? .ended : .allowed
  }

  private static func structured(_ line: LogText.Line, _ source: Int) -> FirewallRecord? {
    func value(_ key: String) -> String? {
      guard let start = line.text.firstRange(of: " \(key)=\"") else { return nil }
      return String(line.text[start.upperBound...].prefix { $0 != "\"" })
    }
    guard let from = value("source-address").flatMap({ IPAddress($0) }), value("protocol-id") ?? "6" == "6",
      let to = value("destination-address").flatMap({ IPAddress($0) })
    else { return nil }
    let action = action(line.text)
    let reason: FirewallRecord.Reason? =
      action == .denied
      ? .noRule
      : action == .ended && value("packets-from-server") == "0"
        ? .noAnswer : value("reason") == "idle Timeout" ? .idle : nil
    let inner = value("nat-destination-address").flatMap { IPAddress($0) }
    return FirewallRecord(
      time: firstClockTime(in: line.text),
      mark: Mark(source: source, line: line.number, text: line.text), action: action, reason: reason,
      source: Endpoint(from, value("source-port").flatMap { UInt16($0) }),
      destination: Endpoint(to, value("destination-port").flatMap { UInt16($0) }),
      translated: inner.map { Endpoint($0, value("nat-destination-port").flatMap { UInt16($0) }) }, isSYN: true)
  }

  /// `session created A/p->B/q ... A'/p'->B'/q'`, `session closed REASON: A/p->B/q`, `session denied A/p->B/q`.
  private static func plain(_ line: LogText.Line, _ source: Int) -> FirewallRecord? {
    let pairs = line.text.split(separator: " ").compactMap { word -> (Endpoint, Endpoint)? in
      guard let arrow = word.firstRange(of: "->") else { return nil }
      guard let from = endpoint(word[..<arrow.lowerBound]), let to = endpoint(word[arrow.upperBound...]) else {
        return nil
      }
      return (from, to)
    }
    // `junos-ftp 6(0)`: the number of the protocol, with the type of ICMP.
    let protocols = line.text.split(separator: " ").filter { $0.hasSuffix("(0)") }.compactMap { Int($0.dropLast(3)) }
    guard let first = pairs.first, protocols.allSatisfy({ $0 == 6 }) else { return nil }
    let action = action(line.text)
    return FirewallRecord(
      time: firstClockTime(in: line.text),
      mark: Mark(source: source, line: line.number, text: line.text), action: action,
      reason: action == .denied ? .noRule : line.text.contains("idle Timeout") ? .idle : nil,
      source: first.0, destination: first.1, translated: pairs.dropFirst().first?.1, isSYN: true)
  }

  private static func endpoint(_ text: Substring) -> Endpoint? {
    guard let slash = text.lastIndex(of: "/"), let address = IPAddress(String(text[..<slash])) else { return nil }
    return Endpoint(address, UInt16(text[text.index(after: slash)...]))
  }
}
