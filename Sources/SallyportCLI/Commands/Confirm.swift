import ArgumentParser
import Diagnostics
import Netfilter

/// `sallyport confirm`.
struct Confirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Keep the change that waits for its confirmation.",
    discussion: """
      For a change that was made by `sallyport apply --confirm-within`. Where --persist was given, the ruleset for boot is \
      written now. Exit status 0 also when nothing waits; 75 when the change has been taken back already.

      EXAMPLES:
        sallyport confirm
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let console = common.console
    let changer = try state.changer(console)
    do throws(ApplyFailure) {
      let wasWaiting = try await changer.confirm()
      let nothing =
        "no change waits for a confirmation" + (changer.isStateKept ? "" : ": there is no \(state.stateDir)")
      console.say((wasWaiting ? "confirmed: the rules stay" : printable(nothing)) + "\n")
    } catch {
      throw console.failure(error)
    }
  }
}
