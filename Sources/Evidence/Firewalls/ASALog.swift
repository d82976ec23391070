import Addressing

/// Messages of Cisco ASA, PIX, FWSM and FTD in any syslog (documented: their message guides).
package struct ASALog: LogReader {
  package let title = "log of a Cisco ASA"
  package let viewpoint = Viewpoint.firewall

  package init() {}

  package func weight(of line: String) -> Int { Message(line) == nil ? 0 : 8 }

  private struct Message {
    var id: Int
    var text: Substring

    init?(_ line: String) {
      guard let sign = line.firstIndex(of: "%") else { return nil }
      let rest = line[line.index(after: sign)...]
      let head = rest.prefix { $0 != ":" }.split(separator: "-")
      guard head.count == 3, ["ASA", "PIX", "FWSM", "FTD"].contains(head[0]), head[2].utf8.count == 6,
        let id = Int(head[2]), let colon = rest.firstIndex(of: ":")
      else { return nil }
      self.id = id
      text = rest[rest.index(after: colon)...]
    }

    /// Whether it names no other protocol than TCP.
    var isTCP: Bool {
      !text.split(separator: " ").prefix(6).contains { ["udp", "icmp", "UDP", "ICMP", "gre", "esp"].contains($0) }
    }

    /// `IF:ADDRESS/PORT` or `ADDRESS/PORT`, in the order of the text; what stands in parentheses is the translated
    /// form.
    var endpoints: [Endpoint] {
      text.replacing(" / ", with: "/").split { " ()<>,->".contains($0) }.compactMap { word in
        guard let slash = word.lastIndex(of: "/") else { return nil }
        let host = word[..<slash].split(separator: ":", maxSplits: 1).last ?? ""
        guard let address = IPAddress(String(host)) ?? IPAddress(String(word[..<slash])) else { return nil }
        return Endpoint(address, UInt16(word[word.index(after: slash)...].prefix { $0.isNumber }))
      }
    }
  }

  package func read(_ log: LogText) -> LogContents {
    var records: [FirewallRecord] = []
    for line in log.lines {
      guard let message = Message(line.text), let meaning = Self.meaning(message), message.isTCP else { continue }
      let ends = message.endpoints
      let hasMapped = message.id == 302013 && ends.count >= 4
      records.append(
        FirewallRecord(
          time: firstClockTime(in: line.text),
          mark: Mark(source: log.source, line: line.number, text: line.text), action: meaning.action,
          reason: meaning.reason, source: ends.first ?? Endpoint(),
          destination: (hasMapped ? ends[2] : ends.dropFirst().first) ?? Endpoint(),
          translated: hasMapped ? ends[3] : nil, isSYN: message.id == 106023 || message.id == 302013))
    }
    return LogContents(records: records, understood: records.count)
  }

  private static func meaning(_ message: Message) -> (action: FirewallRecord.Action, reason: FirewallRecord.Reason?)?
  {
    switch message.id {
    case 302013: return (.allowed, nil)
    case 302014: return (.ended, teardown(message.text))
    case 106001, 106006, 106007, 106010, 106023: return (.denied, .noRule)
    case 106100: return message.text.contains(" denied ") ? (.denied, .noRule) : (.allowed, nil)
    case 106015: return (.denied, .noConnection)
    case 106021: return (.denied, .asymmetric)
    case 110002, 110003: return (.denied, .noRoute)
    case 303004:
      let words = message.text.split(separator: " ")
      let command = words.firstIndex(of: "FTP").flatMap { $0 + 1 < words.count ? String(words[$0 + 1]) : nil }
      return (.ended, .unknownCommand(command ?? ""))
    case 303005: return (.ended, .inspection)
    case 406001: return (.ended, .lowPort)
    case 406002: return (.ended, .otherAddress)
    case 507003: return (.ended, .inspection)
    case 303002: return (.seen, nil)
    default: return nil
    }
  }

  private static func teardown(_ text: Substring) -> FirewallRecord.Reason? {
    if text.contains("SYN Timeout") { return .noAnswer }
    if text.contains("Conn-timeout") { return .idle }
    if text.contains("Pinhole Timeout") { return .nobodyCame }
    return text.contains("Flow closed by inspection") || text.contains("Deny Terminate") ? .inspection : nil
  }
}
