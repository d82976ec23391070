import Addressing

/// How clients and servers read announcements.
enum PassiveText {
  /// The six numbers of a 227 or PORT.
  static func addressAndPort(_ text: String) -> (address: IPAddress, port: UInt16)? {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    let written = text.utf8.dropFirst(4).drop { !isDigit($0) }.prefix { isDigit($0) || $0 == 0x2C }
    var numbers: [UInt32] = []
    for number in written.split(separator: 0x2C) {
      if let value = UInt32(Substring(number)) { numbers.append(value) }
    }
    guard numbers.count == 6, numbers.allSatisfy({ $0 < 256 }),
      let address = IPAddress(family: .ipv4, value: numbers.prefix(4).reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    else { return nil }
    return (address, UInt16(numbers[4] << 8 | numbers[5]))
  }

  /// `|2|address|port|` of an EPRT.
  static func extended(_ text: String) -> (address: IPAddress, port: UInt16)? {
    let fields = text.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count >= 5, let address = IPAddress(String(fields[2])), let port = UInt16(fields[3]) else {
      return nil
    }
    return (address, port)
  }

  /// `(|||port|)` of a 229.
  static func port(_ text: String) -> UInt16? {
    let fields = text.utf8.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    return fields.count >= 5 ? UInt16(Substring(fields[3])) : nil
  }
}
