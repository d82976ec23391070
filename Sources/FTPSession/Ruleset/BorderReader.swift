import Addressing
import Nftables

/// What of a packet rules are searched for.
enum BorderSubject: Hashable, Sendable {
  case port
  /// Its addresses of a family.
  case address(AddressFamily)
}

/// Finds the ports or addresses that rules, sets and maps of a ruleset tell apart.
struct BorderReader {
  /// A condition with one value of some bits of an address.
  struct Pattern: Hashable, Sendable {
    var mask: UInt128
    var value: UInt128
  }

  private struct Label: Hashable {
    var condition: Int
    var fields: [FieldPattern] = []
    var data = ""
  }

  let subject: BorderSubject
  /// Elements of sets that name another address or port beside the address of a client have nothing to do with the
  /// sessions. `nil` to take all elements.
  let ends: SessionEnds?
  private let sets: IPSets
  private(set) var classes = ValueClasses()
  private(set) var patterns: Set<Pattern> = []
  private var labels: [Label: Int] = [:]
  private var condition = 0

  /// - Parameter program: All its tables are read, each rule and element once.
  init(_ program: Program, _ subject: BorderSubject, ends: SessionEnds? = nil) {
    self.subject = subject
    self.ends = ends
    sets = program.sets
    for table in program.tables {
      for chain in table.chains.values.sorted(by: { $0.name < $1.name }) { read(chain, table) }
    }
  }

  mutating func add(_ range: ClosedRange<UInt128>) {
    condition += 1
    note(range)
  }

  /// Rules of a row that differ in nothing but one value come to the same for each of their values.
  private mutating func read(_ chain: Program.CompiledChain, _ table: Program.CompiledTable) {
    var frame: Program.CompiledRule.Frame?
    for rule in chain.rules {
      let places = rule.operations.indices.filter { rule.operations[$0].concerns(subject) }
      let next = places.count == 1 ? places.first.flatMap { rule.frame(around: $0) } : nil
      if next == nil || next != frame { condition += 1 }
      frame = next
      for (index, operation) in rule.operations.enumerated() {
        if index > 0, next == nil { condition += 1 }
        visit(operation, table)
      }
    }
  }

  private mutating func visit(_ operation: Operation, _ table: Program.CompiledTable) {
    switch operation {
    case .match(let operand, let test, _):
      visit(operand, table)
      if operand.concerns(subject) { visit(test, operand, table) }
    case .verdictMap(let key, let reference): visit(.mapped(key, reference), table)
    case .translate(_, _, let address, let port):
      if let address { visit(address, table) }
      switch port {
      case .range(let range) where subject == .port: note(UInt128(range.lowerBound)...UInt128(range.upperBound))
      case .computed(let operand): visit(operand, table)
      case .range, nil: break
      }
    case .setMark(_, let operand): visit(operand, table)
    case .extensionMatch(let match): visit(match)
    case .extensionTarget(let target):
      guard subject == .port else { break }
      for range in target.ports { note(UInt128(range.lowerBound)...UInt128(range.upperBound)) }
    case .object(let reference):
      if case .mapped(let key, let map) = reference.choice { visit(.mapped(key, map), table) }
    case .verdict, .reject, .assignHelper, .setField, .setLabel, .doNotTrack, .limit, .doubtful, .connectionCount,
      .newConnectionOnly, .setZone, .changeSet, .nothing, .unknown:
      break
    }
  }

  private mutating func visit(_ match: ExtensionMatch) {
    switch subject {
    case .port:
      for (number, range) in match.ports.enumerated() {
        note(UInt128(range.lowerBound)...UInt128(range.upperBound), data: "\(number)")
      }
    case .address(let family):
      for (number, range) in match.addresses.enumerated() where range.lowerBound.family == family {
        note(range.lowerBound.value...range.upperBound.value, data: "\(number)")
      }
      for address in match.masked where address.family == family {
        note(.masked(.constant(.number(0)), with: address.mask), address.value...address.value)
      }
    }
    guard let index = match.set else { return }
    sets.forEachElement(of: index) { element in
      switch subject {
      case .port:
        if let ports = element.ports { note(UInt128(ports.lowerBound)...UInt128(ports.upperBound), element) }
      case .address: for range in element.addresses { note(range, element) }
      }
    }
  }

  private mutating func note(_ range: ClosedRange<UInt128>, _ element: IPSet.Element) {
    var fields = element.addresses.filter { $0 != range }.map { FieldPattern.range($0) }
    if subject != .port, let ports = element.ports {
      fields.append(.range(UInt128(ports.lowerBound)...UInt128(ports.upperBound)))
    }
    note(range, fields: fields, data: "\(element.interface ?? "") \(element.isException) \(element.length)")
  }

  private mutating func visit(_ test: Operation.Test, _ operand: Operand, _ table: Program.CompiledTable) {
    switch test {
    case .equals(.range(let range)): note(operand, range)
    case .equals, .exists: break
    case .isIn(let reference): note(reference, operand, table)
    case .anyBit(let mask), .noBit(let mask): noteBits(mask, [mask, 0])
    case .less(let bound): if bound > 0 { note(operand, 0...(bound - 1)) }
    case .greater(let bound): note(operand, 0...bound)
    }
  }

  private mutating func visit(_ operand: Operand, _ table: Program.CompiledTable) {
    switch operand {
    case .mapped(let key, let reference):
      visit(key, table)
      if key.concerns(subject) { note(reference, key, table) }
    case .masked(let inner, _): visit(inner, table)
    case .combination(let parts): for part in parts { visit(part, table) }
    case .computed(_, let left, let right):
      if operand.concerns(subject) { noteBits(0xFFFF, []) }
      visit(left, table)
      visit(right, table)
    case .moved(_, let target): visit(target, table)
    default: break
    }
  }

  private mutating func note(_ reference: LookupReference, _ key: Operand, _ table: Program.CompiledTable) {
    guard let lookup = table.lookup(reference) else { return }
    let fields: [Operand]
    if case .combination(let parts) = key { fields = parts } else { fields = [key] }
    let positions = fields.indices.filter { fields[$0].concerns(subject) }
    lookup.forEachEntry { entry in
      for position in positions where entry.key.indices.contains(position) {
        guard case .range(let range) = entry.key[position] else { continue }
        var others = entry.key
        others.remove(at: position)
        guard isOfEnds(entry, fields, position, table) else { continue }
        note(fields[position], range, fields: others, data: entry.data.text)
      }
    }
  }

  /// Whether the other fields of a key can be those of the gateway or the server.
  private func isOfEnds(
    _ entry: Lookup.Entry, _ fields: [Operand], _ position: Int, _ table: Program.CompiledTable
  ) -> Bool {
    guard let ends, case .address(let family) = subject else { return true }
    for index in fields.indices where index != position && entry.key.indices.contains(index) {
      guard case .range(let range) = entry.key[index] else { continue }
      if fields[index].concerns(subject) {
        if !ends.addresses.contains(where: { $0.family == family && range.contains($0.value) }) { return false }
      } else if fields[index].isDestinationPort, table.title == ends.table {
        if !ends.ports.contains(where: { $0.overlaps(range) }) { return false }
      }
    }
    return true
  }

  /// Values of an operand; of one with a mask those of the number after it.
  private mutating func note(
    _ operand: Operand, _ range: ClosedRange<UInt128>, fields: [FieldPattern] = [], data: String = ""
  ) {
    guard case .masked(_, let mask) = operand else { return note(range, fields: fields, data: data) }
    guard case .address(let family) = subject else { return classes.add(mask: mask) }
    let rest = family.highest & ~mask
    if rest & (rest &+ 1) == 0 {
      note(range.lowerBound...max(range.lowerBound, range.upperBound | rest), fields: fields, data: data)
    } else {
      noteBits(mask, [range.lowerBound, range.upperBound])
    }
  }

  private mutating func noteBits(_ mask: UInt128, _ values: [UInt128]) {
    guard subject != .port else { return classes.add(mask: mask) }
    for value in values { patterns.insert(Pattern(mask: mask, value: value & mask)) }
  }

  private mutating func note(_ range: ClosedRange<UInt128>, fields: [FieldPattern] = [], data: String = "") {
    let label = Label(condition: condition, fields: fields, data: data)
    let number = labels[label] ?? labels.count
    labels[label] = number
    classes.add(range, label: number)
  }
}

extension Operation {
  /// Whether what it does depends on the subject.
  fileprivate func concerns(_ subject: BorderSubject) -> Bool {
    switch self {
    case .match(let operand, _, _), .setMark(_, let operand): operand.concerns(subject)
    case .verdictMap(let key, _): key.concerns(subject)
    case .translate(_, _, let address, let port):
      subject == .port && port != nil || address?.concerns(subject) == true
    case .extensionMatch(let match):
      match.set != nil || !match.ports.isEmpty || !match.addresses.isEmpty
        || !match.masked.isEmpty
    case .extensionTarget(let target): !target.ports.isEmpty
    case .object(let reference):
      if case .mapped(let key, _) = reference.choice { key.concerns(subject) } else { false }
    default: false
    }
  }
}

extension Operand {
  /// The port to which a packet goes, or the first packet of its connection went.
  fileprivate var isDestinationPort: Bool {
    switch self {
    case .port(isSource: false), .tuple(_, .dport, _): true
    default: false
    }
  }

  /// Whether its value depends on a port, or an address, of the packet or of its connection.
  func concerns(_ subject: BorderSubject) -> Bool {
    switch self {
    case .port: subject == .port
    case .address(let family, _): subject == .address(family)
    case .tuple(_, let field, let family):
      switch subject {
      case .port: field == .sport || field == .dport
      case .address(let wanted): (field == .saddr || field == .daddr) && (family ?? wanted) == wanted
      }
    case .masked(let inner, _): inner.concerns(subject)
    case .computed(_, let left, let right): left.concerns(subject) || right.concerns(subject)
    case .combination(let parts): parts.contains { $0.concerns(subject) }
    case .mapped(let key, _): key.concerns(subject)
    default: false
    }
  }
}

extension Program.CompiledRule {
  /// A rule without the value that one of its conditions compares with.
  struct Frame: Hashable {
    fileprivate var statements: [Statement]
    fileprivate var compared: Statement
  }

  /// - Parameter index: The position of the condition.
  /// - Returns: `nil` for what is no plain comparison with a value or a set.
  func frame(around index: Int) -> Frame? {
    guard operations.indices.contains(index), case .match(_, let test, negated: false) = operations[index] else {
      return nil
    }
    switch test {
    case .equals(.range), .isIn(.inline): break
    default: return nil
    }
    guard let compared = statements.indices.contains(index) ? statements[index].withoutValue : nil else { return nil }
    var rest = statements
    rest.remove(at: index)
    return Frame(statements: rest.filter { !$0.isCounter }, compared: compared)
  }
}

extension Statement {
  /// A comparison without what stands at its right side.
  fileprivate var withoutValue: Statement? {
    switch self {
    case .match(let left, let sign, _): return .match(left, sign, .set(""))
    default: return nil
    }
  }

  fileprivate var isCounter: Bool {
    switch self {
    case .counter, .object("counter", _): true
    default: false
    }
  }
}
