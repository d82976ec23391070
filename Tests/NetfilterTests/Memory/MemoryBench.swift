import Compilation
import Files
import Foundation
import Netfilter
import Nftables
import Platforms
import Synchronization
import Testing

/// Everything that changes rules, with a network namespace in memory: it needs no root. The state folder is a real one.
struct MemoryBench {
  let backend: MemoryNetfilter
  let state: StateFolder
  let disk: Disk
  let watchdogs = Watchdogs()

  var changer: RuleChanger<MemoryNetfilter> { RuleChanger(backend: backend, state: state) }

  /// Runs a body with a state folder that is removed afterwards.
  static func run<Result>(
    _ backend: MemoryNetfilter = MemoryNetfilter(), _ body: (MemoryBench) async throws -> Result
  ) async throws -> Result {
    try await withFolder { folder in
      let disk = Disk()
      let state = StateFolder(path: "\(folder)/state", hasRoom: { disk.hasRoom })
      let bench = MemoryBench(backend: backend, state: state, disk: disk)
      defer { bench.watchdogs.end() }
      return try await body(bench)
    }
  }

  static let old = wanted(ApplyBench.old)
  static let new = wanted(ApplyBench.new)

  static func wanted(_ policy: String) -> WantedRules {
    let compilation = compile(policy)
    guard compilation.isAccepted,
      let rules = WantedRules(compilation, gateway: compilation.policy.gateways.isEmpty ? nil : 0, version: version)
    else { preconditionFailure("the policy of a test is refused: \(compilation.diagnostics)\n\(policy)") }
    return rules
  }

  @discardableResult
  func apply(_ wanted: WantedRules, confirmWithin: Int? = nil, replacing: Bool = false) async throws -> Applied {
    try await changer.apply(
      wanted,
      ApplyOptions(replacing: replacing, confirmWithin: confirmWithin) { generation throws(ApplyFailure) in
        try watchdogs.arm(generation, state)
      })
  }

  /// Whether the rules that run are those of a policy, and say so themselves.
  func isRunning(_ wanted: WantedRules) async -> Bool {
    wanted.plan(from: await backend.own, replacing: false).difference.isSame
  }
}

/// The room on the disk of a state folder.
final class Disk: Sendable {
  private let room = Atomic(true)
  var hasRoom: Bool { room.load(ordering: .relaxed) }
  func fill() { room.store(false, ordering: .relaxed) }
  func empty() { room.store(true, ordering: .relaxed) }
}

/// In the place of the processes that take changes back: they answer like these, and wait for no deadline.
final class Watchdogs: Sendable {
  private let isEnded = Atomic(false)

  /// Answers from a thread of its own, since whoever asks waits for it.
  func arm(_ generation: Generation, _ state: StateFolder) throws(ApplyFailure) {
    let socket = try WatchdogSocket(of: generation)
    let records: StateRecords?
    do throws(StateFailure) { records = try state.records() } catch { throw .state(error) }
    Thread.detachNewThread { [self] in
      while !isEnded.load(ordering: .relaxed) {
        var event = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&event, 1, 20) > 0 { socket.answer { WatchdogSign(records?.fate(of: generation)) } }
      }
    }
  }

  func end() { isEnded.store(true, ordering: .relaxed) }
}
