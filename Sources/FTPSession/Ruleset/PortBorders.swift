package import Addressing
package import Nftables

/// The ports at which rules, sets and maps of a ruleset begin or cease to hold: between two of them all ports are
/// alike.
package struct PortBorders: Sendable {
  /// Ports of a range that are alike.
  package struct Part: Hashable, Sendable {
    package var ports: ClosedRange<UInt16>
    /// Parts of one kind meet the same conditions.
    package var kind: UInt64

    package init(_ ports: ClosedRange<UInt16>, kind: UInt64) {
      self.ports = ports
      self.kind = kind
    }
  }

  private var reader: BorderReader

  /// - Parameter program: All its tables are read, each rule and element once.
  package init(_ program: Program) { reader = BorderReader(program, .port) }

  /// The same with the ports by which the machine chooses the way of packets.
  package func adding(_ ports: [ClosedRange<UInt16>]) -> PortBorders {
    var result = self
    for range in ports { result.reader.add(UInt128(range.lowerBound)...UInt128(range.upperBound)) }
    return result
  }

  /// The parts of a range of ports in which all ports are alike, from low to high.
  package func parts(of range: ClosedRange<UInt16>) -> [Part] {
    reader.classes.parts(of: UInt128(range.lowerBound)...UInt128(range.upperBound)).map { part in
      Part(
        UInt16(truncatingIfNeeded: part.range.lowerBound)...UInt16(truncatingIfNeeded: part.range.upperBound),
        kind: part.kind)
    }
  }
}

/// What the gateway's and the server's end of some sessions have.
package struct SessionEnds: Sendable {
  package var addresses: Set<IPAddress>
  /// The control and passive ports.
  let ports: [ClosedRange<UInt128>]
  /// A table, as `Program` titles it, that treats all other ports alike, those of clients too.
  let table: String

  /// - Parameters:
  ///   - ports: The control and passive ports, before and after translations.
  ///   - table: A table that treats all other ports alike, those of clients too: the one that we write.
  package init(addresses: Set<IPAddress>, ports: [ClosedRange<UInt16>], in table: (TableFamily, String)) {
    self.addresses = addresses
    self.ports = ports.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }
    self.table = "\(table.0.rawValue) \(table.1)"
  }
}

/// The addresses of clients that rules, sets and maps of a ruleset tell apart.
package struct AddressBorders: Sendable {
  /// Addresses that are alike.
  package struct Part: Hashable, Sendable {
    package var addresses: ClosedRange<IPAddress>
    /// Parts of one kind meet the same conditions.
    package var kind: UInt64
  }

  private let readers: [AddressFamily: BorderReader]

  /// - Parameters:
  ///   - program: All its tables are read, each rule and element once.
  ///   - ends: Those of the sessions that are judged; `nil` for any.
  package init(_ program: Program, ends: SessionEnds? = nil) {
    readers = Dictionary(
      uniqueKeysWithValues: AddressFamily.allCases.map { family in
        (family, BorderReader(program, .address(family), ends: ends))
      })
  }

  /// All addresses of a family in parts that are alike, from low to high.
  package func parts(_ family: AddressFamily) -> [Part] {
    let all: ClosedRange<UInt128> = 0...family.highest
    return (readers[family]?.classes.parts(of: all) ?? []).compactMap { part in
      guard let low = IPAddress(family: family, value: part.range.lowerBound),
        let high = IPAddress(family: family, value: part.range.upperBound), low <= high
      else { return nil }
      return Part(addresses: low...high, kind: part.kind)
    }
  }

  /// Whether rules look at bits of addresses by themselves.
  package func hasVariants(_ family: AddressFamily) -> Bool { readers[family]?.patterns.isEmpty == false }

  /// An address and those like it that differ in bits which rules look at by themselves (`ip saddr & 0.0.0.255 ==
  /// 0.0.0.7`).
  package func variants(of address: IPAddress) -> [IPAddress] {
    (readers[address.family]?.patterns ?? []).sorted { ($0.mask, $0.value) < ($1.mask, $1.value) }.compactMap {
      IPAddress(family: address.family, value: address.value & ~$0.mask | $0.value)
    }
  }
}
