import Addressing
import Compilation
import Foundation
import Nftables
import Testing

/// Reading what nft lists.
@Suite struct ListingTests {
  /// A listing with these objects in it.
  static func listing(_ objects: String...) -> [UInt8] {
    let table = #"{"table": {"family": "inet", "name": "sallyport", "handle": 2}}"#
    return Array("{\"nftables\": [\(([table] + objects).joined(separator: ", "))]}".utf8)
  }

  private func read(_ objects: String) throws -> Table {
    try #require(try Table.read(listing: Self.listing(objects), name: "sallyport"))
  }

  /// nft 1.0.6 prints something else in the place of the flag, and a comment in its text may look like one.
  @Test("16.4: which tables are dormant is told by the kernel's own messages")
  func dormantTablesAreToldByTheKernel() throws {
    let json =
      #"{"nftables": [{"table": {"family": "inet", "name": "b", "handle": 1, "flags": "b"}}, "#
      + #"{"table": {"family": "ip", "name": "b", "handle": 2}}]}"#
    var companions = ListingCompanions()
    companions.text = Array("table inet b {\n\tchain c {\n\t}\n}\ntable ip b {\n\tflags dormant\n}\n".utf8)
    companions.tables =
      netfilterMessage(family: 1, attribute(1, "b"), attribute(2, [0, 0, 0, 1]))
      + netfilterMessage(family: 2, attribute(1, "b"), attribute(2, [0, 0, 0, 0]))
    let ruleset = try Ruleset.read(listing: Array(json.utf8), with: companions)
    #expect(ruleset.tables.map(\.isDormant) == [true, false])
  }

  @Test func whatIsPrintedIsRead() throws {
    let texts = GeneratedPolicies.policies.accepted.map(\.compilation) + [compile(everyStatement)]
    for compilation in texts {
      let table = compilation.table(gateway: compilation.policy.gateways.isEmpty ? nil : 0)
      let read = try #require(try Table.read(listing: table.json(), name: table.name))
      #expect(read.canonical() == table.canonical())
    }
  }

  @Test func samplePoliciesToo() throws {
    for (name, compilation) in try samplePolicies() {
      for gateway in compilation.gatewayChoices {
        let table = compilation.table(gateway: gateway)
        let read = try #require(try Table.read(listing: table.json(), name: table.name))
        #expect(read.canonical() == table.canonical(), "\(name)")
      }
    }
  }

  @Test("rules of a chain that is not declared: a part of the listing is missing")
  func ruleWithoutChain() throws {
    let rule = #"{"rule": {"family": "inet", "table": "sallyport", "chain": "publish", "handle": 3, "expr": []}}"#
    let other = #"{"rule": {"family": "inet", "table": "other", "chain": "gone", "handle": 3, "expr": []}}"#
    let chain = #"{"chain": {"family": "inet", "table": "sallyport", "name": "publish", "handle": 2}}"#
    let failure = #expect(throws: ListingError.self) { try read("\(other), \(rule)") }
    #expect("\(failure.map { "\($0)" } ?? "")".contains("`publish`"))
    #expect("\(failure.map { "\($0)" } ?? "")".hasSuffix("nftables[2].rule.chain"))
    // A rule without statements, after which its chain comes, is one.
    let table = try read("\(other), \(rule), \(chain)")
    #expect(table.chains.first?.rules.map(\.text) == ["(no statements)"])
    let device =
      #"{"chain": {"family": "inet", "table": "sallyport", "name": "publish", "handle": 2, "type": "filter", "hook": "ingress", "prio": 0, "dev": "eth0"}}"#
    #expect(try read("\(rule), \(device)").foreign.map(\.kind) == ["chain", "rule of the chain"])
  }

  @Test(
    "escape sequences of JSON",
    arguments: [
      (#"a\n\u00e9\ud83d\ude00\/"#, "a\n\u{E9}\u{1F600}/"), (#"\ud83dx"#, "\u{FFFD}x"),
      (#"\ud83d\u0041"#, "\u{FFFD}"),
      (#"\ude00"#, "\u{FFFD}"), (#"\q"#, nil), (#"\u00"#, nil), (#"\u-001"#, nil), (#"\u+001"#, nil),
      (#"\ud83d\u12"#, nil),
    ] as [(String, String?)])
  func escapes(text: String, value: String?) {
    #expect((try? JSONValue.parse(Array("\"\(text)\"".utf8)))?.string == value)
  }

  /// Lists, arrays, `typeof` and chains before sets, as nft 1.1.x prints them, with members that nobody knows.
  @Test func newerListings() throws {
    let old = try read(
      """
      {"map": {"family": "inet", "name": "control4", "table": "sallyport", "type": ["ipv4_addr", "inet_service"], \
      "handle": 3, "map": "ipv4_addr . inet_service", "flags": "interval", "elem": \
      [[{"elem": {"val": {"concat": ["203.0.113.10", 21]}, "comment": "files"}}, {"concat": ["10.0.0.2", 21]}]]}}, \
      {"chain": {"family": "inet", "table": "sallyport", "name": "publish", "handle": 2}}
      """)
    let field =
      #"{"payload": {"protocol": "ip", "field": "daddr"}}, {"payload": {"protocol": "tcp", "field": "dport"}}"#
    let new = try read(
      """
      {"chain": {"family": "inet", "table": "sallyport", "name": "publish", "handle": 9, "novelty": [1.5, -2e9]}}, \
      {"map": {"family": "inet", "name": "control4", "table": "sallyport", \
      "type": {"typeof": {"concat": [\(field)]}}, "map": ["ipv4_addr", "inet_service"], "flags": ["interval", "dreamt"], \
      "elem": [[{"elem": {"val": {"concat": ["203.0.113.10", {"range": [21, 21]}]}, "counter": {"packets": 7, "bytes": 9}, \
      "comment": "files"}}, {"concat": ["10.0.0.2", 21]}]]}}
      """)
    #expect(old.canonical() == new.canonical())
  }

  @Test func intervals() throws {
    let table = try read(
      """
      {"set": {"family": "inet", "table": "sallyport", "name": "x", "type": "ipv4_addr", "flags": ["interval"], \
      "elem": [{"range": ["10.0.0.0", "10.0.0.255"]}, {"prefix": {"addr": "10.0.1.7", "len": 24}}, "10.0.2.1", \
      {"prefix": {"addr": "10.0.3.1", "len": 32}}, {"prefix": {"addr": "10.0.3.1", "len": 33}}, \
      {"range": ["10.0.9.1", "10.0.4.1"]}]}}
      """)
    let values = table.canonical().sets.flatMap(\.elements).map(\.text)
    #expect(
      values == [
        "10.0.0.0/24", "10.0.1.0/24", "10.0.2.1", "10.0.3.1",
        #"{"prefix": {"addr": "10.0.3.1", "len": 33}}"#, #"{"range": ["10.0.9.1", "10.0.4.1"]}"#,
      ])
  }

  @Test func dynamicElementsDoNotCount() throws {
    let table = compile(everyStatement).table(gateway: 0)
    let text = String(decoding: table.json(), as: UTF8.self)
    let element = #""elem": [{"elem": {"val": {"concat": ["203.0.113.10", 21, "198.51.100.10"]}, "expires": 299}}], "#
    let start = #"{"set": {"#
    let declaration = #""family": "inet", "flags": ["dynamic""#
    let full = text.replacing(start + declaration, with: start + element + declaration)
    #expect(full != text)
    let read = try #require(try Table.read(listing: Array(full.utf8), name: table.name))
    #expect(read.sets != table.sets)
    #expect(read.canonical() == table.canonical())
  }

  @Test func strangeThingsAreKept() throws {
    let table = try read(
      """
      {"counter": {"family": "inet", "table": "sallyport", "name": "c", "handle": 3, "packets": 1, "bytes": 2}}, \
      {"chain": {"family": "inet", "table": "sallyport", "name": "in", "type": "filter", "hook": "ingress", \
      "dev": "eth0", "prio": 0, "policy": "accept"}}, \
      {"rule": {"family": "inet", "table": "sallyport", "chain": "in", "expr": [{"accept": null}]}}, \
      {"chain": {"family": "inet", "table": "sallyport", "name": "publish"}}, \
      {"rule": {"family": "inet", "table": "sallyport", "chain": "publish", "expr": [{"flux": {"capacitor": 3}}]}}
      """)
    #expect(table.foreign.map(\.kind) == ["counter", "chain", "rule of the chain"])
    #expect(table.chains.flatMap(\.rules).map(\.text) == [#"{"flux": {"capacitor": 3}}"#])
    #expect(table.canonical().listing.contains("# counter c {}"))
  }

  @Test func otherTablesAreNotOurs() throws {
    let other = #"{"nftables": [{"table": {"family": "ip", "name": "sallyport"}}]}"#
    #expect(try Table.read(listing: Array(other.utf8), name: "sallyport") == nil)
    #expect(try Table.read(listing: Array(#"{"nftables": []}"#.utf8), name: "sallyport") == nil)
  }

  @Test(arguments: [
    ("", "not JSON: a value expected at byte 0"),
    ("[1, 2", "not JSON: `,` or `]` expected at byte 5"),
    ("{} x", "not JSON: nothing more expected at byte 3"),
    (#"{"a": "\ud83d"#, "not JSON: the end of the string expected at byte 13"),
    ("{}", "not a listing of nft: an object with the array `nftables` expected at the top"),
    (#"{"nftables": [7]}"#, "not a listing of nft: an object expected at nftables[0]"),
    (
      #"{"nftables": [{"chain": {"family": "inet", "table": "sallyport", "name": 1}}]}"#,
      "not a listing of nft: a string expected at nftables[0].chain.name"
    ),
    (
      #"{"nftables": [{"map": {"family": "inet", "table": "sallyport", "name": "m", "type": "mark", "map": "mark", "elem": [1]}}]}"#,
      "not a listing of nft: an element expected at nftables[0].map.elem[0]"
    ),
  ])
  func errors(text: String, message: String) {
    #expect(failure(Array(text.utf8)) == message)
  }

  private func failure(_ bytes: [UInt8]) -> String? {
    do throws(ListingError) {
      _ = try Table.read(listing: bytes, name: "sallyport")
      return nil
    } catch {
      return error.description
    }
  }

  @Test func hostileText() throws {
    for text in ["[", "{\"a\":", "[{\"nftables\":"] {
      #expect(failure(Array(String(repeating: text, count: 100_000).utf8))?.contains("64 levels") == true)
    }
    var random = SeededGenerator(state: 3)
    for _ in 0..<20 {
      #expect(failure((0..<100_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }) != nil)
    }
    let whole = compile(everyStatement).table(gateway: 0).json().dropLast()
    for end in stride(from: 0, to: whole.count, by: 7) { #expect(failure(Array(whole.prefix(end))) != nil) }
    for _ in 0..<2000 {
      var broken = Array(whole)
      for _ in 0..<3 {
        broken[Int.random(in: broken.indices, using: &random)] = .random(in: 0x20...0x7E, using: &random)
      }
      _ = failure(broken)
    }
  }

  /// Every value of a listing with every other type in its place.
  @Test func wrongTypes() throws {
    let text = String(decoding: compile(everyStatement).table(gateway: 0).json(), as: UTF8.self)
    let wrong = ["null", "7", "-9223372036854775808", "\"x\"", "[]", "{}", "[[]]", "true"]
    let patterns: [Regex<Substring>] = [#/"[a-z0-9.:@_ -]*"/#, #/\d+/#, #/\[[^\[\]]*\]/#, #/\{[^{}]*\}/#]
    for (index, range) in patterns.flatMap({ text.ranges(of: $0) }).enumerated() where index % 5 == 0 {
      _ = failure(Array(text.replacingCharacters(in: range, with: wrong[index / 5 % wrong.count]).utf8))
    }
  }
}

/// The policies of the repository that are accepted, by name.
func samplePolicies() throws -> [(name: String, compilation: Compilation)] {
  let folder = repository.appending(path: "policies")
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sally") }
  return try names.sorted().map { name in
    let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains("/") }
    let included = try files.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) }
    return (name, compile(source, including: Dictionary(uniqueKeysWithValues: included)))
  }
}

extension Compilation {
  /// Every gateway, or none where the policy declares none.
  var gatewayChoices: [Int?] { policy.gatewayPositions }
}
