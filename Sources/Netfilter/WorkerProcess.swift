import Subprocess
import SystemPackage

/// Runs the worker once: a request in, an answer out.
struct WorkerProcess: Sendable {
  /// Absolute path of the program.
  var path: String
  /// Seconds after which it is ended.
  var seconds: Int
  /// Bytes of its answer at most.
  var answerLimit: Int

  /// The frames of the answer, without those that frame it.
  func answer(to request: [UInt8]) async throws(NetfilterFailure) -> [Frame] {
    try await answer(toRequestIn: try requestFile(request))
  }

  /// The same for a request in a file, which is closed here, and by the worker when it ends.
  func answer(toRequestIn file: FileDescriptor) async throws(NetfilterFailure) -> [Frame] {
    let ended = try await run(file)
    switch ended.status {
    case .signaled(let signal): throw .killed(signal: signal)
    case .exited(let status):
      guard let frames = Frame.parse(ended.output), status == 0 else {
        throw .brokenAnswer(status: status, errors: ended.errors)
      }
      return frames
    }
  }

  private struct Ended: Sendable {
    var status: TerminationStatus
    var output: [UInt8]
    var errors: String
  }

  private func run(_ file: FileDescriptor) async throws(NetfilterFailure) -> Ended {
    do {
      return try await withThrowingTaskGroup(of: Ended?.self) { group in
        group.addTask { try await start(reading: file) }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        // Cancelling the first task ends the process that it has started, and waits for that.
        defer { group.cancelAll() }
        guard let ended = try await group.next().flatMap(\.self) else {
          throw NetfilterFailure.timedOut(seconds: seconds)
        }
        return ended
      }
    } catch let failure as NetfilterFailure {
      throw failure
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw .answerTooLong(limit: answerLimit)
    } catch {
      throw .notStarted("\(error)")
    }
  }

  /// Nothing is inherited but the network namespace: no language, no search path.
  private func start(reading file: FileDescriptor) async throws -> Ended {
    let result = try await Subprocess.run(
      .path(FilePath(path)), environment: .custom(["LC_ALL": "C"]),
      input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .bytes(limit: answerLimit),
      error: .string(limit: Self.errorLimit))
    return Ended(status: result.terminationStatus, output: result.standardOutput, errors: result.standardError)
  }

  /// Bytes of standard error at most.
  private static let errorLimit = 1 << 20
}
