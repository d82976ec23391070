import Addressing
import Diagnostics
import Nftables

/// Reads a backup of a FortiGate, and what `show` and `show full-configuration` print (FortiOS 6 and 7).
///
/// What policies and virtual addresses do with packets is taken from Fortinet's CLI reference and administration guide:
/// a virtual address translates before policies are asked, policies are asked in their order, the service of a policy
/// matches the port of the server, and what no policy permits is denied. Nothing of it was seen on a device; where the
/// guide leaves something open the rule is not read.
package struct FortiGateBackupReader: GatewayReader {
  package var platform: String { "fortigate" }
  package var command: String { "show full-configuration" }

  package init() {}

  package func recognises(_ text: GatewayText) -> Bool {
    text.lines.prefix(60).contains { line in
      let words = line.text.drop { $0 == " " || $0 == "\t" }
      if words.hasPrefix("#config-version=F") { return true }
      let names = ["config firewall ", "config system ", "config vpn ", "config router ", "config user "]
      guard let name = names.first(where: { words.hasPrefix($0) }) else {
        return words == "config vdom" || words == "config global"
      }
      // Files of OpenWrt have names in quotes there.
      return words.dropFirst(name.count).first?.isLetter == true
    }
  }

  package func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    var reader = FortiGateText(text)
    let root = reader.read()
    var gateway = SavedGateway()
    if let (message, span) = reader.fault {
      gateway.diagnostics = [
        .error(
          "gateway-file-error", message, at: span,
          help: "save the backup file of the device, or what `show full-configuration` prints without pages")
      ]
      return gateway
    }
    var rules = FortiGateRules(FortiGateConfiguration(root, context), context)
    gateway.ruleset.tables = [rules.table()]
    gateway.idle = rules.idle
    gateway.networks = rules.networks
    gateway.diagnostics = rules.remarks
    gateway.declarations = rules.declarations
    gateway.families = [.ipv4]
    return gateway
  }
}
