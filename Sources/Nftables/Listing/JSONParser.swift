import Diagnostics

extension JSONValue {
  /// Reads a JSON text. Of members with the same name the last counts, as in libjansson.
  package static func parse(_ bytes: [UInt8]) throws(ListingError) -> JSONValue { try JSONParser.parse(bytes) }
}

/// Reads JSON texts (RFC 8259) into values. A listing of 20,000 publications has 13 MB, for which JSONDecoder, trying
/// one type after the other, takes 24 s (Swift 6.3.1, measured) and this a fraction of a second.
private struct JSONParser {
  /// Arrays and objects inside each other at most; listings of nft have about 12.
  private static let deepest = 64

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value of a whole text.
  fileprivate static func parse(_ bytes: [UInt8]) throws(ListingError) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.next == nil else { throw parser.expected("nothing more") }
    return value
  }

  private var next: UInt8? { bytes.indices.contains(position) ? bytes[position] : nil }

  private func expected(_ what: String) -> ListingError {
    .notJSON(expected: what, offset: position)
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(ListingError) -> JSONValue {
    guard depth <= Self.deepest else { throw expected("at most \(Self.deepest) levels of arrays and objects") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(ListingError) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw expected("the name of a member") }
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw expected("`:`") }
      members[name] = try value(depth: depth)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw expected("`,` or `}`") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(ListingError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat { values.append(try value(depth: depth)) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw expected("`,` or `]`") }
    return .array(values)
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(ListingError) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw expected("a value") }
    position += text.utf8.count
    return value
  }

  /// A number that is no 64-bit integer is kept as its text.
  private mutating func number() throws(ListingError) -> JSONValue {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
      position = start
      throw expected("a value")
    }
    return Int64(text).map { .number($0) } ?? .string(text)
  }

  /// Bytes that are no UTF-8 become U+FFFD.
  private mutating func string() throws(ListingError) -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    var text = String(decoding: bytes[start..<position], as: UTF8.self)
    if next == UInt8(ascii: "\"") {
      position += 1
      return text
    }
    while true {
      let start = position
      while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
      text += String(decoding: bytes[start..<position], as: UTF8.self)
      switch next {
      case UInt8(ascii: "\""):
        position += 1
        return text
      case UInt8(ascii: "\\"): text.unicodeScalars.append(try escape())
      default: throw expected("the end of the string")
      }
    }
  }

  private mutating func escape() throws(ListingError) -> Unicode.Scalar {
    position += 1
    guard let scalar = jsonEscape(in: bytes, at: &position) else { throw expected("an escape sequence") }
    return scalar
  }
}
