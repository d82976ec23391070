import LiveSupport
import Testing

@Suite("status tells what runs, by which change", .kernel)
struct StatusTests {
  @Test("no table, a change that waits, one that is confirmed and loaded at boot, and rules that no apply made")
  func standing() async throws {
    try await ApplyBench.expect(
      """
      $S status $A >out; says "no table inet sallyport runs here"
      $S status $A --output prometheus >out; says "^sallyport_up 0$"
      $S apply old.sally $A --confirm-within 60s --persist $PWD/boot.nft 2>told
      name=$(sed -n 's/^applied as change \\([0-9a-f]*\\):.*/\\1/p' told)
      $S status $A >out; says "made by change $name at 20"; says "still waits"; says "boot.nft is written once"
      $S status $A --output json >out; says '"state" *: *"waiting"'; says '"state" *: *"not-written"'
      $S status $A --output prometheus >out; says "^sallyport_change_waiting 1$"; says "^sallyport_persisted 0$"
      $S confirm $A 2>/dev/null
      $S status $A >out; says ", confirmed$"; says "loaded at boot from .*boot.nft"
      $S status $A --output prometheus --to metrics.prom; cp metrics.prom out
      says "sallyport_change_info{change=\\"$name\\"} 1"; says "^sallyport_persisted 1$"
      says 'sallyport_connections_total{kind="publish",name="files",result="admitted"} 0'
      says 'sallyport_data_connections_total{kind="publish",name="files"} 0'
      echo "# more" >>boot.nft; $S status $A >out; says "boot.nft holds something else"
      rm boot.nft; $S status $A >out; says "nothing is loaded at boot"
      $S status --state-dir $PWD/elsewhere >out; says "no record of it is here"
      $S compile old.sally 2>/dev/null | nft -f -
      $S status $A >out; says "no .sallyport apply. made it"; says "files"
      $S remove $A 2>/dev/null; $S apply old.sally $A 2>/dev/null; change; $S rollback $A 2>/dev/null
      $S status $A >out; says "runs again because change $name was taken back"
      $S status $A --output json >out; says '"state" *: *"restored"'
      $S status $A --output prometheus >out; if grep -q sallyport_persisted out; then fail "nobody knows"; fi
      ends 74 $S status $A --to $PWD/none/metrics.prom; says "no such file or directory"
      ends 64 $S status $A --to ""
      """)
  }
}
