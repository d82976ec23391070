import Files
import Glibc
import Netfilter
import Nftables

/// How the watchdog of a change is started.
struct WatchdogStart {
  let path: String
  let arguments: [String]

  /// As a process in a session of its own, which no terminal and no shell ends.
  init(of generation: Generation, folder: String) {
    // The file that this process was started from, even if another version lies in its place by now.
    path = "/proc/self/exe"
    arguments = ["sallyport"] + Self.words(generation, folder)
  }

  private init(path: String, arguments: [String]) {
    (self.path, self.arguments) = (path, arguments)
  }

  /// The same in a scope, a transient unit of systemd: logind ends the processes of a login session that is over
  /// (`KillUserProcesses=` of logind.conf(5)), and what stands in a unit of the system is none of them.
  ///
  /// A scope and no service, because what runs in it is started from here: it sees the same network namespace, whose
  /// rules it is about.
  ///
  /// - Parameters:
  ///   - system: The folder that is there where systemd runs (sd_booted(3)).
  ///   - user: Only root may make units of the system without being asked for a password.
  ///   - runner: `systemd-run`, where distributions have it. Never the search path: it runs as root.
  /// - Returns: `nil` where there is no systemd to ask.
  static func inScope(
    of generation: Generation, folder: String, system: String = "/run/systemd/system", user: uid_t = geteuid(),
    runner: String = "/usr/bin/systemd-run"
  ) -> WatchdogStart? {
    guard user == 0, access(system, F_OK) == 0, access(runner, X_OK) == 0 else { return nil }
    let options = [
      "--scope", "--quiet", "--collect", "--no-ask-password", "--unit=sallyport-watch-\(generation.name)",
      "--description=Takes change \(generation.name) of the FTP rules back unless it is confirmed",
    ]
    // This process waits until the other one runs; until then its file can be named.
    let program = "/proc/\(getpid())/exe"
    return WatchdogStart(
      path: runner, arguments: ["systemd-run"] + options + ["--", program] + words(generation, folder))
  }

  private static func words(_ generation: Generation, _ folder: String) -> [String] {
    ["watch", generation.name, "--state-dir", folder]
  }

  /// Starts it, and waits until it is armed.
  ///
  /// - Throws: `ApplyFailure.noWatchdog`.
  func run() throws(ApplyFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, let reading = ends.first.flatMap(OpenFile.init), let writing = ends.last else {
      throw .noWatchdog(systemError())
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let null = OpenFile(open("/dev/null", O_RDONLY | O_CLOEXEC))
    do throws(ChildProcess.Failure) {
      defer { close(writing) }
      _ = try ChildProcess(
        path, arguments, ChildProcess.Streams(input: null?.descriptor, output: writing, errors: writing), .session,
        blocked: Watchdog.blockedSignals)
    } catch {
      throw .noWatchdog(systemError(error.number))
    }
    let said = (try? readAll(reading.descriptor)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    // The runner may have had something to say before.
    guard said.hasSuffix(armedMessage) else {
      throw .noWatchdog(said.split(separator: "\n").joined(separator: "; "))
    }
  }
}
