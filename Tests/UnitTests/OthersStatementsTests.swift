import Compilation
import Foundation
import LiveSupport
import Nftables
import Platforms
import Testing

/// What others write into rules: read into values, and printed again.
@Suite struct OthersStatementsTests {
  /// Listings of nft 1.0.6 and 1.1.7 with nearly every statement, and what this kernel does not take.
  static let listings = ["sessions", "listing"].flatMap { kind in
    let folder = repository.appending(path: "Tests/Fuzz/Seeds/\(kind)")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }
  }

  /// The statements of a listing, by Foundation's reader.
  private func statements(_ listing: Data) throws -> [Any] {
    let top = try #require(try JSONSerialization.jsonObject(with: listing) as? [String: [[String: Any]]])
    return (top["nftables"] ?? []).flatMap { object -> [Any] in
      (object["rule"] as? [String: Any])?["expr"] as? [Any] ?? []
    }
  }

  /// The one form of what nft writes in several ways, and without what packets change.
  private func plain(_ value: Any) -> Any {
    if value as? String == "notrack" { return ["notrack": NSNull()] }
    if let values = value as? [Any] { return values.map { plain($0) } }
    guard var members = value as? [String: Any] else { return value }
    if members.count == 1, let fields = members["concat"] as? [Any], fields.count == 1 { return plain(fields[0]) }
    if members.count == 1, let prefix = members["prefix"] as? [String: Any],
      let address = prefix["addr"] as? NSNumber,
      isBoolean(address)
    {
      return address
    }
    if members.count == 1, members["counter"] is NSNull || members["counter"] is [String: Any] {
      if (members["counter"] as? [String: Any])?["map"] == nil { return ["counter": ["packets": 0, "bytes": 0]] }
    }
    for name in ["flags", "type_flags"] {
      if let words = members[name] as? [Any], words.count == 1 { members[name] = words[0] }
    }
    return members.mapValues { plain($0) }
  }

  /// Foundation has one class for numbers and booleans.
  private func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

  @Test("every listing is read into values that print as it was", arguments: listings)
  func listingsArePrintedAsTheyWere(file: URL) throws {
    let bytes = try Data(contentsOf: file)
    let ruleset = try Ruleset.read(listing: Array(bytes))
    let read = ruleset.tables.flatMap { table in
      table.chains.flatMap { chain in chain.rules.flatMap(\.statements) }
    }
    // Rules stand in the order of their chains.
    var printed = read.map { $0.json.text }
    for statement in try statements(bytes) {
      let data = try JSONSerialization.data(withJSONObject: ["x": plain(statement)], options: .sortedKeys)
      let place = printed.firstIndex { text in
        guard let value = try? JSONSerialization.jsonObject(with: Data("{\"x\": \(text)}".utf8)) as? [String: Any],
          let again = try? JSONSerialization.data(withJSONObject: value.mapValues { plain($0) }, options: .sortedKeys)
        else { return false }
        return again == data
      }
      #expect(place != nil, "\(String(decoding: data, as: UTF8.self))")
      if let place { printed.remove(at: place) }
    }
    #expect(printed.isEmpty)
  }

  @Test("what is not known is little") func foreignStatements() throws {
    var foreign: Set<String> = []
    for file in Self.listings {
      for table in try Ruleset.read(listing: Array(try Data(contentsOf: file))).tables {
        for statement in table.chains.flatMap(\.rules).flatMap(\.statements) {
          switch statement {
          case .foreign(let listed): foreign.insert(listed.text)
          case .match(.foreign(let listed), _, _), .match(_, _, .foreign(let listed)): foreign.insert(listed.text)
          default: break
          }
        }
      }
    }
    #expect(
      foreign.sorted() == [
        #""add @dm { ip saddr limit rate 3/second : 5 }""#, #""update @dm { ip saddr : tcp dport }""#,
        #"{"flux": 1}"#, #"{"flux": 2}"#, #"{"flux": {"capacitor": 3}}"#,
        #"{"ipsec": {"dir": "in", "key": "reqid", "spnum": 0}}"#, #"{"osf": {"key": "name"}}"#,
        #"{"socket": {"key": "transparent"}}"#, #"{"xt": null}"#,
      ])
  }

  @Test("a statement that we never write is nobody's of ours, and no way back is written with it")
  func notOurs() throws {
    let wanted = compile(published("allow 192.0.2.7")).table(gateway: nil)
    let admission = try #require(wanted.chains.firstIndex { $0.name == "admission" })
    let ours = Statement.match(.destination(.ipv4), .equal, .set("control4"))
    let others: [(statement: Statement, text: String)] = [
      (.reject("tcp reset", code: nil), "reject with tcp reset"), (.notrack, "notrack"), (.last, "last"),
      (.match(.fib("type", ["daddr"]), .equal, .value(.symbol("local"))), "fib daddr type local"),
      (.set(.meta("mark"), to: .value(.number(7))), "meta mark set 7"), (.verdict(.continue), "continue"),
      (.connectionCount(3, isOver: false), "ct count 3"),
      (.object("counter", .value(.string("c"))), "counter name \"c\""),
      (.translate(Translation(.redirect, port: .value(.port(2121)))), "redirect to :2121"),
      (.translate(Translation(.masquerade, flags: ["random"])), "masquerade random"),
      (.match(.destinationPort, .equal, .members([Member(.value(.port(21)))])), "tcp dport { 21 }"),
      (.match(.payload("tcp", "flags"), .equal, .flags(["syn"])), "tcp flags syn"), (.flow("f"), "flow add @f"),
      (
        .update(ElementUpdate(operation: "add", name: "clients4", key: .source(.ipv4), statements: [])),
        "add @clients4 { ip saddr }"
      ),
    ]
    for (statement, text) in others {
      var running = wanted
      running.chains[admission].rules.append(Rule([ours, statement], provenance: []))
      #expect(running.ownScript == nil, "\(text)")
      let changes = PolicyDifference(running: running, wanted: wanted).changes
      #expect(
        changes.map { "\($0.kind) \($0.summary)" } == [
          "foreign nobody asked for the rule `ip daddr @control4 \(text)` in the chain `admission`"
        ])
    }
    #expect(wanted.ownScript != nil)
  }

  @Test("elements of types that no set of ours has stay foreign, and are told in the words of nft")
  func elementsOfOthers() throws {
    let types: [(type: String, element: String, text: String)] = [
      ("inet_proto", "\"tcp\"", "tcp"), ("mark", "171", "171"), ("boolean", "true", "exists"),
      ("ether_addr", "\"00:11:22:33:44:55\"", "\"00:11:22:33:44:55\""), ("ipv4_addr", "\"x; flush\"", "\"x; flush\""),
      ("ct_state", "[\"new\"]", "[\"new\"]"),
    ]
    for (type, element, text) in types {
      let set =
        #"{"set": {"family": "inet", "table": "sallyport", "name": "x", "type": "\#(type)", "elem": [\#(element)]}}"#
      let table = try #require(try Table.read(listing: ListingTests.listing(set), name: "sallyport"))
      let found = try #require(table.sets.first?.elements.first)
      #expect(found.text == text && found.isForeign)
      #expect(table.ownScript == nil)
    }
  }

  @Test("a rule of somebody else that adds to a set of ours does not hide what is in the set")
  func elementsStayCompared() throws {
    let wanted = compile(published("allow 192.0.2.7")).table(gateway: nil)
    var running = compile(published("allow 192.0.2.9")).table(gateway: nil)
    let update = ElementUpdate(operation: "add", name: "clients4", key: .source(.ipv4), statements: [])
    running.chains[0].rules.append(Rule([.update(update)], provenance: []))
    let changes = PolicyDifference(running: running, wanted: wanted).changes.map { "\($0.kind) \($0.summary)" }
    #expect(changes.contains("removed `files`: clients 192.0.2.9 are running and not wanted"), "\(changes)")
  }
}

/// The text of what others write, as nft takes it.
@Suite(.enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
struct OthersStatementsLiveTests {
  private static let objects = """
    counter c1 { }
    quota q1 { over 100 mbytes }
    limit l1 { rate 10/second }
    ct helper f { type "ftp" protocol tcp; }
    ct timeout t1 { protocol tcp; l3proto ip; policy = { established : 100 }; }
    set dyn { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
    map vm { type inet_service : verdict; elements = { 21 : accept, 22 : jump other, 23 : continue } }
    map marks { type inet_service : mark; elements = { 21 : 0x10, 22 : 5 } }
    map objs { type ipv4_addr : counter; elements = { 10.0.0.1 : "c1" } }
    chain other { }
    """

  private static let filter = [
    "reject", "reject with tcp reset", "reject with icmpx type admin-prohibited", "fib daddr type local accept",
    "fib saddr . iif oif missing drop", "fib daddr . iif type != { local, broadcast } drop", "meta mark set 0x10",
    "meta mark set meta mark & 0xff", "ct mark set ct mark | 0x100", "meta mark set (meta mark & 0xf0) | 0x7",
    "meta mark set tcp dport map { 21 : 1, 22-30 : 2 }", "meta mark set tcp dport map @marks",
    "meta mark set jhash ip saddr . tcp sport mod 8 seed 0x1234 offset 3",
    "meta mark set numgen random mod 10 offset 5",
    "meta mark set symhash mod 2 offset 1", "meta priority set 1:1", "ip dscp set cs1", "ip6 dscp set af21",
    "tcp option maxseg size set rt mtu", "tcp option maxseg size set 1200", "reset tcp option sack-perm",
    "tcp dport vmap { 21 : accept, 22 : drop, 23-29 : jump other, 30 : continue, 31 : return }",
    "tcp dport vmap @vm", "ip saddr . tcp dport vmap { 10.0.0.1 . 21 : accept, 10.0.0.0/8 . 22-30 : drop }",
    "ct state { new, established } accept", "ct state != new,established drop", "ct state == new accept",
    "ct state new accept", "ct status & (dnat | snat) == dnat | snat accept", "ct original ip saddr 10.0.0.1 accept",
    "ct label set 5", "ct label 5 accept", "ct zone 0 accept", "ct bytes > 1000 accept",
    "ct original packets < 10 accept", "ct timeout set \"t1\"", "quota over 100 mbytes drop",
    "quota 10 mbytes used 20 kbytes accept", "quota name \"q1\" drop", "limit rate 400/week burst 50 packets accept",
    "limit rate 10 mbytes/second burst 1 mbytes accept", "limit rate over 1023 kbytes/second drop",
    "limit name \"l1\" accept", "counter name \"c1\"", "counter name ip saddr map { 10.0.0.1 : \"c1\" }",
    "counter name ip saddr map @objs", "synproxy mss 1460 wscale 7 timestamp sack-perm", "ct count 10 accept", "log",
    "log prefix \"y\" level debug flags all", "log flags tcp sequence,options",
    "log prefix \"z\" group 3 snaplen 20 queue-threshold 5", "meta l4proto { tcp, udp } th dport 53 accept",
    "meta nfproto ipv4 accept", "ether saddr 00:11:22:33:44:55 drop", "iif lo accept",
    "iifname . tcp dport { \"lo\" . 21 } accept", "meta length 40-100 accept", "meta random & 7 == 1 drop",
    "ip saddr & 0.0.0.255 == 0.0.0.7 accept", "tcp dport >= 1024 accept", "tcp dport & 0xff == 21 accept",
    "tcp flags syn,ack accept", "tcp flags ! syn accept", "tcp flags & (fin | syn | rst | ack) == syn accept",
    "tcp flags == syn | ack accept", "tcp option maxseg exists accept", "exthdr hbh exists drop",
    "frag more-fragments 1 drop", "@nh,96,32 0x0a000001 drop", "numgen inc mod 2 vmap { 0 : accept, 1 : drop }",
    "add @dyn { ip saddr timeout 30s }", "update @dyn { ip saddr limit rate 5/second } accept",
    "delete @dyn { ip saddr }", "goto other",
  ]

  private static let destination = [
    "dnat ip to 10.0.0.1:2121", "dnat ip6 to [fd00::1]:2121", "dnat ip to 10.0.0.1-10.0.0.5:100-200 random",
    "dnat to :2121", "dnat ip to 10.0.0.1 persistent,random",
    "dnat ip prefix to ip daddr map { 10.1.0.0/24 : 10.2.0.0/24 }",
    "dnat ip addr . port to tcp dport map { 21 : 10.0.0.1 . 2121 }",
    "dnat ip to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "redirect", "redirect to :2121-2130 random",
  ].map { "tcp dport 21 " + $0 }

  private static let source = [
    "snat ip to 10.0.0.1:1024-65535", "snat ip6 to fd00::1 random", "masquerade", "masquerade random,persistent",
    "masquerade to :1024-65535 fully-random",
  ].map { "tcp dport 21 " + $0 }

  private static let raw = [
    "notrack", "ct zone set 5", "ct original zone set 5", "meta l4proto tcp tproxy ip6 to [::1]:1234 meta mark set 1",
  ]

  @Test("what was printed loads again and comes to the same") func textsAreTaken() async throws {
    let chains: [(hook: String, rules: [String])] = [
      ("type filter hook forward priority 0", Self.filter),
      ("type nat hook prerouting priority -100", Self.destination),
      ("type nat hook postrouting priority 100", Self.source),
      ("type filter hook prerouting priority -300", Self.raw),
    ]
    try await withLab { lab in
      for (hook, rules) in chains {
        func script(_ rules: [String]) -> String {
          "flush ruleset\ntable inet t {\n\(Self.objects)\nchain c { \(hook);\n\(rules.joined(separator: "\n"))\n}\n}\n"
        }
        func listed() async throws -> [Rule] {
          let listing = try await lab.nft(["-j", "list", "chain", "inet", "t", "c"])
          return try Ruleset.read(listing: listing.output).tables.flatMap(\.chains).flatMap(\.rules)
        }
        var known: [String] = []
        for rule in rules {
          if try await lab.nft(["-c", "-f", "-"], input: script([rule])).succeeded { known.append(rule) }
        }
        #expect(known.count * 10 >= rules.count * 9, "nft refuses \(Set(rules).subtracting(known))")
        try await lab.load(ruleset: script(known))
        let first = try await listed()
        #expect(first.count == known.count)
        let again = try await lab.nft(["-f", "-"], input: script(first.map(\.text)))
        #expect(again.succeeded, "\(again.errorText)")
        for (old, new) in zip(first, try await listed()) { #expect(old == new, "\(old.text)") }
      }
    }
  }
}
