import Addressing

/// What the values of a field look like where nft prints them as text; other types are not read.
enum PrintedType: Sendable {
  case address(AddressFamily)
  case port
  case interface
  case mark
  case verdict

  /// - Parameter name: As nft names the data type.
  init?(named name: String) {
    switch name {
    case "ipv4_addr": self = .address(.ipv4)
    case "ipv6_addr": self = .address(.ipv6)
    case "inet_service": self = .port
    case "ifname": self = .interface
    case "mark": self = .mark
    case "verdict": self = .verdict
    default: return nil
    }
  }
}

/// The fields of a set, as far as their types are read.
struct PrintedFields: Sendable {
  var key: [PrintedType]
  /// Empty in a set.
  var data: [PrintedType]

  /// `nil` when a type is not read.
  init?(_ set: NamedSet) {
    key = set.key.compactMap { PrintedType(named: $0.typeName) }
    data = set.data.compactMap { PrintedType(named: $0.typeName) }
    guard key.count == set.key.count, data.count == set.data.count else { return nil }
  }
}

/// Reads the elements of a set as nft 1.0.6 and 1.1.x print them as text.
///
/// It knows the forms of the values that we write, and nothing else: a name for a number, a catch-all element, a limit
/// of an element make it give up, because only JSON tells what they are. A comment may hold whatever is not a quote,
/// since nft takes in none; another program can write one that looks like the end of the comment and another element
/// after it.
struct PrintedElements {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int
  private let fields: PrintedFields
  private var list = ElementList()
  /// How many packets found each element, where the set counts them: one number for each element of such a set.
  private(set) var packets: [UInt64] = []

  /// - Parameter range: Whole elements, without the braces around them and without a separator before or after them.
  init(_ bytes: [UInt8], _ range: Range<Int>, _ fields: PrintedFields) {
    self.bytes = bytes
    self.fields = fields
    (position, end) = (range.lowerBound, min(range.upperBound, bytes.count))
  }

  /// What stands between two elements: nft prints several short ones on a line.
  private static let separators: [StaticString] = [",\n\t\t\t     ", ", "]

  /// The elements; `nil` when one of them is not understood.
  mutating func read() -> ElementList? {
    list.reserve((end - position) / 40, width: fields.key.count + fields.data.count)
    repeat {
      guard readElement() else { return nil }
      if position == end { return list }
    } while Self.separators.contains { take($0) }
    return nil
  }

  private mutating func readElement() -> Bool {
    for (index, type) in fields.key.enumerated() {
      guard index == 0 || take(" . "), let value = value(type) else { return false }
      list.addKey(value)
    }
    // What packets count and when an element goes away is no part of it.
    if take(" counter packets ") {
      guard let count = number(), take(" bytes "), number() != nil else { return false }
      packets.append(count)
    }
    if take(" expires ") { guard skipTime() else { return false } }
    var comment: String?
    if take(" comment \"") {
      comment = self.comment()
      guard comment != nil else { return false }
    }
    list.endKey(comment: comment, provenance: .none)
    for (index, type) in fields.data.enumerated() {
      guard take(index == 0 ? " : " : " . "), let value = value(type) else { return false }
      list.addData(value)
    }
    return true
  }

  private mutating func value(_ type: PrintedType) -> Value? {
    switch type {
    case .address(let family): addresses(family)
    case .port: ports()
    case .interface: interface()
    case .mark: mark()
    case .verdict: verdict()
    }
  }
}

extension PrintedElements {
  private var next: UInt8? { position < end ? bytes[position] : nil }

  private mutating func take(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard length <= end - position else { return false }
    for offset in 0..<length where bytes[position + offset] != text.utf8Start[offset] { return false }
    position += length
    return true
  }

  /// The bytes up to the first that does not belong.
  private mutating func take(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = position
    skip(while: belongs)
    return bytes[start..<position]
  }

  private mutating func skip(while belongs: (UInt8) -> Bool) {
    while let byte = next, belongs(byte) { position += 1 }
  }

  /// A decimal number as nft prints it.
  private mutating func number() -> UInt64? {
    var value: UInt64 = 0
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
      position += 1
    }
    return position > start ? value : nil
  }

  /// Skips a span of time, for example `59m59s996ms`.
  private mutating func skipTime() -> Bool {
    let text = take { (0x30...0x39).contains($0) || "dhms".utf8.contains($0) }
    return text.first.map { (0x30...0x39).contains($0) } ?? false
  }

  private mutating func addresses(_ family: AddressFamily) -> Value? {
    guard let low = address(family) else { return nil }
    if take("-") {
      guard let high = address(family), low <= high else { return nil }
      return Value(low...high)
    }
    guard take("/") else { return .address(low) }
    guard let length = number() else { return nil }
    return Value(base: low, length: Int(clamping: length))
  }

  private mutating func address(_ family: AddressFamily) -> IPAddress? {
    let start = position
    skip { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || $0.isHexDigit }
    let address = IPAddress(bytes.span.extracting(start..<position))
    return address?.family == family ? address : nil
  }

  private mutating func ports() -> Value? {
    guard let low = number().flatMap({ UInt16(exactly: $0) }) else { return nil }
    guard take("-") else { return .port(low) }
    guard let high = number().flatMap({ UInt16(exactly: $0) }) else { return nil }
    return PortRange(low: low, high: high).map { Value($0) }
  }

  private mutating func interface() -> Value? {
    guard take("\"") else { return nil }
    let name = take { $0.isNameCharacter || ":@*".utf8.contains($0) }
    guard !name.isEmpty, take("\"") else { return nil }
    return .interface(String(decoding: name, as: UTF8.self))
  }

  /// A mark, which JSON has as a number.
  private mutating func mark() -> Value? {
    guard take("0x") else { return nil }
    let digits = take(while: \.isHexDigit)
    guard digits.count == 8, let number = Int64(String(decoding: digits, as: UTF8.self), radix: 16) else {
      return nil
    }
    return .number(number)
  }

  private mutating func verdict() -> Value? {
    if take("accept") { return .verdict(.accept) }
    if take("drop") { return .verdict(.drop) }
    if take("return") { return .verdict(.return) }
    if take("continue") { return .verdict(.continue) }
    let jumps = take("jump ")
    guard jumps || take("goto ") else { return nil }
    let name = take(while: \.isNameCharacter)
    guard !name.isEmpty else { return nil }
    let chain = String(decoding: name, as: UTF8.self)
    return .verdict(jumps ? .jump(chain) : .goto(chain))
  }

  /// The rest of a comment, after its quote.
  private mutating func comment() -> String? {
    let text = take { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
    guard take("\"") else { return nil }
    return String(validating: text, as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self) }

  /// Whether it stands in the names of chains and interfaces.
  fileprivate var isNameCharacter: Bool {
    (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) || "_-.".utf8.contains(self)
  }
}
