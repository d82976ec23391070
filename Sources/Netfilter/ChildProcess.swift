import CLinux
import Files
import Glibc

/// A program that was started. It inherits the open files that it is given, and no other unless that is asked for.
package struct ChildProcess: Sendable {
  /// The files of a program.
  package struct Streams: Sendable {
    /// `nil` for ours.
    package var input: Int32?
    /// `nil` for ours.
    package var output: Int32?
    /// `nil` for ours.
    package var errors: Int32?
    /// Stays open in the program as descriptor 3, and with it the locks that it holds.
    package var kept: Int32?

    package init(input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil, kept: Int32? = nil) {
      (self.input, self.output, self.errors, self.kept) = (input, output, errors, kept)
    }
  }

  /// Whose signals it gets.
  package enum Standing: Sendable {
    /// Those of our terminal and process group.
    case ours
    /// Those of a process group of its own.
    case group
    /// Those of a session of its own, which no terminal and no shell ends.
    case session
  }

  /// Why a program does not start: the number of the error.
  package struct Failure: Error, Hashable, Sendable {
    package var number: Int32
  }

  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signaled(Int32)
  }

  private let process: pid_t
  /// `nil` where the kernel gives none.
  private let end: OpenFile?

  /// - Parameters:
  ///   - environment: Lines `NAME=VALUE`; `nil` for ours.
  ///   - inheritsAll: Whether it also inherits what whoever started us has left open for programs.
  ///   - blocked: Signals that wait from its first moment on, in its own children, too; it gets all others.
  package init(
    _ path: String, _ arguments: [String], environment: [String]? = nil, _ streams: Streams = Streams(),
    _ standing: Standing = .ours, inheritsAll: Bool = false, blocked: [Int32] = []
  ) throws(Failure) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (file, place) in [
      (streams.input, STDIN_FILENO), (streams.output, STDOUT_FILENO), (streams.errors, STDERR_FILENO),
      (streams.kept, 3),
    ] {
      if let file { posix_spawn_file_actions_adddup2(&actions, file, place) }
    }
    if !inheritsAll { close_from(&actions, streams.kept == nil ? 3 : 4) }
    var waiting = signals(blocked)
    // What we ignore, and what whoever started us may have ignored: without SIGCHLD nobody's end can be waited for.
    var usual = signals([SIGPIPE, SIGCHLD])
    posix_spawnattr_setsigmask(&attributes, &waiting)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    switch standing {
    case .ours: break
    case .group: flags |= Int16(POSIX_SPAWN_SETPGROUP)
    case .session: flags |= spawn_in_new_session()
    }
    posix_spawnattr_setflags(&attributes, flags)
    let words = arguments.map { strdup($0) }
    let lines = (environment ?? []).map { strdup($0) }
    defer { for text in words + lines { free(text) } }
    var started: pid_t = 0
    func start() -> Int32 {
      environment == nil
        ? posix_spawn(&started, path, &actions, &attributes, words + [nil], environ)
        : posix_spawn(&started, path, &actions, &attributes, words + [nil], lines + [nil])
    }
    var status = start()
    // A program that was just written is busy until every process has closed it, also one that another thread is about
    // to start.
    for _ in 0..<100 where status == ETXTBSY {
      poll(nil, 0, 10)
      status = start()
    }
    guard status == 0 else { throw Failure(number: status) }
    process = started
    end = OpenFile(process_descriptor(started))
  }

  /// How it ended; `nil` when it has not within that many milliseconds.
  package func wait(milliseconds: Int32) -> Ending? {
    let deadline = BootClock.monotonic + Int64(milliseconds)
    while true {
      if let ending = ending() { return ending }
      let rest = Int32(clamping: deadline - BootClock.monotonic)
      guard rest > 0 else { return nil }
      if let end {
        var event = pollfd(fd: end.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&event, 1, rest)
      } else {
        poll(nil, 0, min(2, rest))
      }
    }
  }

  private func ending() -> Ending? {
    var status: Int32 = 0
    switch waitpid(process, &status, WNOHANG) {
    case process: return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signaled(status & 0x7f)
    case -1 where errno == ECHILD: return .signaled(SIGKILL)  // Somebody else has waited for it: nothing is known.
    default: return nil
    }
  }

  /// Ends it, with its process group or session where that is its own, and waits until it is gone.
  package func kill(_ standing: Standing = .ours) {
    if case .ours = standing { Glibc.kill(process, SIGKILL) } else { Glibc.kill(-process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }
}

/// A set of signals.
func signals(_ numbers: [Int32]) -> sigset_t {
  var set = sigset_t()
  sigemptyset(&set)
  for number in numbers { sigaddset(&set, number) }
  return set
}
