import Compilation
import Diagnostics
import Platforms
import Policy
import PolicySyntax

/// Configurations of gateways. The first byte says which reader gets the rest, whatever it looks like. Promises:
/// findings stay within the file; a text that is in order is judged; what is imported is in the canonical layout and is
/// a policy.
enum FuzzGatewayText: FuzzTarget {
  static let name = "gateway"

  /// What a gateway has to be told by its platform.
  private static let inputs = [
    "asa": "outside \"outside\"; inside \"inside\"; access list \"outside_access_in\"",
    "srx": "outside \"untrust\"; inside \"trust\"",
    "fortigate": "outside \"wan1\"; inside \"dmz\"; numbers 9001-9010",
    "openwrt": "outside \"wan\"; inside \"lan\"",
    "routeros": "outside \"ether1\"; inside \"ether2\"",
  ]

  /// Each reader with a policy for such a gateway.
  private static let readers: [(reader: any GatewayReader, compilation: Compilation)] = Platforms.readers.map {
    reader in
    let text = """
      gateway edge { platform \(reader.platform); \(inputs[reader.platform] ?? "outside eth0; inside eth1") }
      publish ftp1 {
        server         10.10.20.200 other
        external ip    203.0.113.10
        control port   2121 -> 21
        passive range  5000-5009
        tls            explicit required
        allow          198.51.100.0/24
      }
      """
    return (
      reader, Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
    )
  }

  static func run(_ input: [UInt8]) -> Bool {
    guard let first = input.first, !readers.isEmpty else { return false }
    let (reader, compilation) = readers[Int(first) % readers.count]
    if !compilation.isAccepted { broken("the policy for \(reader.platform) is refused") }
    let bytes = Array(input.dropFirst())
    var sources = compilation.sources
    let file = sources.add(SourceFile(name: "gateway", bytes: bytes))
    let text = GatewayText(name: "gateway", bytes: bytes, file: file)
    _ = Platforms.readers.map { $0.recognises(text) }
    let saved = reader.read(text, GatewayContext(compilation.policy, gateway: 0))
    let findings = saved.diagnostics.hasErrors ? [] : compilation.audit(of: saved, gateway: 0, file: text.whole)
    for diagnostic in saved.diagnostics + findings {
      let span = diagnostic.primary.span
      if span.range.upperBound > sources[span.file].bytes.count { broken("a finding lies beyond the file") }
    }
    let shown = render(saved.diagnostics + findings, in: sources, as: .full, style: .plain, version: "0")
    if obeysTerminal(shown) { broken("a finding shows what a terminal obeys") }
    if let platform = Platforms.named(reader.platform) { checkImport(saved, platform) }
    // Every seed ends its last line.
    return !saved.ruleset.tables.isEmpty && input.last != UInt8(ascii: "\n")
  }

  private static func checkImport(_ saved: SavedGateway, _ platform: any Platform) {
    let draft = GatewayDraft(saved, of: platform, from: "gateway")
    guard !draft.isEmpty else { return }
    if obeysTerminal(draft.text) { broken("an imported policy holds what a terminal obeys") }
    let tree = parse(SourceFile(name: "draft.sally", text: draft.text), as: SourceID(0))
    if !tree.diagnostics.isEmpty { broken("an imported policy has mistakes:\n\(draft.text)") }
    if format(tree) != draft.text { broken("an imported policy is not in the layout:\n\(draft.text)") }
  }
}
