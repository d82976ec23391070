/// Whether what nft printed is one table and nothing else, whoever chose the names and comments in it: `table inet NAME
/// {`, braces in pairs, strings that end in their line, and no word that reads a file or sets a variable.
///
/// Told by the bytes as nft's scanner takes them (`scanner.l`). What a string holds within the table is not told here.
package func isOneTable(_ text: [UInt8], name: String) -> Bool {
  let head = Array("table \(Table.family.rawValue) \(name) {\n".utf8)
  guard text.starts(with: head) else { return false }
  var scanner = PrintedScanner(text, from: head.count)
  return scanner.endsWithItsTable()
}

private struct PrintedScanner {
  private let bytes: [UInt8]
  private var position: Int

  init(_ bytes: [UInt8], from position: Int) {
    self.bytes = bytes
    self.position = position
  }

  /// Words that reach beyond a table wherever they stand.
  private static let forbidden = ["include", "define", "redefine", "undefine"].map { Array($0.utf8) }

  mutating func endsWithItsTable() -> Bool {
    var depth = 1
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""): guard skipString() else { return false }
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return bytes[position...].dropFirst().elementsEqual(CollectionOfOne(0x0A)) }
      // nft 1.1.4 and newer remark how many elements a set has. A remark ends with its line.
      case UInt8(ascii: "#"): while let byte = next, byte != 0x0A { position += 1 }
      // A variable, or a line that goes on.
      case UInt8(ascii: "$"), UInt8(ascii: "\\"): return false
      case 0x09, 0x0A, 0x20...0x7E:
        if byte.isLetter {
          guard skipWord() else { return false }
          continue
        }
      default: return false
      }
      position += 1
    }
    return false
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Goes to the quote at the end.
  private mutating func skipString() -> Bool {
    position += 1
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20, byte != 0x7F else { return false }
      position += 1
    }
    return next != nil
  }

  /// Goes past a word; `false` when it is a forbidden one.
  private mutating func skipWord() -> Bool {
    let start = position
    while let byte = next, byte.isLetter || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D {
      position += 1
    }
    let word = bytes[start..<position]
    return !Self.forbidden.contains { word.elementsEqual($0) }
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
}

/// What of a table nft prints in such a way that its text says something else than the kernel holds: a text with a
/// quote or a line end, which nft prints as it stands, a name that is none in a command, an extension of xtables.
///
/// - Parameters:
///   - listing: What nft prints of the table, or of more, in JSON, where strings are what they are.
///   - name: The table, of family inet.
/// - Returns: Where it stands, for people; `nil` when there is nothing of that kind.
package func strangeText(inListing listing: [UInt8], table name: String) throws(ListingError) -> String? {
  for object in try JSONValue.parse(listing)["nftables"]?.list ?? [] {
    guard case .object(let members) = object else { continue }
    for (kind, value) in members.sorted(by: { $0.key < $1.key }) {
      let table = value[kind == "table" ? "name" : "table"]?.string
      guard value["family"] == .string(Table.family.rawValue), table == name else { continue }
      if let own = value["name"]?.string, ScriptName(own) == nil { return "the name of a \(kind), \(own.shown)" }
      if let text = value.strangeText { return "a text of a \(kind), \(text.shown)" }
      if value.hasExtension { return "a \(kind) with an extension of xtables" }
    }
  }
  return nil
}

extension String {
  fileprivate var shown: String { "`\(prefix(60))`" }

  /// Whether nft prints it so that it ends where it ends.
  fileprivate var isPlain: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") } }
}

extension JSONValue {
  fileprivate var strangeText: String? {
    switch self {
    case .null, .bool, .number: nil
    case .string(let text): text.isPlain ? nil : text
    case .array(let values): values.lazy.compactMap(\.strangeText).first
    case .object(let members): members.lazy.compactMap { $0.key.isPlain ? $0.value.strangeText : $0.key }.first
    }
  }

  fileprivate var hasExtension: Bool {
    switch self {
    case .null, .bool, .number, .string: false
    case .array(let values): values.contains(where: \.hasExtension)
    case .object(let members): members.contains { $0.key == "xt" || $0.value.hasExtension }
    }
  }
}
