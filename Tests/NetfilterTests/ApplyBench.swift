import Foundation
import LiveSupport
import Testing

/// A folder with the programs, two policies that differ in a passive range, and words for a shell: `$S` with a command
/// is `sallyport`, `$A` the options for its state, `is FILE` whether the running rules are those of a policy; `change`
/// makes a change that waits, and leaves its name in `$name`; `ends STATUS COMMAND` is about an exit status, and `says
/// TEXT` about what was said.
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
    ABSENCE=\(Patience.absence.wholeSeconds)
    # Waits until a command succeeds.
    comes() { local end=$((SECONDS + \(Patience.arrival.wholeSeconds))); until "$@"; do test $SECONDS -lt $end || return 1; sleep 0.05; done; }
    watched() { pgrep -f "sallyport watch .*$PWD/state" >/dev/null; }
    # Waits until no watchdog of this folder is left.
    quiet() { comes eval '! watched'; }
    # Every deadline passes: the time since boot is an hour later.
    export LD_PRELOAD=\(clockLibrary) CLOCKS=$PWD; echo 0 >boottime
    expire() { echo $(($(cat boottime) + 3600)) >boottime.new; mv boottime.new boottime; }
    ends() {
      local want=$1 status=0; shift
      "$@" >out 2>&1 || status=$?; test $status = $want || fail "$*: $status, not $want: $(cat out)"
    }
    says() { grep -q -- "$1" out || fail "it does not say $1: $(cat out)"; }
    change() {
      $S apply old.sally $A; $S apply new.sally $A --confirm-within 60s "$@" 2>told
      name=$(sed -n 's/^applied as change \\([0-9a-f]*\\):.*/\\1/p' told); test -n "$name" || fail "$(cat told)"
    }
    watchdog() { pgrep -f "sallyport watch $name"; }

    """

  /// A library that moves the clocks of the programs that load it, by as many seconds as the files `realtime` and
  /// `boottime` in a folder say. So a deadline passes when a test says so, however busy the machine is.
  private static let clockSource = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <time.h>
    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (real == NULL) real = dlsym(RTLD_NEXT, "clock_gettime");
      int status = real(clock, time);
      const char *name = clock == CLOCK_REALTIME ? "realtime" : clock == CLOCK_BOOTTIME ? "boottime" : NULL;
      const char *folder = getenv("CLOCKS");
      if (name == NULL || folder == NULL) return status;
      char path[4096];
      snprintf(path, sizeof path, "%s/%s", folder, name);
      FILE *file = fopen(path, "r");
      if (file == NULL) return status;
      long offset = 0;
      if (fscanf(file, "%ld", &offset) == 1) time->tv_sec += offset;
      fclose(file);
      return status;
    }
    """

  /// The path of that library, which is built once.
  private static let clockLibrary: String = {
    let path = programs.appending(path: "moved-clocks.so").path
    let aside = "\(path).\(getpid())"
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["clang", "-shared", "-fPIC", "-x", "c", "-o", aside, "-"]
    let source = Pipe()
    process.standardInput = source
    do {
      try process.run()
      try source.fileHandleForWriting.write(contentsOf: Data(clockSource.utf8))
      try source.fileHandleForWriting.close()
      process.waitUntilExit()
      guard process.terminationStatus == 0, rename(aside, path) == 0 else { return "" }
    } catch {
      return ""
    }
    return path
  }()

  /// Runs lines of shell in the folder, in a network namespace and with mounts that end with them.
  ///
  /// - Parameter worker: Lines of a shell program that stands in the place of the worker; `$WORKER` is the real one.
  static func run(_ lines: String, worker: String? = nil) async throws -> Ended {
    guard !clockLibrary.isEmpty else { throw LabError("clang cannot build the library that moves clocks") }
    await ApplyGate.shared.enter()
    defer { Task { await ApplyGate.shared.leave() } }
    return try await withFolder { folder in
      try Release.current.place(programs: programs.path, in: folder)
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

  /// Runs lines that end with status 0 when all is as it should be.
  @discardableResult
  static func expect(
    _ lines: String, worker: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ended {
    let ended = try await run("set -e\n" + lines, worker: worker)
    #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)", sourceLocation: sourceLocation)
    return ended
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
