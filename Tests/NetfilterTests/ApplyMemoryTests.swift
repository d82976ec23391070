import Diagnostics
import Foundation
import LiveSupport
import Netfilter
import Nftables
import Platforms
import Synchronization
import Testing

/// What `ApplyTests` shows with the kernel, and every moment at which a call may go wrong, without root.
@Suite("apply, in memory", .serialized)
struct ApplyMemoryTests {
  /// A table of somebody else, and a script that changes its generation and nothing of ours.
  private static let other = "table inet other {\n  chain c {\n    counter\n  }\n}\n"

  private func failure(_ body: () async throws -> Void) async -> ApplyFailure? {
    do {
      try await body()
      return nil
    } catch {
      return error as? ApplyFailure
    }
  }

  @Test("create, change, nothing, replace; tables of others stay")
  func transactions() async throws {
    try await MemoryBench.run { bench in
      try await bench.backend.load(Array(Self.other.utf8))
      let others = await bench.backend.others
      var kinds: [Transaction.Kind?] = []
      for (wanted, replacing) in [
        (MemoryBench.old, false), (MemoryBench.new, false), (MemoryBench.new, false), (MemoryBench.old, true),
      ] {
        let before = wanted.plan(from: await bench.backend.own, replacing: false).difference.isSame
        let applied = try await bench.apply(wanted, replacing: replacing)
        if case .changed(let plan) = applied {
          kinds.append(plan.transaction.kind)
          #expect(await bench.backend.own?.generation == plan.generation)
        } else {
          kinds.append(nil)
        }
        #expect(before == (kinds.last == .some(nil)))
        #expect(await bench.isRunning(wanted))
      }
      #expect(kinds == [.create, .change, nil, .replace])
      #expect(await bench.backend.others == others)
    }
  }

  @Test("a dry run changes nothing and says what the kernel refuses")
  func dryRun() async throws {
    try await MemoryBench.run(MemoryNetfilter(refusals: [("50000-50499", "File exists")])) { bench in
      try await bench.apply(MemoryBench.old)
      let before = await bench.backend.own
      let trial = try await bench.changer.tryOut(MemoryBench.new, replacing: false)
      #expect(trial.plan.transaction.kind == .change)
      #expect(trial.refusals.map(\.code) == ["kernel-refused"])
      #expect(await bench.backend.own == before)
    }
  }

  @Test("rollback leads back once, remove takes the table and nothing else")
  func wayBack() async throws {
    try await MemoryBench.run { bench in
      try await bench.backend.load(Array(Self.other.utf8))
      let others = await bench.backend.others
      try await bench.apply(MemoryBench.old)
      try await bench.apply(MemoryBench.new)
      _ = try await bench.changer.rollback(.requested)
      #expect(await bench.isRunning(MemoryBench.old))
      guard case .nothingKnown? = await failure({ _ = try await bench.changer.rollback(.requested) }) else {
        Issue.record("taken back twice")
        return
      }
      #expect(try await bench.changer.remove(dryRun: true) != nil)
      #expect(await bench.isRunning(MemoryBench.old))
      #expect(try await bench.changer.remove(dryRun: false) != nil)
      #expect(await bench.backend.own == nil)
      #expect(try await bench.changer.remove(dryRun: false) == nil)
      #expect(await bench.backend.others == others)
      #expect(try bench.state.records()?.all().isEmpty == true)
    }
  }

  @Test("a change that waits: it stays once it is confirmed, and what keeps others from changing rules ends")
  func confirmation() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      let plan = try await bench.apply(MemoryBench.new, confirmWithin: 60).plan
      guard case .pending(let pending)? = await failure({ try await bench.apply(MemoryBench.old) }) else {
        Issue.record("a change that waits was changed")
        return
      }
      #expect(pending.generation == plan.generation && pending.watch == .alive)
      #expect(try await bench.changer.confirm() == .kept(plan.generation))
      #expect(try await bench.changer.confirm() == .stays(plan.generation))
      _ = try await bench.changer.rollback(.requested)
      #expect(await bench.isRunning(MemoryBench.old))
    }
  }

  @Test("a watchdog looks at its change for each who asks, after they have come")
  func freshSigns() throws {
    let generation = try #require(Generation(.random(in: 1 ... .max)))
    let socket = try WatchdogSocket(of: generation)
    let answers = Answers()
    for _ in 0..<2 { Thread.detachNewThread { answers.add(askWatchdog(of: generation)) } }
    // What the watchdog sees changes between the two. Whoever gets no answer gives up by himself.
    var signs: [WatchdogSign] = [.confirmed, .waiting]
    while answers.all.count < 2 {
      socket.answer { signs.popLast() ?? .lost }
      poll(nil, 0, 1)
    }
    #expect(Set(answers.all) == [.waiting, .confirmed])
  }

  @Test("a change that waits: what its watchdog takes back cannot be confirmed")
  func unconfirmed() async throws {
    try await MemoryBench.run { bench in
      let plan = try await bench.apply(MemoryBench.new, confirmWithin: 60).plan
      _ = try await bench.changer.rollback(.unconfirmed, of: plan.generation)
      #expect(await bench.backend.own == nil)
      guard case .takenBack(.unconfirmed)? = await failure({ _ = try await bench.changer.confirm(plan.generation) })
      else {
        Issue.record("it was confirmed")
        return
      }
    }
  }

  @Test("a change whose watchdog has ended is taken back")
  func withoutWatchdog() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      let failure = await failure {
        _ = try await bench.changer.apply(
          MemoryBench.new, ApplyOptions(confirmWithin: 60) { _ throws(ApplyFailure) in })
      }
      guard case .watchdogEnded? = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
      #expect(await bench.isRunning(MemoryBench.old))
    }
  }

  @Test("what cannot be put back is not changed with a deadline")
  func noWayBack() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      var foreign = try #require(await bench.backend.own)
      foreign.foreign = [ForeignObject(kind: "counter", name: "mine", definition: .object([:]))]
      let other = MemoryNetfilter(tables: [foreign])
      await other.makeStrange("a comment")
      let changer = RuleChanger(backend: other, state: bench.state)
      let failure = await failure {
        _ = try await changer.apply(MemoryBench.new, ApplyOptions(confirmWithin: 60) { _ throws(ApplyFailure) in })
      }
      guard case .noScript("a comment")? = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
    }
  }

  // MARK: - Others change rules at the same time

  @Test("other programs are faster, before whichever call: the change is made for what runs then")
  func interference() async throws {
    let scripts = [
      Self.other,
      "add element inet sallyport passive4 { 203.0.113.10 . 40000-40001 : 10.10.20.200 }",
      "flush chain inet sallyport publish", "delete table inet sallyport",
    ]
    for script in scripts {
      for call in 1...4 {
        try await MemoryBench.run { bench in
          try await bench.apply(MemoryBench.old)
          await bench.backend.interfere(beforeCall: call, script)
          let before = await bench.backend.calls
          try await bench.apply(MemoryBench.new)
          let isMet = await bench.backend.calls - before >= call
          #expect(isMet || call > 2, "\(call)")
          #expect(await bench.isRunning(MemoryBench.new), "\(call): \(script)")
          if isMet { #expect(await bench.backend.others.isEmpty == (script != Self.other)) }
        }
      }
    }
  }

  @Test(
    "an element expires before whichever call: the change is made for what is left",
    arguments: [(nil, 2), (nil, 1), (60, 3), (60, 2)] as [(Int?, Int)])
  func expiry(confirmWithin: Int?, call: Int) async throws {
    let element = "element inet sallyport passive4 { 203.0.113.10 . 40000-40001 : 10.10.20.200 }"
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      try await bench.backend.load(Array("add \(element)\n".utf8))
      await bench.backend.expire(beforeCall: call, "delete \(element)\n")
      try await bench.apply(MemoryBench.new, confirmWithin: confirmWithin)
      #expect(await bench.isRunning(MemoryBench.new))
      let own = await bench.backend.own?.generation
      #expect(try bench.state.records()?.all().map { Optional($0.generation) } == [own])
    }
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      try await bench.backend.load(Array("add \(element)\n".utf8))
      await bench.backend.expire(beforeCall: min(call, 2), "delete \(element)\n")
      #expect(try await bench.changer.tryOut(MemoryBench.new, replacing: false).refusals.isEmpty)
    }
  }

  @Test("other programs that change rules without end: nothing is changed, and nothing is written down")
  func restless() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      for call in 1...200 { await bench.backend.interfere(beforeCall: call, Self.other) }
      guard case .restless? = await failure({ try await bench.apply(MemoryBench.new) }) else {
        Issue.record("not restless")
        return
      }
      #expect(await bench.isRunning(MemoryBench.old))
      let own = await bench.backend.own?.generation
      #expect(try bench.state.records()?.all().map { Optional($0.generation) } == [own])
    }
  }

  @Test("two changes at once, with one state folder and with two: one after the other", arguments: [true, false])
  func twoAtOnce(isShared: Bool) async throws {
    try await MemoryBench.run { bench in
      try await MemoryBench.run(bench.backend) { second in
        let other = isShared ? bench : second
        async let first = bench.apply(MemoryBench.old)
        async let next = other.apply(MemoryBench.new)
        let generations = [try await first, try await next].map(\.plan.generation)
        let own = await bench.backend.own
        #expect(generations.contains { $0 == own?.generation })
        let (isOld, isNew) = (await bench.isRunning(MemoryBench.old), await bench.isRunning(MemoryBench.new))
        #expect(isOld != isNew)
      }
    }
  }

  // MARK: - Calls that go wrong

  private static let faults: [(name: String, fault: MemoryNetfilter.Fault)] = [
    ("dies before", .diesBefore), ("dies after", .diesAfter), ("too late before", .tooLateBefore),
    ("too late after", .tooLateAfter),
  ]

  /// Lets each call of an operation go wrong in turn.
  ///
  /// - Parameters:
  ///   - count: How many calls in a row go wrong.
  ///   - isDone: Whether the operation has taken place, as the rules show.
  ///   - check: What holds after it, with the failure that it told.
  private func sweep(
    count: Int, prepare: (MemoryBench) async throws -> Void, _ operation: (MemoryBench) async throws -> Void,
    _ check: (MemoryBench, ApplyFailure?, String) async throws -> Void
  ) async throws {
    for (name, fault) in Self.faults {
      var call = 1
      var isMet = true
      while isMet {
        isMet = try await MemoryBench.run { bench in
          try await prepare(bench)
          let before = await bench.backend.calls
          for offset in 0..<count { await bench.backend.fail(call: call + offset, fault) }
          let failure = await failure { try await operation(bench) }
          let isMet = await bench.backend.calls - before >= call
          await bench.backend.forgetFaults()
          try await check(bench, failure, "\(name), call \(call)")
          return isMet
        }
        call += 1
      }
      #expect(call > 2, "\(name): it has no calls")
    }
  }

  @Test("apply says what runs, whichever call goes wrong", arguments: [1, 2], [nil, 60])
  func applyFaults(count: Int, confirmWithin: Int?) async throws {
    try await sweep(count: count) { bench in
      try await bench.apply(MemoryBench.old)
    } _: { bench in
      try await bench.apply(MemoryBench.new, confirmWithin: confirmWithin)
    } _: { bench, failure, place in
      let isNew = await bench.isRunning(MemoryBench.new)
      if !isNew { #expect(await bench.isRunning(MemoryBench.old), "\(place)") }
      switch failure {
      case nil: #expect(isNew, "\(place)")
      case .netfilter?: #expect(!isNew, "\(place)")
      case .unknown? where count > 1: break
      default: Issue.record("\(place): \(String(describing: failure))")
      }
      // Whatever was said, what runs has a way back.
      guard isNew else { return }
      _ = try await bench.changer.rollback(.requested)
      #expect(await bench.isRunning(MemoryBench.old), "\(place)")
    }
  }

  @Test("rollback, confirm and remove say what runs, and do it when they are asked again", arguments: [1, 2])
  func otherFaults(count: Int) async throws {
    try await sweep(count: count) { bench in
      try await bench.apply(MemoryBench.old)
      try await bench.apply(MemoryBench.new)
    } _: { bench in
      _ = try await bench.changer.rollback(.requested)
    } _: { bench, failure, place in
      if failure == nil { #expect(await bench.isRunning(MemoryBench.old), "\(place)") }
      if await bench.isRunning(MemoryBench.new) { _ = try await bench.changer.rollback(.requested) }
      #expect(await bench.isRunning(MemoryBench.old), "\(place)")
    }
    try await sweep(count: count) { bench in
      try await bench.apply(MemoryBench.old)
    } _: { bench in
      _ = try await bench.changer.remove(dryRun: false)
    } _: { bench, failure, place in
      if failure == nil { #expect(await bench.backend.own == nil, "\(place)") }
      _ = try await bench.changer.remove(dryRun: false)
      #expect(await bench.backend.own == nil, "\(place)")
    }
    try await sweep(count: count) { bench in
      try await bench.apply(MemoryBench.new, confirmWithin: 60)
    } _: { bench in
      _ = try await bench.changer.confirm()
    } _: { bench, failure, place in
      let generation = try #require(await bench.backend.own?.generation)
      let confirmed = try await bench.changer.confirm()
      #expect(confirmed == (failure == nil ? .stays(generation) : .kept(generation)), "\(place)")
      #expect(await bench.isRunning(MemoryBench.new))
    }
  }

  @Test("the first command of a change fails where its mark is gone, whatever generation the kernel is told")
  func mark() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      let plan = MemoryBench.new.plan(from: await bench.backend.own, replacing: false)
      let generation = try await bench.backend.rulesetGeneration()
      let script = plan.transaction.script.bytes
      #expect(try await bench.backend.commit(script, expecting: generation, holding: nil) == .committed)
      let again = try await bench.backend.commit(script, expecting: generation + 1, holding: nil)
      #expect(again == .refused([KernelMessage(line: 2, text: "Could not process rule: No such file or directory")]))
      let told = MemoryBench.new.diagnostics([KernelMessage(line: 2, text: "x")], of: plan)
      #expect(told.map(\.code) == ["kernel-refused"])
    }
  }

  @Test("a full disk: nothing new is changed, and what waits can be kept and taken back")
  func fullDisk() async throws {
    try await MemoryBench.run { bench in
      try await bench.apply(MemoryBench.old)
      bench.disk.fill()
      guard case .state(.system(_, let reason))? = await failure({ try await bench.apply(MemoryBench.new) }) else {
        Issue.record("it was applied")
        return
      }
      #expect(reason == "no space left on device")
      #expect(await bench.isRunning(MemoryBench.old))
      bench.disk.empty()
      for isKept in [true, false] {
        try await bench.apply(MemoryBench.new, confirmWithin: 60)
        bench.disk.fill()
        if isKept { _ = try await bench.changer.confirm() }
        #expect(await bench.isRunning(MemoryBench.new))
        _ = try await bench.changer.rollback(.requested)
        #expect(await bench.isRunning(MemoryBench.old))
        bench.disk.empty()
      }
      bench.disk.fill()
      #expect(try await bench.changer.remove(dryRun: false) != nil)
    }
  }

  // MARK: - For all policies

  private static let accepted: [(policy: String, table: Table)] = {
    var accepted: [(String, Table)] = []
    var seed: UInt64 = 1
    while accepted.count < 60 {
      var generator = PolicyGenerator(seed: seed)
      let policy = generator.policy()
      let compilation = compile(policy)
      if compilation.isAccepted {
        let gateway = compilation.policy.gateways.isEmpty ? nil : 0
        accepted.append((policy, compilation.table(gateway: gateway).canonical()))
      }
      seed += 1
    }
    return accepted
  }()

  @Test("from any policy to any other, and back")
  func pairs() async throws {
    var replaced = 0
    for (first, second) in zip(Self.accepted, Self.accepted.dropFirst()) {
      try await MemoryBench.run { bench in
        let place = "from\n\(first.policy)\nto\n\(second.policy)"
        try await bench.apply(MemoryBench.wanted(first.policy))
        #expect(await bench.backend.own?.canonical() == first.table, "\(place)")
        let applied = try await bench.apply(MemoryBench.wanted(second.policy))
        #expect(await bench.backend.own?.canonical() == second.table, "\(place)")
        guard case .changed(let plan) = applied else { return }
        if plan.transaction.kind != .change { replaced += 1 }
        _ = try await bench.changer.rollback(.requested)
        #expect(await bench.backend.own?.canonical() == first.table, "back \(place)")
      }
    }
    #expect(replaced == 0)
  }
}

/// What watchdogs have said, to threads of their own.
private final class Answers: Sendable {
  private let signs = Mutex<[WatchdogSign?]>([])
  var all: [WatchdogSign?] { signs.withLock { $0 } }
  func add(_ sign: WatchdogSign?) { signs.withLock { $0.append(sign) } }
}
