import ArgumentParser
import Netfilter
import Nftables

/// `sallyport rollback`.
struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Take the last change back: what ran before runs again.",
    discussion: """
      Takes back the last `sallyport apply`, whether it was confirmed or not, in one transaction; a file that --persist has \
      written is as before. Only one change is kept, and only until the machine is started anew. Exit status 1 when no \
      change is known that could be taken back: because there was none, or because another program has replaced our table.

      EXAMPLES:
        sallyport rollback
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let console = common.console
    let changer = try state.changer(console)
    do throws(ApplyFailure) {
      let record = try await changer.rollback(.requested)
      console.say("change \(record.generation.name) is taken back\n")
      if !record.hadTable {
        console.say(
          "there was no table before: translated sessions end, unless another table with a nat chain keeps "
            + "translation at work\n")
      }
    } catch {
      throw console.failure(error)
    }
  }
}
