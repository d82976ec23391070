import Foundation
import LiveSupport
import Testing

/// What the worker may do: rules, and nothing else.
@Suite("the worker's privileges", .kernel)
struct ConfinementTests {
  private func expect(_ lines: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await ApplyBench.expect(Self.words + lines, sourceLocation: sourceLocation)
  }

  private static let words = #"""
    frame() { printf '%s %d\n%s\n' "$1" "$(printf %s "$2" | wc -c)" "$2"; }
    request() { frame protocol 1; frame verb "$1"; test $# = 1 || frame script "$2"; frame end ''; }
    # Whether the kernel knows Landlock.
    landlock() { python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, 0, 0, 1) < 1)'; }

    """#

  @Test("16, less privilege: CAP_NET_ADMIN alone, no new privileges, calls and files refused")
  func status() async throws {
    try await expect(
      #"""
      nft -f - <<END
      table inet sallyport { set s { type mark; elements = { $(seq -s , 20000) }; }; }
      END
      mkfifo in out; ./sallyport-netfilter <in >out & worker=$!; exec 3>in 4<out
      # It waits for its request.
      comes grep -q '^CapEff:.0000000000001000$' /proc/$worker/status || fail "$(cat /proc/$worker/status)"
      for line in 'CapInh:.0000000000000000' 'CapPrm:.0000000000001000' 'CapBnd:.0000000000001000' 'CapAmb:.0000000000000000' 'NoNewPrivs:.1'; do
        grep -q "^$line\$" /proc/$worker/status || fail "$line: $(cat /proc/$worker/status)"
      done
      request list-ruleset >&3; exec 3>&-
      # It waits for somebody who takes its answer.
      comes grep -q '^Seccomp:.2$' /proc/$worker/status || fail "$(cat /proc/$worker/status)"
      cat <&4 >answer; wait $worker; grep -q 19999 answer
      """#)
  }

  @Test("16, less privilege: an injected include finds no file, and nothing of one is shown")
  func include() async throws {
    try await expect(
      #"""
      landlock || { echo 'this kernel has no Landlock'; exit 0; }
      line=$'\n'
      echo 'secret word' >secret; chmod 600 secret
      for file in /etc/passwd /etc/shadow /etc/protocols /proc/self/environ /proc/self/status $PWD/secret $PWD/../../../../etc/passwd; do
        for verb in check commit; do
          request $verb "include \"$file\"$line" | ./sallyport-netfilter >said 2>&1 || fail "$verb $file: $?"
          grep -q 'Permission denied' said || fail "$verb $file: $(cat said)"
          ! grep -q 'secret word\|root:\|icmp\|CapEff' said || fail "$verb $file: $(cat said)"
        done
      done
      # Neither does a folder.
      mkdir many; cp secret many/a.nft
      request commit "include \"$PWD/many/*.nft\"$line" | ./sallyport-netfilter >said 2>&1 || true
      ! grep -q 'secret word' said || fail "$(cat said)"
      """#)
  }

  /// Root of a namespace without more: not even its own files are to be had without CAP_DAC_OVERRIDE.
  @Test("16, less privilege: every command works for a user with CAP_NET_ADMIN alone and a state folder of his own")
  func ordinaryUser() async throws {
    try await expect(
      #"""
      mkdir mine; chown 65534:65534 mine; chmod 700 mine
      cat >every.sh <<'END'
      set -e
      A="--state-dir $PWD/mine/state"; S=./sallyport
      grep -q '^CapEff:.0000000000001000$' /proc/self/status
      $S apply old.sally $A; $S diff --quiet old.sally; $S check --kernel old.sally
      $S apply new.sally $A --confirm-within 60s; $S confirm $A; $S diff --quiet new.sally
      $S rollback $A; $S diff --quiet old.sally
      $S apply new.sally $A --confirm-within 60s; $S rollback $A; $S diff --quiet old.sally
      # Tables of iptables-legacy are listed for root alone: where there may be some the answer is undecided.
      status=0; $S explain old.sally files --running >mine/said || status=$?
      test $status = 0 || grep -q iptables-legacy-save mine/said
      $S remove $A; test -z "$(nft list ruleset)"
      END
      setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all,+net_admin --ambient-caps -all,+net_admin \
        --bounding-set -all,+net_admin bash every.sh || fail "status $?"
      """#)
  }

  @Test("16, less privilege: addresses that the linker fills in cannot be written")
  func linking() throws {
    for program in ["sallyport", "sallyport-netfilter", "sallyport-probe"] {
      let headers = try readelf("-lW", program)
      let entries = try readelf("-dW", program)
      #expect(headers.contains("GNU_RELRO"), "\(headers)")
      #expect(entries.contains("BIND_NOW") || entries.contains("NOW"), "\(entries)")
    }
  }

  private func readelf(_ option: String, _ program: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["readelf", option, programs.appending(path: program).path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return String(decoding: text, as: UTF8.self)
  }
}
