import Files
import Glibc
import Netfilter
import Nftables

/// Starts the watchdog of a change as a process that outlives this one, and waits until it is armed. It has nothing of
/// ours open.
///
/// - Throws: `ApplyFailure.noWatchdog`.
func armWatchdog(of generation: Generation, folder: String) throws(ApplyFailure) {
  // Whatever keeps systemd from making a scope, a process of a session of its own is as good as anywhere else.
  if let scope = WatchdogStart.inScope(of: generation, folder: folder), (try? scope.run()) != nil { return }
  try WatchdogStart(of: generation, folder: folder).run()
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
