import Files
import Glibc

/// Runs the worker once: a request in, an answer out.
///
/// All of it goes through files in memory. So nothing is lost where one side ends before the other, few descriptors are
/// needed, and no thread but that of the caller waits.
struct WorkerProcess: Sendable {
  /// Absolute path of the program.
  var path: String
  /// Seconds after which it is ended.
  var seconds: Int
  /// Bytes of its answer at most.
  var answerLimit: Int
  /// Signals that do not reach it.
  var blockedSignals: [Int32] = []

  /// Milliseconds between two looks at how much it has written, and whether the answer is still wanted.
  private static let interval: Int32 = 5
  /// Bytes of standard error at most.
  private static let errorLimit = 1 << 20

  /// The frames of the answer, without those that frame it.
  ///
  /// - Parameter lock: An open file that the worker keeps open until it ends, and with it every lock of its
  ///   description.
  func answer(to request: [UInt8]) throws(NetfilterFailure) -> [Frame] {
    try answer(toRequestIn: try requestFile(request), holding: nil)
  }

  /// The same for a request in a file, which is read from its beginning.
  func answer(toRequestIn file: OpenFile, holding lock: OpenFile?) throws(NetfilterFailure) -> [Frame] {
    let (output, errors) = (try requestFile(), try requestFile())
    switch try run(file, output, errors, lock) {
    case .signaled(let signal): throw .killed(signal: signal)
    case .exited(let status):
      guard let frames = Frame.parse(try bytes(output)), status == 0 else {
        throw .brokenAnswer(status: status, errors: String(decoding: try bytes(errors), as: UTF8.self))
      }
      return frames
    }
  }

  /// Nothing is inherited but the network namespace: no language, no search path.
  private func run(
    _ file: OpenFile, _ output: OpenFile, _ errors: OpenFile, _ lock: OpenFile?
  ) throws(NetfilterFailure) -> ChildProcess.Ending {
    guard file.rewind() else { throw .noRequestFile(systemError()) }
    let deadline = ContinuousClock.now + .seconds(seconds)
    let child: ChildProcess
    do throws(ChildProcess.Failure) {
      child = try ChildProcess(
        path, [path], environment: ["LC_ALL=C"],
        ChildProcess.Streams(
          input: file.descriptor, output: output.descriptor, errors: errors.descriptor, kept: lock?.descriptor),
        blocked: blockedSignals)
    } catch {
      throw .notStarted("\(path): \(systemError(error.number))")
    }
    while true {
      let ending = child.wait(milliseconds: Self.interval)
      let failure: NetfilterFailure? =
        if output.size > answerLimit || errors.size > Self.errorLimit {
          .answerTooLong(limit: answerLimit)
        } else if ending != nil {
          nil
        } else if ContinuousClock.now >= deadline {
          .timedOut(seconds: seconds)
        } else {
          Task.isCancelled ? .notStarted("nobody waits for it any more") : nil
        }
      if let failure {
        if ending == nil { child.kill() }
        throw failure
      }
      if let ending { return ending }
    }
  }

  private func bytes(_ file: OpenFile) throws(NetfilterFailure) -> [UInt8] {
    guard file.rewind(), let bytes = try? readAll(file.descriptor) else { throw .noRequestFile(systemError()) }
    return bytes
  }
}
