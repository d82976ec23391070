package import Nftables

/// The kernel's rules through the worker, in the network namespace of this process.
package struct NetfilterWorker: NetfilterBackend {
  private let process: WorkerProcess

  /// - Parameters:
  ///   - path: Absolute path of the worker.
  ///   - seconds: Time for one request. A dry run of 100,000 services takes a few seconds.
  ///   - answerLimit: Bytes of one answer at most.
  package init(path: String, seconds: Int = 120, answerLimit: Int = 64 << 20) {
    process = WorkerProcess(path: path, seconds: seconds, answerLimit: answerLimit)
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

  package func table(named name: String) async throws(NetfilterFailure) -> Table? {
    let answer = try await ask("list-table", [Frame("table", name)])
    guard answer.isSuccess else {
      // The language of the worker is C, so the kernel's reason has these words.
      if answer.errors.contains("No such file or directory") { return nil }
      throw answer.failure
    }
    do throws(ListingError) {
      return try Table.read(listing: answer.output, name: name)
    } catch {
      throw .library("\(error)")
    }
  }

  private struct Answer {
    var isSuccess: Bool
    var output: [UInt8]
    var errors: String

    /// What to say about errors that have no place in a script.
    var failure: NetfilterFailure {
      errors.contains("Operation not permitted") ? .notPermitted : .library(errors)
    }
  }

  private func ask(_ verb: String, _ arguments: [Frame] = []) async throws(NetfilterFailure) -> Answer {
    let request = [Frame("protocol", Self.protocolVersion), Frame("verb", verb)] + arguments
    let frames = try await process.answer(to: request)
    let bodies = Dictionary(frames.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    guard bodies["protocol"]?.text == Self.protocolVersion, let status = bodies["status"]?.text,
      let output = bodies["output"]?.body, let errors = bodies["errors"]?.text
    else { throw .brokenAnswer(status: 0, errors: "the answer lacks a part") }
    return Answer(isSuccess: status == "0", output: output, errors: errors)
  }

  /// Both programs are of one installation; another version is refused.
  private static let protocolVersion = "1"
}
