import Addressing
import Netfilter
import Nftables

/// The tables of a network namespace, and what the kernel makes of the commands of a script.
struct MemoryTables {
  /// Why a script does not take place.
  enum Refusal: Error {
    /// libnftables does not find what it names, so the kernel is not asked.
    case missing
    case refused(KernelMessage)

    static func kernel(_ line: Int, _ reason: String) -> Refusal {
      .refused(KernelMessage(line: line, text: "Could not process rule: \(reason)"))
    }
  }

  private(set) var tables: [Table]
  private var lastHandle: Int64 = 0

  init(_ tables: [Table]) { self.tables = tables }

  /// How the C library says what the kernel answers.
  private enum Reason {
    static let exists = "File exists"
    static let missing = "No such file or directory"
    static let busy = "Device or resource busy"
    static let invalid = "Invalid argument"
  }

  /// Runs a script; where it is refused, what has become of the value means nothing.
  mutating func run(_ commands: [ScriptCommand]) throws(Refusal) {
    for command in commands { try run(command) }
  }

  private mutating func run(_ command: ScriptCommand) throws(Refusal) {
    let position = tables.firstIndex { $0.family == .inet && $0.name == command.table }
    switch (command.action, position) {
    case (.declare(let declared), _):
      let position = position ?? addTable(declared.name)
      tables[position] = try declaring(declared, in: tables[position], command.line)
    case (.createTable, nil): _ = addTable(command.table)
    case (.createTable, _): throw .kernel(command.line, Reason.exists)
    case (.deleteTable, nil): throw .kernel(command.line, Reason.missing)
    case (.deleteTable, let position?): tables.remove(at: position)
    case (_, nil): throw .missing
    case (let action, let position?): tables[position] = try changing(tables[position], action, command.line)
    }
  }

  private mutating func addTable(_ name: String) -> Int {
    tables.append(Table(name))
    return tables.count - 1
  }

  private mutating func handle() -> Int64 {
    lastHandle += 1
    return lastHandle
  }

  private mutating func numbered(_ rule: Rule) -> Rule {
    var rule = rule
    rule.handle = handle()
    return rule
  }

  /// What is there already and is the same is not made again; of a helper, the name alone counts.
  private mutating func declaring(_ new: Table, in table: Table, _ line: Int) throws(Refusal) -> Table {
    var table = table
    table.isDormant = table.isDormant || new.isDormant
    for helper in new.helpers where !table.helpers.contains(where: { $0.name == helper.name }) {
      table.helpers.append(helper)
    }
    for chain in new.chains {
      if let known = table.chains.first(where: { $0.name == chain.name }) {
        guard known.base == chain.base else { throw .kernel(line, Reason.exists) }
      } else {
        table.chains.append(Chain(chain.name, chain.base))
      }
    }
    for set in new.sets {
      if let known = table.sets.first(where: { $0.name == set.name }) {
        guard known.declaration == set.declaration else { throw .kernel(line, Reason.exists) }
      } else {
        var empty = set.declaration
        empty.handle = handle()
        table.sets.append(empty)
      }
      table = try changing(table, .addElements(set: set.name, set.elements), line)
    }
    for chain in new.chains {
      for rule in chain.rules { table = try changing(table, .addRule(chain: chain.name, rule), line) }
    }
    return table
  }

  private mutating func changing(
    _ table: Table, _ action: ScriptCommand.Action, _ line: Int
  ) throws(Refusal) -> Table {
    var table = table
    switch action {
    case .declare, .createTable, .deleteTable: break
    case .addElements(let name, let elements):
      guard let index = table.sets.firstIndex(where: { $0.name == name }) else { throw .missing }
      if let reason = table.sets[index].obstacle(to: elements, in: table) { throw .kernel(line, reason) }
      let known = Set(table.sets[index].elements.map(\.key))
      table.sets[index].elements = ElementList(
        Array(table.sets[index].elements) + elements.filter { !known.contains($0.key) })
    case .deleteElements(let name, let elements):
      guard let index = table.sets.firstIndex(where: { $0.name == name }) else { throw .missing }
      let keys = Set(elements.map(\.key))
      let rest = table.sets[index].elements.filter { !keys.contains($0.key) }
      guard rest.count + keys.count == table.sets[index].elements.count else { throw .kernel(line, Reason.missing) }
      table.sets[index].elements = ElementList(rest)
    case .addRule(let name, let rule): try place(rule, name, &table, line) { $0.count }
    case .insertRule(let name, let handle, let rule):
      try place(rule, name, &table, line) { $0.firstIndex { $0.handle == handle } }
    case .replaceRule(let name, let handle, let rule):
      try place(rule, name, &table, line) { rules in
        guard let place = rules.firstIndex(where: { $0.handle == handle }) else { return nil }
        rules.remove(at: place)
        return place
      }
    case .deleteRule(let name, let handle):
      guard let index = table.chains.firstIndex(where: { $0.name == name }) else { throw .missing }
      guard let place = table.chains[index].rules.firstIndex(where: { $0.handle == handle }) else {
        throw .kernel(line, Reason.missing)
      }
      table.chains[index].rules.remove(at: place)
    case .flushChain(let name):
      guard let index = table.chains.firstIndex(where: { $0.name == name }) else { throw .missing }
      table.chains[index].rules = []
    case .deleteChain(let name):
      guard let index = table.chains.firstIndex(where: { $0.name == name }) else { throw .missing }
      table.chains.remove(at: index)
      if table.references.chains.contains(name) { throw .kernel(line, Reason.busy) }
    case .deleteSet(let handle): try removeSet(from: &table, line) { $0.handle == handle }
    case .deleteNamedSet(let name, let isMap):
      try removeSet(from: &table, line) { $0.name == name && $0.isMap == isMap }
    case .deleteHelper(let name):
      guard let index = table.helpers.firstIndex(where: { $0.name == name }) else { throw .missing }
      if table.references.helpers.contains(name) { throw .kernel(line, Reason.busy) }
      table.helpers.remove(at: index)
    }
    return table
  }

  /// - Parameter position: Where the rule goes among those of the chain; `nil` when there is no such place.
  private mutating func place(
    _ rule: Rule, _ chain: String, _ table: inout Table, _ line: Int, at position: (inout [Rule]) -> Int?
  ) throws(Refusal) {
    guard let index = table.chains.firstIndex(where: { $0.name == chain }) else { throw .missing }
    var wanted = References()
    for statement in rule.statements { wanted.note(statement) }
    guard table.has(wanted) else { throw .kernel(line, Reason.missing) }
    guard let place = position(&table.chains[index].rules) else { throw .kernel(line, Reason.missing) }
    table.chains[index].rules.insert(numbered(rule), at: place)
  }

  private func removeSet(
    from table: inout Table, _ line: Int, where isMeant: (NamedSet) -> Bool
  ) throws(Refusal) {
    guard let index = table.sets.firstIndex(where: isMeant) else { throw .missing }
    let (references, name) = (table.references, table.sets[index].name)
    if references.sets.contains(name) || references.maps.contains(name) { throw .kernel(line, Reason.busy) }
    table.sets.remove(at: index)
  }
}

/// What rules and verdicts name.
private struct References {
  var chains: Set<String> = []
  var sets: Set<String> = []
  var maps: Set<String> = []
  var helpers: Set<String> = []

  mutating func note(_ statement: Statement) {
    switch statement {
    case .match(_, _, .set(let name)): sets.insert(name)
    case .update(let update): sets.insert(update.name)
    case .assignHelper(let name): helpers.insert(name)
    case .translate(let translation):
      if case .lookup(_, in: .set(let name))? = translation.address { maps.insert(name) }
    case .verdicts(_, in: .set(let name)): maps.insert(name)
    case .verdict(let verdict): note(verdict)
    default: break
    }
  }

  mutating func note(_ verdict: Verdict) {
    switch verdict {
    case .jump(let chain), .goto(let chain): chains.insert(chain)
    default: break
    }
  }
}

extension Table {
  fileprivate var references: References {
    var references = References()
    for chain in chains {
      for rule in chain.rules {
        for statement in rule.statements { references.note(statement) }
      }
    }
    for set in sets where set.isMap {
      for element in set.elements {
        for case .verdict(let verdict) in element.data { references.note(verdict) }
      }
    }
    return references
  }

  fileprivate func has(_ wanted: References) -> Bool {
    wanted.chains.isSubset(of: chains.map(\.name)) && wanted.helpers.isSubset(of: helpers.map(\.name))
      && wanted.sets.isSubset(of: sets.filter { !$0.isMap }.map(\.name))
      && wanted.maps.isSubset(of: sets.filter(\.isMap).map(\.name))
  }
}

extension NamedSet {
  /// What the set is, without elements and number.
  fileprivate var declaration: NamedSet {
    NamedSet(name, key: key, data: data, flags: flags, size: size, timeout: timeout, isCounted: isCounted)
  }

  /// Why the kernel does not take more elements; `nil` when it does.
  fileprivate func obstacle(to elements: ElementList, in table: Table) -> String? {
    // The address that is dialled comes first in every key: elements that have it in common are few.
    var known = Dictionary(grouping: self.elements) { $0.key.first?.exact }
    for element in elements {
      guard element.hasTypes(key, data) else { return "Invalid argument" }
      var wanted = References()
      for case .verdict(let verdict) in element.data { wanted.note(verdict) }
      guard table.has(wanted) else { return "No such file or directory" }
      let first = element.key.first?.exact
      let others = first == nil ? known.values.flatMap(\.self) : known[first, default: []] + known[nil, default: []]
      for other in others where other.overlaps(element) {
        guard other.key == element.key, other.data == element.data else { return "File exists" }
      }
      known[first, default: []].append(element)
    }
    return nil
  }
}

extension Element {
  /// Whether some packet may be under both keys.
  fileprivate func overlaps(_ other: Element) -> Bool { zip(key, other.key).allSatisfy { $0.overlaps($1) } }

  fileprivate func hasTypes(_ keyTypes: [Expression], _ dataTypes: [Expression]) -> Bool {
    key.map(\.typeName) == keyTypes.map(\.typeName) && data.map(\.typeName) == dataTypes.map(\.typeName)
  }
}

extension Value {
  /// The value, unless it stands for several.
  fileprivate var exact: Value? {
    switch self {
    case .addresses, .ports: nil
    default: self
    }
  }

  private var addresses: ClosedRange<IPAddress>? {
    switch self {
    case .address(let address): address...address
    case .addresses(let low, let high): low...high
    default: nil
    }
  }

  private var ports: ClosedRange<UInt16>? {
    switch self {
    case .port(let port): port...port
    case .ports(let range): range.low...range.high
    default: nil
    }
  }

  fileprivate func overlaps(_ other: Value) -> Bool {
    if let own = addresses, let others = other.addresses { return own.overlaps(others) }
    if let own = ports, let others = other.ports { return own.overlaps(others) }
    return self == other
  }

  /// The type, as a listing names it; empty for what we never write.
  fileprivate var typeName: String {
    switch self {
    case .address(let address), .addresses(let address, _): address.family == .ipv4 ? "ipv4_addr" : "ipv6_addr"
    case .port, .ports: "inet_service"
    case .interface: "ifname"
    case .foreign(.number): "mark"
    case .verdict: "verdict"
    default: ""
    }
  }
}
