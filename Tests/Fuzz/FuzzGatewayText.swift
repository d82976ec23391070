import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy
import PolicySyntax

/// Configurations of gateways. The first byte says which reader gets the rest, whatever it looks like; one more than
/// there are readers is what iptables-save prints.
///
/// Promises: findings stay within the file; what is imported is in the canonical layout and is a policy. No false
/// all-clear: where the audit is silent, `explain --gateway-config` says that every session works which the policy
/// permits and that nobody else gets in, with all rules of the file and not only those that the audit chose; and the
/// text holds the addresses without which no configuration can do so.
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

  /// The server, and the clients that are admitted. No configuration leads to that server alone, for those clients
  /// alone, without their numbers.
  private static let needed = ["10.10.20.200", "198.51.100."]

  /// A reader, where there is one of this protocol, and a policy for such a gateway.
  private struct Case {
    var reader: (any GatewayReader)?
    var platform: any Platform
    var compilation: Compilation

    init(_ reader: (any GatewayReader)?, _ name: String) {
      let text = """
        gateway edge { platform \(name); \(inputs[name] ?? "outside eth0; inside eth1") }
        publish ftp1 {
          server         10.10.20.200 other
          external ip    203.0.113.10
          control port   2121 -> 21
          passive range  5000-5500
          tls            explicit required
          allow          198.51.100.0/24
        }
        """
      self.reader = reader
      compilation = Compilation(
        loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
      guard compilation.isAccepted, let platform = Platforms.named(name) else {
        broken("the policy for \(name) is refused")
      }
      self.platform = platform
    }
  }

  private static let cases = Platforms.readers.map { Case($0, $0.platform) } + [Case(nil, "nftables")]

  static func run(_ input: [UInt8]) -> Bool {
    guard let first = input.first else { return false }
    let own = cases[Int(first) % cases.count]
    let bytes = Array(input.dropFirst())
    var sources = own.compilation.sources
    let text = GatewayText(
      name: "gateway", bytes: bytes, file: sources.add(SourceFile(name: "gateway", bytes: bytes)))
    _ = Platforms.readers.map { $0.recognises(text) }
    let saved =
      own.reader?.read(text, GatewayContext(own.compilation.policy, gateway: 0)) ?? iptables(bytes, text.file)
    let findings =
      saved.diagnostics.hasErrors ? [] : own.compilation.audit(of: saved, gateway: 0, file: text.whole)
    for diagnostic in saved.diagnostics + findings {
      let span = diagnostic.primary.span
      if span.range.upperBound > sources[span.file].bytes.count { broken("a finding lies beyond the file") }
    }
    let shown = render(saved.diagnostics + findings, in: sources, as: .full, style: .plain, version: "0")
    if obeysTerminal(shown) { broken("a finding shows what a terminal obeys") }
    checkImport(saved, own.platform)
    // What the command line gives to no reader, or to another one, has no answer that could be silent.
    let isRead =
      own.reader.map { Platforms.reader(of: text)?.platform == $0.platform } ?? SavedRuleset.isSaved(bytes)
    let isSilent = !(saved.diagnostics + findings).contains {
      $0.severity != .note && $0.code != "gateway-remark"
    }
    guard isRead, isSilent, saved.families.contains(.ipv4) else { return false }
    checkSilence(saved, own.compilation, bytes)
    // Every seed ends its last line.
    return input.last != UInt8(ascii: "\n")
  }

  private static func iptables(_ bytes: [UInt8], _ file: SourceID) -> SavedGateway {
    let rules = SavedRuleset(bytes, file: file, family: .ipv4)
    var saved = SavedGateway()
    saved.ruleset.tables = rules.tables
    saved.declarations = rules.declarations
    saved.diagnostics = rules.diagnostics
    if rules.tables.contains(where: { $0.name == "filter" }) { saved.families = [.ipv4] }
    return saved
  }

  /// Nothing was found: then everything has to be as the policy says.
  private static func checkSilence(_ saved: SavedGateway, _ compilation: Compilation, _ bytes: [UInt8]) {
    let whole = SessionStudy(compilation.policy, gateway: 0, ruleset: saved.ruleset, judgesBorders: true)
    for publication in compilation.policy.publications {
      for table in [
        compilation.sessions(of: publication, running: (saved.ruleset, nil)), whole.table(of: publication),
      ] {
        if table.fails {
          broken(
            "the audit is silent, and there is a session: "
              + table.cells.filter { $0.isIntrusion || $0.isPermitted && $0.outcome != .works }
              .map { "\($0.title): \($0.outcome) \($0.reason)" }.joined(separator: "; "))
        }
        if !table.cells.contains(where: { $0.isPermitted && $0.outcome == .works }) {
          broken("the audit is silent, and no session was tried")
        }
      }
    }
    // Words may go on in another line, and be quoted in parts.
    let plain = bytes.filter { ![0x22, 0x27, 0x5C, 0x0A, 0x0D, 0x09, 0x20].contains($0) }
    for address in needed where !plain.contains(Array(address.utf8)) {
      broken("the audit is silent, and \(address) does not stand in the text")
    }
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
