import CLibcurl
import Glibc
import Synchronization

/// What is written down of a session while it goes on. Another thread may have to finish it.
final class Transcript: Sendable {
  private struct State {
    var report = Report()
    var secrets: [String] = []
    var isStopped = false
    var isWritten = false
  }

  /// Events of a session at most.
  private static let mostEvents = 4000
  /// Characters of a line at most.
  private static let longestLine = 500

  private let state = Mutex(State())
  private let start: Double

  init(secret: String) {
    start = Self.now
    // A shorter one would be found in words that have nothing to do with it.
    if secret.utf8.count >= 3 { state.withLock { $0.secrets = [secret] } }
  }

  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Adds one event, without the password wherever it may stand.
  func add(_ kind: String, _ change: (inout Report.Event) -> Void = { _ in }) {
    let time = Self.now - start
    state.withLock { state in
      guard !state.isStopped else { return }
      guard state.report.events.count < Self.mostEvents else {
        state.report.isCut = true
        return
      }
      var event = Report.Event(time: (time * 1000).rounded() / 1000, kind: kind)
      change(&event)
      event.text = event.text.map { shortened($0, without: state.secrets) }
      state.report.events.append(event)
    }
  }

  private func shortened(_ text: String, without secrets: [String]) -> String {
    var bytes = Array(text.utf8)
    for secret in secrets {
      var from = 0
      let hidden = Array("***".utf8)
      while from < bytes.count, let found = bytes[from...].firstRange(of: Array(secret.utf8)) {
        bytes.replaceSubrange(found, with: hidden)
        from = found.lowerBound + hidden.count
      }
    }
    return String(decoding: bytes.prefix(Self.longestLine), as: UTF8.self)
  }

  /// What is wrong with the server's certificate, where the first transfer failed because of it.
  func takeCertificateFailure() -> String? {
    state.withLock { state in
      guard let last = state.report.transfers.last, last.code == CURLE_PEER_FAILED_VERIFICATION.rawValue else {
        return nil
      }
      return last.error
    }
  }

  /// Begins anew: what was written down was of a session that is dialled again.
  func restart() {
    state.withLock { state in
      (state.report.events, state.report.transfers, state.isStopped) = ([], [], false)
    }
  }

  /// Nothing more is written down: what comes now was not asked for.
  func stop() { state.withLock { $0.isStopped = true } }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  func change(_ body: (inout Report) -> Void) { state.withLock { body(&$0.report) } }

  /// Writes the report, once.
  func write() {
    let report = state.withLock { state -> Report? in
      defer { state.isWritten = true }
      return state.isWritten ? nil : state.report
    }
    if let report { _ = send(report) }
  }
}
