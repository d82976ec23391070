import Addressing
import Testing

@Suite struct AddressingTests {
  @Test(arguments: [
    ("203.0.113.10", "203.0.113.10"), ("0.0.0.0", "0.0.0.0"), ("2001:DB8:0:0::1", "2001:db8::1"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
    ("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"), ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"),
  ])
  func canonicalText(written: String, canonical: String) {
    #expect(IPAddress(written)?.description == canonical)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "1.2.3.4 ", ":", ":::", "1:::2", "1::2::3",
    "12345::",
    "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", ":1:2:3:4:5:6:7", "fe80::1%eth0", "1.2.3.4::",
    "::1.2.3", "ftp.example.com",
  ])
  func refused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: [
    ("8.8.8.8", AddressScope.global), ("10.1.2.3", .privateUse), ("172.16.0.1", .privateUse),
    ("172.32.0.1", .global), ("192.168.1.1", .privateUse), ("100.64.0.1", .privateUse), ("100.128.0.1", .global),
    ("127.0.0.1", .loopback), ("0.0.0.0", .unspecified), ("169.254.1.1", .linkLocal), ("224.0.0.1", .multicast),
    ("255.255.255.255", .reserved), ("2001:db8::1", .global), ("fd00::1", .privateUse), ("fe80::1", .linkLocal),
    ("ff02::1", .multicast), ("::", .unspecified), ("::1", .loopback), ("::ffff:10.0.0.1", .privateUse),
  ])
  func scopes(text: String, scope: AddressScope) {
    #expect(IPAddress(text)?.scope == scope)
  }

  @Test func prefixBounds() throws {
    let address = try #require(IPAddress("198.51.100.7"))
    let prefix = try #require(Prefix(address, length: 24))
    #expect(!prefix.isCanonical)
    #expect(prefix.canonical.description == "198.51.100.0/24")
    #expect(Prefix(address, length: 33) == nil)
    #expect(Prefix(address).description == "198.51.100.7")
    let everything = try #require(IPAddress("::").flatMap { Prefix($0, length: 0) })
    #expect(everything.bounds == 0...UInt128.max)
  }

  /// Union, difference and intersection agree with sets of single numbers.
  @Test(arguments: 0..<200)
  func intervalAlgebra(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let draw = { (random: inout SeededGenerator) -> [ClosedRange<UInt8>] in
      (0..<Int.random(in: 0...6, using: &random)).map { _ in
        let bounds = [UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random)]
        return (bounds.min() ?? 0)...(bounds.max() ?? 0)
      }
    }
    let (left, right) = (draw(&random), draw(&random))
    let (a, b) = (IntervalSet(left), IntervalSet(right))
    let members = { (set: IntervalSet<UInt8>) in Set(UInt8.min...UInt8.max).filter(set.contains) }
    let (x, y) = (Set(left.joined()), Set(right.joined()))
    #expect(members(a) == x)
    #expect(members(a.union(b)) == x.union(y))
    #expect(members(a.subtracting(b)) == x.subtracting(y))
    #expect(members(a.intersection(b)) == x.intersection(y))
    #expect(a.isSuperset(of: b) == x.isSuperset(of: y))
    for (first, second) in zip(a.intervals, a.intervals.dropFirst()) {
      #expect(Int(first.upperBound) + 1 < Int(second.lowerBound), "intervals touch")
    }
  }
}
