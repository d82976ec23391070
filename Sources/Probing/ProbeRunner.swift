package import Addressing
import Diagnostics
import Files
import Glibc
import Netfilter
package import Trials

/// Why `sallyport-probe` gave no answer.
package enum ProbeFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// No such program at any of these paths.
  case missing(looked: [String])
  case notStarted(String)
  /// It ended without an answer, with what it wrote to standard error.
  case noAnswer(String)
  case killed(signal: Int32)
  case timedOut(seconds: Int)
  case tooLong

  package var description: String {
    switch self {
    case .missing(let paths):
      "the program \(ProbeRunner.name) is missing; it belongs to \(paths.joined(separator: " or to "))"
    case .notStarted(let reason): "the program \(ProbeRunner.name) does not start: \(reason)"
    case .noAnswer(let words):
      "the program \(ProbeRunner.name) gave no answer" + (words.isEmpty ? "" : ": \(words)")
    case .killed(let signal): "the program \(ProbeRunner.name) was ended by signal \(signal)"
    case .timedOut(let seconds): "the program \(ProbeRunner.name) gave no answer within \(seconds) seconds"
    case .tooLong: "the program \(ProbeRunner.name) answered with too much"
    }
  }
}

/// Runs `sallyport-probe`, once for each session, a few at a time. Requests and answers go through files in memory:
/// nothing stands in a command line, nothing is lost where a program ends early, and nobody waits for a pipe.
package struct ProbeRunner: Sendable {
  package static let name = "sallyport-probe"

  /// Sessions at the same time.
  package static let mostAtOnce = 4

  private let path: String
  /// Bytes of an answer at most.
  private static let longestAnswer = 8 << 20
  /// Milliseconds between two looks at what runs.
  private static let interval: Int32 = 20

  /// - Throws: `ProbeFailure.missing`.
  package init() throws(ProbeFailure) {
    let found = WorkerLocation.find(Self.name)
    guard let path = found.path else { throw .missing(looked: found.looked) }
    self.path = path
  }

  package init(path: String) { self.path = path }

  /// The addresses of a name, or why there are none.
  package func addresses(of name: String) throws(ProbeFailure) -> Result<[IPAddress], UnknownName> {
    let answers = run([ProbeRequest(resolving: name)], atOnce: 1, perMinute: 60) { _ in }
    guard let answer = answers.first else { throw .noAnswer("") }
    let report = try answer.get()
    guard let addresses = report.addresses else {
      return .failure(UnknownName(reason: report.failure ?? "it has no address"))
    }
    return .success(addresses.compactMap { IPAddress($0) })
  }

  /// A name that has no address.
  package struct UnknownName: Error, Hashable, Sendable {
    package var reason: String
  }

  /// Plays sessions, and gives their reports in the order of the requests.
  ///
  /// - Parameters:
  ///   - atOnce: How many at the same time.
  ///   - perMinute: How many are begun in a minute.
  ///   - progress: Told, each time one begins or ends, how many have ended.
  package func run(
    _ requests: [ProbeRequest], atOnce: Int, perMinute: Int, progress: (Int) -> Void
  ) -> [Result<ProbeReport, ProbeFailure>] {
    var answers = [Result<ProbeReport, ProbeFailure>?](repeating: nil, count: requests.count)
    var running: [(index: Int, session: RunningProbe)] = []
    var next = 0
    var mayBegin = ContinuousClock.now
    let pause = Duration.seconds(60) / max(1, perMinute)
    while next < requests.count || !running.isEmpty {
      if next < requests.count, running.count < max(1, min(atOnce, Self.mostAtOnce)), ContinuousClock.now >= mayBegin
      {
        do throws(ProbeFailure) {
          running.append((next, try RunningProbe(path, requests[next])))
        } catch {
          answers[next] = .failure(error)
        }
        next += 1
        mayBegin = ContinuousClock.now + pause
        progress(answers.count { $0 != nil })
        continue
      }
      poll(nil, 0, Self.interval)
      running.removeAll { index, session in
        guard let answer = session.answer(limit: Self.longestAnswer) else { return false }
        answers[index] = answer
        progress(answers.count { $0 != nil })
        return true
      }
    }
    return answers.map { $0 ?? .failure(.noAnswer("")) }
  }
}

/// One process of `sallyport-probe`.
private struct RunningProbe {
  private let child: ChildProcess
  private let output: OpenFile
  private let errors: OpenFile
  private let deadline: ContinuousClock.Instant
  private let seconds: Int

  init(_ path: String, _ request: ProbeRequest) throws(ProbeFailure) {
    let input: OpenFile
    do throws(NetfilterFailure) {
      input = try requestFile(Array(encodeJSON(request).utf8))
      (output, errors) = (try requestFile(), try requestFile())
    } catch {
      throw .notStarted("\(error)")
    }
    do throws(ChildProcess.Failure) {
      child = try ChildProcess(
        path, [path], environment: ["LC_ALL=C", "HOME=/nonexistent"],
        ChildProcess.Streams(input: input.descriptor, output: output.descriptor, errors: errors.descriptor), .ours)
    } catch {
      throw .notStarted("\(path): \(systemError(error.number))")
    }
    seconds = request.longest
    deadline = ContinuousClock.now + .seconds(seconds)
  }

  /// What it answered; `nil` while it runs.
  func answer(limit: Int) -> Result<ProbeReport, ProbeFailure>? {
    let ending = child.wait(milliseconds: 0)
    if output.size > limit || errors.size > limit {
      if ending == nil { child.kill() }
      return .failure(.tooLong)
    }
    guard let ending else {
      guard ContinuousClock.now >= deadline else { return nil }
      child.kill()
      return .failure(.timedOut(seconds: seconds))
    }
    if case .signaled(let signal) = ending { return .failure(.killed(signal: signal)) }
    guard output.rewind(), let bytes = try? readAll(output.descriptor, limit: limit),
      let report = decodeJSON(ProbeReport.self, from: bytes), report.version == ProbeRequest.version
    else { return .failure(.noAnswer(words)) }
    return .success(report)
  }

  private var words: String {
    guard errors.rewind(), let bytes = try? readAll(errors.descriptor, limit: 1 << 20) else { return "" }
    return String(decoding: bytes.prefix(500), as: UTF8.self).split(separator: "\n").joined(separator: "; ")
  }
}
