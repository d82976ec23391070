import Foundation
import LiveSupport
import Testing

/// Whoever may write rules chooses names and comments in our table; none of it becomes a command of ours.
@Suite("injected names and comments", .kernel)
struct InjectionTests {
  private func expect(_ lines: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await ApplyBench.expect(Hostile.words + lines, sourceLocation: sourceLocation)
  }

  /// Every command, with something hostile in the running table: the rules of others stay, no file is shown; a change
  /// either is refused for want of a way back, or its way back leads to what ran.
  private static let everyCommand = """
    everyCommand() {
      $S diff old.sally >before 2>&1 || true; cat before >>out
      nft -s list table inet sallyport >running
      status=0; $S apply new.sally $A --confirm-within 60s >said 2>&1 || status=$?; cat said >>out
      case $status in
        0)
          $S diff --quiet new.sally || fail "$*: not applied: $(cat said)"
          unharmed "$* after apply"
          expire; quiet || fail "$*: a watchdog is left"
          $S diff old.sally >after 2>&1 || true; cmp before after || fail "$*: the way back leads elsewhere"
          ways="$ways back" ;;
        1)
          grep -q 'could not be put back: it holds .*nothing was changed' said || fail "$*: $(cat said)"
          nft -s list table inet sallyport | cmp - running || fail "$*: changed"
          ways="$ways refused" ;;
        *) fail "$*: status $status: $(cat said)" ;;
      esac
      unharmed "$* after the way back"
      $S check --kernel old.sally >>out 2>&1 || fail "$*: check --kernel: $(cat out)"
      $S apply new.sally $A --dry-run >>out 2>&1 || fail "$*: a dry run: $(cat out)"
      status=0; $S apply new.sally $A >>out 2>&1 || status=$?
      test $status = 0 && is new.sally || fail "$*: apply: $status $(cat out)"
      status=0; $S rollback $A >>out 2>&1 || status=$?
      test $status -le 1 || fail "$*: rollback: $status $(cat out)"
      unharmed "$* after rollback"
      $S remove $A >>out 2>&1 || fail "$*: remove: $(cat out)"
      unharmed "$* after remove"
    }

    """

  /// Runs every command with each of some texts, and says how often a change was taken back and how often refused.
  private func run(_ place: String, texts: String, _ lines: String) async throws {
    try await expect(
      Self.everyCommand + """
        \(texts)
        for evil in "${texts[@]}"; do
          nft flush ruleset; rm -rf state; : >out; victim
          json=$(quoted "$evil")
          $S apply old.sally $A >>out 2>&1
          \(lines)
          nft list table inet sallyport >injected
          everyCommand "\(place): $evil"
        done
        """)
  }

  @Test(
    "16.3: a comment with quotes and line ends, in every place where the kernel keeps one",
    arguments: Hostile.comments.map(\.place))
  func comments(_ place: String) async throws {
    let lines = try #require(Hostile.comments.first { $0.place == place }?.lines)
    try await run(
      place,
      texts: #"texts=("$(evil 1)" "$(evil 2)" "$(evil 3)" $'a"\n\t\taccept comment "b' 'a", 0x8 comment "b' '"')"#,
      lines)
  }

  @Test("16.2: a name that ends a command, of every kind of object", arguments: Hostile.objects.map(\.kind))
  func names(_ kind: String) async throws {
    let lines = try #require(Hostile.objects.first { $0.kind == kind }?.lines)
    let texts = Hostile.names.map { "$'\($0.replacing("\n", with: "\\n"))'" }.joined(separator: " ")
    try await run(kind, texts: "texts=(\(texts))", lines)
  }

  @Test("16.2: interfaces with quotes in their names, in sets, chains and flowtables")
  func interfaces() async throws {
    try await run(
      "interface", texts: #"texts=('a"};x{#"' 'b"}')"#,
      #"""
      ip link del peer 2>>out || true; ip link add name "$evil" type veth peer name peer
      nft 'add set inet sallyport others { type ifname; }'
      add element "\"name\": \"others\", \"elem\": [$json]"
      add chain "\"name\": \"early\", \"type\": \"filter\", \"hook\": \"ingress\", \"dev\": $json, \"prio\": 0, \"policy\": \"accept\""
      # Some kernels have no flowtables.
      add flowtable "\"name\": \"fast\", \"hook\": \"ingress\", \"prio\": 0, \"dev\": $json" 2>>out || true
      add rule "\"chain\": \"publish\", \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"iifname\"}}, \"right\": $json}}, {\"accept\": null}]"
      """#)
  }

  @Test(
    "16.3: with comments that only look strange in elements and rules of ours there is a way back, of our own values")
  func ownValues() async throws {
    try await expect(
      Self.everyCommand + """
        : >out; victim; ways=; evil=$(evil 3); json=$(quoted "$evil")
        $S apply old.sally $A
        \(Hostile.comments.first { $0.place == "element of ours" }?.lines ?? "false")
        everyCommand element; test "$ways" = ' back' || fail "$ways"
        """)
  }

  @Test("16.3: a comment that looks like an element that is missing hides nothing from diff")
  func forgedElement() async throws {
    try await expect(
      #"""
      address='external ip    203.0.113.10'
      sed "s/files/mails/; s/$address/external ip 203.0.113.11/; s/10.10.20.200/10.10.20.201/" old.sally >more.sally
      cat old.sally more.sally >both.sally; $S apply both.sally $A
      nft list map inet sallyport passive4 >listed; grep -q mails listed || fail "$(cat listed)"
      nft delete element inet sallyport passive4 '{ 203.0.113.10 . 50000-50399, 203.0.113.11 . 50000-50399 }'
      evil='files" : 10.10.20.200, 203.0.113.11 . 50000-50399 counter packets 0 bytes 0 comment "mails'
      add element "\"name\": \"passive4\", \"elem\": [[{\"elem\": {\"val\": {\"concat\": [\"203.0.113.10\", {\"range\": [50000, 50399]}]}, \"comment\": $(quoted "$evil")}}, \"10.10.20.201\"]]"
      # As text it is what both policies want.
      nft list map inet sallyport passive4 | tr -d '[:space:]' >forged; tr -d '[:space:]' <listed | cmp - forged || fail "$(cat forged)"
      status=0; $S diff both.sally >said || status=$?; test $status = 1 || fail "diff: $status $(cat said)"
      """#)
  }

  @Test("16.4: a dormant table is a difference, comes to life, and is dormant again on the way back")
  func dormant() async throws {
    try await expect(
      """
      $S apply old.sally $A; nft add table inet sallyport '{ flags dormant; }'; nft list ruleset >before
      status=0; $S diff old.sally >said || status=$?; test $status = 1 || fail "diff: $status"
      grep -q 'the table `inet sallyport` has the flag `dormant`, so none of its rules run' said || fail "$(cat said)"
      status=0; $S diff --quiet old.sally || status=$?; test $status = 1 || fail "diff --quiet: $status"
      $S apply old.sally $A --confirm-within 60s; is old.sally || fail "not alive"
      ! nft list ruleset | grep dormant || fail "still dormant"
      expire; quiet; nft list ruleset | cmp - before || fail "the way back"
      $S apply old.sally $A; is old.sally || fail "not alive"; $S rollback $A; nft list ruleset | cmp - before
      nft -j list table inet sallyport >saved.json
      status=0; $S diff --quiet old.sally --against saved.json || status=$?; test $status = 1 || fail "saved: $status"
      nft add table inet sallyport '{ flags dormant; comment "x"; }' 2>/dev/null || true
      $S check --kernel old.sally
      # A comment that looks like the flag is none.
      nft add table inet sallyport; is old.sally || fail "woken"
      nft delete table inet sallyport; evil=$'x"\\n\\tflags dormant\\n\\tcomment "y'; hostile table "$evil"
      $S compile old.sally | sed '/^\\(delete \\)*table inet sallyport$/d' | nft -f -
      is old.sally || fail "a comment counts as a flag"
      """)
  }
}
