import Addressing
import Diagnostics
import Nftables
import Testing

/// Names and comments that somebody else chose are data and never commands.
@Suite struct InjectionTests {
  /// Names that end a command, and names that nft takes for something else than a name.
  private static let evilNames = [
    "sp_gen; flush table ip victim #", "sp_gen\nflush table ip victim", "sp_gen; include \"/etc/passwd\" #", "a b",
    "",
    "@victim", "\"victim\"", "a}", "$victim", "drop", "include", "1victim", "-victim", "víctim", "a\u{0}b", "a\\",
  ]

  private func transaction(from running: Table) -> Transaction {
    var wanted = Table("sallyport", chains: [Chain("published")])
    wanted.generation = Generation(2)
    return Transaction(
      from: running, to: wanted, difference: Difference(from: running.canonical(), to: wanted.canonical()))
  }

  private func running(_ change: (inout Table) -> Void) -> Table {
    var table = Table("sallyport", chains: [Chain("published")])
    table.generation = Generation(1)
    change(&table)
    return table
  }

  @Test(
    "16.2: what nobody asked for is deleted by number, or the table is replaced; its name is never written",
    arguments: evilNames)
  func names(_ name: String) throws {
    let key = [Expression.dataType("mark")]
    let tables: [(Table, Transaction.Kind)] = [
      (running { $0.sets = [NamedSet(name, key: key, handle: 7)] }, .change),
      (running { $0.sets = [NamedSet(name, key: key, data: [.verdict], handle: 7)] }, .change),
      (running { $0.sets = [NamedSet(name, key: key)] }, .replace),
      (running { $0.chains.append(Chain(name)) }, .replace),
      (running { $0.chains.append(Chain(name, BaseChain(.filter, .forward, priority: 0))) }, .replace),
      (running { $0.helpers = [HelperObject(name, type: "ftp")] }, .replace),
      (
        running { $0.foreign = [ForeignObject(kind: "counter", name: name, definition: ["comment": .string(name)])] },
        .replace
      ),
    ]
    for (table, kind) in tables {
      let made = transaction(from: table)
      #expect(made.kind == kind)
      let lines = made.script.text.split(separator: "\n").map(String.init)
      #expect(lines.first == "delete element inet sallyport sp_gen { 0x00000001 }")
      #expect(!made.script.text.contains("victim") && !made.script.text.contains("include"), "\(made.script.text)")
      switch kind {
      case .change: #expect(lines.last == "delete set inet sallyport handle 7")
      default: #expect(lines.dropFirst().first == "delete table inet sallyport")
      }
    }
  }

  @Test("16.2: a name of ours is deleted by name where it has no number")
  func ownNames() {
    let made = transaction(
      from: running {
        $0.sets = [NamedSet("clients4", key: [.dataType("mark")])]
        $0.chains.append(Chain("denied"))
      })
    #expect(made.kind == .change)
    #expect(
      made.script.text.split(separator: "\n").suffix(3) == [
        "flush chain inet sallyport denied", "delete set inet sallyport clients4",
        "delete chain inet sallyport denied",
      ])
  }

  /// What is shown of a table is written by the same writer: were it loaded, nothing in it would be a command.
  @Test("16.2: in every place of a script a name stays one text between quotes, or no part of a line that nft reads")
  func scripts() {
    let evil = "x; flush table ip victim; # \" }\nflush table ip victim"
    let foreign = JSONValue.object(["xt": .string(evil), evil: .array([.string(evil)])])
    var log = Log(prefix: evil)
    (log.level, log.flags) = (evil, [evil])
    var rate = Rate(1, per: .second, burst: 1)
    (rate.countUnit, rate.burstUnit) = (evil, evil)
    let table = Table(
      evil, helpers: [HelperObject(evil, type: evil)],
      sets: [
        NamedSet(
          evil, key: [.dataType(evil)], data: [.dataType(evil)],
          elements: {
            var list = ElementList()
            list.append(key: [.interface(evil)], data: [.verdict(.jump(evil))], comment: evil, provenance: .none)
            list.append(key: [.foreign(foreign)], data: [.symbol(evil)], comment: evil, provenance: .none)
            return list
          }())
      ],
      chains: [
        Chain(
          evil,
          rules: [
            Rule(
              [
                .match(.payload(evil, evil), .equal, .set(evil)), .match(.meta(evil), .equal, .flags([evil])),
                .match(.tuple(evil, evil), .equal, .map(key: .conntrack(evil), name: evil)), .assignHelper(evil),
                .log(prefix: evil), .dynamic(operation: evil, set: evil, key: .conntrack(evil), .foreign(foreign)),
                .verdictMap(key: .conntrack(evil), name: evil), .verdict(.goto(evil)), .foreign(foreign),
                .unread(evil), .flow(evil), .reject(evil, code: .value(.symbol(evil))), .log(log),
                .reset(.route(evil)),
                .object(evil, .value(.string(evil))), .set(.option(evil, evil, evil), to: .list([.flags([evil])])),
                .translate(
                  Translation(.source, address: .value(.symbol(evil)), flags: [evil], typeFlags: [evil])),
                .update(
                  ElementUpdate(
                    operation: evil, name: evil, key: .element(.fib(evil, [evil]), ElementDetails(comment: evil)),
                    statements: [], target: .map(.members([Member(.set(evil), .dataType(evil))])))),
                .update(
                  ElementUpdate(
                    operation: evil, name: evil, key: .bits(evil, offset: 0, length: 1), statements: [],
                    target: .meter(size: 1))),
                .handOver(Handover(kind: .fwd, family: evil, device: .value(.interface(evil)))),
                .queue(nil, flags: [evil]), .synproxy(Synproxy(flags: [evil])),
                .xtables(Xtables(type: evil, name: evil, info: evil)),
                .quota(Quota(limit: Quota.Amount(count: 1, unit: evil), isOver: true)), .limit(rate),
                .match(
                  .generator(Generator(kind: .numgen, modulus: 1, mode: evil, key: .foreign(foreign))), .equal,
                  .range(.prefix(.value(.string(evil)), 1), .foreign(.string(evil)))),
              ], comment: evil, provenance: [])
          ])
      ],
      foreign: [ForeignObject(kind: evil, name: evil, definition: foreign)])
    let script = table.script(header: [evil])
    let text = script.text + Difference.removal(of: evil)
    var outside = ""
    for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
      #expect(parts.count % 2 == 1, "a string does not end in its line: \(line)")
      outside += parts.enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined(separator: "\"\"")
    }
    #expect(!outside.contains("victim") && !outside.contains("flush"), "\(outside)")
  }

  @Test(
    "16.3: the text of nft is one table, whatever stands in its names and comments",
    arguments: [
      ("table inet t {\n\tchain c {\n\t\tlog prefix \"a } b\" accept comment \"#;{\"\n\t}\n}\n", true),
      ("table inet t {\n}\n", true),
      ("table inet t {\n\tset s {\n\t\tsize 9\t# count 1 { \"\n\t}\n}\n", true),
      ("table inet t {\n\tset s {\n\t\tsize 9\t# count 1 }\n\t}\n", false),
      ("table inet t {\n}\nflush table ip victim\n", false),
      ("table inet t {\n\tcomment \"a\"\n}\nflush table ip victim\ntable inet t {\n\tcomment \"b\"\n}\n", false),
      ("table inet t {\n\tcomment \"a\nb\"\n}\n", false),
      ("table inet t {\n\tinclude \"/etc/passwd\"\n}\n", false),
      ("table inet t {\n\tdefine x = 1\n}\n", false),
      ("table inet t {\n\tset a; flush table ip victim # {\n\t}\n}\n", false),
      ("table inet t {\n\tchain c {\n\t\taccept comment $x\n\t}\n}\n", false),
      ("table inet t {\n\tcomment \"a\n", false), ("table inet t {\n", false), ("table ip t {\n}\n", false),
      ("table inet t2 {\n}\n", false), ("", false), ("table inet t {\n} }\n", false),
    ])
  func oneTable(_ text: String, _ isOne: Bool) { #expect(isOneTable(Array(text.utf8), name: "t") == isOne) }

  @Test(
    "16.3: a quote or a line end in any text of the listing in JSON is found",
    arguments: [
      #"{"table": {"family": "inet", "name": "sallyport", "comment": "a\"b"}}"#,
      #"{"chain": {"family": "inet", "table": "sallyport", "name": "c", "comment": "a\nb"}}"#,
      #"{"chain": {"family": "inet", "table": "sallyport", "name": "c; flush table ip victim"}}"#,
      #"{"set": {"family": "inet", "table": "sallyport", "name": "s", "type": "ifname", "elem": ["a\"b"]}}"#,
      #"{"rule": {"family": "inet", "table": "sallyport", "chain": "c", "comment": "a\u007f", "expr": []}}"#,
      #"{"rule": {"family": "inet", "table": "sallyport", "chain": "c", "expr": [{"log": {"prefix": "\""}}]}}"#,
      #"{"rule": {"family": "inet", "table": "sallyport", "chain": "c", "expr": [{"xt": {"type": "match", "name": "comment"}}]}}"#,
      #"{"flowtable": {"family": "inet", "table": "sallyport", "name": "f", "dev": ["a", "b\"c"]}}"#,
      #"{"counter": {"family": "inet", "table": "sallyport", "name": "include"}}"#,
    ])
  func strange(_ object: String) throws {
    #expect(try strangeText(inListing: ListingTests.listing(object), table: "sallyport") != nil)
    let other = object.replacing("sallyport", with: "other")
    #expect(try strangeText(inListing: ListingTests.listing(other), table: "sallyport") == nil)
  }

  @Test("16.3: the script of our own values says what runs, or there is none")
  func ownScript() throws {
    var elements = ElementList()
    let address = try #require(IPAddress("192.0.2.1"))
    elements.append(key: [.address(address)], comment: "a\" } }\nflush", provenance: .none)
    let plain = running {
      $0.sets = [NamedSet("s", key: [.dataType("ipv4_addr")], elements: elements)]
      $0.chains = [Chain("c", rules: [Rule([.counter], comment: "b\"\nflush", provenance: [])])]
    }
    let script = String(decoding: try #require(plain.ownScript), as: UTF8.self)
    #expect(script.contains("192.0.2.1 comment \"a? } }?flush\","))
    #expect(script.contains("    counter comment \"b??flush\"\n") && script.contains("sp_gen"))
    #expect(isOneTable(Array(script.utf8), name: "sallyport"))
    let changes: [(inout Table) -> Void] = [
      { $0.foreign = [ForeignObject(kind: "counter", name: "k", definition: .null)] },
      { $0.sets[0].name = "s; flush" }, { $0.chains[0].name = "include" },
      { $0.chains[0].rules[0].statements = [.foreign("x")] },
      { $0.chains[0].rules[0].statements = [.match(.inputInterface, .equal, .value(.interface("a\"b")))] },
      { $0.sets[0].elements.append(key: [.interface("a\"b")], provenance: .none) },
      { $0.sets[0].key = [.dataType("{\"x\": 1}")] },
    ]
    for change in changes {
      var table = plain
      change(&table)
      #expect(table.ownScript == nil)
    }
  }

  @Test("16.4: a dormant table is another one than that which is wanted, and is replaced")
  func dormant() {
    let table = running { $0.isDormant = true }
    let wanted = running { _ in }
    let difference = Difference(from: table.canonical(), to: wanted.canonical())
    #expect(!difference.isEmpty && table.canonical().applying(difference) == wanted.canonical())
    #expect(transaction(from: table).kind == .replace)
    #expect(!transaction(from: table).script.text.contains("dormant"))
    #expect(table.ownScript.map { String(decoding: $0, as: UTF8.self) }?.contains("\n  flags dormant\n") == true)
  }
}

extension Difference {
  /// The commands that a set with rules would go with.
  fileprivate static func removal(of name: String) -> String {
    var running = Table(name, sets: [NamedSet(name, key: [.dataType("mark")])], chains: [Chain(name)])
    running.generation = Generation(1)
    let wanted = Table(name)
    return Transaction(
      from: running, to: wanted, difference: Difference(from: running.canonical(), to: wanted.canonical())
    ).script.text
  }
}
