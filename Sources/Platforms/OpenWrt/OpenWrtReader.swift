import Diagnostics
import Nftables

/// Reads the firewall configuration of OpenWrt: the file /etc/config/firewall, what `uci export firewall` prints, or
/// what `uci show firewall` does.
///
/// A zone stands for its devices. The policy may call it by its name, by one of its networks, or by one of its devices.
package struct OpenWrtReader: GatewayReader {
  package var platform: String { "openwrt" }
  package var command: String { "uci export firewall" }

  package init() {}

  /// Types of sections that begin a file of OpenWrt, of its firewall or of its network.
  private static let firewall: Set = [
    "defaults", "zone", "forwarding", "rule", "redirect", "nat", "ipset", "include",
  ]
  private static let network: Set = ["interface", "device", "globals", "switch", "bridge-vlan", "route", "host"]

  package func recognises(_ text: GatewayText) -> Bool {
    for (line, _) in text.lines.prefix(2000) {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      guard let first = words.first else { continue }
      switch first {
      case "package": return words.count == 2
      case "config":
        guard (2...3).contains(words.count), let type = words.dropFirst().first else { return false }
        let plain = type.filter { $0 != "'" && $0 != "\"" }
        return Self.firewall.contains(plain) || Self.network.contains(plain)
      default: return first.hasPrefix("firewall.") || first.hasPrefix("network.") && first.contains("=")
      }
    }
    return false
  }

  package func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    var gateway = SavedGateway()
    if let strange = text.strangeBytes(help: help) {
      gateway.diagnostics = [strange]
      return gateway
    }
    let file = UCIFile(text)
    gateway.diagnostics = faults(of: file, text)
    guard !gateway.diagnostics.hasErrors else { return gateway }
    var lowering = OpenWrtLowering(file, text, context)
    let unknown = lowering.unknown
    let fault = lowering.defaults.fault
    gateway = lowering.finished()
    gateway.diagnostics += unknown.map { name in
      .error(
        "gateway-file-error",
        "no zone is called `\(name)`, as the policy says, or has a network or device of that name",
        at: file.sections.first { $0.type == "zone" }?.span ?? text.start,
        help: "write the name of the zone into the policy, such as `outside wan`")
    }
    if let fault, let section = file.sections.first(where: { $0.type == "defaults" }) {
      gateway.diagnostics.append(
        .error("gateway-file-error", "this section \(fault)", at: section.span, help: "see what `fw4 check` says"))
    }
    return gateway
  }

  /// What keeps a text from being read.
  private func faults(of file: UCIFile, _ text: GatewayText) -> [Diagnostic] {
    let types = Set(file.sections.map(\.type))
    if types.isDisjoint(with: Self.firewall), !types.isDisjoint(with: Self.network) || !file.otherPackages.isEmpty {
      return [
        .error(
          "gateway-file-error", "this is another file of OpenWrt, and no rules of its firewall", at: text.start,
          help: help)
      ]
    }
    let found = file.faults.map { Diagnostic.error("gateway-file-error", $0.message, at: $0.span, help: help) }
    guard !types.contains("zone") else { return found }
    return found + [
      .error(
        "gateway-file-error", "there is no zone here, so this is a part of the configuration", at: text.start,
        help: help)
    ]
  }

  private var help: String { "save what `uci export firewall` prints, or the file /etc/config/firewall" }
}

extension OpenWrtLowering {
  /// Says what is wrong with a section whatever the policy says, where it has to do with FTP.
  mutating func remarkLeftOut(_ section: UCISection, _ reason: String) {
    guard section.concernsFTP else { return }
    gateway.diagnostics.append(
      .warning(
        "gateway-remark", "this section does nothing: it \(reason)", at: section.span,
        help: "see what `fw4 check` says of it"))
  }

  /// Sections that let in what no session of FTP uses.
  mutating func addRemarks(_ sections: [UCISection]) {
    for section in sections where section.type == "redirect" || section.type == "rule" {
      let option = section.type == "redirect" ? "src_dport" : "dest_port"
      guard let ports = section.options[option], section.options["enabled"]?.values != ["0"],
        ["src"].allSatisfy({ section.options[$0] != nil })
      else { continue }
      let protocols = Set(
        (section.options["proto"]?.values ?? ["tcp", "udp"]).flatMap { $0.lowercased().split(separator: " ") })
      let isOfUDP = protocols == ["udp"] || protocols == ["17"]
      if isOfUDP, ports.values.contains(where: { ["20", "21", "20-21", "989", "990"].contains($0) }) {
        remark("FTP has no use for UDP", ports.span)
      } else if ports.values == ["20"] {
        remark("nobody connects to port 20: servers open data connections from it", ports.span)
      }
    }
  }

  private mutating func remark(_ message: String, _ span: SourceSpan) {
    gateway.diagnostics.append(
      .warning("gateway-remark", "\(message), so this line does nothing for it", at: span, help: "take it away"))
  }
}

extension UCISection {
  /// Whether a section names ports of FTP, or a range that may be a passive one.
  fileprivate var concernsFTP: Bool {
    ["src_dport", "dest_port"].contains { option in
      options[option]?.values.contains { value in
        let ends = value.split { !$0.isNumber }.compactMap { Int($0) }
        return ends.count > 1 && ends.contains { $0 >= 1024 } || ends.contains { [20, 21, 989, 990].contains($0) }
      } ?? false
    }
  }
}
