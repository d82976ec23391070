import Files
import Glibc
import Netfilter
import Nftables

/// A program that was started.
private struct Child {
  var process: pid_t

  /// Starts a program with our environment.
  ///
  /// - Parameters:
  ///   - output: Where its standard output goes, and its standard error too if `silent`.
  ///   - detached: Whether it gets a session of its own, which no terminal and no shell ends; otherwise a process group.
  /// - Returns: The number of the error when it does not start.
  static func start(
    _ path: String, _ arguments: [String], output: Int32, detached: Bool
  ) -> Result<Child, SystemError> {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    if detached {
      posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawnattr_setflags(&attributes, Int16(detached ? newSession : POSIX_SPAWN_SETPGROUP))
    var process: pid_t = 0
    let words = arguments.map { strdup($0) }
    defer { for word in words { free(word) } }
    let status = posix_spawn(&process, path, &actions, &attributes, words + [nil], environ)
    return status == 0 ? .success(Child(process: process)) : .failure(SystemError(number: status))
  }
}

/// `POSIX_SPAWN_SETSID` (glibc 2.26), which the Glibc module lacks.
private let newSession: Int32 = 0x80

private struct SystemError: Error {
  var number: Int32
}

/// Starts the watchdog of a change as a process that outlives this one, and waits until it is armed.
///
/// - Throws: `ApplyFailure.noWatchdog`.
func armWatchdog(of generation: Generation, folder: String) throws(ApplyFailure) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0, let reading = ends.first, let writing = ends.last else {
    throw .noWatchdog(systemError())
  }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  defer { close(reading) }
  // The file that this process was started from, even if another version lies in its place by now.
  let child = Child.start(
    "/proc/self/exe", ["sallyport", "watch", generation.name, "--state-dir", folder], output: writing, detached: true)
  close(writing)
  if case .failure(let error) = child { throw .noWatchdog(systemError(error.number)) }
  let said = (try? readAll(reading)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  guard said == armedMessage else {
    throw .noWatchdog(said.split(separator: "\n").joined(separator: "; "))
  }
}

/// Runs a command of the shell, its output on our standard error.
///
/// - Parameter seconds: Its time. Then its process group is killed.
/// - Returns: Whether it ended with status 0.
func runShell(_ command: String, seconds: Int) async -> Bool {
  guard
    case .success(let child) = Child.start(
      "/bin/sh", ["sh", "-c", command], output: STDERR_FILENO, detached: false)
  else { return false }
  let deadline = ContinuousClock.now + .seconds(seconds)
  var status: Int32 = 0
  while waitpid(child.process, &status, WNOHANG) == 0 {
    guard ContinuousClock.now < deadline else {
      kill(-child.process, SIGKILL)
      waitpid(child.process, &status, 0)
      return false
    }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return status == 0
}
