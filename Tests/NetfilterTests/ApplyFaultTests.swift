import Foundation
import Testing

/// Whatever breaks while the rules are changed, they are wholly the old or wholly the new ones, the way back holds, and
/// the message and the exit status tell.
@Suite("apply, when things break", .kernel)
struct ApplyFaultTests {
  /// Loops that run side by side, each in a network namespace of its own, and kills in each of them.
  private static let loops = 10
  private static let kills = 20

  /// One loop: the old rules run; an apply of the new ones is killed at a random moment, every other time together with
  /// the shell that started it and with the worker. Then either the old or the new ones run, and the new ones not after
  /// the deadline.
  private static let killLoop = """
    $S apply old.sally $A
    started=$(date +%s%N); $S apply new.sally $A --confirm-within 60s; span=$((($(date +%s%N) - started) / 1000))
    $S rollback $A
    was() { $S diff --quiet --against now.json $1; }
    kept=0; changed=0
    for i in $(seq \(kills)); do
      setsid sh -c "$S apply new.sally $A --confirm-within 60s; :" &
      shell=$!
      if [ $((i % 4)) = 1 ]; then
        # Soon after the commit: a machine that is busy may never get there within a random span.
        while kill -0 $shell 2>/dev/null && is old.sally; do :; done
      else
        sleep $(printf 0.%06d $((RANDOM * (span + span / 4) / 32767)))
      fi
      if [ $((i % 2)) = 0 ]; then kill -KILL -- -$shell || true; else pkill -KILL -P $shell -x sallyport || true; fi
      wait $shell || true
      # A worker that is left holds the lock until it has ended.
      flock state/lock true
      # One listing for both questions.
      nft -j list table inet sallyport >now.json
      if was old.sally; then kept=$((kept + 1))
      else was new.sally || fail "neither the old nor the new rules"; changed=$((changed + 1)); fi
      expire; quiet || fail "a watchdog is left"
      is old.sally || fail "the new rules stayed"
    done
    echo "kept $kept changed $changed"
    """

  @Test("SIGKILL at 200 random moments: wholly old or wholly new, and the watchdog keeps its promise")
  func killed() async throws {
    try await expectKills(Self.kills, in: Array(repeating: Self.killLoop, count: Self.loops))
  }

  /// One loop under injection: the old rules run with a hostile comment in a place that changes with each round.
  private static let injectedLoop = """
    \(Hostile.words)
    : >out; victim; kept=0; changed=0
    inject() {
      case $(($1 % 5)) in
    \(Hostile.comments.dropFirst().prefix(2).enumerated().map { "\($0)) \($1.lines) ;;" }.joined(separator: "\n"))
    \(Hostile.comments.suffix(4).prefix(3).enumerated().map { "\($0 + 2)) \($1.lines) ;;" }.joined(separator: "\n"))
      esac
    }
    $S apply old.sally $A
    started=$(date +%s%N); $S apply new.sally $A --confirm-within 60s; span=$((($(date +%s%N) - started) / 1000))
    $S rollback $A
    for i in $(seq \(kills)); do
      $S apply old.sally $A --replace
      evil=$(evil $((i % 3 + 1))); json=$(quoted "$evil"); inject $i
      $S diff old.sally >before || true
      setsid sh -c "$S apply new.sally $A --confirm-within 60s; :" &
      shell=$!; sleep $(printf 0.%06d $((RANDOM * (span + span / 4) / 32767)))
      if [ $((i % 2)) = 0 ]; then kill -KILL -- -$shell || true; else pkill -KILL -P $shell -x sallyport || true; fi
      wait $shell || true; flock state/lock true
      $S diff old.sally >now || true
      if cmp -s before now; then kept=$((kept + 1))
      else is new.sally || fail "neither the old nor the new rules: $(cat now)"; changed=$((changed + 1)); fi
      unharmed kill; expire; quiet || fail "a watchdog is left"; unharmed watchdog
      $S diff old.sally >now || true
      cmp -s before now || fail "the way back leads elsewhere: $(cat now)"
    done
    echo "kept $kept changed $changed"
    """

  @Test("16: SIGKILL at random moments while comments are injected: the same, and the rules of others stand")
  func killedUnderInjection() async throws {
    try await expectKills(Self.kills, in: Array(repeating: Self.injectedLoop, count: Self.loops / 2))
  }

  @Test("SIGKILL at 300 random moments in two namespaces that share a state folder, with a hostile program beside it")
  func killedTogether() async throws {
    try await expectKills(2 * Self.sharedKills, in: Array(repeating: Self.sharedLoop, count: Self.loops))
  }

  private func expectKills(_ kills: Int, in loops: [String]) async throws {
    let ends = try await withThrowingTaskGroup(of: Ended.self) { group in
      for loop in loops { group.addTask { try await ApplyBench.expect(loop) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let words = ends.compactMap { $0.output.split(separator: "\n").last?.split(separator: " ") }
    let kept = words.compactMap { $0.count == 4 ? Int($0[1]) : nil }.reduce(0, +)
    let changed = words.compactMap { $0.count == 4 ? Int($0[3]) : nil }.reduce(0, +)
    #expect(kept + changed == loops.count * kills)
    // Moments before and after the commit were among them.
    #expect(kept > 0 && changed > 0, "kept \(kept), changed \(changed)")
  }

  /// In each of two namespaces.
  private static let sharedKills = 15

  /// The state folder lies in a folder in which everybody may write, as in /tmp, and somebody without privilege
  /// renames, replaces, links and locks there what he can, asks every watchdog without end, and fills the disk again
  /// and again.
  private static let sharedLoop = """
    touch other.net; unshare --net=$PWD/other.net true
    first() { "$@"; }; second() { nsenter --net=$PWD/other.net "$@"; }
    mkdir -m 1777 shared; mount -t tmpfs -o size=256k,mode=1777 none shared; A="--state-dir $PWD/shared/state"
    watched() { pgrep -f "sallyport watch .*$PWD/shared/state" >/dev/null; }
    for space in first second; do $space $S apply old.sally $A; done
    started=$(date +%s%N); $S apply new.sally $A --confirm-within 60s; span=$((($(date +%s%N) - started) / 1000)); $S rollback $A
    cat >hostile.sh <<'END'
    cd shared
    while :; do
      mv state mine; mv state/lock lock; rm -rf state; ln -sfT /etc state; ln -sf /etc/passwd state/lock; chmod 777 state
      for file in state/*.json; do mv $file state/0.confirmed.json; done
      echo >state/lock; flock -n state true; flock -n state/lock true
      kill -KILL $(pgrep -f "sallyport watch .*$PWD/state")
      for name in $(grep -o "sallyport-watchdog-[0-9a-f]*" /proc/self/net/unix); do
        perl -MSocket -e 'for (1 .. 200) { socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("\0$ARGV[0]")) }' $name
      done
      dd if=/dev/zero of=filler bs=4k; sleep 0.05; rm -f filler; sleep 0.05
    done
    END
    setpriv --reuid 65534 --clear-groups sh hostile.sh >/dev/null 2>&1 &
    hostile=$!; trap 'kill -KILL $hostile' EXIT
    was() { $S diff --quiet --against now.json $1; }
    kept=0; changed=0
    for i in $(seq \(sharedKills)); do
      setsid sh -c "$S apply new.sally $A --confirm-within 60s; :" & one=$!
      second setsid sh -c "$S apply new.sally $A --confirm-within 60s; :" & two=$!
      for shell in $one $two; do
        sleep $(printf 0.%06d $((RANDOM * (span + span / 2) / 32767)))
        if [ $((i % 2)) = 0 ]; then kill -KILL -- -$shell 2>/dev/null || true; else pkill -KILL -P $shell -x sallyport || true; fi
      done
      wait $one $two || true
      flock shared/state/lock true
      for space in first second; do
        $space nft -j list table inet sallyport >now.json
        if was old.sally; then kept=$((kept + 1))
        else was new.sally || fail "neither the old nor the new rules"; changed=$((changed + 1)); fi
      done
      expire; quiet || fail "a watchdog is left"
      for space in first second; do $space $S diff --quiet old.sally || fail "the new rules stayed"; done
    done
    test "$(stat -c %u:%a shared/state)" = 0:700 || fail "$(stat -c %u:%a shared/state)"
    echo "kept $kept changed $changed"
    """

  @Test("a worker that is killed before it commits: 70, nothing changed")
  func workerKilledBefore() async throws {
    let ended = try await ApplyBench.expect(
      """
      rm -f armed; $S apply old.sally $A; touch armed; nft list ruleset >before
      status=0; $S apply new.sally $A --confirm-within 60s || status=$?; test $status = 70 || fail "status $status"
      nft list ruleset | cmp - before; rm armed; $S apply new.sally $A; is new.sally
      quiet || fail "the watchdog is left"
      """,
      worker: #"grep -qx commit $REQUEST && test -e armed && kill -KILL $$; exec $WORKER <$REQUEST"#)
    #expect(ended.errors.contains("sallyport-netfilter was ended by signal 9"), "\(ended.errors)")
  }

  @Test("a worker that is killed after its commit: the kernel is asked, and the change stands")
  func workerKilledBehind() async throws {
    try await ApplyBench.expect(
      "$S apply old.sally $A; $S apply new.sally $A --persist boot.nft; is new.sally; test -e boot.nft; $S rollback $A; is old.sally",
      worker: #"$WORKER <$REQUEST >answer.$$; grep -qx commit $REQUEST && kill -KILL $$; cat answer.$$"#)
  }

  /// The program bears another name for its beginning of a batch, so libnftables calls that of libnftnl. A program of
  /// another release is a script here, in which there is no such name.
  @Test("a worker that cannot bind a change to the generation of the ruleset makes none: 70")
  func unbound() async throws {
    try await ApplyBench.expect(
      """
      grep -q nftnl_batch_begin sallyport-netfilter || exit 0
      $S apply old.sally $A; nft list ruleset >before; cp sallyport-netfilter sound
      sed -i s/nftnl_batch_begin/nftnl_batch_bogus/g sallyport-netfilter
      ends 70 $S apply new.sally $A; says "bind a change"; nft list ruleset | cmp - before
      ends 70 $S rollback $A; ends 70 $S remove $A; nft list ruleset | cmp - before
      ends 0 $S diff old.sally $A; ends 0 $S check --kernel new.sally $A
      mv sound sallyport-netfilter; ends 0 $S apply new.sally $A; is new.sally
      """)
  }

  @Test("a crash of libnftables names the cause")
  func crash() async throws {
    let ended = try await ApplyBench.expect(
      "status=0; $S apply old.sally $A || status=$?; test $status = 70; test -z \"$(nft list ruleset)\"",
      worker: "grep -qx commit $REQUEST && kill -SEGV $$; exec $WORKER <$REQUEST")
    #expect(ended.errors.contains("libnftables 1.1.3 or newer is needed"), "\(ended.errors)")
  }

  @Test("a state folder that is full or read-only: 74, nothing changed")
  func folder() async throws {
    let ended = try await ApplyBench.expect(
      """
      mkdir state; mount -t tmpfs -o size=64k,mode=700 none state; $S apply old.sally $A; nft list ruleset >before
      dd if=/dev/zero of=state/filler bs=1k status=none 2>/dev/null || true
      status=0; $S apply new.sally $A || status=$?; test $status = 74 || fail "full: $status"
      nft list ruleset | cmp - before
      rm state/filler; mount -o remount,ro state
      status=0; $S apply new.sally $A || status=$?; test $status = 74 || fail "read-only: $status"
      nft list ruleset | cmp - before
      """)
    #expect(ended.errors.contains("no space left on device"), "\(ended.errors)")
    #expect(ended.errors.contains("read-only file system"), "\(ended.errors)")
  }

  @Test("the watchdog needs no space in a state folder that has become full")
  func fullFolderLater() async throws {
    try await ApplyBench.expect(
      """
      mkdir state; mount -t tmpfs -o size=64k,mode=700 none state; $S apply old.sally $A
      $S apply new.sally $A --confirm-within 60s; is new.sally
      dd if=/dev/zero of=state/filler bs=1k status=none 2>/dev/null || true
      expire; quiet; is old.sally || fail "not put back"
      """)
  }

  @Test("a watchdog whose worker fails tries again")
  func watchdogTriesAgain() async throws {
    try await ApplyBench.expect(
      """
      $S apply old.sally $A; $S apply new.sally $A --confirm-within 60s; touch broken; expire
      comes test -e failed || fail "nobody tries"
      is new.sally || fail "who put it back?"; rm broken; quiet; is old.sally || fail "not put back"
      """,
      worker: #"""
        cd ${REQUEST%/*}
        if grep -qx commit $REQUEST && test -e broken; then touch failed; exit 1; fi
        exec $WORKER <$REQUEST
        """#)
  }

  @Test("a clock that is set forward or back moves no deadline", arguments: [86_400, -86_400])
  func clock(offset: Int) async throws {
    try await ApplyBench.expect(
      """
      $S apply old.sally $A; echo 0 >realtime
      $S apply new.sally $A --confirm-within 60s
      echo \(offset) >realtime
      moved=$(date +%s); moved=$((moved - $(LD_PRELOAD= date +%s) - (\(offset))))
      test $moved -ge -60 -a $moved -le 60 || fail "the clock did not move: $moved"
      sleep $ABSENCE; is new.sally || fail "put back too early"
      expire; quiet || fail "not put back"; is old.sally || fail "not put back"
      """)
  }

  @Test("two applies at once: one after the other, and the second sees what the first did")
  func twoAtOnce() async throws {
    try await ApplyBench.expect(
      """
      for i in 1 2 3 4 5; do
        $S apply old.sally $A & first=$!; $S apply new.sally $A & second=$!
        wait $first || fail "first"; wait $second || fail "second"
        is old.sally || is new.sally || fail "neither"
        test "$(ls state/*.json | grep -vc outcome)" = 1 || fail "$(ls state)"
      done
      """)
  }

  @Test("what was listed before the lock was there does not count once another sallyport has changed the rules")
  func changedWhileWaiting() async throws {
    try await ApplyBench.expect(
      """
      $S apply old.sally $A; touch armed
      flock state/lock sh -c 'while test -e armed; do sleep 0.05; done; ./sallyport compile new.sally | nft -f -' &
      comes eval '! flock -n state/lock true' || fail "no lock"
      $S apply old.sally $A --persist boot.nft >out 2>&1; wait
      is old.sally || fail "the rules of another are left: $(cat out)"
      nft -f boot.nft; is old.sally || fail "the file for boot has other rules"
      """,
      // The listing is answered, and only then the other one goes on.
      worker: #"""
        $WORKER <$REQUEST >answer.$$; status=$?
        if test -e armed && grep -qx print-table $REQUEST; then rm armed; fi
        cat answer.$$; exit $status
        """#)
  }

  @Test("a policy with errors: its errors are all that is told, and nothing is written")
  func policyErrors() async throws {
    for worker in [nil, "exit 3", "kill -SEGV $$"] {
      let ended = try await ApplyBench.expect(
        """
        sed 's/vsftpd/dreamt/' old.sally >bad.sally; for more in "" --dry-run; do
          status=0; $S apply bad.sally $A $more || status=$?; test $status = 1 || fail "status $status"
        done
        ! test -e state
        """, worker: worker)
      #expect(ended.errors.contains("error[") && !ended.errors.contains("netfilter"), "\(ended.errors)")
    }
  }

  @Test("a lock that is not given back: 74 after ten seconds")
  func lock() async throws {
    let ended = try await ApplyBench.expect(
      """
      mkdir state; flock state/lock sleep infinity & holder=$!
      comes eval '! flock -n state/lock true' || fail "no lock"
      status=0; $S apply old.sally $A || status=$?; test $status = 74 || fail "status $status"
      kill $(pgrep -P $holder) $holder || true; test -z "$(nft list ruleset)"
      """)
    #expect(ended.errors.contains("another sallyport is changing the rules"), "\(ended.errors)")
  }

  @Test("another program that changes our table between plan and commit: made anew, and nothing of it is mixed in")
  func otherWriter() async throws {
    try await ApplyBench.expect(
      """
      $S apply old.sally $A; touch armed
      $S apply new.sally $A; is new.sally || fail "mixed"
      ! nft list table inet sallyport | grep -q 40000 || fail "mixed"
      """,
      worker: #"""
        if grep -qx commit $REQUEST && test -e armed; then
          rm armed; nft add element inet sallyport passive4 '{ 203.0.113.10 . 40000-40001 : 10.10.20.200 }'
        fi
        exec $WORKER <$REQUEST
        """#)
  }

  @Test("programs that never stop changing rules: 74, nothing changed")
  func restless() async throws {
    let ended = try await ApplyBench.expect(
      """
      $S apply old.sally $A; nft list table inet sallyport >before; touch armed
      status=0; $S apply new.sally $A || status=$?; test $status = 74 || fail "status $status"
      nft list table inet sallyport | cmp - before; test "$(ls state/*.json | wc -l)" = 1
      """,
      worker: #"""
        if grep -qx commit $REQUEST && test -e armed; then nft add table ip other; nft delete table ip other; fi
        exec $WORKER <$REQUEST
        """#)
    #expect(ended.errors.contains("gave up after 20 tries"), "\(ended.errors)")
  }

  @Test("a table that another program replaced is left alone by the watchdog and by rollback")
  func replaced() async throws {
    try await ApplyBench.expect(
      """
      $S apply old.sally $A; $S apply new.sally $A --confirm-within 60s
      sed 's/50399/50999/' old.sally >other.sally; $S compile other.sally | nft -f -
      expire; quiet; is other.sally || fail "touched"
      status=0; $S rollback $A || status=$?; test $status = 1 || fail "status $status"
      """)
  }

  @Test("what the kernel refuses is shown at its statement: 1, nothing changed")
  func refused() async throws {
    let ended = try await ApplyBench.expect(
      "$S apply new.sally $A --confirm-within 60s || status=$?; test $status = 1; test -z \"$(nft list ruleset)\"; test \"$(ls state)\" = lock; quiet",
      worker: #"""
        if grep -qx commit $REQUEST; then
          line=$(sed -n '/^create table/,$p' $REQUEST | grep -n 'ct helper published-ftp' | head -1 | cut -d : -f 1)
          head=$(sed -n '/^script /,/^create table/p' $REQUEST | grep -c '^#')
          text="/proc/self/fd/4:$((line + head)):1-9: Error: Could not process rule: No such file or directory
        x
        ^
        "
          printf 'protocol 1\n1\nstatus 2\n-1\noutput 0\n\nerrors %d\n%s\nend 0\n\n' ${#text} "$text"
          exit 0
        fi
        exec $WORKER <$REQUEST
        """#)
    #expect(ended.errors.contains("error[helper-module-missing]"), "\(ended.errors)")
    #expect(ended.errors.contains("--> new.sally:6:3"), "\(ended.errors)")
  }

  /// libnftables 1.0.6 sends more than the socket takes; 1.1.3 and later need less room and get it through (measured).
  @Test("a transaction that exceeds the socket of an unprivileged namespace is refused whole, or taken whole")
  func tooLarge() async throws {
    let ended = try await ApplyBench.expect(
      """
      { cat old.sally | sed 's/helper .*/helper off\\n  allow many/'; printf 'clients many = 192.0.2.1'
        for i in $(seq 30000); do printf ', 10.%d.%d.1' $((i / 250)) $((i % 250)); done; echo; } >many.sally
      cat >inner.sh <<'END'
      ./sallyport apply new.sally --state-dir inner || exit 9
      status=0; ./sallyport apply many.sally --state-dir inner || status=$?
      case $status in
        0) ./sallyport diff --quiet many.sally && echo taken ;;
        1 | 70) ./sallyport diff --quiet new.sally && echo refused ;;
        *) exit 9 ;;
      esac
      END
      unshare --user --map-root-user --net bash inner.sh || fail "$?"
      """)
    let end = ended.output.split(separator: "\n").last
    #expect(end == "taken" || end == "refused" && ended.errors.contains("Message too long"), "\(ended)")
  }
}
