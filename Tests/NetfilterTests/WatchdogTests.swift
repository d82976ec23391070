import Foundation
import LiveSupport
import Testing

/// What keeps a watchdog alive, what it tells, and what ends it.
@Suite("the watchdog of a change", .kernel)
struct WatchdogTests {
  /// The programs of the machine see other files below /run; what stood there stays for everybody else.
  private static let words = "own_run() { mount -t tmpfs -o mode=755 none /run; }\n"

  private func expect(_ lines: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await ApplyBench.expect(Self.words + lines, sourceLocation: sourceLocation)
  }

  @Test("7: no signal but SIGKILL ends it before its time")
  func signals() async throws {
    try await expect(
      """
      own_run; change
      for signal in $(seq 1 64); do
        # SIGKILL ends it, SIGSTOP stops it, and the C library keeps two for itself.
        case $signal in 9 | 19 | 32 | 33) ;; *) kill -$signal $(watchdog) ;; esac
      done
      sleep $ABSENCE; watched || fail "ended"; is new.sally || fail "too early"
      expire; quiet; is old.sally || fail "not taken back"
      """)
  }

  @Test(
    "7: while the machine goes down, SIGTERM has it take the change back at once",
    arguments: [
      "mkdir /run/openrc; echo shutdown >/run/openrc/softlevel",
      """
      mkdir -p /run/systemd/system; printf '#!/bin/sh\\necho stopping\\nexit 1\\n' >systemctl; chmod 755 systemctl
      mount --bind systemctl /usr/bin/systemctl
      """,
    ])
  func shutdown(_ goDown: String) async throws {
    guard !goDown.contains("systemctl") || FileManager.default.fileExists(atPath: "/usr/bin/systemctl") else {
      return
    }
    try await expect(
      """
      own_run; change; kill -TERM $(watchdog); sleep $ABSENCE; watched || fail "ended"; is new.sally || fail "too early"
      \(goDown)
      kill -TERM $(watchdog); quiet || fail "it does not end"; is old.sally || fail "not taken back"
      status=0; $S confirm $name $A || status=$?; test $status = 75 || fail "confirm: $status"
      """)
  }

  @Test(
    "where systemd runs it stands in a scope of its own; where none is to be had, it is a process as elsewhere",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-run"), "systemd-run is missing"))
  func scope() async throws {
    try await expect(
      """
      own_run; mkdir -p /run/systemd/system; touch runner; chmod 755 runner; mount --bind runner /usr/bin/systemd-run
      in_scope() { pgrep -f "/exe watch $name" >/dev/null; }
      printf '#!/bin/sh\\necho "$@" >%s/asked; while [ "$1" != -- ]; do shift; done; shift; echo hm >&2; exec "$@"\\n' \
        "$PWD" >runner
      change; grep -q -- "--scope .*--unit=sallyport-watch-$name " asked || fail "$(cat asked)"
      in_scope || fail "no scope"; ! watched || fail "two of them"
      expire; comes is old.sally || fail "not taken back"; comes eval '! in_scope'
      printf '#!/bin/sh\\necho no bus >&2; exit 1\\n' >runner
      change; ! in_scope || fail "a scope"; watched || fail "no watchdog"; $S confirm $A; quiet; is new.sally
      """)
  }

  @Test("7: apply, diff and check --kernel say that a change waits, and whether its watchdog is alive")
  func pending() async throws {
    try await expect(
      """
      says() {
        for command in "apply old.sally" "apply old.sally --dry-run" "diff new.sally" "check --kernel new.sally"; do
          $S $command $A >out 2>&1 || true; grep -q "change $name $1" out || fail "$command: $(cat out)"
        done
        $S diff new.sally $A --output json 2>/dev/null >out || true
        test "$(tr -d ' ' <out | grep -c "\\"watchdog_alive\\":$2\\|\\"change\\":\\"$name\\"")" = 2 || fail "$(cat out)"
      }
      change; says "still waits [0-9]* seconds .* its watchdog is alive" true
      kill -KILL $(watchdog); says "still waits [0-9]* seconds .* its watchdog is gone" false
      expire; says "was not confirmed in time, and its watchdog is gone" false
      $S rollback $A; change; kill -STOP $(watchdog); rm -r state
      $S diff new.sally $A >out 2>&1 || true
      grep -q "no record of change $name is found here, and its watchdog does not answer" out || fail "$(cat out)"
      kill -CONT $(watchdog); quiet; change; $S confirm $A; quiet
      for command in "apply new.sally" "diff new.sally" "check --kernel new.sally"; do
        $S $command $A >out 2>&1 || true; ! grep -q "change $name" out || fail "$command: $(cat out)"
      done
      """)
  }

  @Test("7: of one that is stopped nobody says that it takes the change back")
  func stopped() async throws {
    try await expect(
      """
      says() { $S diff new.sally $A >out 2>&1 || true; grep -q "change $name $1" out || fail "$(cat out)"; }
      change; kill -STOP $(watchdog); says "still waits [0-9]* seconds .*, but its watchdog does not answer"
      expire; says "was not confirmed in time, and its watchdog does not answer: it may be stopped"
      status=0; $S confirm $A >out 2>&1 || status=$?; test $status = 70 || fail "$status"
      grep -q "too late: .* its watchdog does not answer" out || fail "$(cat out)"; is new.sally || fail "taken back"
      kill -CONT $(watchdog); quiet; is old.sally || fail "not taken back"
      """)
  }

  @Test("7: it writes to the log of the machine")
  func log() async throws {
    try await expect(
      #"""
      mkdir dev; mount -t tmpfs -o mode=755 none dev
      for file in null zero full random urandom tty; do touch dev/$file; mount --bind /dev/$file dev/$file; done
      mount --move dev /dev
      perl -MSocket -e '$| = 1; socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, pack_sockaddr_un("/dev/log")) or die;
        while (defined recv(S, $_, 4096, 0)) { print "$_\n" }' >log &
      listener=$!; comes test -S /dev/log || fail "no log"
      change; own_run; kill -TERM $(watchdog)
      has() { comes grep -q "^<[0-9]*>[A-Z][a-z][a-z] .* sallyport\[[0-9]*\]: $1" log || fail "no $1 in $(cat log)"; }
      has "change $name is taken back in [0-9]* s unless confirmed"; has "SIGTERM does not end the watchdog of change $name"
      expire; quiet; has "change $name was not confirmed and is taken back"
      change; $S confirm $A; has "change $name is confirmed"
      change; rm -r state; has "change $name: its record is gone, so it is taken back"
      # A log that nobody reads keeps nobody waiting.
      quiet; kill -STOP $listener; change; expire; quiet; is old.sally || fail "not taken back"; kill -KILL $listener
      """#)
  }

  @Test("7: it holds no descriptor of whoever started apply")
  func descriptors() async throws {
    try await expect(
      """
      $S apply old.sally $A
      timeout --signal=KILL \(Patience.arrival.wholeSeconds) bash -c "exec 3>&1 4<old.sally; $S apply new.sally $A --confirm-within 60s | cat" || fail "it hangs"
      watched || fail "no watchdog"
      for file in /proc/$(pgrep -f "sallyport watch .*$PWD/state")/fd/*; do
        case $(readlink $file) in
          /dev/null | /memfd:* | socket:* | anon_inode:* | $PWD/state | $PWD/state/lock) ;;
          *) fail "it holds $(readlink $file)" ;;
        esac
      done
      expire; quiet
      """)
  }

  @Test("7: it is locked in memory and the last victim of the memory killer, where that is allowed")
  func memory() async throws {
    try await expect(
      """
      change; process=$(watchdog)
      if capsh --has-p=cap_ipc_lock 2>/dev/null; then
        locked=$(sed -n 's/^VmLck:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$process/status); test "$locked" -gt 1000 || fail "locked: $locked"
      fi
      if sh -c 'echo -1000 >/proc/self/oom_score_adj' 2>/dev/null; then
        test "$(cat /proc/$process/oom_score_adj)" = -1000 || fail "$(cat /proc/$process/oom_score_adj)"
      fi
      # That much is not taken for it.
      resident=$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$process/status); test "$resident" -lt 100000 || fail "resident: $resident"
      expire; quiet
      """)
  }

  @Test("7: a stranger who takes its name or asks without end changes nothing")
  func strangers() async throws {
    try await expect(
      #"""
      change
      setpriv --reuid 65534 --clear-groups perl -MSocket -e '
        while (1) { socket(my $s, PF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un("\0sallyport-watchdog-$ARGV[0]")) and push @held, $s;
          splice @held, 0, 10 if @held > 50 }' $name &
      stranger=$!
      $S diff new.sally $A 2>&1 | grep -q "watchdog is alive" || fail "not seen"
      $S confirm $name $A || fail "not confirmed"; quiet || fail "it does not end"; is new.sally
      kill -KILL $stranger; wait $stranger || true
      setpriv --reuid 65534 --clear-groups perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0);
        bind($s, pack_sockaddr_un("\0sallyport-watchdog-$ARGV[0]")) and listen($s, 5); sleep' $name &
      stranger=$!; comes grep -q "sallyport-watchdog-$name" /proc/self/net/unix || fail "no stranger"
      $S diff new.sally $A >out 2>&1; ! grep -q "change $name" out || fail "$(cat out)"
      $S confirm $name $A || fail "not confirmed"; kill -KILL $stranger
      """#)
  }
}
