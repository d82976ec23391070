import Addressing
import Diagnostics

/// The tables of iptables, in the order in which packets meet them.
enum IptablesTable: String, CaseIterable, Sendable { case raw, mangle, nat, filter }

/// The places where packets come into our chains: one rule in a chain of the table that is everybody's.
enum IptablesEntrance: CaseIterable, Sendable {
  case help, helpOutput, admission, mark, publish, source, forward, input, output

  var table: IptablesTable {
    switch self {
    case .help, .helpOutput: .raw
    case .admission, .mark: .mangle
    case .publish, .source: .nat
    case .forward, .input, .output: .filter
    }
  }

  /// The chain of the table that leads to ours.
  var builtIn: String {
    switch self {
    case .help, .admission, .publish: "PREROUTING"
    case .helpOutput, .output: "OUTPUT"
    case .mark, .forward: "FORWARD"
    case .source: "POSTROUTING"
    case .input: "INPUT"
    }
  }

  /// Our chain.
  var chain: String {
    ownChain(self == .help ? "HELP" : self == .mark ? "MARK" : self == .source ? "SOURCE" : builtIn)
  }
}

/// The name of a chain of ours; nothing else has such names. At most 28 characters (`XT_FUNCTION_MAXNAMELEN` less what
/// iptables keeps).
func ownChain(_ name: String) -> String { "SALLYPORT-" + name }

/// A chain of rules.
struct IptablesChain: Sendable {
  var name: String
  var rules: [IptablesRule] = []
}

/// The rules of one family.
struct IptablesRuleset: Sendable {
  let family: AddressFamily
  let kernel: LinuxKernel
  /// The chains of each table, in the order in which they were begun.
  private(set) var chains: [IptablesTable: [IptablesChain]] = [:]
  private var positions: [IptablesTable: [String: Int]] = [:]
  /// How many chains there are that have a stem in common.
  private var counts: [String: Int] = [:]

  init(_ family: AddressFamily, _ kernel: LinuxKernel) { (self.family, self.kernel) = (family, kernel) }

  /// Adds rules to a chain, which is made where it is not there yet.
  mutating func add(_ rules: [IptablesRule], to chain: String, _ table: IptablesTable) {
    guard !rules.isEmpty else { return }
    if let position = positions[table]?[chain] {
      chains[table]?[position].rules += rules
      return
    }
    positions[table, default: [:]][chain] = chains[table]?.count ?? 0
    chains[table, default: []].append(IptablesChain(name: chain, rules: rules))
  }

  mutating func add(_ rules: [IptablesRule], to entrance: IptablesEntrance) {
    add(rules, to: entrance.chain, entrance.table)
  }

  /// The rules of publications with those of `reach` blocks, whose own chains get names of their own. Sources of users
  /// come first: a mark that both have in common says masquerade for all others.
  func joined(withReach reach: IptablesRuleset) -> IptablesRuleset {
    var joined = IptablesRuleset(family, kernel)
    let source = IptablesEntrance.source
    for chain in reach.chains[source.table] ?? [] where chain.name == source.chain {
      joined.add(chain.rules.map(\.namedForReach), to: source)
    }
    for table in IptablesTable.allCases {
      for chain in chains[table] ?? [] { joined.add(chain.rules, to: chain.name, table) }
      for chain in reach.chains[table] ?? [] where table != source.table || chain.name != source.chain {
        joined.add(chain.rules.map(\.namedForReach), to: chainForReach(chain.name), table)
      }
    }
    return joined
  }

  /// Whether there is such a chain with rules.
  func has(_ chain: String, _ table: IptablesTable) -> Bool { positions[table]?[chain] != nil }

  /// A name that no chain has yet: the stem and a number.
  mutating func freshName(_ stem: String) -> String {
    counts[stem, default: 0] += 1
    return stem + "-" + String(counts[stem, default: 0], radix: 16)
  }

  /// The entrances of a table to which rules belong.
  func entrances(_ table: IptablesTable) -> [IptablesEntrance] {
    IptablesEntrance.allCases.filter { $0.table == table && has($0.chain, table) }
  }

  /// The rule that leads to a chain of ours.
  func jump(_ entrance: IptablesEntrance) -> IptablesRule {
    IptablesRule(
      [.tcp], .jump(entrance.chain), comment: kernel.hasRevisions ? "sallyport" : nil,
      for: chains[entrance.table]?.lazy.flatMap(\.rules).first { $0.provenance != nil }?.provenance)
  }
}

extension IptablesRuleset {
  /// The tables that a file has. Those that kernels need not have are there when something is in them; of all others
  /// every chain that leads from a built-in one is declared, so that rules of an earlier file are gone.
  var tables: [IptablesTable] {
    IptablesTable.allCases.filter { table in
      switch table {
      case .raw: kernel.helpsByRule
      case .nat: family == .ipv4 || chains[.nat] != nil
      case .mangle, .filter: true
      }
    }
  }

  /// The input of `iptables-restore --noflush`, or of `ip6tables-restore`.
  func write(to text: inout ConfigurationText) {
    for table in tables {
      text.add("*\(table.rawValue)")
      let known = chains[table] ?? []
      let entrances = IptablesEntrance.allCases.filter { $0.table == table }
      for entrance in entrances { text.add(":\(entrance.chain) - [0:0]") }
      let leading = Set(entrances.map(\.chain))
      let inner = known.filter { !leading.contains($0.name) }
      for chain in inner { text.add(":\(chain.name) - [0:0]") }
      for entrance in self.entrances(table) {
        let rule = jump(entrance)
        text.add("-I \(entrance.builtIn) 1 \(rule.text)", for: rule.provenance)
      }
      for chain in known.filter({ leading.contains($0.name) }) + inner {
        for rule in chain.rules { text.add("-A \(chain.name) \(rule.text)", for: rule.provenance) }
      }
      text.add("COMMIT")
    }
  }
}
