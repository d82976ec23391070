import Dispatch
import Glibc
import Synchronization

/// What the loop of the server is told.
private enum Event: Sendable {
  case frame(FrameReader.Frame)
  case analysis(Analysis)
  /// The input has ended; perhaps within a message.
  case end(isWithinMessage: Bool)
  /// The process that the client said it is has gone.
  case clientGone
}

/// Events in their order, from whatever thread.
private final class EventQueue: Sendable {
  private let events = Mutex<[Event]>([])
  private let count = DispatchSemaphore(value: 0)

  func put(_ event: Event) {
    events.withLock { $0.append(event) }
    count.signal()
  }

  /// The next event; `nil` when there is none and nobody is to wait.
  func next(waits: Bool) -> Event? {
    guard count.wait(timeout: waits ? .distantFuture : .now()) == .success else { return nil }
    return events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}

/// Speaks the Language Server Protocol over two descriptors until the client says `exit`, or is gone.
///
/// - Returns: The exit status that the protocol asks for: 0 after `shutdown`, else 1.
package func serve(_ world: PolicyWorld, version: String, input: Int32, output: Int32) -> Int32 {
  let queue = EventQueue()
  let isOutputOpen = Flag()
  let session = Session(world, version: version) { message in
    if !write(message, to: output) { isOutputOpen.value = false }
  }
  readFrames(input, into: queue)
  let watch = ClientWatch(queue)
  while session.exitStatus == nil, isOutputOpen.value {
    guard let event = queue.next(waits: false) ?? settled(session, queue) else { continue }
    switch event {
    case .frame(.message(let bytes)):
      session.receive(bytes)
      if let process = session.clientProcess { watch.begin(process) }
    case .frame(.fault(let reason)): session.receive(fault: reason)
    case .frame(.lost(let reason)):
      session.receive(fault: reason)
      return 1
    case .analysis(let analysis): session.take(analysis)
    case .end(let isWithinMessage):
      if isWithinMessage { session.receive(fault: "the input ended within a message") }
      return session.phase == .shutDown ? 0 : 1
    case .clientGone: return 1
    }
  }
  return session.exitStatus ?? 1
}

/// Whether something still holds.
private final class Flag {
  var value = true
}

/// Has what changed looked at once no message waits; then waits for the next event.
private func settled(_ session: Session, _ queue: EventQueue) -> Event? {
  session.publishAtOnce()
  if let input = session.nextAnalysis() {
    DispatchQueue.global(qos: .userInitiated).async { queue.put(.analysis(Analysis(input))) }
  }
  return queue.next(waits: true)
}

private func readFrames(_ input: Int32, into queue: EventQueue) {
  DispatchQueue(label: "input").async {
    var frames = FrameReader()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(input, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return queue.put(.end(isWithinMessage: frames.isWithinMessage)) }
      frames.append(buffer[..<count])
      while let frame = frames.next() {
        queue.put(.frame(frame))
        if case .lost = frame { return }
      }
    }
  }
}

/// Writes one message with its header; whether that went.
private func write(_ message: [UInt8], to output: Int32) -> Bool {
  var rest = (Array("Content-Length: \(message.count)\r\n\r\n".utf8) + message)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}

/// Looks whether the process of the client is still there: one that was killed says no `exit`.
private final class ClientWatch {
  private let queue: EventQueue
  private var timer: (any DispatchSourceTimer)?

  init(_ queue: EventQueue) { self.queue = queue }

  func begin(_ process: Int) {
    guard timer == nil, let id = pid_t(exactly: process), id > 0 else { return }
    let timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + 2, repeating: 2)
    timer.setEventHandler { [queue] in
      if kill(id, 0) != 0, errno == ESRCH { queue.put(.clientGone) }
    }
    timer.resume()
    self.timer = timer
  }
}
