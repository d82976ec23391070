package import Diagnostics
package import Nftables

/// The place in a ruleset that decided about a packet.
package struct Citation: Hashable, Sendable {
  /// As nft names it, for example `inet sallyport`.
  package let table: String
  package let chain: String
  package let hook: BaseChain.Hook
  /// The priority of the base chain.
  package let priority: Int
  /// The name of the gateway on the path; empty where there is one.
  package let gateway: String
  /// `nil` for the policy of the base chain.
  private let decided: Program.CompiledRule?
  /// The statement of the policy that is behind it, when one is.
  package let provenance: SourceSpan?

  /// A rule that led to another chain.
  struct Turn: Hashable, Sendable {
    var chain: String
    var rule: Program.CompiledRule
  }

  /// The rules that led from the base chain to the one that decided, first to last.
  private let way: [Turn]
  /// Whether it is a device whose rules these are, which has words of its own for them.
  private let isOfDevice: Bool

  /// - Parameters:
  ///   - rule: The rule of `chain` that decided.
  ///   - element: The statement behind the element that the rule found.
  ///   - gateway: The name of the gateway; empty where there is one.
  init(
    _ entry: Program.BaseChainEntry, _ chain: Program.CompiledChain?, _ rule: Program.CompiledRule?,
    element: SourceSpan?, way: [Turn] = [], gateway: String = ""
  ) {
    self.way = way
    self.gateway = gateway
    isOfDevice = entry.table.isOfDevice
    table = entry.table.title
    self.chain = (chain ?? entry.chain).name
    hook = entry.base.hook
    priority = entry.base.priority
    decided = rule
    provenance = element ?? rule?.provenance
  }

  /// The rule as nft writes it; `nil` for the policy of the base chain.
  package var rule: String? { decided?.text }
  package var comment: String? { decided?.comment }
  /// Whether the rule asks a set with a name, which programs fill, such as those that ban clients.
  package var testsNamedSet: Bool {
    decided?.operations.contains { operation in
      switch operation {
      case .match(_, .isIn(.named), negated: false): true
      case .extensionMatch(let match): match.set != nil
      default: false
      }
    } ?? false
  }

  /// Whether the rule asks for addresses or ports, and not for everything that comes to it.
  package var asksForEnds: Bool {
    decided?.operations.contains { operation in
      switch operation {
      case .match(let operand, _, _): operand.isOfEnd
      case .extensionMatch(let match): !match.ports.isEmpty || !match.addresses.isEmpty || match.set != nil
      default: false
      }
    } ?? false
  }

  /// `forward hook, table inet t, chain c: RULE`, and the rules that led to a chain that many share; of a device what
  /// the rule says. Of a path of several gateways with the name of the one that has the rule.
  package var text: String {
    let holder = gateway.isEmpty ? "" : "\(gatewayPhrase(gateway)), "
    if isOfDevice { return holder + (rule ?? "nothing of `\(chain)` lets it pass") }
    let place = "\(holder)\(hook.rawValue) hook, table \(table), chain \(chain): \(rule ?? "policy of the chain")"
    guard provenance == nil, !way.isEmpty else { return place + (way.isEmpty ? remark(of: decided) : "") }
    let turns = way.suffix(Self.shownTurns).map { "chain \($0.chain): \($0.rule.text)\(remark(of: $0.rule))" }
    return "\(place)\(remark(of: decided)), reached from \(turns.joined(separator: ", then from "))"
  }

  /// Turns that are told, those next to the rule.
  private static let shownTurns = 6

  /// The comment of a rule of somebody else, as nft writes it; iptables has it among its words.
  private func remark(of rule: Program.CompiledRule?) -> String {
    guard provenance == nil, let rule, let comment = rule.comment, !rule.text.contains("--comment") else { return "" }
    return " comment \"\(comment)\""
  }
}

/// Why a packet did not get further.
package enum Loss: Hashable, Sendable {
  /// A rule or the policy of a chain dropped it.
  case dropped(Citation)
  /// A rule refused it, and the sender is told.
  case rejected(Citation)
  /// What the model cannot evaluate, and why.
  case undecided(Citation, reason: String)
  /// The helper dropped a segment that it could only half read (`nf_conntrack_ftp.c`, or `nf_nat_ftp.c`).
  case helperDropped(reason: String)
  /// A gateway answered a command in the place of the server, and ended the connection; `by` is the part of it that
  /// does so, with the gateway, after "the".
  case answered(String, by: String)
  /// Nobody has that address, or listens on that port, where the packet was sent.
  case unanswered(reason: String)
  /// A machine answered that nobody listens there.
  case refused(reason: String)
  /// A machine has no route there.
  case noRoute(reason: String)
  /// It came from another address than its receiver expects.
  case unexpected(reason: String)
  /// The neighbours on its way do not find each other, because of a rule.
  case unresolved(Citation, reason: String)
  /// What nobody can know of the machines on the way, and what would decide it.
  case unknown(reason: String)

  /// The rule that decided, when one did.
  package var citation: Citation? {
    switch self {
    case .dropped(let citation), .rejected(let citation), .undecided(let citation, _), .unresolved(let citation, _):
      citation
    default: nil
    }
  }

  /// Whether the sender learns of it at once; otherwise it waits until its patience ends.
  package var isNoticed: Bool {
    switch self {
    case .rejected, .refused, .noRoute, .unresolved, .answered: true
    default: false
    }
  }
}
