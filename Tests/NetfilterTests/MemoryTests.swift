import LiveSupport
import Netfilter
import Nftables
import Platforms
import Testing

@Suite("the network namespace in memory")
struct MemoryTests {
  @Test(
    "what it cannot read it refuses",
    arguments: [
      "flush ruleset", "include \"/etc/passwd\"", "define x = 1", "table ip sallyport {\n}", "list ruleset",
      "table inet t {\n  set s {\n    type ipv4_addr\n    gc-interval 3s\n  }\n}",
      "table inet t {\n  chain c {\n    tcp dport 21 reject\n  }\n}",
      "table inet t {\n  chain c {\n    tcp dport { 21, 22 } accept\n  }\n}",
      "table inet t {\n  chain c {\n    numgen random mod 2 == 0 drop\n  }\n}",
      "table inet t {\n  flowtable f {\n  }\n}", "table inet t {", "table inet t\ntable inet u; drop",
      "add element inet t s { 192.0.2.1 timeout 3s }", "add element inet t s { 192.0.2.1 192.0.2.2 }",
      "add element inet t s { example.org }", "add rule inet t c log prefix \"x",
    ])
  func unread(script: String) async {
    let backend = MemoryNetfilter()
    await #expect(throws: NetfilterFailure.self) { try await backend.dryRun(Array(script.utf8)) }
    await #expect(throws: NetfilterFailure.self) {
      try await backend.commit(Array(script.utf8), expecting: 1, holding: nil)
    }
    #expect(await backend.others.isEmpty)
  }

  private static let table = """
    table inet t {
      ct helper h {
        type "ftp" protocol tcp
      }
      set s {
        typeof ip daddr . tcp dport
        flags interval
        elements = {
          192.0.2.1 . 20-30,
          192.0.2.0/31 . 40 comment "x",
        }
      }
      map m {
        typeof ip daddr : verdict
        elements = {
          192.0.2.1 : jump c,
        }
      }
      chain c {
        ct helper set "h"
      }
      chain b {
        type filter hook forward priority 0; policy accept;
        ip daddr . tcp dport @s jump c
        ip daddr vmap @m
      }
    }

    """

  /// A command, and what becomes of it; the same is asked of the kernel.
  private static let answers: [(String, CommitOutcome)] = [
    ("table inet t", .committed),
    ("create table inet t", .refused([refused("File exists")])),
    ("create table inet u", .committed),
    ("delete table inet u", .refused([refused("No such file or directory")])),
    ("add element inet t s { 192.0.2.1 . 20-30 }", .committed),
    ("add element inet t s { 192.0.2.1 . 25-35 }", .refused([refused("File exists")])),
    ("add element inet t s { 192.0.2.1 . 31-35 }", .committed),
    ("add element inet t m { 192.0.2.1 : accept }", .refused([refused("File exists")])),
    ("delete element inet t s { 192.0.2.0/31 . 40 }", .committed),
    ("delete element inet t s { 192.0.2.0/31 . 41 }", .refused([refused("No such file or directory")])),
    ("add rule inet t b counter\nadd rule inet t c jump d", .refused([refused("No such file or directory", 2)])),
    ("delete chain inet t c", .refused([refused("Device or resource busy")])),
    ("delete set inet t s", .refused([refused("Device or resource busy")])),
    ("delete map inet t m", .refused([refused("Device or resource busy")])),
    ("delete ct helper inet t h", .refused([refused("Device or resource busy")])),
    ("flush chain inet t b\ndelete set inet t s\ndelete map inet t m\ndelete chain inet t c", .committed),
  ]

  private static func refused(_ reason: String, _ line: Int = 1) -> KernelMessage {
    KernelMessage(line: line, text: "Could not process rule: \(reason)")
  }

  @Test("it answers as the kernel does")
  func answers() async throws {
    for (script, expected) in Self.answers {
      let backend = MemoryNetfilter()
      try await backend.load(Array(Self.table.utf8))
      let before = await backend.others
      let generation = try await backend.rulesetGeneration()
      let outcome = try await backend.commit(Array(script.utf8), expecting: generation, holding: nil)
      #expect(outcome == expected, "\(script)")
      let isCommitted = outcome == .committed
      #expect(try await backend.rulesetGeneration() == (isCommitted ? generation + 1 : generation), "\(script)")
      if !isCommitted { #expect(await backend.others == before, "\(script)") }
    }
  }

  @Test("the kernel answers so", .kernel)
  func kernel() async throws {
    try await withFolder { folder in
      try Self.table.write(toFile: "\(folder)/table", atomically: false, encoding: .utf8)
      for (script, expected) in Self.answers {
        try (script + "\n").write(toFile: "\(folder)/script", atomically: false, encoding: .utf8)
        let ended = try await shell("cd \(folder) && nft -f table && LC_ALL=C nft -f script")
        guard case .refused(let messages) = expected else {
          #expect(ended.status == 0, "\(script)\n\(ended.errors)")
          continue
        }
        #expect(ended.status != 0, "\(script)")
        for message in messages {
          let reason = message.text.split(separator: ": ").last.map(String.init) ?? ""
          let isTold = ended.errors.contains("script:\(message.line):") && ended.errors.contains(reason)
          #expect(isTold, "\(script)\n\(ended.errors)")
        }
      }
    }
  }

  @Test("a script for another generation of the ruleset is stale, one that names what is not there is not sent")
  func generations() async throws {
    let backend = MemoryNetfilter()
    try await backend.load(Array(Self.table.utf8))
    let script = Array("add rule inet t c counter".utf8)
    let generation = try await backend.rulesetGeneration()
    #expect(try await backend.commit(script, expecting: generation - 1, holding: nil) == .stale)
    #expect(try await backend.commit(script, expecting: generation, holding: nil) == .committed)
    #expect(try await backend.commit(script, expecting: generation, holding: nil) == .stale)
    let other = Array("add rule inet t none counter".utf8)
    #expect(try await backend.commit(other, expecting: generation + 1, holding: nil) == .missing)
    #expect(try await backend.dryRun(script).isEmpty)
    #expect(try await backend.rulesetGeneration() == generation + 1)
  }
}
