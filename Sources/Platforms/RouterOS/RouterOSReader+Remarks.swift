import Addressing
import Diagnostics
import Nftables

/// What is to be said of an entry whatever the policy says.
struct RouterOSRemarks {
  private let entry: RouterOSEntry
  private let ruleset: RouterOSRuleset
  private let isTranslation: Bool
  private let isPermit: Bool
  private let ports: [PortRange]

  init(_ entry: RouterOSEntry, _ menu: String, _ ruleset: RouterOSRuleset) {
    (self.entry, self.ruleset) = (entry, ruleset)
    let action = entry["action"] ?? "accept"
    isTranslation = menu == "nat" && (action == "dst-nat" || action == "netmap") && entry["chain"] != "srcnat"
    isPermit = menu == "filter" && action == "accept"
    ports = entry["dst-port"].flatMap { RouterOSValue.ports($0) } ?? []
  }

  var found: [Diagnostic] {
    guard isTranslation || isPermit, concernsFTP else { return [] }
    return [dataPort, datagrams, emptyList].compactMap(\.self)
  }

  /// Ports of FTP, or what looks like a passive range.
  private var concernsFTP: Bool {
    ports.contains { range in
      [20, 21, 989, 990].contains { range.ports.contains($0) && range.count < 10 }
        || range.low >= 1024 && range.count > 9
    }
  }

  private func remark(_ message: String, help: String, notes: [String] = []) -> Diagnostic {
    .warning("gateway-remark", message, at: entry.span, notes: notes, help: help)
  }

  private var isOfControlPorts: Bool { ports.contains { $0.ports.contains(21) || $0.ports.contains(20) } }

  private var dataPort: Diagnostic? {
    guard isTranslation, entry["protocol"].map({ RouterOSProtocol.name($0) }) == "tcp",
      ports.contains(where: { $0.low == 20 && $0.high <= 21 })
    else { return nil }
    return remark(
      "port 20 is published, and nobody connects to it",
      help: "take it away: data connections in active mode come from port 20 of the server",
      notes: ["in passive mode clients connect to the passive range"])
  }

  private var datagrams: Diagnostic? {
    guard entry["protocol"].map({ RouterOSProtocol.name($0) }) == "udp",
      ports.contains(where: { range in [20, 21, 989, 990].contains { range.low == $0 || range.high == $0 } })
    else { return nil }
    return remark("FTP has no UDP, so no packet meets this line", help: "write `protocol=tcp`, or take it away")
  }

  private var emptyList: Diagnostic? {
    guard let name = entry["src-address-list"], !name.hasPrefix("!"), ruleset.tellsAddressLists,
      ruleset.lists[name]?.isEmpty ?? true
    else { return nil }
    return remark(
      "the address list `\(name)` has no entries, so this line lets nobody in",
      help: "add the clients to it, or name the list that has them")
  }
}
