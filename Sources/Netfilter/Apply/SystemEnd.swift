import Files
import Glibc

/// Whether this machine is going down.
///
/// SIGTERM alone does not tell: it comes from whoever ends a service or a session, too. Asked are systemd, where it
/// runs, the run level of OpenRC, and the last run level in utmp(5), where 0 is the end and 6 a new start.
func isSystemStopping() -> Bool {
  if access("/run/systemd/system", F_OK) == 0 {
    // In the end another program takes the place of systemd, and nobody answers any more.
    return isSystemdLeaving || systemdState() == "stopping"
  }
  if let bytes = try? readFile("/run/openrc/softlevel", limit: 1 << 10) {
    return ["shutdown", "reboot"].contains(firstWord(bytes))
  }
  return runLevel() == UInt8(ascii: "0") || runLevel() == UInt8(ascii: "6")
}

private var isSystemdLeaving: Bool {
  (try? readFile("/proc/1/comm", limit: 1 << 10)).map { firstWord($0).hasPrefix("systemd-shutdow") } ?? false
}

/// What `systemctl is-system-running` says (systemctl(1)); `nil` when it says nothing within three seconds.
private func systemdState() -> String? {
  let paths = ["/usr/bin/systemctl", "/bin/systemctl"]
  guard let path = paths.first(where: { access($0, X_OK) == 0 }), let output = try? requestFile(),
    let child = try? ChildProcess(
      path, ["systemctl", "is-system-running"], ChildProcess.Streams(output: output.descriptor), blocked: [SIGTERM])
  else { return nil }
  guard child.wait(milliseconds: 3000) != nil else {
    child.kill()
    return nil
  }
  guard output.rewind(), let bytes = try? readAll(output.descriptor, limit: 1 << 10) else { return nil }
  return firstWord(bytes)
}

private func firstWord(_ bytes: [UInt8]) -> String {
  String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
}

/// The present run level as a character; `nil` where nobody writes it down.
private func runLevel() -> UInt8? {
  var level: UInt8?
  setutxent()
  // RUN_LVL, a number that the C library hides from Swift; the level stands in the lowest byte.
  while let entry = getutxent() {
    guard entry.pointee.ut_type == 1 else { continue }
    level = UInt8(truncatingIfNeeded: entry.pointee.ut_pid)
  }
  endutxent()
  return level
}
