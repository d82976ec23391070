import Addressing
import Diagnostics
import Nftables

/// What a base chain does with a packet.
struct Ruling {
  enum Outcome: Hashable {
    case accept, drop, reject
    case undecided(reason: String)
  }

  /// What rules did on the way.
  enum Effect: Hashable {
    /// The kernel's name of the helper.
    case helper(String)
    case translate(Operation.Translation, AddressFamily?, address: IPAddress?, ports: ClosedRange<UInt16>?)
    case connectionMark(UInt128)
    case packetMark(UInt128)
    /// A mark that cannot be known, and why.
    case doubtfulMark(ofConnection: Bool, String)
    case field(String, UInt128?)
    case label(UInt128)
    case untracked
    /// The kernel's name of the helper that connection tracking, which comes after the rule, gives a new connection.
    case helperForNew(String)
  }

  var outcome: Outcome
  var effects: [Effect] = []
  var citation: Citation

  /// Whether both come to the same, whatever rule decided.
  func agrees(with other: Ruling) -> Bool { outcome == other.outcome && effects == other.effects }
}

/// The evaluation of one base chain for one packet, rule by rule as `nft_do_chain` in the kernel's nf_tables_core.c does it.
struct ChainRun {
  private enum Step {
    case next
    case jump(String)
    case goto(String)
    case `return`
    case final(Ruling.Outcome)
    /// A condition that cannot be evaluated, in a rule that would otherwise act.
    case doubt(String)
  }

  /// A chain that is run, its next rule, and the rules that led there.
  private struct Place {
    var chain: Program.CompiledChain
    var index = 0
    var way: [Citation.Turn] = []
  }

  /// Jumps inside each other at most (`NFT_JUMP_STACK_SIZE`).
  private static let deepestJump = 16
  private static let mostSteps = 200_000
  /// Conditions that cannot be evaluated and whose two outcomes are both tried, at most, in one chain.
  private static let mostForks = 6

  private let premises: Premises
  private let entry: Program.BaseChainEntry
  private var view: PacketView
  private var stack: [Place]
  private var effects: [Ruling.Effect] = []
  /// The statement behind the element that was found last.
  private var lastElement: SourceSpan?
  private var forks = 0

  init(_ entry: Program.BaseChainEntry, _ premises: Premises, _ view: PacketView) {
    self.premises = premises
    self.entry = entry
    self.view = view
    self.view.hook = entry.base.hook
    stack = [Place(chain: entry.chain)]
  }

  private var table: Program.CompiledTable { entry.table }

  mutating func run() -> Ruling {
    var steps = 0
    while let place = stack.last {
      let (chain, index) = (place.chain, place.index)
      steps += 1
      guard steps < Self.mostSteps else { return ruling(.undecided(reason: "too many rules"), nil) }
      guard chain.rules.indices.contains(index) else {
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].index += 1
      let rule = chain.rules[index]
      switch apply(rule, assumingDoubts: false) {
      case .next: continue
      case .doubt(let reason): return fork(rule, chain, reason)
      case let step:
        if let ruling = take(step, rule, chain) { return ruling }
      }
    }
    return ruling(entry.base.dropsByPolicy ? .drop : .accept, nil)
  }

  /// Follows a step; a ruling when it ends the chain.
  private mutating func take(
    _ step: Step, _ rule: Program.CompiledRule, _ chain: Program.CompiledChain
  ) -> Ruling? {
    switch step {
    case .next: return nil
    case .return:
      stack.removeLast()
      return nil
    case .jump(let name), .goto(let name):
      let way = (stack.last?.way ?? []) + [Citation.Turn(chain: chain.name, rule: rule)]
      if case .goto = step { stack.removeLast() }
      guard stack.count <= Self.deepestJump else {
        return ruling(.undecided(reason: "jumps are too deep"), rule, chain)
      }
      guard let target = table.chains[name] else {
        return ruling(.undecided(reason: "the listing does not show the chain `\(name)`"), nil)
      }
      stack.append(Place(chain: target, way: way))
      return nil
    case .final(let outcome): return ruling(outcome, rule, chain)
    case .doubt(let reason): return ruling(.undecided(reason: reason), rule, chain)
    }
  }

  /// Tries both: the condition holds, and it does not. What does not depend on it is decided nevertheless.
  private func fork(_ rule: Program.CompiledRule, _ chain: Program.CompiledChain, _ reason: String) -> Ruling {
    var holds = self
    let undecided = ruling(.undecided(reason: reason), rule, chain)
    guard forks < Self.mostForks else { return undecided }
    holds.forks += 1
    var fails = holds
    let without = fails.run()
    let with: Ruling
    let step = holds.apply(rule, assumingDoubts: true)
    with = holds.take(step, rule, chain) ?? holds.run()
    if case .undecided = without.outcome { return undecided }
    return with.agrees(with: without) ? without : undecided
  }

  private func ruling(
    _ outcome: Ruling.Outcome, _ rule: Program.CompiledRule?, _ chain: Program.CompiledChain? = nil
  ) -> Ruling {
    let citation = Citation(entry, chain, rule, element: lastElement, way: stack.last?.way ?? [])
    return Ruling(outcome: outcome, effects: effects, citation: citation)
  }

  private func lookup(_ reference: LookupReference) -> Lookup? { table.lookup(reference) }

  private func read(_ operand: Operand) -> Reading { view.read(operand, premises.network, table).certain }

  private mutating func apply(_ rule: Program.CompiledRule, assumingDoubts: Bool) -> Step {
    var doubt: String?
    for operation in rule.operations {
      switch operation {
      case .nothing: continue
      case .limit(let goesOn): if !goesOn { return .next }
      case .connectionCount(let limit, let isOver):
        guard let exceeds = view.counts(over: limit) else {
          doubt = doubt ?? "how many connections `ct count \(isOver ? "over " : "")\(limit)` has counted"
          continue
        }
        if exceeds != isOver { return .next }
      case .newConnectionOnly: if view.connection?.isConfirmed != false { return .next }
      case .match(let operand, let test, let negated):
        switch matches(operand, test) {
        case .some(.success(let isMatch)): if isMatch == negated { return .next }
        case .some(.failure(let reason)): doubt = doubt ?? reason.text
        case nil: return .next
        }
      case .extensionMatch(let match):
        switch match.test(context) {
        case .yes: continue
        case .no: return .next
        case .drop: return doubt.map { .doubt($0) } ?? .final(.drop)
        case .unknown(let reason): doubt = doubt ?? reason
        }
      case .extensionTarget(let target) where target.isNothing: continue
      case .object(let reference):
        switch meaning(of: reference) {
        case .limit(let goesOn)?: if !goesOn { return .next }
        case .newConnectionOnly?: if view.connection?.isConfirmed != false { return .next }
        case .assignHelper(let name)?: _ = act(.assignHelper(name))
        case .unknown(let text)?: return .doubt(doubt ?? text)
        case nil: return .next
        default: continue
        }
      case .unknown(let text): return .doubt(doubt ?? text)
      // Whether these happen is doubtful then, and matters only where somebody asks for what they leave.
      case .setField(let name, _) where doubt != nil: _ = act(.setField(name, nil))
      case .setMark(let ofConnection, _) where doubt != nil: doubtMark(ofConnection, doubt ?? "")
      default:
        if let doubt, !assumingDoubts { return .doubt(doubt) }
        let step = act(operation)
        if case .next = step, case .verdictMap = operation { return .next }
        guard case .next = step else { return step }
        if case .translate = operation { return .next }
      }
    }
    return .next
  }

  private struct Doubt: Error {
    var text: String
  }

  /// Whether a condition holds; `nil` when the packet lacks what is asked for, which ends the rule even when negated.
  private mutating func matches(_ operand: Operand, _ test: Operation.Test) -> Result<Bool, Doubt>? {
    let first: Datum
    var all: [Datum] = []
    switch view.read(operand, premises.network, table) {
    case .oneOf(let range, let text):
      return test.judge(range, lookup).map { .success($0) } ?? .failure(Doubt(text: text))
    case .value(let value): first = value
    case .fields(let fields):
      guard let value = fields.first else { return nil }
      first = value
      all = fields
    case .absent: return nil
    case .unknown(let text): return .failure(Doubt(text: text))
    }
    switch test {
    case .equals(let pattern):
      guard let isMatch = pattern.matches(first) else { return .failure(Doubt(text: "a value of another kind")) }
      return .success(isMatch)
    case .anyBit(let mask): return .success(first.bits & mask != 0)
    case .noBit(let mask): return .success(first.bits & mask == 0)
    case .exists(let wanted): return .success((first != .number(0)) == wanted)
    case .less(let bound): return .success(first.bits < bound)
    case .greater(let bound): return .success(first.bits > bound)
    case .isIn(let reference):
      guard let lookup = lookup(reference) else {
        return .failure(Doubt(text: "a set that the listing does not show"))
      }
      switch lookup.find(all.isEmpty ? [first] : all) {
      case .found(let entry):
        lastElement = entry.provenance ?? lastElement
        return .success(true)
      case .missing: return .success(false)
      case .unknown(let text): return .failure(Doubt(text: text))
      }
    }
  }

  /// A statement that decides or changes something.
  private mutating func act(_ operation: Operation) -> Step {
    switch operation {
    case .verdict(let verdict): return step(verdict)
    case .reject: return .final(.reject)
    case .verdictMap(let key, let reference): return verdict(under: key, reference)
    case .translate(let kind, let family, let address, let port): return translate(kind, family, address, port)
    case .assignHelper(let name):
      guard let type = table.helpers[name] else { return .doubt("the helper object `\(name)`") }
      effects.append(.helper(type))
    case .setMark(let ofConnection, let operand):
      switch read(operand) {
      case .value(let value): setMark(ofConnection, value.bits)
      case .fields(let values): setMark(ofConnection, values.first?.bits ?? 0)
      case .absent: return .next
      case .unknown(let text), .oneOf(_, let text): doubtMark(ofConnection, text)
      }
    case .setField(let name, var value):
      if name == KnownFields.segmentSize, let earlier = view.changed[name] {
        value = earlier.flatMap { old in value.map { min(old, $0) } }
      }
      view.changed[name] = .some(value)
      effects.append(.field(name, value))
    case .setLabel(let bits):
      view.connection?.labels |= bits
      effects.append(.label(bits))
    case .doNotTrack: effects.append(.untracked)
    case .extensionTarget(let target): return run(target)
    default: break
    }
    return .next
  }

  private var context: ExtensionContext {
    ExtensionContext(
      view: view, network: premises.network, hook: entry.base.hook, sets: premises.program.sets)
  }

  private mutating func run(_ target: ExtensionTarget) -> Step {
    let changes: [Ruling.Effect]
    var step = Step.next
    switch target.act(context) {
    case .goesOn(let effects): changes = effects
    case .ends(let outcome, let effects): (changes, step) = (effects, .final(outcome))
    case .unknown(let reason): return .doubt(reason)
    }
    for change in changes {
      switch change {
      case .packetMark(let mark): setMark(false, mark)
      case .connectionMark(let mark): setMark(true, mark)
      case .doubtfulMark(let ofConnection, let text): doubtMark(ofConnection, text)
      default: effects.append(change)
      }
    }
    return step
  }

  private mutating func setMark(_ ofConnection: Bool, _ value: UInt128) {
    if ofConnection {
      view.connection?.mark = value
      view.connection?.markDoubt = nil
      effects.append(.connectionMark(value))
    } else {
      view.mark = value
      view.markDoubt = nil
      effects.append(.packetMark(value))
    }
  }

  private mutating func doubtMark(_ ofConnection: Bool, _ text: String) {
    if ofConnection { view.connection?.markDoubt = text } else { view.markDoubt = text }
    effects.append(.doubtfulMark(ofConnection: ofConnection, text))
  }

  /// What the object does that a rule refers to; `nil` where a map names none.
  private func meaning(of reference: ObjectReference) -> Operation? {
    let name: String
    switch reference.choice {
    case .named(let known): name = known
    case .mapped(let key, let map):
      let fields: [Datum]
      switch read(key) {
      case .value(let value): fields = [value]
      case .fields(let more): fields = more
      case .absent: return nil
      case .unknown(let text), .oneOf(_, let text): return .unknown(text)
      }
      guard let lookup = lookup(map) else { return .unknown("a map that the listing does not show") }
      switch lookup.find(fields) {
      case .missing: return nil
      case .unknown(let text): return .unknown(text)
      case .found(let entry):
        guard case .listed(.string(let found)) = entry.data else { return .unknown(entry.data.text) }
        name = found
      }
    }
    if reference.kind == "ct helper" { return .assignHelper(name) }
    guard let definition = table.objects[ObjectName(kind: reference.kind, name: name)] else {
      return .unknown("the \(reference.kind) `\(name)`, which the listing does not show")
    }
    return Operation.meaning(ofObject: reference.kind, definition) ?? .unknown("the \(reference.kind) `\(name)`")
  }

  private func step(_ verdict: Verdict) -> Step {
    switch verdict {
    case .accept: .final(.accept)
    case .drop: .final(.drop)
    case .return: .return
    case .jump(let name): .jump(name)
    case .goto(let name): .goto(name)
    }
  }

  private mutating func verdict(under key: Operand, _ reference: LookupReference) -> Step {
    let fields: [Datum]
    switch read(key) {
    case .value(let value): fields = [value]
    case .fields(let more): fields = more
    case .absent: return .next
    case .unknown(let text), .oneOf(_, let text): return .doubt(text)
    }
    guard let lookup = lookup(reference) else { return .doubt("a map that the listing does not show") }
    switch lookup.find(fields) {
    case .missing: return .next
    case .unknown(let text): return .doubt(text)
    case .found(let entry):
      lastElement = entry.provenance ?? lastElement
      switch entry.data {
      case .none: return .doubt("a map without data")
      case .verdict(let verdict): return step(verdict)
      case .listed(let data):
        if data["continue"] != nil { return .next }
        guard case .verdict(let verdict) = Operation(data) else { return .doubt(data.text) }
        return step(verdict)
      case .values: return .doubt(entry.data.text)
      }
    }
  }

  /// A mapping ends the chain: the rest of it is not run.
  private mutating func translate(
    _ kind: Operation.Translation, _ family: AddressFamily?, _ target: Operand?, _ port: PortChoice?
  ) -> Step {
    let packetFamily = view.packet.tuple.family
    if let family, family != packetFamily { return .next }
    var values: [Datum] = []
    if let target {
      switch read(target) {
      case .value(let value): values = [value]
      case .fields(let more): values = more
      case .absent: return .next
      case .unknown(let text), .oneOf(_, let text): return .doubt(text)
      }
      noteElement(target)
    }
    var ports: ClosedRange<UInt16>?
    switch port {
    case .range(let range): ports = range
    case .computed(let operand):
      guard case .value(let value) = read(operand), let number = UInt16(exactly: value.bits) else {
        return .doubt("a computed port")
      }
      ports = number...number
    case nil:
      if values.count > 1, let number = UInt16(exactly: values.last?.bits ?? 0) { ports = number...number }
    }
    var address: IPAddress?
    if target != nil {
      guard case .number(let number)? = values.first, let found = IPAddress(family: packetFamily, value: number)
      else {
        return .doubt("an address of another family")
      }
      address = found
    }
    effects.append(.translate(kind, family, address: address, ports: ports))
    return .final(.accept)
  }

  /// Remembers the statement behind the element of a map that gave a translation its target.
  private mutating func noteElement(_ target: Operand) {
    guard case .mapped(let key, let reference) = target, let lookup = lookup(reference) else { return }
    let fields: [Datum]
    switch read(key) {
    case .value(let value): fields = [value]
    case .fields(let more): fields = more
    default: return
    }
    if case .found(let entry) = lookup.find(fields) { lastElement = entry.provenance ?? lastElement }
  }
}
