package import Files
package import Nftables

/// The kernel's rules through the worker, in the network namespace of this process.
package struct NetfilterWorker: ChangingBackend {
  private let process: WorkerProcess

  /// - Parameters:
  ///   - path: Absolute path of the worker.
  ///   - seconds: Time for one request. A dry run of 100,000 services takes a few seconds.
  ///   - answerLimit: Bytes of one answer at most.
  ///   - blockedSignals: Signals that do not reach the worker.
  package init(path: String, seconds: Int = 120, answerLimit: Int = 64 << 20, blockedSignals: [Int32] = []) {
    process = WorkerProcess(
      path: path, seconds: seconds, answerLimit: answerLimit, blockedSignals: blockedSignals)
  }

  package func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage] {
    let answer = try await ask("check", [Frame("script", script)])
    if answer.isSuccess { return [] }
    let messages = kernelMessages(in: answer.errors)
    if let messages, !messages.isEmpty { return messages }
    throw answer.failure
  }

  package func baseChains() async throws(NetfilterFailure) -> [InstalledChain] {
    let answer = try await ask("list-chains")
    guard answer.isSuccess else { throw answer.failure }
    guard let chains = installedBaseChains(inListing: answer.output) else {
      throw .library(
        "this listing is not understood:\n" + String(decoding: answer.output.prefix(2000), as: UTF8.self))
    }
    return chains
  }

  package func running(table name: String) async throws(NetfilterFailure) -> Listed<Table> {
    do throws(NetfilterFailure) {
      let printing = try await printing(of: name)
      if printing.text == nil || printing.table != nil {
        return Listed(printing.table, rulesetGeneration: printing.rulesetGeneration)
      }
    } catch {
      // Other tables are looked at as well there, and may be what libnftables fails at.
      guard error.isOfLibrary, !Task.isCancelled else { throw error }
    }
    return try await listed(table: name)
  }

  package func printed(table name: String) async throws(NetfilterFailure) -> Listed<PrintedTable>? {
    let printing = try await printing(of: name)
    guard let text = printing.text else { return Listed(nil, rulesetGeneration: printing.rulesetGeneration) }
    var table = printing.table
    var listing = printing.outline
    if table == nil {
      let answer = try await self.listing("list-table", name)
      guard answer.listing.rulesetGeneration == printing.rulesetGeneration else { return nil }
      table = try read(answer.listing.content, name)?.with(answer.flags)
      listing = answer.listing.content
    }
    guard let table else { return nil }
    let strangeness = printing.strangeness ?? strangeness(of: text, listing, name)
    return Listed(
      PrintedTable(table: table, text: text, strangeness: strangeness), rulesetGeneration: printing.rulesetGeneration)
  }

  /// What a listing in JSON tells of the texts in a table, and the text of nft by its form.
  private func strangeness(of text: [UInt8], _ listing: [UInt8]?, _ name: String) -> String? {
    do throws(ListingError) {
      if let place = try strangeText(inListing: listing ?? [], table: name) { return place }
      return isOneTable(text, name: name) ? nil : "something that does not look like one table when nft prints it"
    } catch {
      return "something that nft does not list in JSON"
    }
  }

  /// A table as nft prints it.
  private struct Printing {
    /// `nil` when there is no such table.
    var text: [UInt8]?
    /// `nil` when the text does not tell what the table is.
    var table: Table?
    var outline: [UInt8]?
    /// What the worker has found of texts that JSON does not show, or not in the outline.
    var strangeness: String?
    var rulesetGeneration: UInt32
  }

  private func printing(of name: String) async throws(NetfilterFailure) -> Printing {
    let answer = try await listing("print-table", name)
    let listing = answer.listing
    // Where a comment has a quote it may look like further elements.
    let outline = answer.strangeness == nil ? answer.outline : nil
    let table = listing.content.flatMap { text in
      outline.flatMap { Table.read(outline: $0, printed: text, name: name)?.with(answer.flags) }
    }
    return Printing(
      text: listing.content, table: table, outline: answer.outline, strangeness: answer.strangeness,
      rulesetGeneration: listing.rulesetGeneration)
  }

  /// A table read from its listing in JSON, which tells everything and takes nft twice as long as the text.
  private func listed(table name: String) async throws(NetfilterFailure) -> Listed<Table> {
    let answer = try await listing("list-table", name)
    return Listed(
      try read(answer.listing.content, name)?.with(answer.flags), rulesetGeneration: answer.listing.rulesetGeneration)
  }

  private func read(_ listing: [UInt8]?, _ name: String) throws(NetfilterFailure) -> Table? {
    guard let listing else { return nil }
    do throws(ListingError) {
      return try Table.read(listing: listing, name: name)
    } catch {
      throw .library("\(error)")
    }
  }

  /// Every table of the namespace as it runs, whoever wrote it.
  package func ruleset() async throws(NetfilterFailure) -> Ruleset {
    let answer = try await ask("list-ruleset")
    guard answer.isSuccess else { throw answer.failure }
    do throws(ListingError) {
      return try Ruleset.read(listing: answer.output, with: answer.companions)
    } catch {
      throw .library("\(error)")
    }
  }

  package func rulesetGeneration() async throws(NetfilterFailure) -> UInt32 {
    let answer = try await ask("generation")
    guard let generation = answer.generation else { throw .library("the kernel does not tell its generation") }
    return generation
  }

  /// A listing of one table, and what belongs to it.
  private struct TableAnswer {
    var listing: Listed<[UInt8]>
    /// Of a text.
    var outline: [UInt8]?
    var strangeness: String?
    var flags: TableFlags
  }

  private func listing(_ verb: String, _ name: String) async throws(NetfilterFailure) -> TableAnswer {
    let answer = try await ask(verb, [Frame("table", name)])
    // The language of the worker is C, so the kernel's reason has these words.
    let isMissing = !answer.isSuccess && answer.errors.contains("No such file or directory")
    guard answer.isSuccess || isMissing else { throw answer.failure }
    guard let generation = answer.generation else { throw .library("the kernel does not tell its generation") }
    return TableAnswer(
      listing: Listed(isMissing ? nil : answer.output, rulesetGeneration: generation), outline: answer.outline,
      strangeness: answer.strangeness, flags: TableFlags(messages: answer.companions.tables))
  }

  package func commit(
    _ script: [UInt8], expecting generation: UInt32, holding lock: OpenFile?
  ) async throws(NetfilterFailure) -> CommitOutcome {
    try commit(preparedIn: try requestFile(Self.commitRequest(script, expecting: generation)), holding: lock)
  }

  /// Has the kernel take in the script of a request that lies in a file already.
  package func commit(preparedIn file: OpenFile, holding lock: OpenFile?) throws(NetfilterFailure) -> CommitOutcome {
    let answer = try Self.answer(in: try process.answer(toRequestIn: file, holding: lock))
    if answer.isSuccess { return .committed }
    if answer.errors.contains(Self.staleGeneration) { return .stale }
    if answer.errors == Self.unbound { throw .unbound }
    if let messages = kernelMessages(in: answer.errors), !messages.isEmpty { return .refused(messages) }
    // libnftables looks names up in what it has listed itself before it sends anything.
    if answer.errors.contains("Error: No such file or directory") { return .missing }
    throw answer.failure
  }

  /// The bytes of a request to commit a script.
  ///
  /// - Parameter generation: `nil` for a script that is right whatever else has changed.
  package static func commitRequest(_ script: [UInt8], expecting generation: UInt32?) -> [UInt8] {
    let bound = generation.map { [Frame("generation", "\($0)")] } ?? []
    return request("commit", [Frame("script", script)] + bound)
  }

  package func connections() async throws(NetfilterFailure) -> [TrackedConnection] {
    let answer = try await ask("list-connections")
    guard answer.isSuccess else { throw answer.failure }
    return String(decoding: answer.output, as: UTF8.self).split(separator: "\n").compactMap {
      TrackedConnection(listed: $0)
    }
  }

  /// What the worker says that cannot bind a batch to a generation.
  private static let unbound = "unbound\n"

  /// How the C library names ERESTART, with which the kernel refuses a batch of another generation.
  private static let staleGeneration = "Interrupted system call should be restarted"

  private struct Answer {
    var isSuccess: Bool
    var output: [UInt8]
    var errors: String
    var generation: UInt32?
    var outline: [UInt8]?
    /// Where a text stands that nft prints in such a way that it cannot be read again; `nil` for nowhere.
    var strangeness: String?
    /// What belongs to a listing of all tables; of one table, only the flags of tables.
    var companions = ListingCompanions()

    /// What to say about errors that have no place in a script.
    var failure: NetfilterFailure {
      errors.contains("Operation not permitted") ? .notPermitted : .library(errors)
    }
  }

  private func ask(_ verb: String, _ arguments: [Frame] = []) async throws(NetfilterFailure) -> Answer {
    try Self.answer(in: try process.answer(to: Self.request(verb, arguments)))
  }

  private static func request(_ verb: String, _ arguments: [Frame]) -> [UInt8] {
    Frame.bytes(of: [Frame("protocol", protocolVersion), Frame("verb", verb)] + arguments)
  }

  private static func answer(in frames: [Frame]) throws(NetfilterFailure) -> Answer {
    let bodies = Dictionary(frames.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    guard bodies["protocol"]?.text == protocolVersion, let status = bodies["status"]?.text,
      let output = bodies["output"]?.body, let errors = bodies["errors"]?.text
    else { throw .brokenAnswer(status: 0, errors: "the answer lacks a part") }
    var companions = ListingCompanions()
    companions.tables = bodies["tables"]?.body ?? []
    companions.chains = bodies["chains"]?.body ?? []
    companions.text = bodies["text"]?.body ?? []
    companions.rules = bodies["rules"]?.body ?? []
    companions.sets = bodies["sets"]?.body ?? []
    companions.setNames = bodies["set-names"]?.body ?? []
    companions.legacy = bodies["legacy"]?.body ?? []
    companions.legacyUnread = bodies["legacy-unread"]?.body ?? []
    let strangeness = bodies["strange"].map(\.text) ?? "comments that the kernel did not list"
    return Answer(
      isSuccess: status == "0", output: output, errors: errors,
      generation: bodies["generation"].flatMap { UInt32($0.text) }, outline: bodies["outline"]?.body,
      strangeness: strangeness.isEmpty ? nil : strangeness, companions: companions)
  }

  /// Both programs are of one installation; another version is refused.
  private static let protocolVersion = "1"
}
