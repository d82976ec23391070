import Addressing
import Diagnostics
import Nftables

/// Reads what `nft list ruleset` or `nft list table` prints for people, and scripts for `nft -f`.
package struct NftablesTextReader: GatewayReader {
  package var platform: String { "nftables" }
  package var command: String { "nft list ruleset" }

  package init() {}

  private static let commands: Set = [
    "table", "add", "create", "insert", "flush", "delete", "destroy", "define", "include", "chain", "rule",
  ]

  package func recognises(_ text: GatewayText) -> Bool {
    for (index, (line, _)) in text.lines.prefix(2000).enumerated() {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let first = words.first else { continue }
      if first.hasPrefix("#!") { return index == 0 && line.contains("nft") }
      guard !first.hasPrefix("#") else { continue }
      guard Self.commands.contains(String(first)), let second = words.dropFirst().first else { return false }
      switch first {
      case "table": return TableFamily(rawValue: String(second)) != nil || line.contains("{")
      case "define": return line.contains("=")
      case "include": return second.hasPrefix("\"")
      default:
        return [
          "table", "chain", "rule", "set", "map", "element", "ruleset", "counter", "ct", "ip", "ip6", "inet", "arp",
          "bridge", "netdev",
        ].contains(second)
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
    let printed = PrintedRuleset(text.lines)
    gateway.diagnostics = printed.faults.map { .error("gateway-file-error", $0.message, at: $0.span, help: help) }
    guard gateway.diagnostics.isEmpty else { return gateway }
    gateway.ruleset = printed.ruleset
    gateway.declarations = printed.declarations
    if !printed.ruleset.isEmpty { gateway.families = Set(AddressFamily.allCases) }
    gateway.diagnostics += zonesOfOpenWrt(printed.ruleset, text, context)
    return gateway
  }

  /// The rules of fw4 name devices; a policy for OpenWrt may name zones.
  private func zonesOfOpenWrt(_ ruleset: Ruleset, _ text: GatewayText, _ context: GatewayContext) -> [Diagnostic] {
    guard ruleset.tables.contains(where: { $0.family == .inet && $0.name == "fw4" }) else { return [] }
    let name = context.outside.first { name in !text.lines.contains { $0.text.contains("\"\(name)\"") } }
    return name.map { name in
      [
        .error(
          "gateway-file-error", "the rules of fw4 name devices, and `\(name)` of the policy is none of them",
          at: text.start, help: "save what `uci export firewall` prints, which has the names of zones")
      ]
    } ?? []
  }

  private var help: String { "save what `nft list ruleset` prints on the machine, or `nft -j list ruleset`" }
}
