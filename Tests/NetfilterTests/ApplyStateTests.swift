import Foundation
import LiveSupport
import Testing

/// Whoever shares the state folder, removes it, owns it or fills it: a change is confirmed or taken back, and what is said about
/// it is true.
@Suite("apply, and where its way back is kept", .kernel)
struct ApplyStateTests {
  /// Words for a shell, beside those of `ApplyBench`: `other` runs a command in a second network namespace, `change` makes a
  /// change that waits and leaves its name in `$name`, `ends STATUS COMMAND` is about an exit status.
  private static let words = """
    set -e
    touch other.net; unshare --net=$PWD/other.net true
    other() { nsenter --net=$PWD/other.net "$@"; }
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

  @discardableResult
  private func expect(
    _ lines: String, worker: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ended {
    let ended = try await ApplyBench.run(Self.words + lines, worker: worker)
    #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)", sourceLocation: sourceLocation)
    return ended
  }

  // MARK: - 1

  @Test("1: what is done in another namespace that shares the state folder touches no change of this one")
  func namespaces() async throws {
    try await expect(
      """
      change
      other $S apply old.sally $A; other $S apply new.sally $A --confirm-within 60s; other $S confirm $A
      is new.sally || fail "too early"; expire; quiet; is old.sally || fail "not taken back"
      ends 75 $S confirm $A
      change; other $S remove $A; other $S apply new.sally $A; other $S rollback $A
      ends 75 other $S confirm $A; ends 75 other $S confirm $name $A
      $S confirm $name $A; quiet; is new.sally || fail "not kept"
      $S rollback $A; is old.sally || fail "the way back is gone"
      """)
  }

  @Test("1: a state folder that is removed is no confirmation")
  func folderRemoved() async throws {
    try await expect(
      """
      change; rm -r state; quiet; is old.sally || fail "not taken back"
      change; rm state/*.waiting.json; quiet; is old.sally || fail "not taken back without its record"
      change; rm -r state; other $S apply old.sally $A; quiet; is old.sally || fail "not taken back with a new folder"
      change; mv state elsewhere; expire; quiet; is old.sally || fail "not taken back from elsewhere"
      """)
  }

  @Test("1: a state folder that is removed while the change is made")
  func folderRemovedMeanwhile() async throws {
    try await expect(
      """
      $S apply old.sally $A; touch armed
      ends 70 $S apply new.sally $A --confirm-within 60s; says "is gone: its watchdog, which is alive, takes it back"
      quiet || fail "a watchdog is left"
      test ! -e armed || fail "nothing was removed"; is old.sally || fail "not taken back"
      """,
      worker: #"""
        cd ${REQUEST%/*}
        if grep -qx commit $REQUEST && test -e armed; then rm -r armed state; sleep 2; fi
        exec $WORKER <$REQUEST
        """#)
  }

  @Test("1: no change is left without a watchdog: one that ends while the change is made has it taken back")
  func watchdogEnds() async throws {
    try await expect(
      """
      $S apply old.sally $A; nft list ruleset >before; touch armed; ends 75 $S apply new.sally $A --confirm-within 60s; says "watchdog ended"
      test ! -e armed || fail "nothing was killed"; nft list ruleset | cmp - before
      """,
      worker: #"""
        cd ${REQUEST%/*}
        if grep -qx commit $REQUEST && test -e armed; then rm armed; kill -KILL $(pgrep -f "sallyport watch .*$PWD/state"); fi
        exec $WORKER <$REQUEST
        """#)
  }

  // MARK: - 5

  @Test("5: a state folder that others own, may write to or could replace is refused, and nothing is written there")
  func foreignFolder() async throws {
    try await expect(
      """
      echo precious >victim
      refuses() {
        for command in "apply old.sally" "apply old.sally --confirm-within 60s" confirm rollback remove; do
          ends 74 $S $command --state-dir $1; says "$2"
        done
        test -z "$(nft list ruleset)" || fail "$1: the rules are changed"; test "$(cat victim)" = precious || fail "$1: written"
      }
      mkdir theirs; ln -s $PWD/victim theirs/lock; chown -h 65534 theirs theirs/lock; refuses theirs "belongs to user 65534"
      refuses theirs/deeper "belongs to user 65534"
      mkdir -m 770 group; refuses group "others may write there"
      mkdir -m 1777 sticky; refuses sticky "others may write there"; $S apply old.sally --state-dir sticky/own; $S remove --state-dir sticky/own
      mkdir sticky/theirs; chown 65534 sticky/theirs; refuses sticky/theirs "belongs to user 65534"
      mkdir -m 777 open; mkdir -m 700 open/own; refuses open/own "others may write there"
      mkdir -m 700 real; ln -s real link; refuses link "it is a symbolic link"; refuses link/deeper "it is a symbolic link"
      test -z "$(ls real)" || fail "written behind a link"; test "$(ls theirs)" = lock || fail "written"
      """)
  }

  @Test("5: --persist writes nothing into what others own, may write to or could replace")
  func foreignBootFile() async throws {
    try await expect(
      """
      refuses() {
        ends 74 $S apply old.sally $A --force --persist "$1"; says "$2"; says "nothing was changed"
        test -z "$(nft list ruleset)" || fail "$1: the rules are changed"
      }
      mkdir theirs; chown 65534 theirs; refuses theirs/boot.nft "belongs to user 65534"
      mkdir -m 777 open; refuses open/boot.nft "others may write there"
      echo >free.nft; chmod 666 free.nft; refuses free.nft "others may write to it"
      echo >foreign.nft; chown 65534 foreign.nft; refuses foreign.nft "belongs to user 65534"
      mkdir -m 1777 sticky; echo precious >victim; ln -s $PWD/victim sticky/boot.nft; chown -h 65534 sticky/boot.nft
      refuses sticky/boot.nft "belongs to user 65534"; test "$(cat victim)" = precious || fail "written"
      mkdir -m 755 own; ln -s own mine; $S apply old.sally $A --persist mine/boot.nft; nft -c -f own/boot.nft
      """)
  }

  @Test("5: the folder is used by its descriptor: another one in its place is not touched")
  func swappedFolder() async throws {
    try await expect(
      """
      change; mv state aside; mkdir -m 700 trap; ln -s trap state
      expire; quiet; is old.sally || fail "not taken back"
      test -z "$(ls trap)" || fail "written: $(ls trap)"; ls aside | grep -q taken-back-unconfirmed || fail "$(ls aside)"
      """)
  }

  // MARK: - 6

  @Test("6: confirm names what it confirms, and says 0 only of rules that stay")
  func confirmNames() async throws {
    try await expect(
      """
      ends 70 $S confirm $A; ends 70 $S confirm --state-dir nowhere; ends 64 $S confirm nonsense $A
      change; ends 75 $S confirm 00000001 $A; watched || fail "ended"
      ends 0 $S confirm $name $A; says "change $name stay"; quiet; is new.sally
      ends 0 $S confirm $name $A; ends 0 $S confirm $A
      $S rollback $A; ends 75 $S confirm $name $A; ends 75 $S confirm $A
      change; nft delete table inet sallyport; ends 75 $S confirm $A; ends 75 $S confirm $name $A
      change; expire; quiet; ends 75 $S confirm $A; ends 75 $S confirm $name $A
      change; $S confirm $A; quiet; rm -r state; ends 70 $S confirm $A; ends 70 $S confirm $name $A
      $S apply new.sally $A --confirm-within 60s; ends 0 $S confirm $A; ends 0 $S confirm $A
      """)
  }

  @Test("6: a change that was taken back where that cannot be written down is not confirmed")
  func confirmReadOnly() async throws {
    try await expect(
      """
      mkdir state; mount -t tmpfs -o size=64k,mode=700 none state; change; mount -o remount,ro state
      ends 74 $S confirm $A; is new.sally; watched || fail "no watchdog is left"
      expire; quiet; is old.sally || fail "not taken back"; ends 75 $S confirm $A; ends 75 $S confirm $name $A
      """)
  }

  @Test("6: a state that is gone, with a watchdog that is late or dead, is no confirmation")
  func confirmWithoutState() async throws {
    try await expect(
      """
      change; kill -STOP $(watchdog); rm -r state; ends 70 $S confirm $A; ends 70 $S confirm $name $A
      kill -CONT $(watchdog); quiet; is old.sally || fail "not taken back"; ends 75 $S confirm $name $A
      change; kill -KILL $(watchdog); rm -r state; ends 70 $S confirm $A; ends 70 $S confirm $name $A
      """)
  }

  @Test("6: after the deadline nothing is confirmed, also where the watchdog is dead")
  func confirmTooLate() async throws {
    try await expect(
      """
      change; kill -KILL $(watchdog); expire; ends 70 $S confirm $A; says "its watchdog is gone"
      ends 70 $S confirm $name $A; ends 1 $S apply old.sally $A; is new.sally; $S rollback $A; is old.sally
      change; kill -KILL $(watchdog); $S confirm $name $A; expire; is new.sally || fail "not kept"
      """)
  }

  @Test("6: a confirmation that the watchdog does not see is none")
  func confirmElsewhere() async throws {
    try await expect(
      """
      change; cp -a state copy; mv state aside; mv copy state
      ends 70 $S confirm $A; says "does not see";
      ends 70 $S confirm --state-dir nowhere; says "another state folder"; expire; quiet; is old.sally || fail "not taken back"
      """)
  }
}

/// What is asked for with little at hand: no room, no descriptors, no reader, no root.
@Suite("changes with little at hand", .kernel)
struct ApplyScarcityTests {
  private static let words = """
    set -e
    ends() {
      local want=$1 status=0; shift
      "$@" >out 2>&1 || status=$?; test $status = $want || fail "$*: $status, not $want: $(cat out)"
    }
    change() {
      $S apply old.sally $A; $S apply new.sally $A --confirm-within 60s "$@" 2>told
      name=$(sed -n 's/^applied as change \\([0-9a-f]*\\):.*/\\1/p' told); test -n "$name" || fail "$(cat told)"
    }

    """

  @discardableResult
  private func expect(
    _ lines: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ended {
    let ended = try await ApplyBench.run(Self.words + lines)
    #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)", sourceLocation: sourceLocation)
    return ended
  }

  @Test("8: confirm, rollback, remove and diff need no room on any disk")
  func noRoom() async throws {
    try await expect(
      """
      mkdir state full; mount -t tmpfs -o size=64k,mode=700 none state; mount -t tmpfs -o size=4k none full
      fill() { dd if=/dev/zero of=$1/filler bs=1k status=none 2>/dev/null || true; }
      fill full; export TMPDIR=$PWD/full
      change; fill state; ends 0 $S diff new.sally $A; ends 0 $S confirm $name $A; quiet; is new.sally
      ends 0 $S rollback $A; is old.sally; rm state/filler
      change; fill state; ends 0 $S rollback $A; quiet; is old.sally; ends 75 $S confirm $name $A; rm state/filler
      change; fill state; expire; quiet; is old.sally; ends 75 $S confirm $name $A; rm state/filler
      change; fill state; ends 0 $S remove $A; quiet; test -z "$(nft list ruleset)"; rm state/filler
      $S apply old.sally $A; rm state/*; fill state; rm state/lock 2>/dev/null || true; fill state
      ends 0 $S remove --state-dir full/none; test -z "$(nft list ruleset)"
      """)
  }

  @Test("8: a file for boot that could not be written when the change was kept is written by the next confirm")
  func bootFileLater() async throws {
    try await expect(
      """
      mkdir boot; mount -t tmpfs -o size=64k,mode=700 none boot
      fill() { dd if=/dev/zero of=boot/filler bs=1k status=none 2>/dev/null || true; }
      change --persist $PWD/boot/rules.nft; fill; ends 74 $S confirm $A; ends 74 $S confirm $A
      is new.sally || fail "not kept"; rm boot/filler; ends 0 $S confirm $A; test -s boot/rules.nft || fail "no file"
      """)
  }

  @Test("2, 3: elements and helpers that no policy has are seen, and go")
  func strangeParts() async throws {
    try await expect(
      #"""
      element() {
        printf '{"nftables":[{"add":{"element":{"family":"inet","table":"sallyport","name":"%s","elem":[%s]}}}]}' "$1" "$2" >j
        nft -j -f j
      }
      ip link add out0 type veth peer name in0
      cat >edge.sally <<'END'
      gateway edge { outside out0; inside in0; }
      publish files { server 10.10.20.200 vsftpd; external ip 203.0.113.10; tls off; helper on }
      END
      for name in '"a\";flush #"' '"*"'; do
        ends 0 $S apply edge.sally $A; element outside_interfaces "$name"
        ends 1 $S diff edge.sally $A; ends 0 $S apply edge.sally $A; ends 0 $S diff edge.sally $A
      done
      $S compile edge.sally 2>/dev/null | sed 's/type "ftp" protocol tcp/&; l3proto ip/' >halved.nft
      grep -q 'l3proto ip' halved.nft || fail "no helper: $(cat halved.nft)"
      nft -f halved.nft; ends 1 $S diff edge.sally $A; ends 0 $S apply edge.sally $A; ends 0 $S diff edge.sally $A
      """#)
  }

  @Test("12: a deadline of any number", arguments: [Int64.min, Int64.min + 1, -1, 0, Int64.max])
  func deadlines(_ number: Int64) async throws {
    try await expect(
      """
      change; kill -KILL $(pgrep -f "sallyport watch $name")
      sed -i 's/"boot_milliseconds" : [0-9]*/"boot_milliseconds" : \(number)/' state/*.waiting.json
      grep -q '"boot_milliseconds" : \(number)$\\|"boot_milliseconds" : \(number),' state/*.waiting.json || fail "$(cat state/*.json)"
      ends 1 $S apply old.sally $A; ends 0 $S diff new.sally $A; ends \(number > 0 ? 0 : 70) $S confirm $A
      $S watch 00000001 $A && fail "watched" || test $? = 1
      """)
  }

  @Test("12: few descriptors: an answer in time, and wholly the old or the new rules")
  func fewDescriptors() async throws {
    try await expect(
      """
      $S apply old.sally $A; refused=0
      for count in 3 4 5 6 7 8 9 10 11 12 13 14 16 20 24 28 32 40; do
        for command in "apply new.sally --confirm-within 60s" "diff old.sally" "confirm 00000001" "check --kernel old.sally"; do
          status=0
          (ulimit -n $count; exec timeout --signal=KILL \(Patience.arrival.wholeSeconds) $S $command $A) >out 2>&1 || status=$?
          # The loader of the system says 127 by itself.
          case $status in 0 | 1 | 70 | 74 | 75) ;; 127) test $count -lt 6 || fail "$count" ;; *) fail "$count, $command: $status: $(cat out)" ;; esac
          ! grep -q "too few files may be open" out || refused=$((refused + 1))
        done
        is old.sally || is new.sally || fail "$count: neither"
        if is new.sally; then expire; quiet || fail "$count: a watchdog is left"; is old.sally || fail "$count: not taken back"; fi
      done
      test $refused -gt 10 || fail "refused: $refused"
      (ulimit -S -n 8; $S apply new.sally $A) || fail "a limit that it may raise"; is new.sally
      """)
  }

  @Test("12: what cannot be shown keeps no change from being verified")
  func fullOutput() async throws {
    try await expect(
      """
      $S apply old.sally $A
      status=0; $S apply new.sally $A --verify 'touch verified' >/dev/full || status=$?; test $status = 74 || fail "works: $status"
      test -e verified || fail "not verified"; quiet || fail "a watchdog is left"; is new.sally || fail "not kept"
      status=0; $S apply old.sally $A --verify false >/dev/full || status=$?; test $status = 75 || fail "fails: $status"
      is new.sally || fail "not taken back"
      status=0; $S apply old.sally $A --confirm-within 60s >/dev/full 2>told || status=$?; test $status = 74 || fail "waits: $status"
      grep -q "sallyport confirm [0-9a-f]*. keeps it" told || fail "$(cat told)"
      watched || fail "no watchdog"; expire; quiet; is new.sally || fail "not taken back"
      for closed in ">&-" "| true"; do
        rm verified; bash -c "set -o pipefail; { sleep 0.2; $S apply old.sally $A --verify 'touch verified'; } $closed" && fail "$closed" || status=$?
        test $status = 74 || fail "$closed: $status"
        test -e verified || fail "$closed: not verified"; quiet; is old.sally || fail "$closed: not kept"; $S apply new.sally $A
      done
      """)
  }

  @Test("an ordinary user with CAP_NET_ADMIN alone and a state folder of his own")
  func ordinaryUser() async throws {
    try await expect(
      """
      A="--state-dir $PWD/home/state"; mkdir home; chown 65533:65533 home
      S="setpriv --reuid 65533 --regid 65533 --clear-groups --bounding-set -all,+net_admin --inh-caps -all,+net_admin --ambient-caps -all,+net_admin --no-new-privs ./sallyport"
      watched() { pgrep -u 65533 -f "sallyport watch .*$PWD/home/state" >/dev/null; }
      change; test "$(stat -c %u:%a home/state)" = 65533:700 || fail "$(stat -c %u:%a home/state)"
      ends 0 $S diff new.sally $A; grep -q "watchdog is alive" out || fail "$(cat out)"; ends 0 $S check --kernel new.sally $A
      watched || fail "no watchdog"; kill -TERM $(pgrep -f "sallyport watch $name"); expire; quiet; is old.sally || fail "not taken back"
      ends 75 $S confirm $A; change; ends 0 $S confirm $name $A; quiet; is new.sally
      ends 0 $S rollback $A; is old.sally; ends 0 $S apply new.sally $A --persist home/boot.nft; nft -c -f home/boot.nft
      ends 0 $S apply old.sally $A --verify true; ends 75 $S apply new.sally $A --verify false; is old.sally
      ends 0 $S remove $A; test -z "$(nft list ruleset)"; ends 77 $S apply old.sally
      """)
  }
}
