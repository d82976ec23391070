import Addressing

/// Parts of a script, appended where room was made for them: a text and its quotes, and the longest text of an address.
extension OutputSpan<UInt8> {
  /// Appends a text that cannot be anything else than what is meant: only this module calls it.
  mutating func append(trusted text: String) {
    let bytes = text.utf8Span.span
    for index in bytes.indices { append(bytes[index]) }
  }

  /// Appends a quoted string as `ScriptWriter.write(quoted:limit:)` describes it.
  mutating func append(quoted text: String, limit: Int) {
    append(UInt8(ascii: "\""))
    let bytes = text.utf8Span.span
    let start = count
    var isPlain = bytes.count <= limit
    for index in bytes.indices where isPlain {
      append(bytes[index])
      isPlain = bytes[index].isPlain
    }
    if !isPlain {
      removeLast(count - start)
      append(trusted: ScriptWriter.quotable(text, limit: limit))
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends a name or a word; there must be room for two quotes as well.
  mutating func append(name: String) { append(trusted: ScriptName.written(name)) }

  /// Appends a range of ports as it stands.
  mutating func append(_ ports: PortRange) {
    append(decimal: UInt32(ports.low))
    append(UInt8(ascii: "-"))
    append(decimal: UInt32(ports.high))
  }

  /// Appends a prefix.
  mutating func append(_ address: IPAddress, length: Int) {
    append(address)
    append(UInt8(ascii: "/"))
    append(decimal: UInt32(clamping: length))
  }

  mutating func append(_ address: IPAddress) {
    switch address {
    case .v4(let address): append(address)
    case .v6(let address): append(address)
    }
  }
}

extension UInt8 {
  /// Whether it is printable ASCII other than the quote.
  var isPlain: Bool { self >= 0x20 && self < 0x7F && self != UInt8(ascii: "\"") }
}
