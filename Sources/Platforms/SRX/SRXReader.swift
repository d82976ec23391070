import Addressing
import Diagnostics
import Nftables

/// Reads what Juniper SRX devices save: `show configuration`, with or without `| display set`.
///
/// Both syntaxes become one tree, and the tree becomes rules: a chain for static and destination NAT, one for the
/// policies with the addresses and ports of servers, one for source NAT, and one for what the device keeps for itself.
/// A zone stands for its interfaces.
package struct SRXReader: GatewayReader {
  package var platform: String { "srx" }
  package var command: String { "show configuration | display set" }

  package init() {}

  package func recognises(_ text: GatewayText) -> Bool { SRXForm.isJunos(text.lines.lazy.map(\.text)) }

  package func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    do throws(JunosTree.Fault) {
      return Self.gateway(try Self.tree(text), text, context)
    } catch {
      var gateway = SavedGateway()
      let span = text.lines.indices.contains(error.line) ? text.lines[error.line].span : text.whole
      gateway.diagnostics = [
        .error("gateway-file-error", error.message, at: span, help: error.help ?? SRXForm.command)
      ]
      return gateway
    }
  }

  /// The tree of a text.
  static func tree(_ text: GatewayText) throws(JunosTree.Fault) -> JunosTree {
    let lines = text.lines.map(\.text)
    let kind = try SRXForm.kind(of: lines)
    let own = lines.enumerated().lazy.filter { !SRXForm.isOfTerminal($0.element) }.map {
      (offset: $0.offset, element: $0.element)
    }
    let tree = try kind == .lines ? JunosSetLines.read(own) : JunosBraces.read(own)
    guard tree.root["security"] != nil else {
      let first = tree.root.all.first
      let isPart = first.map { ["policies", "nat", "zones", "from-zone", "address-book"].contains($0.word) } ?? false
      throw .init(
        line: first?.line ?? 0,
        message: isPart
          ? "this is a part of a configuration, and the rest of it is not known"
          : "no hierarchy `security` is in this configuration, so the device is no SRX or does not filter by zones",
        help: isPart ? nil : "audit the configuration of the device that has the zones of the policy")
    }
    return tree
  }

  private static func gateway(_ tree: JunosTree, _ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    let parts = SRXParts(tree.root, text, context)
    let translations = SRXTranslations(parts)
    let policies = SRXPolicies(parts)
    let security = parts.root["security"]
    let host = SRXHost.chain(translations.translated, at: (security?.any("nat") ?? security).map { parts.span($0) })
    let filters = SRXFilters(parts)
    let chains = [
      filters.input, translations.destination, policies.chain, host, translations.source, filters.output,
    ]
    let version = tree.root["version"]?.value.flatMap { JunosVersion($0.word) }
    let helper = HelperObject("ftp", type: version?.letsTLSPass == false ? "junos-ftp-old" : "junos-ftp")
    var gateway = SavedGateway()
    gateway.ruleset = Ruleset([Table(SRXChain.table, helpers: [helper], chains: chains.map(\.chain)).ofDevice])
    gateway.idle = chains.flatMap(\.idle)
    gateway.networks = SRXNetworks(parts).networks
    gateway.families = [.ipv4, .ipv6]
    gateway.diagnostics = SRXRemarks(parts).found + SRXNeighbours(parts).found
    return gateway
  }
}
