package import Addressing

/// A constant in a rule or an element.
package enum Value: Hashable, Sendable {
  case address(IPAddress)
  /// From the first to the last address, both inclusive; of one family.
  case addresses(IPAddress, IPAddress)
  case port(UInt16)
  case ports(PortRange)
  /// The name of an interface.
  case interface(String)
  /// A word that nft knows, for example `new` or `tcp`.
  case symbol(String)
  /// A quoted string, for example the name of a helper.
  case string(String)
  case number(Int64)
  /// Whether something is there.
  case boolean(Bool)
  case verdict(Verdict)
  /// A value that we never write, as a listing has it. A script with it does not load.
  case foreign(JSONValue)

  /// A range of addresses, as one address when it holds no more.
  package init(_ range: ClosedRange<IPAddress>) {
    self =
      range.lowerBound == range.upperBound
      ? .address(range.lowerBound) : .addresses(range.lowerBound, range.upperBound)
  }

  /// The addresses of a prefix; `nil` for a length that the family does not have.
  package init?(base: IPAddress, length: Int) {
    guard let bounds = Prefix(base, length: length)?.bounds,
      let low = IPAddress(family: base.family, value: bounds.lowerBound),
      let high = IPAddress(family: base.family, value: bounds.upperBound), low <= high
    else { return nil }
    self.init(low...high)
  }

  /// The addresses of a prefix.
  package init(_ prefix: Prefix) { self.init(prefix.canonical.address...prefix.last) }

  /// A range of ports, as one port when it holds no more.
  package init(_ range: PortRange) { self = range.count == 1 ? .port(range.low) : .ports(range) }
}

extension Value {
  func write(to writer: inout ScriptWriter) {
    writer.write(atMost: writtenLength) { write(to: &$0) }
  }

  /// Bytes that the value takes at most.
  var writtenLength: Int {
    switch self {
    case .address: IPAddress.longestText
    case .addresses: 2 * IPAddress.longestText + 1
    case .port, .ports: 11
    case .interface(let text), .string(let text), .symbol(let text): text.utf8.count + 2
    case .number: 20
    case .boolean: 7
    case .verdict(let verdict): verdict.writtenLength
    case .foreign(let value): value.scriptText.utf8.count
    }
  }

  /// Appends the value; there must be room for `writtenLength` bytes.
  func write(to output: inout OutputSpan<UInt8>) {
    switch self {
    case .address(let address): output.append(address)
    case .addresses(let low, let high):
      if let length = prefixLength(low, high) {
        output.append(low, length: length)
      } else {
        output.append(low)
        output.append(UInt8(ascii: "-"))
        output.append(high)
      }
    case .port(let port): output.append(decimal: UInt32(port))
    case .ports(let range): output.append(range)
    case .interface(let name), .string(let name): output.append(quoted: name, limit: 255)
    case .symbol(let word): output.append(name: word)
    case .number(let number): output.append(trusted: String(number))
    case .boolean(let isThere): output.append(trusted: isThere ? "exists" : "missing")
    case .verdict(let verdict): verdict.write(to: &output)
    case .foreign(let value): output.append(trusted: value.scriptText)
    }
  }

  /// As libnftables lists it (schema in `libnftables-json(5)`).
  package var json: JSONValue {
    switch self {
    case .address(let address): return .string(address.description)
    case .addresses(let low, let high):
      if let length = prefixLength(low, high) {
        return ["prefix": ["addr": .string(low.description), "len": .number(Int64(length))]]
      }
      return ["range": [.string(low.description), .string(high.description)]]
    case .port(let port): return .number(Int64(port))
    case .ports(let range): return ["range": [.number(Int64(range.low)), .number(Int64(range.high))]]
    case .interface(let name), .string(let name), .symbol(let name): return .string(name)
    case .number(let number): return .number(number)
    case .boolean(let isThere): return .bool(isThere)
    case .verdict(let verdict): return verdict.json
    case .foreign(let value): return value
    }
  }
}

/// The length of the prefix that covers exactly these addresses; nft lists such a range as a prefix.
package func prefixLength(_ low: IPAddress, _ high: IPAddress) -> Int? {
  let size = high.value &- low.value
  let hostBits = UInt128.bitWidth - size.leadingZeroBitCount
  guard size &+ 1 == 0 || size & (size &+ 1) == 0, low.value & size == 0 else { return nil }
  return low.family.bits - hostBits
}
