import CLinux
import Files
import Glibc
package import Nftables

/// What a watchdog says when it is asked.
package enum WatchdogSign: String, Sendable {
  /// It sees a change that waits.
  case waiting
  /// It sees the confirmation, and ends.
  case confirmed
  /// It sees that the change was taken back, or does so itself.
  case takenBack = "taken-back"
  /// It sees no record, and takes the change back.
  case lost
  /// It is there and has said nothing in time.
  case silent

  /// What it says of the fate that it sees.
  package init(_ fate: ChangeFate?) {
    self =
      switch fate {
      case nil: .lost
      case .waiting?: .waiting
      case .confirmed?: .confirmed
      case .takenBack?: .takenBack
      }
  }
}

/// The sign of life of a watchdog: a socket whose name is no file. Only its network namespace knows the name, which is
/// where its change is, and the kernel takes the name away with the process.
package struct WatchdogSocket: Sendable {
  private let listener: OpenFile

  /// - Throws: The system's reason; somebody else may have the name.
  package init(of generation: Generation) throws(ApplyFailure) {
    guard let file = OpenFile(listen_at(socketName(generation))) else {
      throw .noWatchdog("its socket: \(systemError())")
    }
    listener = file
  }

  package var descriptor: Int32 { listener.descriptor }

  /// How many are answered before the watchdog looks at its change again: a stranger may ask without end.
  private static let most = 64

  /// Answers everybody who asks; strangers get no answer.
  ///
  /// - Parameter sign: What is seen now. It is looked at for each who asks, after they have come: whoever confirms and
  ///   then asks is told no state from before.
  package func answer(_ sign: () -> WatchdogSign) {
    for _ in 0..<Self.most {
      guard let asking = OpenFile(accept(descriptor, nil, nil)) else { return }
      guard isOurs(asking) else { continue }
      let bytes = Array(sign().rawValue.utf8)
      send(asking.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }
}

/// Seconds within which a watchdog answers that is not at work in the kernel.
private let patience: Int64 = 5

/// What the watchdog of a change says; `nil` when there is none.
package func askWatchdog(of generation: Generation) -> WatchdogSign? {
  let end = BootClock.monotonic + patience * 1000
  var connected = OpenFile(connect_to(socketName(generation)))
  while connected == nil, errno == EAGAIN, BootClock.monotonic < end {
    // Others ask as well, more than may wait.
    poll(nil, 0, 5)
    connected = OpenFile(connect_to(socketName(generation)))
  }
  guard let file = connected else { return errno == EAGAIN ? .silent : nil }
  // Anybody can take a name, but not listen as somebody else.
  guard isOurs(file) else { return nil }
  while BootClock.monotonic < end {
    var event = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&event, 1, 100) > 0 else { continue }
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = recv(file.descriptor, &buffer, buffer.count, 0)
    if count == 0 { return nil }
    if count > 0 { return WatchdogSign(rawValue: String(decoding: buffer.prefix(count), as: UTF8.self)) ?? .silent }
  }
  return .silent
}

/// Whether any watchdog lives in this network namespace, or something that bears such a name (unix sockets in proc(5)).
var hasWatchdogs: Bool {
  guard let bytes = try? readFile("/proc/self/net/unix") else { return true }
  return String(decoding: bytes, as: UTF8.self).contains("@\(namePrefix)")
}

private let namePrefix = "sallyport-watchdog-"

private func socketName(_ generation: Generation) -> String { namePrefix + generation.name }

/// Whether the other end is root, or the user of this process.
private func isOurs(_ file: OpenFile) -> Bool {
  let user = peer_user(file.descriptor)
  return user == 0 || user == Int64(geteuid())
}
