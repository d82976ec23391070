import Addressing
import Diagnostics
import Nftables

/// The evaluation of one base chain for one packet, rule by rule as `nft_do_chain` in the kernel's nf_tables_core.c
/// does it.
struct ChainRun {
  enum Step {
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

  let premises: Premises
  let entry: Program.BaseChainEntry
  var view: PacketView
  private var stack: [Place]
  var effects: [Ruling.Effect] = []
  /// The statement behind the element that was found last.
  var lastElement: SourceSpan?
  private var forks = 0

  init(_ entry: Program.BaseChainEntry, _ premises: Premises, _ view: PacketView) {
    self.premises = premises
    self.entry = entry
    self.view = view
    self.view.hook = entry.base.hook
    stack = [Place(chain: entry.chain)]
  }

  var table: Program.CompiledTable { entry.table }

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
    let citation = Citation(
      entry, chain, rule, element: lastElement, way: stack.last?.way ?? [], gateway: premises.name)
    return Ruling(outcome: outcome, effects: effects, citation: citation)
  }

  func lookup(_ reference: LookupReference) -> Lookup? { table.lookup(reference) }

  func read(_ operand: Operand) -> Reading { view.read(operand, premises.network, table).certain }

  private mutating func apply(_ rule: Program.CompiledRule, assumingDoubts: Bool) -> Step {
    var doubt: String?
    for operation in rule.operations {
      switch operation {
      case .nothing: continue
      case .limit(let goesOn): if !goesOn { return .next }
      case .doubtful(let reason): doubt = doubt ?? reason
      case .connectionCount(let limit, let isOver):
        if let ending = count(limit, isOver, &doubt) { return ending }
      case .changeSet(let change):
        guard self.change(change, isDoubtful: doubt != nil) else { return .next }
        switch change.inner {
        case .limit(goesOn: false): return .next
        case .doubtful(let reason): doubt = doubt ?? reason
        case .connectionCount(let limit, let isOver):
          if let ending = count(limit, isOver, &doubt) { return ending }
        case .unknown(let text): return .doubt(doubt ?? text)
        default: continue
        }
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
        case .doubtful(let reason)?: doubt = doubt ?? reason
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

  /// A count of connections: `.next` where it is not as the rule wants it.
  private func count(_ limit: UInt32, _ isOver: Bool, _ doubt: inout String?) -> Step? {
    guard let exceeds = view.counts(over: limit) else {
      doubt = doubt ?? "how many connections `ct count \(isOver ? "over " : "")\(limit)` has counted"
      return nil
    }
    return exceeds != isOver ? .next : nil
  }

  /// Whether a condition holds; `nil` when the packet lacks what is asked for, which ends the rule even when negated.
  mutating func matches(_ operand: Operand, _ test: Operation.Test) -> Result<Bool, Doubt>? {
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
      switch view.search(all.isEmpty ? [first] : all, lookup, reference, table, ofClient: operand.hasAddress) {
      case .found(let entry):
        lastElement = entry.provenance ?? lastElement
        return .success(true)
      case .missing: return .success(false)
      case .unknown(let text): return .failure(Doubt(text: text))
      }
    }
  }
}
