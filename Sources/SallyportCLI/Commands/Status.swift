import ArgumentParser
import Files
import Netfilter

/// `sallyport status`.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell what runs on this gateway, since when, and what it has counted.",
    discussion: """
      Looks at the table inet sallyport in the kernel of this machine, in this network namespace: which change made it and \
      when, whether that is confirmed or waits, whether a file loads it at boot and still says the same; and for each \
      publication and `reach` how many control connections were admitted, refused because of the client, or refused by a \
      limit, and how many data connections there were. Nothing is changed. Whether the rules are those of a policy says \
      `sallyport diff`.

      Counts begin anew when `apply` replaces the table, or the element that counts. A publication of which nothing stands in \
      the table counts nothing: a server with a public address of its own, without limits and lists of clients. `-`, or null, \
      means that the table does not count that.

      --output prometheus is for the textfile collector of the node exporter; --to replaces a file in one step, so that no \
      half of it is ever read.

      Exit status 0 whether or not there is a table; 70 when libnftables or the program sallyport-netfilter is missing or \
      fails, 74 when the file of --to or standard output cannot be written, 77 without root or CAP_NET_ADMIN.

      EXAMPLES:
        sallyport status
        sallyport status --output json
        sallyport status --output prometheus --to /var/lib/prometheus/node-exporter/sallyport.prom
      """)

  @Option(help: ArgumentHelp("text, json or prometheus.", valueName: "form"))
  var output: StatusForm = .text

  @Option(help: ArgumentHelp("Write into a file instead of standard output.", valueName: "file"), completion: .file())
  var to: String?

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard to?.isEmpty != true else { throw ValidationError("--to needs a file") }
  }

  func run() async throws {
    let console = common.console
    let changer = try state.changer(console)
    let status: RuleStatus?
    do throws(ApplyFailure) {
      status = try await changer.status()
    } catch {
      throw console.failure(error)
    }
    let view = StatusView(status)
    let text = view.text(as: output)
    guard let to else { return try console.write(text) }
    if let reason = replaceFile(to, with: Array(text.utf8)) {
      throw console.failure("\(to): \(reason)", .inputOutput)
    }
  }
}

/// For whom a status is written.
enum StatusForm: String, ExpressibleByArgument, CaseIterable {
  case text, json, prometheus
}
