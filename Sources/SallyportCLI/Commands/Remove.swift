import ArgumentParser
import Diagnostics
import Netfilter

/// `sallyport remove`.
struct Remove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take our table away, and nothing else.",
    discussion: """
      Deletes the table inet sallyport of this network namespace. Nothing is published any more; other tables stay as they \
      are. Says which live sessions went through it. Those that were translated end, unless another table with a nat chain \
      keeps translation at work; the others go on, but the helper opens no data connection for them any more.

      Exit status 0 when there is no such table any more, 74 when other programs keep changing rules, 77 without root or \
      CAP_NET_ADMIN.

      EXAMPLES:
        sallyport remove --dry-run
        sallyport remove
      """)

  @Flag(help: "Say what would end; change nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  /// Sessions that are named one by one for people.
  private static let longestList = 20

  func run() async throws {
    let console = common.console
    let changer = try state.changer(console)
    let removal: Removal?
    do throws(ApplyFailure) {
      removal = try await changer.remove(dryRun: dryRun)
    } catch {
      throw console.failure(error)
    }
    if output == .json {
      return try console.write(encodeJSON(RemoveOutput(removal, dryRun: dryRun)))
    }
    guard let removal else { return console.say("there is no table `inet sallyport`\n") }
    try console.write(removal.sessions.prefix(Self.longestList).map { $0.sentence }.joined())
    if removal.sessions.count > Self.longestList {
      try console.write("and \(removal.sessions.count - Self.longestList) more\n")
    }
    let live = counted(removal.sessions.count, "live connection") ?? "no live connection"
    console.say("the table `inet sallyport` \(dryRun ? "would be" : "is") removed; \(live) went through it\n")
    if let path = removal.bootFile { console.say("\(printable(path)) still loads it at boot\n") }
  }
}

extension LiveSession {
  fileprivate var fate: String { connection.isTranslated ? "ends" : "goes on" }

  fileprivate var sentence: String {
    "\(fate): `\(publication)`, \(connection.client) to \(connection.dialled)\n"
  }
}

private struct RemoveOutput: Encodable {
  private var formatVersion = 1
  private var removed: Bool
  private var sessions: [Entry]

  private struct Entry: Encodable {
    var publication: String
    var client: String
    var dialled: String
    var server: String
    var ends: Bool
  }

  init(_ removal: Removal?, dryRun: Bool) {
    removed = removal != nil && !dryRun
    sessions = (removal?.sessions ?? []).map {
      Entry(
        publication: $0.publication, client: "\($0.connection.client)", dialled: "\($0.connection.dialled)",
        server: "\($0.connection.server)", ends: $0.connection.isTranslated)
    }
  }
}
