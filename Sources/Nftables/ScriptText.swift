import Addressing

/// Parts of a script, appended where room was made for them: a text and its quotes, and the longest text of an address.
extension OutputSpan<UInt8> {
  mutating func append(_ text: String) {
    let bytes = text.utf8Span.span
    for index in bytes.indices { append(bytes[index]) }
  }

  /// Appends a quoted string as `ScriptWriter.write(quoted:limit:)` describes it.
  mutating func append(quoted text: String, limit: Int) {
    append(UInt8(ascii: "\""))
    let bytes = text.utf8Span.span
    if bytes.count <= limit, bytes.isPlain {
      for index in bytes.indices { append(bytes[index]) }
    } else {
      append(ScriptWriter.quotable(text, limit: limit))
    }
    append(UInt8(ascii: "\""))
  }

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

extension Span<UInt8> {
  /// Whether all of it is printable ASCII other than the quote.
  var isPlain: Bool {
    for index in indices {
      let byte = self[index]
      if byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "\"") { return false }
    }
    return true
  }
}
