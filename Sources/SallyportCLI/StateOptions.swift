import ArgumentParser
import Diagnostics
import Netfilter

/// Options of every command that changes the rules.
struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the way back is kept (default: \(StateFolder.defaultPath)).", valueName: "folder"))
  var stateDir: String = StateFolder.defaultPath

  func validate() throws {
    guard !stateDir.isEmpty else { throw ValidationError("--state-dir needs a folder") }
  }

  /// - Throws: `ExitStatus.internalFault` when the worker is missing.
  func changer(_ console: Console) throws -> RuleChanger<NetfilterWorker> {
    do throws(NetfilterFailure) {
      return RuleChanger(
        backend: NetfilterWorker(path: try WorkerLocation.find()), state: StateFolder(path: stateDir))
    } catch {
      throw console.failure(error)
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
    case .noWatchdog, .unknown: self.failure("\(failure)", .internalFault)
    case .takenBack: self.failure("\(failure)", .takenBack)
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
