import Diagnostics
import Nftables
import Testing

/// What a difference becomes for the kernel; that the kernel takes it is shown by `GeneratedPolicies` and `ApplyTests`.
@Suite struct TransactionTests {
  private func transaction(from running: Table?, to wanted: Table, replacing: Bool = false) -> Transaction {
    Transaction(
      from: running, to: wanted,
      difference: running.map { Difference(from: $0.canonical(), to: wanted.canonical()) }, replacing: replacing)
  }

  private func rule(_ prefix: String, handle: Int64? = nil) -> Rule {
    Rule([.log(prefix: prefix)], provenance: [], handle: handle)
  }

  /// A table with one chain of rules that log their names; the running one has handles from 11.
  private func table(_ names: String, isRunning: Bool, generation: UInt32) -> Table {
    let rules = names.enumerated().map { rule("\($1)", handle: isRunning ? Int64(11 + $0) : nil) }
    var table = Table("t", chains: [Chain("c", rules: rules)])
    table.generation = Generation(generation)
    return table
  }

  private func commands(_ old: String, _ new: String) -> [String] {
    let made = transaction(
      from: table(old, isRunning: true, generation: 1), to: table(new, isRunning: false, generation: 2))
    #expect(made.kind == .change)
    return made.script.text.split(separator: "\n").map(String.init)
  }

  @Test func generationComesFirst() {
    #expect(
      commands("ab", "abc") == [
        "delete element inet t sp_gen { 0x00000001 }", "add element inet t sp_gen { 0x00000002 }",
        #"add rule inet t c log prefix "c""#,
      ])
  }

  @Test(arguments: [
    ("ab", "xab", [#"insert rule inet t c position 11 log prefix "x""#]),
    (
      "ab", "axyb",
      [12, 12].enumerated().map { #"insert rule inet t c position \#($1) log prefix "\#($0 == 0 ? "x" : "y")""# }
    ),
    ("abc", "axc", [#"replace rule inet t c handle 12 log prefix "x""#]),
    ("abc", "ac", ["delete rule inet t c handle 12"]),
    (
      "abcd", "ax",
      [
        #"replace rule inet t c handle 12 log prefix "x""#, "delete rule inet t c handle 13",
        "delete rule inet t c handle 14",
      ]
    ),
  ])
  func rules(_ old: String, _ new: String, expected: [String]) {
    #expect(commands(old, new).filter { !$0.contains("sp_gen") }.sorted() == expected.sorted())
  }

  /// What only a new table can change is not left to commands that nft takes and that do nothing.
  @Test func replacements() {
    var running = table("ab", isRunning: true, generation: 1)
    running.helpers = [HelperObject("h", type: "ftp")]
    running.sets = [NamedSet("s", key: [.meta("mark")])]
    running.chains.append(Chain("base", BaseChain(.filter, .forward, priority: 0)))
    var variants: [Table] = []
    for change: (inout Table) -> Void in [
      { $0.helpers[0].type = "tftp" }, { $0.sets[0].flags = [.timeout] }, { $0.sets[0].size = 5 },
      { $0.chains[1].base?.priority = 1 }, { $0.chains[1].base?.dropsByPolicy = true },
    ] {
      var wanted = running
      wanted.generation = Generation(2)
      change(&wanted)
      variants.append(wanted)
    }
    for wanted in variants {
      let made = transaction(from: running, to: wanted)
      #expect(made.kind == .replace)
      #expect(
        made.script.text.hasPrefix("delete element inet t sp_gen { 0x00000001 }\ndelete table inet t\ntable inet t {")
      )
    }
    var foreign = running
    foreign.foreign = [ForeignObject(kind: "counter", name: "mine", definition: .object([:]))]
    #expect(transaction(from: foreign, to: running).kind == .replace)
    var withoutHandles = running
    withoutHandles.chains[0].rules = [rule("z")]
    #expect(transaction(from: withoutHandles, to: running).kind == .replace)
    #expect(transaction(from: running, to: variants[0], replacing: true).kind == .replace)
  }

  @Test func theFirstFailsWhereThereIsATable() {
    let made = transaction(from: nil, to: table("a", isRunning: false, generation: 2))
    #expect(made.kind == .create)
    #expect(made.script.text.hasPrefix("create table inet t\ntable inet t {\n  set sp_gen {"))
  }

  @Test func generationsHaveNames() throws {
    let generation = try #require(Generation(0xAB))
    #expect(generation.name == "000000ab")
    #expect(Generation(name: "000000ab") == generation)
    for bad in ["", "ab", "00000000", "+00000ab", "000000abc", "0x0000ab"] {
      #expect(Generation(name: bad) == nil, "\(bad)")
    }
    #expect(Generation(0) == nil)
  }

  /// A table that somebody loaded without a mark gets one with its set.
  @Test func unmarkedTables() {
    var running = table("a", isRunning: true, generation: 1)
    running.generation = nil
    let made = transaction(from: running, to: table("ab", isRunning: false, generation: 2))
    #expect(made.kind == .change)
    #expect(
      made.script.text == """
        table inet t {
          set sp_gen {
            typeof meta mark
            elements = {
              0x00000002,
            }
          }
        }
        add rule inet t c log prefix "b"

        """)
  }

  /// As nft 1.0.6 lists the mark, as 1.1.x does, and what only looks like it.
  @Test func marksAreRead() throws {
    func generation(_ set: String) throws -> Generation? {
      let table = #"{"table": {"family": "inet", "name": "t"}}"#
      let set = #"{"set": {"family": "inet", "table": "t", "name": "sp_gen", \#(set)}}"#
      return try Table.read(listing: Array(#"{"nftables": [\#(table), \#(set)]}"#.utf8), name: "t")?.generation
    }
    #expect(try generation(#""type": "mark", "elem": [171]"#) == Generation(171))
    #expect(try generation(#""type": {"typeof": {"meta": {"key": "mark"}}}, "elem": [171]"#) == Generation(171))
    for other in [
      #""type": "mark""#, #""type": "mark", "elem": [1, 2]"#, #""type": "mark", "elem": [0]"#,
      #""type": "mark", "elem": [-1]"#, #""type": "mark", "elem": [4294967296]"#,
      #""type": "inet_service", "elem": [171]"#, #""type": "mark", "elem": ["x"]"#,
    ] {
      #expect(try generation(other) == nil, "\(other)")
    }
  }
}
