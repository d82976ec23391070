import ArgumentParser
import Diagnostics
import Files
import Netfilter

/// Options of every command that changes the rules.
struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where the way back is kept.", valueName: "folder"),
    completion: .directory)
  var stateDir: String = StateFolder.defaultPath

  func validate() throws {
    guard !stateDir.isEmpty else { throw ValidationError("--state-dir needs a folder") }
  }

  var folder: StateFolder { StateFolder(path: stateDir) }

  /// - Parameter blockedSignals: Signals that do not reach the worker.
  /// - Throws: `ExitStatus.internalFault` when the worker is missing.
  func changer(_ console: Console, blockedSignals: [Int32] = []) throws -> RuleChanger<NetfilterWorker> {
    do throws(NetfilterFailure) {
      return RuleChanger(
        backend: NetfilterWorker(path: try WorkerLocation.find(), blockedSignals: blockedSignals), state: folder)
    } catch {
      throw console.failure(error)
    }
  }
}

extension Console {
  /// Files that a command which asks the kernel may have open at the same time, with those of its libraries.
  private static let neededFiles = 24
  /// The same for one that only reads and writes.
  private static let fewFiles = 6

  /// Makes sure that what asks the kernel is not stopped halfway: the runtime, too, ends the process when a thread of
  /// it cannot open what it needs.
  ///
  /// - Parameter few: Whether no kernel is asked.
  /// - Throws: `ExitStatus.inputOutput`.
  func checkDescriptors(few: Bool = false) throws {
    let needed = few ? Self.fewFiles : Self.neededFiles
    guard !canOpen(files: needed) else { return }
    throw failure(
      "too few files may be open at the same time: \(needed) more are needed; raise the limit with `ulimit -n 64`",
      .inputOutput)
  }

  /// Says that a change waits for its confirmation, if one does or nobody can tell.
  func say(_ pending: PendingChange.Answer) {
    switch pending {
    case .none: break
    case .waits(let change): say("\(errorStyle.yellow("note:")) \(change)\n")
    case .unknown(let failure):
      say("\(errorStyle.yellow("note:")) whether a change waits is not known: \(printable("\(failure)"))\n")
    }
  }
}

extension Console {
  /// Says why the rules were not changed, and returns what to throw.
  func failure(_ failure: ApplyFailure) -> ExitCode {
    switch failure {
    case .netfilter(let failure): self.failure(failure)
    case .state(.notPermitted): self.failure("\(failure)", .privilegeMissing)
    case .state, .restless, .bootFile, .bootFileRefused: self.failure("\(failure)", .inputOutput)
    case .pending, .refused, .noWayBack, .noScript, .noReturn, .nothingKnown: self.failure("\(failure)", .findings)
    case .noWatchdog, .unknown, .nothingToConfirm, .tooLate, .unrecorded, .unseen:
      self.failure("\(failure)", .internalFault)
    case .takenBack, .notInForce, .watchdogEnded: self.failure("\(failure)", .takenBack)
    }
  }
}

/// A span of time on the command line: `60s`, `5m` or `1h`; from one second to a day.
struct TimeSpan {
  let seconds: Int

  /// - Throws: `ValidationError` for any other text.
  static func read(_ argument: String) throws -> TimeSpan {
    guard let span = TimeSpan(argument) else {
      throw ValidationError("`\(argument)` is no time from 1s to 24h: write it as 60s, 5m or 1h")
    }
    return span
  }

  private init?(_ argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    guard let last = argument.last, let unit = units[last], argument.first != "+",
      let count = Int(argument.dropLast()), (1...86_400).contains(count), (1...86_400).contains(count * unit)
    else { return nil }
    seconds = count * unit
  }
}
