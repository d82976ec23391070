import ArgumentParser
import Glibc
import Netfilter
import Nftables

/// `sallyport watch`, which `apply` starts: the watchdog of one change. It says `armed` when it is.
struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Take one change back at its deadline unless it is confirmed.", shouldDisplay: false)

  @Argument(help: ArgumentHelp("The name of the change.", valueName: "change"))
  var change: String

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    try console.checkDescriptors()
    guard let generation = Generation(name: change) else {
      throw console.failure("`\(change)` names no change", .usage)
    }
    let changer = try state.changer(console, blockedSignals: Watchdog.blockedSignals)
    let watchdog: Watchdog
    do throws(ApplyFailure) {
      watchdog = try Watchdog(of: generation, changer)
    } catch {
      throw console.failure(error)
    }
    Watchdog.shield()
    chdir("/")
    try console.write(armedMessage)
    leaveStreams()
    watchdog.run()
  }

  /// Puts /dev/null in the place of the standard streams, so that a program that reads them until they end, such as the
  /// shell that waits for `apply`, does not wait for the watchdog.
  private func leaveStreams() {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else { return }
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(null, stream) }
    close(null)
  }
}

/// What a watchdog says that is ready.
let armedMessage = "armed\n"
