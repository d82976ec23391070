import Files
package import Nftables
package import Platforms

/// What is known of the rules of ours that run.
package struct RuleStatus: Sendable {
  /// The change that made them; `nil` where no `apply` did: they were loaded from a file, or somebody else made them.
  package var change: Generation?
  /// When it was made, in seconds since 1970; `nil` where no record says so.
  package var madeAt: Int64?
  package var standing: Standing
  package var bootFile: BootState
  /// What they have counted; `nil` where the listing is not understood.
  package var counts: [PublicationCounts]?

  package enum Standing: Sendable {
    /// Somebody confirmed the change, or it needed no confirmation.
    case confirmed
    case waits(PendingChange)
    /// A later change was taken back, so that these rules run again; of their own change nothing is kept, and so nobody
    /// knows whether a file loads them at boot.
    case restored(after: Generation)
    /// No record says what became of the change, or none made the rules.
    case unrecorded
    /// The state folder does not tell, with the reason.
    case unknown(String)
  }

  package enum BootState: Hashable, Sendable {
    /// No `apply --persist` wrote them.
    case notAsked
    /// It is written once the change is confirmed, or could not be written.
    case notWritten(path: String)
    case written(path: String)
    /// The file holds something else by now.
    case replaced(path: String)
    /// The file is not there, or cannot be read, with the reason.
    case unreadable(path: String, reason: String)
  }
}

extension RuleChanger {
  /// Looks at the rules that run in this network namespace; changes nothing.
  ///
  /// - Returns: `nil` when there is no table of ours.
  package func status() async throws(ApplyFailure) -> RuleStatus? {
    let printed = try await quiet()
    guard let content = printed.content else { return nil }
    let table = content.table
    let counts = table.packetCounts(printed: content.text).map { PublicationCounts.all(in: table, packets: $0) }
    var status = RuleStatus(
      change: table.generation, standing: .unrecorded, bootFile: .notAsked, counts: counts)
    guard let generation = table.generation else {
      if let taken = try? state.records()?.takenBack { status.standing = .restored(after: taken) }
      return status
    }
    do throws(StateFailure) {
      let records = try state.records()
      if let taken = records?.takenBack { status.standing = .restored(after: taken) }
      if let records, let known = try records.known(generation) {
        status.madeAt = known.record.madeAt
        // A change without a deadline, or one from before this boot, waits for nothing.
        if known.fate == .confirmed { status.standing = .confirmed }
        status.bootFile = known.record.bootFile.map { bootState($0, of: generation, in: records) } ?? .notAsked
      }
    } catch {
      status.standing = .unknown("\(error)")
    }
    switch PendingChange.find(generation, in: state) {
    case .none: break
    case .waits(let change): status.standing = .waits(change)
    case .unknown(let failure): status.standing = .unknown("\(failure)")
    }
    return status
  }

  /// The table, read while nobody changed rules.
  private func quiet() async throws(ApplyFailure) -> Listed<PrintedTable> {
    for _ in 0..<Self.tries {
      let printed = try await inKernel { () throws(NetfilterFailure) in
        try await backend.printed(table: ownTableName)
      }
      if let printed { return printed }
    }
    throw .restless(tries: Self.tries)
  }

  private func bootState(_ path: String, of generation: Generation, in records: StateRecords) -> RuleStatus.BootState
  {
    guard records.has(.bootWritten, of: generation) else { return .notWritten(path: path) }
    do throws(FileFailure) {
      let bytes = try readFile(path)
      guard let written = try? records.bytes(.bootWritten, of: generation) else { return .replaced(path: path) }
      return bytes == written ? .written(path: path) : .replaced(path: path)
    } catch {
      switch error {
      case .missing: return .unreadable(path: path, reason: "it is not there")
      case .unreadable(let reason): return .unreadable(path: path, reason: reason)
      }
    }
  }
}

extension StateRecords {
  /// The change that was taken back, where one was.
  fileprivate var takenBack: Generation? {
    all().first { if case .takenBack = $0.fate { true } else { false } }?.generation
  }
}
