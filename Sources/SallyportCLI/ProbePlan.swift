import Addressing
import Compilation
import Diagnosis
import Diagnostics
import FTPSession
import Policy
import Probing
import Trials

/// What `probe` is to try.
struct ProbePlan {
  /// What is probed, for people.
  var title: String
  var trials: [Trial]
  /// The name that was given for the server; `nil` where it was an address.
  var name: String?
  var published: Published?
  /// What the policy limits a client to.
  var mostAtOnce: Int?
  var mostPerMinute: Int?

  /// Takes sessions in clear out, where others are left; whether there were any.
  mutating func leaveOutPlain() -> Bool {
    let others = trials.filter { $0.kind.encryption != .plain }
    guard !others.isEmpty, others.count < trials.count else { return false }
    trials = others
    return true
  }

  /// The names by which a file of accounts may have the server.
  func names(_ other: String?) -> [String] {
    var names = [other, name].compactMap(\.self)
    for trial in trials where !names.contains("\(trial.address)") { names.append("\(trial.address)") }
    return names
  }

  /// - Throws: `ExitStatus.inputMissing` when the name has no address, `ExitStatus.internalFault`.
  init(_ target: ProbeTarget, _ choice: ProbeChoiceOptions, _ runner: ProbeRunner, _ console: Console) throws {
    title = target.port.map { "\(target.host) port \($0)" } ?? target.host
    var choice = choice.choice
    if target.isImplicit, choice.encryptions.isEmpty { choice.encryptions = [.implicit] }
    if let address = target.address {
      trials = askedTrials(at: [address], port: target.port, choice)
      return
    }
    name = target.host
    let found: Result<[IPAddress], ProbeRunner.UnknownName>
    do throws(ProbeFailure) {
      found = try runner.addresses(of: target.host)
    } catch {
      throw console.failure("\(error)", .internalFault)
    }
    switch found {
    case .success(let addresses):
      trials = askedTrials(at: addresses, port: target.port, choice)
      let tried = Set(trials.map(\.address))
      let others = Set(addresses).subtracting(tried).filter { address in
        tried.contains { $0.family == address.family }
      }
      if !others.isEmpty {
        let list = tried.sorted().map { "\($0)" }.joined(separator: " and ")
        console.say("note: \(target.host) has \(others.count) more addresses; \(list) is tried\n")
      }
    case .failure(let unknown):
      throw console.failure("\(target.host): \(unknown.reason)", .inputMissing)
    }
  }

  /// - Throws: `ExitStatus.inputMissing`, `ExitStatus.findings`, `ExitStatus.usage`.
  init(
    _ words: [String], _ choice: ProbeChoiceOptions, _ includes: IncludeOptions, _ form: OutputForm,
    _ console: Console
  ) throws {
    // Whoever names no publication is told which there are.
    let files = words.count == 1 ? words : Array(words.dropLast())
    let wanted = words.count == 1 ? "" : words.last ?? ""
    let compilation = try PolicyFiles(files: files, includes: includes, console: console).compile()
    try compilation.reportOnError(console, as: form)
    let policy = compilation.policy
    let names = policy.publications.map(\.name.value) + policy.reaches.map(\.name.value)
    title = wanted
    let publication: Publication
    let table: SessionTable
    if let found = policy.publications.first(where: { $0.name.value == wanted }) {
      publication = found
      table = compilation.sessions(of: found)
    } else if let reach = policy.reaches.first(where: { $0.name.value == wanted }), let access = reach.accesses.first
    {
      publication = access
      table = compilation.sessions(of: reach)
    } else if words.count == 1 {
      let list = names.isEmpty ? "there is none" : "there is \(listed(names))"
      throw console.failure("name a publication after the policy files; \(list)", .usage)
    } else {
      throw console.failure(unknown("publication", wanted, among: names), .usage)
    }
    published = Published(publication: publication, compilation: compilation)
    trials = plannedTrials(
      of: table, at: publication.externalAddresses.map(\.dialled.value),
      port: publication.controlPort.value.external, choice.choice, from: choice.place)
    for limit in publication.limits {
      switch limit.value {
      case .sessionsPerClient(let most), .sessions(let most): mostAtOnce = min(mostAtOnce ?? .max, Int(most))
      case .newPerMinutePerClient(let most): mostPerMinute = min(mostPerMinute ?? .max, Int(most))
      }
    }
  }
}
