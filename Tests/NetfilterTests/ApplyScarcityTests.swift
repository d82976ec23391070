import Foundation
import LiveSupport
import Testing

/// What is asked for with little at hand: no room, no descriptors, no reader, no root.
@Suite("changes with little at hand", .kernel)
struct ApplyScarcityTests {
  @Test("8: confirm, rollback, remove and diff need no room on any disk")
  func noRoom() async throws {
    try await ApplyBench.expect(
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
    try await ApplyBench.expect(
      """
      mkdir boot; mount -t tmpfs -o size=64k,mode=700 none boot
      fill() { dd if=/dev/zero of=boot/filler bs=1k status=none 2>/dev/null || true; }
      change --persist $PWD/boot/rules.nft; fill; ends 74 $S confirm $A; ends 74 $S confirm $A
      is new.sally || fail "not kept"; rm boot/filler; ends 0 $S confirm $A; test -s boot/rules.nft || fail "no file"
      """)
  }

  @Test("2, 3: elements and helpers that no policy has are seen, and go")
  func strangeParts() async throws {
    try await ApplyBench.expect(
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
    try await ApplyBench.expect(
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
    try await ApplyBench.expect(
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
    try await ApplyBench.expect(
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
    try await ApplyBench.expect(
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
