import Foundation

/// A folder with the programs, two policies that differ in a passive range, and words for a shell: `$S` with a command is
/// `sallyport`, `$A` the options for its state, `is FILE` whether the running rules are those of a policy.
struct ApplyBench {
  static let old = policy(range: "50000-50399")
  static let new = policy(range: "50000-50499")

  static func policy(range: String) -> String {
    """
    publish files {
      server         10.10.20.200 vsftpd
      external ip    203.0.113.10
      passive range  \(range)
      tls            off  # allow: tls-off (a test)
      helper         on   # allow: helper-open-to-any (a test)
    }
    """
  }

  private static let words = """
    export LC_ALL=C
    S=./sallyport
    A="--state-dir $PWD/state"
    is() { $S diff --quiet "$1"; }
    fail() { echo "failed: $*"; exit 1; }
    # Ends when no watchdog of this folder is left, for at most a minute.
    quiet() { for _ in $(seq 600); do pgrep -f "sallyport watch .*$PWD/state" >/dev/null || return 0; sleep 0.1; done; return 1; }

    """

  /// Runs lines of shell in the folder, in a network namespace and with mounts that end with them.
  ///
  /// - Parameter worker: Lines of a shell program that stands in the place of the worker; `$WORKER` is the real one.
  static func run(_ lines: String, worker: String? = nil) async throws -> Ended {
    await ApplyGate.shared.enter()
    defer { Task { await ApplyGate.shared.leave() } }
    return try await withFolder { folder in
      let names = ["sallyport", "sallyport-netfilter"]
      for name in names {
        try FileManager.default.copyItem(atPath: programs.appending(path: name).path, toPath: "\(folder)/\(name)")
      }
      if let worker {
        try FileManager.default.moveItem(
          atPath: "\(folder)/sallyport-netfilter", toPath: "\(folder)/real-worker")
        try writeProgram(
          "\(folder)/sallyport-netfilter",
          "WORKER=\(folder)/real-worker\nREQUEST=\(folder)/request.$$\ncat >$REQUEST\n" + worker)
      }
      try old.write(toFile: "\(folder)/old.sally", atomically: false, encoding: .utf8)
      try new.write(toFile: "\(folder)/new.sally", atomically: false, encoding: .utf8)
      try (words + lines).write(toFile: "\(folder)/test.sh", atomically: false, encoding: .utf8)
      return try await shell("cd \(folder) && exec unshare --mount bash test.sh")
    }
  }
}

/// Lets a few runs in at a time: deadlines are short, and a machine that does twenty things at once misses them.
private actor ApplyGate {
  static let shared = ApplyGate()
  private var free = 6
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
