import ArgumentParser
import Diagnostics
import Netfilter
import Nftables

/// `sallyport confirm`.
struct Confirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Keep the change that waits for its confirmation.",
    discussion: """
      For a change that was made by `sallyport apply --confirm-within`, whose name it prints. Where --persist was given, the \
      ruleset for boot is written now.

      Exit status 0 when the rules that run stay: the change was confirmed now or before, or the last apply had nothing to \
      change. 75 when the change has been taken back already, or is not in force because other rules came after it. 70 when \
      that cannot be said: the deadline has passed, the record of the change is gone, or nothing is known of the rules that \
      run. 74 when the confirmation or the file of --persist cannot be written.

      EXAMPLES:
        sallyport confirm
        sallyport confirm 9b264e4e
      """)

  @Argument(help: ArgumentHelp("The change that is meant; without it, whichever waits.", valueName: "change"))
  var change: String?

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let console = common.console
    var wanted: Generation?
    if let change {
      wanted = Generation(name: change)
      guard wanted != nil else { throw console.failure("`\(change)` names no change", .usage) }
    }
    let changer = try state.changer(console)
    do throws(ApplyFailure) {
      switch try await changer.confirm(wanted) {
      case .kept(let generation): console.say("confirmed: the rules of change \(generation.name) stay\n")
      case .stays(let generation):
        let rules = generation.map { "those of change \($0.name)" } ?? "the rules that run"
        console.say("no change waits for a confirmation; \(rules) stay\n")
      }
    } catch {
      throw console.failure(error)
    }
  }
}
