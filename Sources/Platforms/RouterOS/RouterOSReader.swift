import Addressing
import Diagnostics
import Nftables

/// Reads what `/export` of RouterOS 6 and 7 prints: whole, or the menus of the firewall alone.
///
/// RouterOS is Linux, and its firewall is netfilter: the chains of a menu are chains of netfilter at the places that
/// the manual's packet flow gives them, and actions are its targets. The FTP helper is one for the whole router, on
/// from the factory, and is taken to look at the port of the server as Linux does (`__nf_ct_try_assign_helper` in
/// nf_conntrack_helper.c asks the tuple of the replies); on RouterOS that was not seen. What `fasttrack-connection`
/// takes is not decided by it: the manual wants a rule with `accept` after it, for packets that do not take that way.
package struct RouterOSExportReader: GatewayReader {
  package var platform: String { "routeros" }
  package var command: String { "/export" }

  package init() {}

  package func recognises(_ text: GatewayText) -> Bool {
    text.lines.prefix(400).contains { line in
      let words = line.text.drop { $0 == " " || $0 == "\t" }
      if words.hasPrefix("#") { return words.contains("by RouterOS") }
      if words.hasPrefix("Flags: X - disabled") || words.hasPrefix("Flags: D - dynamic") { return true }
      guard words.hasPrefix("/") else { return words.hasPrefix("[") && words.contains("] > ") }
      return Self.menus.contains { words.dropFirst().hasPrefix($0) }
    }
  }

  /// Menus that an export of RouterOS begins with, some with the sign that 7 has between words.
  private static let menus = [
    "ip firewall", "ip/firewall", "ipv6 firewall", "ipv6/firewall", "interface ", "ip address", "ip/address",
    "ip service", "ip pool", "ip dhcp", "ipv6 ", "interface/", "routing ", "queue ", "caps-man", "disk", "system ",
  ]

  package func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    var commands = RouterOSCommands(text)
    commands.read()
    var configuration = RouterOSConfiguration(hasOtherMenus: commands.hasOtherMenus)
    for command in commands.commands where commands.fault == nil {
      if let fault = configuration.run(command) { commands.fault = (fault, command.span) }
    }
    var gateway = SavedGateway()
    if let (message, span) = commands.fault {
      gateway.diagnostics = [
        .error(
          "gateway-file-error", message, at: span,
          help: "save what `/export file=NAME` writes, whole and unchanged; passwords are not needed")
      ]
      return gateway
    }
    for family in AddressFamily.allCases {
      var reader = RouterOSRuleset(configuration, family, context)
      let table = reader.table()
      gateway.ruleset.tables.append(table)
      gateway.idle += reader.idle
      gateway.networks += reader.routes.main.networks
      gateway.diagnostics += reader.remarks
      if configuration.tellsFilter(of: family) { gateway.families.insert(family) }
    }
    return gateway
  }
}
