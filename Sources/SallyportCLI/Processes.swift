import Files
import Glibc
import Netfilter
import Nftables

/// Starts the watchdog of a change as a process that outlives this one, and waits until it is armed. It has nothing of
/// ours open.
///
/// - Throws: `ApplyFailure.noWatchdog`.
func armWatchdog(of generation: Generation, folder: String) throws(ApplyFailure) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0, let reading = ends.first.flatMap(OpenFile.init), let writing = ends.last else {
    throw .noWatchdog(systemError())
  }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  let null = OpenFile(open("/dev/null", O_RDONLY | O_CLOEXEC))
  do throws(ChildProcess.Failure) {
    defer { close(writing) }
    // The file that this process was started from, even if another version lies in its place by now.
    _ = try ChildProcess(
      "/proc/self/exe", ["sallyport", "watch", generation.name, "--state-dir", folder],
      ChildProcess.Streams(input: null?.descriptor, output: writing, errors: writing), .session,
      blocked: Watchdog.blockedSignals)
  } catch {
    throw .noWatchdog(systemError(error.number))
  }
  let said = (try? readAll(reading.descriptor)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  guard said == armedMessage else {
    throw .noWatchdog(said.split(separator: "\n").joined(separator: "; "))
  }
}

/// Runs a command of the shell, its output on our standard error.
///
/// Not by swift-subprocess, which closes every descriptor above 2 right before `exec` (1.0.2, `process_shims.c`) and
/// has no way around that: a lock or socket that whoever started us left open has to reach the command.
///
/// - Parameter seconds: Its time. Then its process group is killed.
/// - Returns: Whether it ended with status 0.
func runShell(_ command: String, seconds: Int) -> Bool {
  guard
    let child = try? ChildProcess(
      "/bin/sh", ["sh", "-c", command], ChildProcess.Streams(output: STDERR_FILENO), .group, inheritsAll: true)
  else { return false }
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if let ending = child.wait(milliseconds: 10) { return ending == .exited(0) }
  }
  child.kill(.group)
  return false
}
