import Foundation
import Testing

@Suite("apply", .kernel)
struct ApplyTests {
  @Test("the first apply makes the table, the next ones change what differs, and nothing is done twice")
  func transactions() async throws {
    let ended = try await ApplyBench.expect(
      """
      $S apply old.sally $A --output json; is old.sally
      $S apply new.sally $A --output json; is new.sally
      $S apply new.sally $A --output json
      $S apply old.sally $A --replace --output json; is old.sally
      """)
    let reports = ended.output.components(separatedBy: "\n}\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data("\($0)}".utf8)) as? [String: Any]
    }
    #expect(reports.map { $0["transaction"] as? String } == ["create", "change", nil, "replace"])
    #expect(reports.map { $0["applied"] as? Bool } == [true, true, false, true])
    let change = try #require(reports.dropFirst().first)
    #expect((change["bytes"] as? Int ?? .max) < 1000)
    #expect((change["changes"] as? [[String: Any]])?.first?["publication"] as? String == "files")
    #expect(ended.errors.split(separator: "\n").filter { $0.hasPrefix("error") }.isEmpty, "\(ended.errors)")
  }

  @Test("a dry run shows what the kernel would take, and changes nothing")
  func dryRun() async throws {
    let ended = try await ApplyBench.expect(
      """
      $S apply old.sally $A; nft list ruleset >before
      $S apply new.sally $A --dry-run; nft list ruleset >after; cmp before after
      ls state >files; test "$(grep -c json files)" = 1
      $S apply new.sally $A --dry-run 2>/dev/null >script; nft -f script; is new.sally
      """)
    #expect(ended.output.contains("add element inet sallyport passive4 {\n  203.0.113.10 . 50000-50499 comment"))
    #expect(ended.errors.contains("the kernel takes this transaction"))
  }

  @Test("other tables stay as they are, byte for byte, and so do counters and what packets have added")
  func keeps() async throws {
    _ = try await ApplyBench.expect(
      """
      nft -f - <<'END'
      table ip other { set s { type ipv4_addr; elements = { 192.0.2.1 }; }
        chain c { type filter hook forward priority 0; policy drop; ip saddr @s counter accept; }; }
      END
      nft list table ip other >before
      sed 's/helper .*/helper on\\n  limit 5 new per minute per client/' old.sally >limited.sally
      sed 's/50399/50499/' limited.sally >wider.sally
      $S apply limited.sally $A
      set=new_per_client_5_state4
      element='203.0.113.10 . 21 . 198.51.100.10'
      nft add element inet sallyport $set "{ $element limit rate over 5/minute burst 5 packets }"
      nft insert rule inet sallyport related_data counter packets 7 bytes 420
      $S apply wider.sally $A; is wider.sally || fail "not applied"
      nft list table ip other | cmp - before
      nft list set inet sallyport $set | grep -q "$element" || fail "the dynamic element is gone"
      $S apply limited.sally $A --replace
      ! nft list set inet sallyport $set | grep -q "$element" || fail "the dynamic element is still there"
      nft list table ip other | cmp - before
      $S rollback $A
      nft list set inet sallyport $set | grep -q "$element" || fail "the way back lost the dynamic element"
      """)
  }

  @Test("unconfirmed: the watchdog puts back what ran, to the byte; confirmed: it stays; too late: 75")
  func confirmation() async throws {
    _ = try await ApplyBench.expect(
      """
      $S apply old.sally $A; nft list ruleset >before
      $S apply new.sally $A --confirm-within 60s; is new.sally || fail "not applied"
      status=0; $S apply old.sally $A || status=$?; test $status = 1 || fail "pending: $status"
      expire; quiet || fail "the watchdog is still there"
      nft list ruleset | cmp - before
      status=0; $S confirm $A || status=$?; test $status = 75 || fail "too late: $status"
      $S apply new.sally $A --confirm-within 60s; $S confirm $A; quiet; is new.sally || fail "not kept"
      $S confirm $A
      $S rollback $A; nft list ruleset | cmp - before
      status=0; $S rollback $A || status=$?; test $status = 1 || fail "twice: $status"
      """)
  }

  @Test("an unconfirmed first apply leaves no table behind")
  func firstUnconfirmed() async throws {
    _ = try await ApplyBench.expect(
      "$S apply new.sally $A --confirm-within 1s; quiet; test -z \"$(nft list ruleset)\"; test -z \"$(ls state/*.nft state/0* 2>/dev/null)\""
    )
  }

  @Test("the watchdog outlives the shell, its session and whatever started it")
  func survivors() async throws {
    _ = try await ApplyBench.expect(
      """
      $S apply old.sally $A
      setsid bash -c "$S apply new.sally $A --confirm-within 60s; touch applied; exec sleep infinity" &
      comes test -e applied || fail "no end"
      is new.sally || fail "not applied"
      kill -HUP -- -$!; kill -KILL -- -$! || true
      expire; quiet; is old.sally || fail "not put back"
      """)
  }

  @Test("--verify keeps what works, takes back what fails or hangs")
  func verify() async throws {
    _ = try await ApplyBench.expect(
      """
      $S apply old.sally $A
      status=0; $S apply new.sally $A --verify false || status=$?
      test $status = 75 || fail "false: $status"; is old.sally || fail "not taken back"
      status=0; $S apply new.sally $A --verify 'sleep infinity' --confirm-within 1s || status=$?
      test $status = 75 || fail "hangs: $status"; is old.sally || fail "not taken back"
      $S apply new.sally $A --verify 'nft list table inet sallyport | grep -q 50499' >out; is new.sally
      ! grep -q confirmed out; quiet; is new.sally || fail "not kept"
      exec 7>given; $S apply old.sally $A --verify 'echo heard >&7'; exec 7>&-
      test "$(cat given)" = heard || fail "the command does not have what was left open for it"
      """)
  }

  @Test("--persist: for boot, only once confirmed, and back with the rules")
  func persist() async throws {
    _ = try await ApplyBench.expect(
      """
      echo '# mine' >boot.nft
      $S apply old.sally $A
      $S apply new.sally $A --persist boot.nft --force --confirm-within 60s
      test "$(cat boot.nft)" = '# mine' || fail "written before it was confirmed"
      $S confirm $A; unshare --net sh -c "nft -f boot.nft && ./sallyport diff --quiet new.sally"
      $S rollback $A; test "$(cat boot.nft)" = '# mine' || fail "not as before"
      $S apply old.sally $A --persist fresh.nft; nft -c -f fresh.nft
      """)
  }

  @Test("--persist without a file: the one that the boot script loads, in a folder that is made then")
  func persistInPlace() async throws {
    let boot = repository.appending(path: "packaging/sallyport-boot").path
    _ = try await ApplyBench.expect(
      """
      boot() { \(boot) "$@"; }
      mount -t tmpfs -o mode=755 none /var/lib; file=/var/lib/sallyport/boot.nft
      boot load | grep -q "nothing to load: $file" || fail "a file that is not there"
      $S apply old.sally --persist --dry-run $A; test ! -e /var/lib/sallyport || fail "--dry-run made a folder"
      $S apply old.sally --persist $A; test "$(stat -c %a /var/lib/sallyport)" = 700 || fail "others see it"
      nft flush ruleset; boot load; is old.sally || fail "not loaded"
      $S apply new.sally $A; boot load; is old.sally || fail "not what was persisted"
      boot unload; test -z "$(nft list ruleset)" || fail "not unloaded"; boot unload
      refuses() { status=0; boot load $file 2>errors || status=$?; test $status = $1 || fail "$2: $status"; }
      chmod 666 $file; refuses 77 "others may write it"; chmod 600 $file; chmod 777 /var/lib/sallyport
      refuses 77 "others may replace it"; chmod 700 /var/lib/sallyport; boot load
      echo 'table inet {' >>$file; refuses 1 "no ruleset"; is old.sally || fail "half loaded"
      echo 'table inet other' >$file; refuses 66 "not ours"; rm $file; mkdir $file; refuses 66 "a folder"
      """)
  }

  @Test(
    "C10: what --persist cannot write is said before anything is changed; no command makes a state folder for nothing"
  )
  func bootFileFirst() async throws {
    _ = try await ApplyBench.expect(
      """
      refuses() {
        status=0; $S apply "$@" $A 2>errors || status=$?; test $status = 74 || fail "$*: $status"
        grep -q 'nothing was changed' errors || fail "$*: $(cat errors)"
        test -z "$(nft list ruleset)" || fail "$*: the rules are changed"; test ! -e state || fail "$*: a state folder"
      }
      echo '# mine' >mine.nft; ln -s mine.nft link.nft; ln -s /nonexist/deep dangling.nft; mkdir folder
      for file in /nonexist/x.nft folder mine.nft link.nft dangling.nft /dev/null "$PWD/old.sally"; do
        refuses old.sally --persist "$file"
        refuses old.sally --persist "$file" --confirm-within 60s
        refuses old.sally --persist "$file" --dry-run
      done
      test "$(cat mine.nft)" = '# mine' || fail "written"
      status=0; $S confirm $A || status=$?; test $status = 70; test ! -e state || fail "confirm made a folder"
      status=0; $S rollback $A || status=$?; test $status = 1; test ! -e state || fail "rollback made a folder"
      $S remove $A; test ! -e state || fail "remove made a folder"
      $S diff old.sally || true; test ! -e state || fail "diff made a folder"
      ln -s real.nft boot.nft; $S apply old.sally $A --persist boot.nft; test -L boot.nft -a -s real.nft || fail "no link"
      chmod 600 real.nft; $S apply new.sally $A --persist boot.nft; test "$(stat -c %a real.nft)" = 600 || fail "mode"
      $S rollback $A; $S apply old.sally $A; $S remove $A
      rm -r state real.nft; $S apply old.sally $A --persist boot.nft; $S rollback $A
      test -L boot.nft || fail "the link is gone"; test ! -e real.nft || fail "the file is left"
      """)
  }

  @Test("rules that somebody else changed are put right; a table that somebody else made is taken over")
  func foreign() async throws {
    _ = try await ApplyBench.expect(
      """
      $S compile old.sally 2>/dev/null | nft -f -
      $S apply new.sally $A; is new.sally || fail "not taken over"
      $S rollback $A; is old.sally || fail "not given back"
      nft add rule inet sallyport publish tcp dport 22 accept
      nft insert rule inet sallyport related_data tcp dport 23 accept
      nft add counter inet sallyport mine
      nft add element inet sallyport passive4 '{ 203.0.113.10 . 40000-40001 : 10.10.20.200 }'
      $S apply old.sally $A; is old.sally || fail "not put right"
      """)
  }

  @Test("remove takes our table away and nothing else")
  func remove() async throws {
    let ended = try await ApplyBench.expect(
      """
      nft add table ip other; nft list ruleset >before
      $S remove $A
      $S apply old.sally $A --confirm-within 60s
      $S remove $A --dry-run; is old.sally || fail "a dry run removed it"
      $S remove $A; nft list ruleset | cmp - before
      quiet; nft list ruleset | cmp - before
      test "$(ls state)" = lock || fail "$(ls state)"
      """)
    #expect(ended.errors.contains("there is no table `inet sallyport`"), "\(ended)")
  }

  @Test("without privilege: 77, and nothing is left behind")
  func unprivileged() async throws {
    _ = try await ApplyBench.expect(
      """
      mkdir -m 700 state; chown 65534 state
      for command in "apply old.sally" "apply old.sally --dry-run" "remove" "confirm" "rollback"; do
        status=0; setpriv --reuid 65534 --clear-groups $S $command $A || status=$?
        test $status = 77 || fail "$command: $status"
      done
      status=0; setpriv --reuid 65534 --clear-groups $S remove --state-dir /run/sallyport-none || status=$?
      test $status = 77 || fail "no folder: $status"
      test "$(ls state)" = lock || fail "$(ls state)"
      """)
  }
}
