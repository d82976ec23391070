import Compilation
import Nftables
import Platforms
import Testing

/// Reading what nft prints as text, which must come to what its listing in JSON says or to nothing.
@Suite struct PrintedTableTests {
  private static let outline = ListingTests.listing(
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "sp_gen", "type": "mark"}}
    """,
    """
    {"map": {"family": "inet", "table": "sallyport", "name": "control4", "type": ["ipv4_addr", "inet_service"], \
    "map": "ipv4_addr . inet_service", "flags": ["interval"]}}
    """,
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "clients6", "type": "ipv6_addr", "flags": ["interval"]}}
    """,
    """
    {"map": {"family": "inet", "table": "sallyport", "name": "verdicts", "type": "ifname", "map": "verdict"}}
    """,
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "empty", "type": "ether_addr"}}
    """)

  private static let text = """
    table inet sallyport {
    \tset sp_gen {
    \t\ttype mark
    \t\telements = { 0x0000beef }
    \t}

    \tmap control4 {
    \t\ttypeof ip daddr . tcp dport : ip daddr . tcp dport
    \t\tflags interval
    \t\telements = { 10.0.0.0/24 . 21 comment "a } b, 1.2.3.4" : 192.0.2.1 . 2121,
    \t\t\t     10.0.1.1-10.0.1.3 . 1000-1999 counter packets 7 bytes 9 expires 1h2m3s4ms : 192.0.2.2 . 21 }
    \t}

    \tset clients6 {
    \t\ttype ipv6_addr
    \t\tflags interval
    \t\telements = { ::/0, ::ffff:192.0.2.1 comment "größer" }
    \t}

    \tmap verdicts {
    \t\ttype ifname : verdict
    \t\telements = { "eth0" : accept, "eth0.7" : drop,
    \t\t\t     "br*" : return, "wg-a" : jump a, "wg-b" : goto b_1 }
    \t}

    \tset empty {
    \t\ttype ether_addr
    \t}
    }

    """

  /// The same in JSON.
  private static let listing = ListingTests.listing(
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "sp_gen", "type": "mark", "elem": [48879]}}
    """,
    """
    {"map": {"family": "inet", "table": "sallyport", "name": "control4", "type": ["ipv4_addr", "inet_service"], \
    "map": "ipv4_addr . inet_service", "flags": ["interval"], "elem": [\
    [{"elem": {"val": {"concat": [{"prefix": {"addr": "10.0.0.0", "len": 24}}, 21]}, "comment": "a } b, 1.2.3.4"}}, \
    {"concat": ["192.0.2.1", 2121]}], \
    [{"elem": {"val": {"concat": [{"range": ["10.0.1.1", "10.0.1.3"]}, {"range": [1000, 1999]}]}, \
    "counter": {"packets": 7, "bytes": 9}, "expires": 3723}}, {"concat": ["192.0.2.2", 21]}]]}}
    """,
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "clients6", "type": "ipv6_addr", "flags": ["interval"], \
    "elem": [{"prefix": {"addr": "::", "len": 0}}, {"elem": {"val": "::ffff:192.0.2.1", "comment": "größer"}}]}}
    """,
    """
    {"map": {"family": "inet", "table": "sallyport", "name": "verdicts", "type": "ifname", "map": "verdict", \
    "elem": [["eth0", {"accept": null}], ["eth0.7", {"drop": null}], ["br*", {"return": null}], \
    ["wg-a", {"jump": {"target": "a"}}], ["wg-b", {"goto": {"target": "b_1"}}]]}}
    """,
    """
    {"set": {"family": "inet", "table": "sallyport", "name": "empty", "type": "ether_addr"}}
    """)

  private func read(_ text: some Sequence<UInt8>, outline: [UInt8] = outline) -> Table? {
    Table.read(outline: outline, printed: Array(text), name: "sallyport")
  }

  private func table(_ listing: [UInt8]) throws -> Table {
    try #require(try Table.read(listing: listing, name: "sallyport"))
  }

  @Test func everyForm() throws {
    let table = try table(Self.listing)
    #expect(table.generation?.number == 0xbeef)
    #expect(table.sets.map(\.elements.count) == [2, 2, 5, 0])
    #expect(read(Self.text.utf8) == table)
  }

  /// Packets give every element the limit of its rule; an element with another one was made by somebody.
  @Test(
    "elements of dynamic sets with a limit of their own are no state of packets",
    arguments: [
      (
        "limit rate over 30/minute burst 30 packets",
        #""limit": {"rate": 30, "burst": 30, "per": "minute", "inv": true}"#, true
      ),
      (
        "limit rate over 9000/minute burst 30 packets",
        #""limit": {"rate": 9000, "burst": 30, "per": "minute", "inv": true}"#, false
      ),
      ("limit rate over 30/minute", #""limit": {"rate": 30, "burst": 5, "per": "minute", "inv": true}"#, false),
      ("limit rate 30/minute burst 30 packets", #""limit": {"rate": 30, "burst": 30, "per": "minute"}"#, false),
      ("ct count over 30", #""ct count": {"val": 30, "inv": true}"#, false),
      ("", #""handle": 7"#, false),
      (
        "limit rate over 30/minute burst 30 packets comment \"x\"",
        #""comment": "x", "limit": {"rate": 30, "burst": 30, "per": "minute", "inv": true}"#, false
      ),
    ])
  func ownLimits(text: String, json: String, isOfPackets: Bool) throws {
    func listing(_ elements: String) -> [UInt8] {
      ListingTests.listing(
        """
        {"set": {"family": "inet", "table": "sallyport", "name": "rate_30", "type": ["ipv4_addr", "inet_service"], \
        "flags": ["timeout"], "timeout": 300\(elements)}}
        """,
        #"{"chain": {"family": "inet", "table": "sallyport", "name": "admission"}}"#,
        """
        {"rule": {"family": "inet", "table": "sallyport", "chain": "admission", "expr": [{"set": {"op": "update", "elem": \
        {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"payload": {"protocol": "tcp", "field": "dport"}}]}, \
        "set": "@rate_30", "stmt": [{"limit": {"rate": 30, "burst": 30, "per": "minute", "inv": true}}]}}]}}
        """)
    }
    let usual = "192.0.2.1 . 21 limit rate over 30/minute burst 30 packets expires 4m59s996ms"
    let printed = """
      table inet sallyport {
      \tset rate_30 {
      \t\ttype ipv4_addr . inet_service
      \t\tflags dynamic,timeout
      \t\ttimeout 5m
      \t\telements = { \(usual),
      \t\t\t     192.0.2.2 . 21 \(text)\(text.isEmpty ? "" : " ")expires 4m59s }
      \t}

      \tchain admission {
      \t}
      }

      """
    let wanted = try table(listing(""))
    let fast = Table.read(outline: listing(""), printed: Array(printed.utf8), name: "sallyport")
    #expect((fast != nil) == isOfPackets)
    let state = #""limit": {"rate": 30, "burst": 30, "per": "minute", "inv": true}"#
    let running = try table(
      listing(
        """
        , "elem": [{"elem": {"val": {"concat": ["192.0.2.1", 21]}, "expires": 299, \(state)}}, \
        {"elem": {"val": {"concat": ["192.0.2.2", 21]}, "expires": 299, \(json)}}]
        """))
    let difference = PolicyDifference(running: running, wanted: wanted)
    #expect(difference.isSame == isOfPackets, "\(difference.changes)")
    #expect(running.ownScript != nil)
  }

  /// A text that ends too early, or lacks a piece, is never half a table.
  @Test func cutTexts() throws {
    let bytes = Array(Self.text.utf8)
    for length in bytes.indices { #expect(read(bytes.prefix(length)) == nil, "\(length) bytes") }
    for start in bytes.indices.dropFirst() { #expect(read(bytes[start...]) == nil, "without \(start) bytes") }
    let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices
    where lines[index].hasPrefix("\tset") || lines[index].hasPrefix("\tmap") || lines[index].hasSuffix("}") {
      guard !lines[index].contains("elements") else { continue }
      var rest = lines
      rest.remove(at: index)
      #expect(read(rest.joined(separator: "\n").utf8) == nil, "without `\(lines[index])`")
    }
    for cut in 1..<Self.outline.count { #expect(read(bytes, outline: Array(Self.outline.prefix(cut))) == nil) }
  }

  /// Bytes that become others: whatever comes, it is no crash, and what is no text of nft is refused.
  @Test func changedBytes() throws {
    let bytes = Array(Self.text.utf8)
    let start = try #require(Self.text.utf8.firstRange(of: "0x0000beef".utf8)).lowerBound
    for index in bytes.indices[Self.text.utf8.distance(from: Self.text.startIndex, to: start)...] {
      for byte in [0x00, 0x0A, 0x22, 0x2C, 0x7D, 0xFF] as [UInt8] where bytes[index] != byte {
        var changed = bytes
        changed[index] = byte
        guard let found = read(changed) else { continue }
        #expect(found.sets.map(\.elements.count) == [2, 2, 5, 0], "byte \(index) as \(byte)")
      }
    }
  }

  /// The outline has to be of the same table, and of one without elements.
  @Test func whatDoesNotFit() throws {
    #expect(read(Self.text.utf8, outline: Self.listing) == nil)
    let set = #"{"set": {"family": "inet", "table": "sallyport", "name": "other", "type": "mark"}}"#
    let outline = String(decoding: Self.outline, as: UTF8.self)
    #expect(read(Self.text.utf8, outline: Array((outline.dropLast(2) + ", \(set)]}").utf8)) == nil)
    for (old, new) in [("\"map\": \"verdict\"", "\"size\": 9"), ("clients6", "clients4"), ("[{", "[7, {")] {
      #expect(read(Self.text.utf8, outline: Array(outline.replacing(old, with: new).utf8)) == nil, "\(old)")
    }
    #expect(Table.read(outline: Self.outline, printed: Array(Self.text.utf8), name: "other") == nil)
    // Elements of a set without name that are left out.
    for (members, isRead) in [("[80, 443]", true), ("[]", false), ("null", false)] {
      let rule =
        #"{"chain": {"family": "inet", "table": "sallyport", "name": "c"}}, "#
        + #"{"rule": {"family": "inet", "table": "sallyport", "chain": "c", "expr": [{"match": {"op": "==", "#
        + #""left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": \#(members)}}}]}}"#
      let more = Array((outline.dropLast(2) + ", \(rule)]}").utf8)
      #expect((read(Self.text.utf8, outline: more) != nil) == isRead, "\(members)")
    }
  }

  /// Elements that only JSON tells, each in the place of an address with its port.
  @Test(arguments: [
    "*", "10.0.0.1", "10.0.0.1 . 21 . 22", "10.0.0.1 . ftp", "10.0.0.1 . 65536", "10.0.0.1 . 22-21",
    "10.0.0.256 . 21",
    "10.0.0.1/33 . 21", "10.0.0.2-10.0.0.1 . 21", "::1 . 21", "10.0.0.1 . 21 timeout 5s", "10.0.0.1 . -1",
    "10.0.0.1 . 21 limit rate 1/second", "10.0.0.1 . 21 comment \"a\"b\"", "10.0.0.1 . 21 comment \"a\u{7F}\"",
    "10.0.0.1 . 21 comment a", "10.0.0.1 . 21 expires soon", "10.0.0.1 . 99999999999999999999", "10.0.0.1. 21",
    "10.0.0.1 . 21,10.0.0.2 . 21", "10.0.0.1 . 21 : 10.0.0.2", "10.0.0.1 . 21 , 10.0.0.2 . 21", "", " ",
  ])
  func strangeElements(_ element: String) throws {
    let outline = ListingTests.listing(
      #"{"set": {"family": "inet", "table": "sallyport", "name": "x", "type": ["ipv4_addr", "inet_service"]}}"#)
    func text(_ elements: String) -> String {
      "table inet sallyport {\n\tset x {\n\t\ttype ipv4_addr . inet_service\n\t\telements = { \(elements) }\n\t}\n}\n"
    }
    #expect(read(text("10.0.0.1 . 21").utf8, outline: outline)?.sets.first?.elements.count == 1)
    #expect(read(text(element).utf8, outline: outline) == nil)
    #expect(read(text("10.0.0.1 . 21,\n\t\t\t     \(element)").utf8, outline: outline) == nil)
  }

  /// Long lists are read in pieces, which must not show.
  @Test func pieces() throws {
    let elements = (0..<20_000).map { number in
      (address: "10.\(number >> 8 & 255).\(number & 255).1", comment: "site-\(number)")
    }
    let outline = ListingTests.listing(
      #"{"set": {"family": "inet", "table": "sallyport", "name": "x", "type": "ipv4_addr"}}"#)
    let lines = elements.map { "\($0.address) comment \"\($0.comment)\"" }
    let text =
      "table inet sallyport {\n\tset x {\n\t\telements = { \(lines.joined(separator: ",\n\t\t\t     ")) }\n\t}\n}\n"
    let listed = elements.map { #"{"elem": {"val": "\#($0.address)", "comment": "\#($0.comment)"}}"# }
    let listing = ListingTests.listing(
      """
      {"set": {"family": "inet", "table": "sallyport", "name": "x", "type": "ipv4_addr", \
      "elem": [\(listed.joined(separator: ", "))]}}
      """)
    #expect(read(text.utf8, outline: outline) == (try table(listing)))
  }
}
