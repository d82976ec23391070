import Files
import Netfilter
import Nftables

/// A network namespace in memory in the place of the kernel. It applies scripts as the kernel does, as a whole or not
/// at all, numbers the generations of its ruleset, and refuses a script that was made for another one.
actor MemoryNetfilter: ChangingBackend {
  /// What becomes of a call that goes wrong.
  enum Fault: Sendable {
    /// It fails before anything is done.
    case before(NetfilterFailure)
    /// It does its work, and the answer is lost.
    case after(NetfilterFailure)

    /// A worker that a signal ends.
    static let diesBefore = Fault.before(.killed(signal: 9))
    static let diesAfter = Fault.after(.brokenAnswer(status: 0, errors: ""))
    /// A worker that is ended because it took too long, at whatever it was.
    static let tooLateBefore = Fault.before(.timedOut(seconds: 120))
    static let tooLateAfter = Fault.after(.timedOut(seconds: 120))
  }

  /// A text that the kernel refuses, wherever it stands in a script, and the kernel's reason.
  typealias Refusal = (text: String, reason: String)

  private var namespace: MemoryTables
  private let foreignChains: [InstalledChain]
  private let refusals: [Refusal]
  private let dryRunFailure: NetfilterFailure?

  /// The generation of the whole ruleset.
  private var generation: UInt32 = 1
  /// How often it was asked.
  private(set) var calls = 0
  private var faults: [Int: Fault] = [:]
  private var interferences: [Int: [UInt8]] = [:]
  private var expiries: [Int: [UInt8]] = [:]
  private var strangeness: String?

  /// - Parameters:
  ///   - chains: Base chains of others, without rules.
  ///   - refusals: What the kernel refuses, beside what it has to.
  ///   - dryRunFailure: What becomes of every dry run, listings apart: libnftables 1.0.6 crashes like this.
  ///   - tables: What runs.
  init(
    chains: [InstalledChain] = [], refusals: [Refusal] = [], dryRunFailure: NetfilterFailure? = nil,
    tables: [Table] = []
  ) {
    foreignChains = chains
    self.refusals = refusals
    self.dryRunFailure = dryRunFailure
    namespace = MemoryTables(tables)
  }
}

// MARK: - What a test asks for

extension MemoryNetfilter {
  /// What becomes of a call, counted from the next one, which is 1.
  func fail(call number: Int, _ fault: Fault) { faults[calls + number] = fault }

  /// Another program runs a script right before a call, counted like that.
  func interfere(beforeCall number: Int, _ script: String) { interferences[calls + number] = Array(script.utf8) }

  /// Elements expire right before a call, counted like that: what a script deletes is gone, and the ruleset is of the
  /// same generation.
  func expire(beforeCall number: Int, _ script: String) { expiries[calls + number] = Array(script.utf8) }

  func forgetFaults() { (faults, interferences) = ([:], [:]) }

  /// From now on the table holds something of which nft prints another thing.
  func makeStrange(_ place: String) { strangeness = place }

  /// Runs a script as any other program does.
  func load(_ script: [UInt8]) throws { try take(script) }

  /// Our table as a listing has it.
  var own: Table? { listing(of: "sallyport") }

  /// All tables but ours.
  var others: [Table] { namespace.tables.filter { $0.family != .inet || $0.name != "sallyport" } }
}

// MARK: - The kernel

extension MemoryNetfilter {
  private enum TakeError: Error {
    case unread(ScriptError)
    case refusal(MemoryTables.Refusal)
  }

  /// Takes a script in; nothing has changed where that fails.
  private func take(_ script: [UInt8]) throws(TakeError) {
    namespace = try result(of: script)
    generation &+= 1
  }

  private func result(of script: [UInt8]) throws(TakeError) -> MemoryTables {
    let commands: [ScriptCommand]
    do throws(ScriptError) {
      commands = try ScriptReader.commands(in: script)
    } catch {
      throw .unread(error)
    }
    var result = namespace
    do throws(MemoryTables.Refusal) {
      try result.run(commands)
    } catch {
      throw .refusal(error)
    }
    return result
  }

  /// The listing has the mark of the table apart from its sets.
  private func listing(of name: String) -> Table? {
    guard var table = namespace.tables.first(where: { $0.family == .inet && $0.name == name }) else { return nil }
    if let index = table.sets.firstIndex(where: { $0.name == "sp_gen" }), table.sets[index].elements.count == 1,
      case .foreign(.number(let number))? = table.sets[index].elements.first?.key.first,
      let generation = UInt32(exactly: number).flatMap({ Generation($0) })
    {
      table.sets.remove(at: index)
      table.generation = generation
    }
    return table
  }

  /// Counts a call, and lets others do what they do before it.
  private func begin() throws(NetfilterFailure) -> Fault? {
    calls += 1
    if let script = interferences[calls] {
      do throws(TakeError) {
        try take(script)
      } catch {
        throw .library("the other program fails: \(error)")
      }
    }
    if let script = expiries[calls] {
      do throws(TakeError) {
        namespace = try result(of: script)
      } catch {
        throw .library("nothing expires: \(error)")
      }
    }
    let fault = faults[calls]
    if case .before(let failure)? = fault { throw failure }
    return fault
  }

  private func answer<Answer>(_ fault: Fault?, _ answer: Answer) throws(NetfilterFailure) -> Answer {
    if case .after(let failure)? = fault { throw failure }
    return answer
  }

  private func failure(_ error: ScriptError) -> NetfilterFailure {
    .library("line \(error.line): no script of ours: \(error.text)")
  }

  func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage] {
    let fault = try begin()
    if let dryRunFailure { throw dryRunFailure }
    return try answer(fault, try refusals(of: script))
  }

  private func refusals(of script: [UInt8]) throws(NetfilterFailure) -> [KernelMessage] {
    let lines = String(decoding: script, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = lines.enumerated().flatMap { index, line in
      refusals.filter { line.contains($0.text) }.map {
        KernelMessage(line: index + 1, text: "Could not process rule: \($0.reason)")
      }
    }
    guard wanted.isEmpty else { return wanted }
    do throws(TakeError) {
      _ = try result(of: script)
      return []
    } catch {
      switch error {
      case .unread(let error): throw failure(error)
      case .refusal(.missing): throw .library("Error: No such file or directory")
      case .refusal(.refused(let message)): return [message]
      }
    }
  }

  func commit(
    _ script: [UInt8], expecting generation: UInt32, holding lock: OpenFile?
  ) async throws(NetfilterFailure) -> CommitOutcome {
    let fault = try begin()
    return try answer(fault, try outcome(script, generation))
  }

  /// libnftables looks up names before it sends anything; the kernel looks at the generation first.
  private func outcome(_ script: [UInt8], _ expected: UInt32) throws(NetfilterFailure) -> CommitOutcome {
    do throws(TakeError) {
      let result = try result(of: script)
      guard expected == generation else { return .stale }
      namespace = result
      generation &+= 1
      return .committed
    } catch {
      switch error {
      case .unread(let error): throw failure(error)
      case .refusal(.missing): return .missing
      case .refusal(.refused(let message)): return expected == generation ? .refused([message]) : .stale
      }
    }
  }

  func baseChains() async throws(NetfilterFailure) -> [InstalledChain] { try answer(try begin(), foreignChains) }

  /// The tables, and those of the chains of others.
  func ruleset() async throws(NetfilterFailure) -> Ruleset {
    let fault = try begin()
    var ruleset = Ruleset(namespace.tables)
    for chain in foreignChains {
      guard let family = TableFamily(rawValue: chain.family), let kind = BaseChain.Kind(rawValue: chain.type),
        let hook = BaseChain.Hook(rawValue: chain.hook)
      else { continue }
      let base = BaseChain(kind, hook, priority: chain.priority, dropsByPolicy: chain.dropsByPolicy)
      ruleset.tables.append(Table(chain.table, family: family, chains: [Chain(chain.name, base)]))
    }
    return try answer(fault, ruleset)
  }

  func running(table name: String) async throws(NetfilterFailure) -> Listed<Table> {
    try answer(try begin(), Listed(listing(of: name), rulesetGeneration: generation))
  }

  func printed(table name: String) async throws(NetfilterFailure) -> Listed<PrintedTable>? {
    let fault = try begin()
    let printed = listing(of: name).map {
      PrintedTable(table: $0, text: Array($0.listing.utf8), strangeness: strangeness)
    }
    return try answer(fault, Listed(printed, rulesetGeneration: generation))
  }

  func rulesetGeneration() async throws(NetfilterFailure) -> UInt32 { try answer(try begin(), generation) }

  func connections() async throws(NetfilterFailure) -> [TrackedConnection] { try answer(try begin(), []) }
}
