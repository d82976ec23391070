import Addressing

/// The ports at which rules, sets and maps of a ruleset begin or cease to hold: between two of them all ports are alike.
package struct PortBorders: Sendable {
  private var starts: Set<UInt16> = []
  /// Distances of borders that repeat, from masks such as `tcp dport & 0xff`.
  private var steps: Set<UInt32> = []
  private let sets: IPSets

  /// - Parameter program: All its tables are read, each rule and element once.
  package init(_ program: Program) {
    sets = program.sets
    for table in program.tables {
      for chain in table.chains.values.sorted(by: { $0.name < $1.name }) {
        for rule in chain.rules { for operation in rule.operations { visit(operation, table) } }
      }
    }
  }

  /// The same with the ports by which the machine chooses the way of packets.
  package func adding(_ ports: [ClosedRange<UInt16>]) -> PortBorders {
    var result = self
    for range in ports { result.note(UInt128(range.lowerBound)...UInt128(range.upperBound)) }
    return result
  }

  /// The parts of a range of ports in which all ports are alike, from low to high.
  ///
  /// - Parameter most: How many at most; the ports after the last are left out.
  package func parts(of range: ClosedRange<UInt16>, atMost most: Int) -> [ClosedRange<UInt16>] {
    var all = starts.filter { range.contains($0) }
    all.insert(range.lowerBound)
    for step in steps where all.count <= most {
      var port = UInt32(range.lowerBound) / step * step
      while port <= UInt32(range.upperBound), all.count <= most {
        if port >= UInt32(range.lowerBound) { all.insert(UInt16(port)) }
        port += step
      }
    }
    let sorted = all.sorted()
    let parts = sorted.indices.map { index in
      sorted[index]...(sorted.indices.contains(index + 1) ? sorted[index + 1] - 1 : range.upperBound)
    }
    return Array(parts.prefix(most))
  }

  private mutating func visit(_ operation: Operation, _ table: Program.CompiledTable) {
    switch operation {
    case .match(let operand, let test, _):
      visit(operand, table)
      if operand.concernsPorts { visit(test, operand, table) }
    case .verdictMap(let key, let reference): visit(.mapped(key, reference), table)
    case .translate(_, _, let address, let port):
      if let address { visit(address, table) }
      switch port {
      case .range(let range): note(UInt128(range.lowerBound)...UInt128(range.upperBound))
      case .computed(let operand): visit(operand, table)
      case nil: break
      }
    case .setMark(_, let operand): visit(operand, table)
    case .extensionMatch(let match):
      let ranges = match.ports + (match.set.map { sets.ports($0) } ?? [])
      for range in ranges { note(UInt128(range.lowerBound)...UInt128(range.upperBound)) }
    case .extensionTarget(let target):
      for range in target.ports { note(UInt128(range.lowerBound)...UInt128(range.upperBound)) }
    case .object(let reference):
      if case .mapped(let key, let map) = reference.choice { visit(.mapped(key, map), table) }
    case .verdict, .reject, .assignHelper, .setField, .setLabel, .doNotTrack, .limit, .connectionCount,
      .newConnectionOnly,
      .nothing, .unknown:
      break
    }
  }

  private mutating func visit(_ test: Operation.Test, _ operand: Operand, _ table: Program.CompiledTable) {
    switch test {
    case .equals(.range(let range)): note(range)
    case .equals, .exists: break
    case .isIn(let reference): note(reference, operand, table)
    case .anyBit(let mask), .noBit(let mask): note(step: mask)
    case .less(let bound): note(bound)
    case .greater(let bound): note(bound &+ 1)
    }
  }

  private mutating func visit(_ operand: Operand, _ table: Program.CompiledTable) {
    switch operand {
    case .mapped(let key, let reference):
      visit(key, table)
      if key.concernsPorts { note(reference, key, table) }
    case .masked(let inner, let mask):
      visit(inner, table)
      if inner.concernsPorts { note(step: mask) }
    case .combination(let parts): for part in parts { visit(part, table) }
    case .computed(_, let left, let right):
      if left.concernsPorts || right.concernsPorts { steps.insert(1) }
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
    let positions = fields.indices.filter { fields[$0].concernsPorts }
    lookup.forEachRange(ofFields: positions) { note($0) }
  }

  private mutating func note(_ range: ClosedRange<UInt128>) {
    note(range.lowerBound)
    note(range.upperBound &+ 1)
  }

  private mutating func note(_ start: UInt128) {
    if let port = UInt16(exactly: start) { starts.insert(port) }
  }

  /// A mask changes its outcome at multiples of its lowest bit.
  private mutating func note(step mask: UInt128) {
    let lowest = mask & (~mask &+ 1)
    if lowest > 0, lowest <= 32768 { steps.insert(UInt32(lowest)) }
  }
}

extension Operand {
  /// Whether its value depends on a port of the packet or of its connection.
  var concernsPorts: Bool {
    switch self {
    case .port: true
    case .tuple(_, let field, _): field == .sport || field == .dport
    case .masked(let inner, _): inner.concernsPorts
    case .computed(_, let left, let right): left.concernsPorts || right.concernsPorts
    case .combination(let parts): parts.contains { $0.concernsPorts }
    case .mapped(let key, _): key.concernsPorts
    default: false
    }
  }
}
