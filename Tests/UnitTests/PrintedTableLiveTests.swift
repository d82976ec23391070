import Compilation
import LiveSupport
import Nftables
import Testing

/// Reading what nft really prints as text: it must come to what its listing in JSON says or to nothing.
@Suite(.enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
struct PrintedTableLiveTests {
  /// The table in the gateway of a laboratory: from its text, and as JSON tells it.
  private func readings(_ lab: Lab) async throws -> (quick: Table?, full: Table) {
    let text = try await lab.nft(["list", "table", "inet", "sallyport"])
    let outline = try await lab.nft(["-j", "-t", "list", "ruleset", "inet"])
    let listing = try await lab.nft(["-j", "list", "table", "inet", "sallyport"])
    var full = try #require(try Table.read(listing: listing.output, name: "sallyport"))
    let dynamic = full.dynamicSets
    for index in full.sets.indices where dynamic.contains(full.sets[index].name) {
      full.sets[index].elements = ElementList()
    }
    return (Table.read(outline: outline.output, printed: text.output, name: "sallyport"), full)
  }

  @Test func everyAcceptedPolicy() async throws {
    try await everyAcceptedPolicy(most: max(60, GeneratedPolicies.count / 5))
  }

  /// - Parameter count: How many generated policies are taken.
  func everyAcceptedPolicy(most count: Int) async throws {
    let texts = GeneratedPolicies.policies.accepted.prefix(count).map(\.compilation) + [compile(everyStatement)]
    let samples = try samplePolicies().map(\.1)
    try await withLab { lab in
      for compilation in texts + samples {
        for gateway in compilation.gatewayChoices {
          let script = compilation.table(gateway: gateway).script().text
          let loaded = try await lab.nft(["-f", "-"], input: script)
          #expect(loaded.succeeded, "\(loaded.errorText)")
          let (quick, full) = try await readings(lab)
          #expect(quick == full, "\(script)")
        }
      }
    }
  }

  /// Sets of the types that are read, with elements at random.
  @Test func randomElements() async throws {
    var random = SeededGenerator(state: 11)
    try await withLab { lab in
      for _ in 0..<30 {
        let loaded = try await lab.nft(["-f", "-"], input: RandomSets.script(&random))
        #expect(loaded.succeeded, "\(loaded.errorText)")
        let (quick, full) = try await readings(lab)
        #expect(full.sets.contains { !$0.elements.isEmpty })
        #expect(quick == full)
      }
    }
  }

  /// What other people put into the table: it is read as JSON says, or not at all.
  @Test func foreignObjects() async throws {
    let cases: [(lines: String, isRead: Bool)] = [
      ("set x { type ipv4_addr; elements = { 192.0.2.1 } }", true),
      (
        "set x { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.0/25, 192.0.2.128/25, 10.0.0.1-10.0.0.9 } }",
        true
      ),
      ("set x { type inet_service; flags interval; elements = { 21, 80-89, 1024-2047, 65535 } }", true),
      ("set x { type mark; elements = { 1, 0xdeadbeef } }", true),
      ("set x { type ifname; flags interval; elements = { \"eth*\", br0 } }", true),
      ("set x { type ipv4_addr; counter; elements = { 192.0.2.1 counter packets 3 bytes 4 comment \"c\" } }", true),
      ("set x { type ipv4_addr; flags timeout; timeout 1h; elements = { 192.0.2.1 } }", true),
      ("set x { type ipv4_addr; comment \"} elements = {\"; elements = { 192.0.2.1 } }", true),
      ("counter c { }\nquota q { over 10 mbytes }", true),
      (
        "chain c { tcp dport { 21, 22 } accept; tcp dport vmap { 1 : accept, 2 : drop }; ip saddr 192.0.2.1 counter; }",
        true
      ),
      ("map x { type ipv4_addr : verdict; elements = { 192.0.2.1 : accept } }", true),
      ("map x { type ipv4_addr : verdict; flags interval; elements = { 192.0.2.1 : accept, * : drop } }", false),
      ("set x { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 1h } }", false),
      ("set x { type inet_proto; elements = { tcp, 99 } }", false),
      ("set x { type ether_addr; elements = { 00:11:22:33:44:55 } }", false),
      ("set x { type ether_addr; }", true),
      ("set x { type mark; flags interval; elements = { 0-255 } }", false),
      ("set x { type ipv4_addr; flags dynamic; elements = { 192.0.2.1 limit rate 1/second } }", false),
      ("counter c { }\nmap x { type ipv4_addr : counter; elements = { 192.0.2.1 : c } }", false),
    ]
    let policy = compile(everyStatement).table(gateway: 0).script().text
    try await withLab { lab in
      for (lines, isRead) in cases {
        let loaded = try await lab.nft(["-f", "-"], input: policy + "table inet sallyport {\n\(lines)\n}\n")
        #expect(loaded.succeeded, "\(lines)\n\(loaded.errorText)")
        let (quick, full) = try await readings(lab)
        // What the text of 1.0.6 does not tell, that of a newer one may.
        #expect(quick == (isRead ? full : nil) || (Release.current != .machine && quick == full), "\(lines)")
      }
    }
  }

  /// Comments that only a program can make. One that looks like elements after it cannot be told from them.
  @Test func strangeComments() async throws {
    let comments: [(comment: String, isRead: Bool)] = [
      (String(repeating: "ü", count: 60), true), (String(repeating: "x", count: 127), true), ("back\\slash", true),
      ("emoji 🗝️", true), ("a\\\"b", false), ("a\\nb", false), ("\\\", 192.0.2.7", false), ("\\\",", false),
      ("\\\" }", false),
    ]
    try await withLab { lab in
      for (comment, isRead) in comments {
        let written = isRead ? comment.replacing("\\", with: "\\\\") : comment
        let object =
          #"{"family": "inet", "table": "sallyport", "name": "x", "type": "ipv4_addr", "#
          + #""elem": [{"elem": {"val": "192.0.2.1", "comment": "\#(written)"}}, "192.0.2.2"]}"#
        let commands =
          #"{"nftables": [{"add": {"table": {"family": "inet", "name": "sallyport"}}}, {"flush": {"table": "#
          + #"{"family": "inet", "name": "sallyport"}}}, {"add": {"set": \#(object)}}]}"#
        _ = try await lab.nft(["delete", "table", "inet", "sallyport"])
        let loaded = try await lab.nft(["-j", "-f", "-"], input: commands)
        #expect(loaded.succeeded, "\(comment)\n\(loaded.errorText)")
        let (quick, full) = try await readings(lab)
        #expect(full.sets.first?.elements.count == 2)
        #expect(quick == (isRead ? full : nil), "\(comment)")
      }
    }
  }

  /// Packets fill sets, and what they add is no part of a table that is read.
  @Test func dynamicSets() async throws {
    let script = """
      table inet sallyport
      delete table inet sallyport
      table inet sallyport {
        set seen { typeof ip saddr . tcp dport; size 100; flags dynamic,timeout; timeout 5m; }
        set many { typeof ip saddr; size 100; flags dynamic; }
        set fixed { typeof ip saddr; elements = { 192.0.2.1 comment "one" } }
        chain c {
          update @seen { ip saddr . tcp dport limit rate over 3/minute }
          add @many { ip saddr ct count over 2 }
        }
      }
      add element inet sallyport seen { 192.0.2.1 . 21 limit rate over 3/minute }
      add element inet sallyport many { 192.0.2.1 ct count over 2 }

      """
    try await withLab { lab in
      let wanted = ["192.0.2.1 . 21 limit rate over 3/minute", "192.0.2.1 ct count over 2"]
      var listed = ""
      // The kernel collects elements that count no connection once a second (nft_rhash_gc in nft_set_hash.c), be it at
      // once.
      for _ in 0..<20 where !wanted.allSatisfy(listed.contains) {
        let loaded = try await lab.nft(["-f", "-"], input: script)
        #expect(loaded.succeeded, "\(loaded.errorText)")
        listed = try await lab.nft(["list", "table", "inet", "sallyport"]).text
      }
      #expect(wanted.allSatisfy(listed.contains), "\(listed)")
      let (quick, full) = try await readings(lab)
      #expect(quick?.sets.map(\.elements.count) == [0, 0, 1])
      #expect(quick == full)
      // Without the limit of the rule, or with another, somebody made it, and only JSON tells what it is.
      for limit in ["", "limit rate over 4/minute", "limit rate over 3/minute burst 6 packets"] {
        let added = try await lab.nft(["add element inet sallyport seen { 192.0.2.2 . 21 \(limit) }"])
        #expect(added.succeeded, "\(added.errorText)")
        #expect(try await readings(lab).quick == nil, "\(limit)")
        _ = try await lab.nft(["delete element inet sallyport seen { 192.0.2.2 . 21 }"])
      }
    }
  }
}

/// Sets with elements at random, which nft merges and prints as it likes.
private enum RandomSets {
  static func script(_ random: inout SeededGenerator) -> String {
    let fields: [(type: String, value: (inout SeededGenerator) -> String)] = [
      ("ipv4_addr", ipv4), ("ipv6_addr", ipv6), ("inet_service", ports),
    ]
    var script = "table inet sallyport\ndelete table inet sallyport\ntable inet sallyport {\n  chain c { }\n"
    for index in 0..<4 {
      let chosen = (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in fields.randomElement(using: &random)
      }
      let type = chosen.map(\.type).joined(separator: " . ")
      let isMap = Bool.random(using: &random)
      let isMerged = !isMap && chosen.count == 1
      script += "  \(isMap ? "map" : "set") x\(index) { type \(type)\(isMap ? " : verdict" : ""); flags interval;"
      script += "\(isMerged ? " auto-merge;" : "") }\n"
      script += "}\n"
      for number in 1...40 {
        var key = chosen.map { $0.value(&random) }
        // Elements of a set that merges none must not overlap.
        if !isMerged { key[0] = single(chosen[0].type, number) }
        let comment = Bool.random(using: &random) && !isMerged ? " comment \"\(comment(&random))\"" : ""
        let verdict = isMap ? [" : accept", " : jump c", " : drop"].randomElement(using: &random) ?? "" : ""
        script += "add element inet sallyport x\(index) { \(key.joined(separator: " . "))\(comment)\(verdict) }\n"
      }
      script += "table inet sallyport {\n"
    }
    return script + "}\n"
  }

  private static func single(_ type: String, _ number: Int) -> String {
    switch type {
    case "ipv4_addr": "10.1.0.\(number)"
    case "ipv6_addr": "2001:db8:1::\(number)"
    default: "\(number * 3)"
    }
  }

  private static func ipv4(_ random: inout SeededGenerator) -> String {
    let low = UInt32.random(in: 0x0A00_0000...0x0A00_0FFF, using: &random)
    func text(_ value: UInt32) -> String { [24, 16, 8, 0].map { "\(value >> $0 & 255)" }.joined(separator: ".") }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "\(text(low))-\(text(low + .random(in: 1...300, using: &random)))"
    case 1:
      let length = UInt32.random(in: 20...31, using: &random)
      return "\(text((low >> (32 - length)) << (32 - length)))/\(length)"
    default: return text(low)
    }
  }

  private static func ipv6(_ random: inout SeededGenerator) -> String {
    let tail = Int.random(in: 1...0xFFF0, using: &random)
    let head = ["2001:db8::", "::ffff:192.0.", "fd00:0:0:1::", "::"].randomElement(using: &random) ?? "::"
    if head.hasSuffix(".") { return "\(head)\(tail >> 8 & 255).\(tail & 255)" }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "\(head)\(String(tail, radix: 16))-\(head)\(String(tail + 9, radix: 16))"
    case 1: return "\(head)/\(Int.random(in: 64...127, using: &random))"
    default: return "\(head)\(String(tail, radix: 16))"
    }
  }

  private static func ports(_ random: inout SeededGenerator) -> String {
    let low = Int.random(in: 1...60_000, using: &random)
    return Bool.random(using: &random) ? "\(low)" : "\(low)-\(low + .random(in: 1...4096, using: &random))"
  }

  private static func comment(_ random: inout SeededGenerator) -> String {
    let letters = ["a", "Z", "0", "-", " ", ",", "}", "{", ".", "ä", "€", ":", "#", "'", "\\", "@"]
    return (0..<Int.random(in: 1...40, using: &random)).compactMap { _ in letters.randomElement(using: &random) }
      .joined()
  }
}
