import Foundation
import LiveSupport
import Testing

/// Whoever shares the state folder, removes it, owns it or fills it: a change is confirmed or taken back, and what is
/// said about it is true.
@Suite("apply, and where its way back is kept", .kernel)
struct ApplyStateTests {
  /// `other` runs a command in a second network namespace.
  private static let words = """
    touch other.net; unshare --net=$PWD/other.net true
    other() { nsenter --net=$PWD/other.net "$@"; }

    """

  @discardableResult
  private func expect(
    _ lines: String, worker: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ended {
    try await ApplyBench.expect(Self.words + lines, worker: worker, sourceLocation: sourceLocation)
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
      for folder in / /etc /tmp; do refuses $folder "$(test $folder = /tmp && echo others may write there || echo it holds other files)"; done
      mkdir -m 700 used; echo >used/notes; refuses used "it holds other files, such as .notes.*--state-dir"
      test "$(ls used)" = notes || fail "written"; mkdir -m 700 used/lock; refuses used "it holds other files"
      # What is put into a folder of ours keeps nobody from going back.
      mkdir -m 700 empty; mkdir empty/lost+found; $S apply old.sally --state-dir empty; echo >empty/notes
      $S rollback --state-dir empty; test -z "$(nft list ruleset)" || fail "not taken back"
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
