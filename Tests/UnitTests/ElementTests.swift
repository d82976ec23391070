import Addressing
import Diagnostics
import Nftables
import Testing

/// The elements of a set: what goes in comes out, and as the script has it.
@Suite struct ElementTests {
  private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  private static func range(_ low: String, _ high: String) throws -> Value {
    .addresses(try address(low), try address(high))
  }

  private static func values() throws -> [Value] {
    [
      .address(try address("192.0.2.1")), .address(try address("2001:db8::1")),
      try range("0.0.0.0", "255.255.255.255"), try range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      try range("192.0.2.0", "192.0.2.7"), try range("192.0.2.1", "192.0.2.6"), try range("192.0.2.1", "192.0.2.1"),
      try range("2001:db8::", "2001:db8::ff"), try range("2001:db8::1", "2001:db8::2"),
      .port(0), .port(65535), .ports(PortRange(21)), .ports(try #require(PortRange(low: 1, high: 65535))),
      .interface("eth0"), .symbol("0x1"), .string("ftp"), .verdict(.jump("log_new_a")), .verdict(.accept),
      .foreign(["and": [1, 2]]),
    ]
  }

  @Test func valuesComeOutAsTheyWentIn() throws {
    let values = try Self.values()
    var elements = ElementList()
    for value in values { elements.append(key: [value, .port(1)], data: [value], provenance: .none) }
    for (element, value) in zip(elements, values) {
      #expect(Array(element.key) == [value, .port(1)])
      #expect(Array(element.data) == [value])
    }
  }

  /// Two lists hold their values at different places.
  @Test func equalityIsThatOfTheValues() throws {
    let values = try Self.values()
    var one = ElementList()
    for value in values { one.append(key: [value], provenance: .none) }
    let reversed = ElementList(one.reversed())
    #expect(one != reversed)
    #expect(Array(one.reversed()) == Array(reversed))
    #expect(Set(one) == Set(reversed) && Set(one).count == values.count)
    var other = ElementList()
    other.append(key: [.port(1)], data: [.port(2)], provenance: .none)
    other.append(key: [.port(1), .port(2)], provenance: .none)
    other.append(key: [.port(1)], data: [.port(2)], comment: "a", provenance: .none)
    #expect(Set(other).count == 3)
  }

  /// Room for a line is made once, so the longest of every kind has to fit.
  @Test func longestTexts() throws {
    let long = "1111:2222:3333:4444:5555:6666:7777:888"
    let name = String(repeating: "n", count: 300)
    let key: [Value] = [
      .address(try Self.address(long + "8")), try Self.range(long + "1", long + "9"),
      try Self.range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      .address(try Self.address("::ffff:255.255.255.255")),
      try Self.range("255.255.255.254", "255.255.255.255"), try Self.range("255.255.255.253", "255.255.255.255"),
      .ports(try #require(PortRange(low: 10000, high: 65535))),
    ]
    let data: [Value] = [
      .interface(name), .string("\"\u{7F}é"), .symbol(name), .verdict(.goto(name)), .foreign(.string(name)),
    ]
    var elements = ElementList()
    elements.append(key: key, data: data, comment: String(repeating: "é", count: 100), provenance: .none)
    let expected =
      "\(long)8 . \(long)1-\(long)9 . ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127 . ::ffff:255.255.255.255"
      + " . 255.255.255.254/31 . 255.255.255.253-255.255.255.255 . 10000-65535"
      + " comment \"\(String(repeating: "é", count: 64))\""
      + " : \"\(String(repeating: "n", count: 255))\" . \"??é\" . \(name) . goto \(name) . \"\(name)\","
    let table = Table("t", sets: [NamedSet("s", key: [.meta("mark")], elements: elements)])
    let lines = table.script().text.split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(lines.contains(expected[...]), "\(lines)")
  }

  @Test func scriptIsTheSameWithoutProvenance() throws {
    var elements = ElementList()
    elements.append(key: [.port(21)], provenance: SourceSpan(file: SourceID(0), 3..<7))
    let table = Table("t", sets: [NamedSet("s", key: [.destinationPort], elements: elements)])
    let script = table.script()
    let line = try #require(script.text.split(separator: "\n").firstIndex { $0.contains("21,") }) + 1
    #expect(script.provenance.spans(ofLine: line) == [SourceSpan(file: SourceID(0), 3..<7)])
    let bare = table.script(isTraced: false)
    #expect(bare.text == script.text)
    #expect(bare.provenance.spans(ofLine: line).isEmpty)
  }
}
