import Addressing

/// A value as a list of elements keeps it: small and without references, because a large policy has hundreds of
/// thousands.
enum Field: Hashable, Sendable {
  case address(IPAddress)
  /// The first address of a prefix of more than one, and its length.
  case prefix(IPAddress, UInt8)
  case port(UInt16)
  case ports(PortRange)
  /// Position among the values that have no such form.
  case other(Int32)
}

/// The fields of elements, one after the other.
struct Fields: Sendable {
  private var fields: [Field] = []
  /// What `Field.other` stands for.
  private var others: [Value] = []

  var count: Int { fields.count }

  mutating func reserve(_ count: Int) { fields.reserveCapacity(fields.count + count) }

  mutating func append(_ address: IPAddress) { fields.append(.address(address)) }

  /// A range of ports, as one port when it holds no more.
  mutating func append(_ ports: PortRange) { fields.append(ports.count == 1 ? .port(ports.low) : .ports(ports)) }

  mutating func append(_ value: Value) {
    switch value {
    case .address(let address): return fields.append(.address(address))
    case .addresses(let low, let high):
      guard low != high, let length = prefixLength(low, high) else { break }
      return fields.append(.prefix(low, UInt8(clamping: length)))
    case .port(let port): return fields.append(.port(port))
    case .ports(let ports): return fields.append(.ports(ports))
    case .interface, .symbol, .string, .number, .boolean, .verdict, .foreign: break
    }
    fields.append(.other(Int32(clamping: others.count)))
    others.append(value)
  }

  /// Appends the fields of another list.
  mutating func append(_ list: Fields) {
    let start = Int32(clamping: others.count)
    guard !list.others.isEmpty else { return fields.append(contentsOf: list.fields) }
    others += list.others
    for field in list.fields {
      if case .other(let position) = field { fields.append(.other(position &+ start)) } else { fields.append(field) }
    }
  }

  subscript(position: Int) -> Value {
    switch fields[position] {
    case .address(let address): .address(address)
    case .prefix(let address, let length):
      .addresses(address, Prefix(address, length: Int(length))?.last ?? address)
    case .port(let port): .port(port)
    case .ports(let ports): .ports(ports)
    case .other(let position): others[Int(position)]
    }
  }

  /// The same fields with values in canonical form.
  var canonical: Fields {
    let isCanonical = fields.allSatisfy { field in
      switch field {
      case .address, .prefix, .port: true
      case .ports(let ports): ports.count > 1
      case .other: false
      }
    }
    if isCanonical { return self }
    var result = Fields()
    result.reserve(count)
    for position in fields.indices { result.append(self[position].canonical) }
    return result
  }

  func equals(_ position: Int, _ other: Self, _ otherPosition: Int) -> Bool {
    if case .other = fields[position] { return self[position] == other[otherPosition] }
    return fields[position] == other.fields[otherPosition]
  }

  /// Which of two different fields is the less in the canonical order; `nil` where more than numbers decides.
  func isLess(_ position: Int, _ other: Self, _ otherPosition: Int) -> Bool? {
    switch (fields[position], other.fields[otherPosition]) {
    case (.address(let left), .address(let right)): left < right
    case (.port(let left), .port(let right)): left < right
    default: nil
    }
  }

  func hash(_ position: Int, into hasher: inout Hasher) {
    if case .other(let position) = fields[position] { return hasher.combine(others[Int(position)]) }
    hasher.combine(fields[position])
  }
}

extension Fields {
  /// Bytes that some of the fields take at most, with what separates them.
  func writtenLength(_ range: Range<Int>) -> Int {
    var length = range.count * Self.longestField
    guard !others.isEmpty else { return length }
    for position in range {
      if case .other(let other) = fields[position] { length += others[Int(other)].writtenLength }
    }
    return length
  }

  /// Bytes of a prefix with the longest address, and of what separates it from the next field.
  private static var longestField: Int { IPAddress.longestText + 4 + 3 }

  /// Writes some of the fields; there must be room for `writtenLength` bytes.
  func write(_ range: Range<Int>, to output: inout OutputSpan<UInt8>) {
    for position in range {
      if position > range.lowerBound {
        output.append(UInt8(ascii: " "))
        output.append(UInt8(ascii: "."))
        output.append(UInt8(ascii: " "))
      }
      switch fields[position] {
      case .address(let address): output.append(address)
      case .prefix(let address, let length): output.append(address, length: Int(length))
      case .port(let port): output.append(decimal: UInt32(port))
      case .ports(let ports): output.append(ports)
      case .other(let other): others[Int(other)].write(to: &output)
      }
    }
  }
}
