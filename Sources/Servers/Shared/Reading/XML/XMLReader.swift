import Diagnostics
import Policy

/// The grammar of XML 1.0 without document types, over bytes of UTF-8.
struct XMLReader {
  private let bytes: [UInt8]
  private let file: SourceID
  private var position = 0
  private var elements: [XMLElement] = []
  /// Positions of the elements that are open, the innermost last.
  private var open: [Int] = []

  init(bytes: [UInt8], file: SourceID) {
    self.bytes = bytes
    self.file = file
  }

  mutating func document() throws(XMLMistake) -> [XMLElement] {
    try encoding()
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "<") {
        try markup()
      } else {
        try characters()
      }
    }
    if let last = open.last {
      throw mistake("the element `\(elements[last].name)` is not closed", elements[last].span)
    }
    guard !elements.isEmpty else { throw mistake("there is no element", span(0, 0)) }
    return elements
  }

  /// UTF-8, with or without its mark; anything else would have to be converted first.
  private mutating func encoding() throws(XMLMistake) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw mistake("the file is UTF-16; save it as UTF-8", span(0, 2))
    }
    if let offset = bytes.firstIndex(where: { $0 < 0x20 && !$0.isXMLBlank }) {
      throw mistake("a control character cannot stand in XML", span(offset, offset + 1))
    }
    guard let offset = firstInvalidUTF8(bytes) else { return }
    throw mistake("the file is not UTF-8 from here on", span(offset, offset + 1))
  }

  // MARK: Places

  private func span(_ start: Int, _ end: Int) -> SourceSpan {
    SourceSpan(file: file, min(start, bytes.count)..<max(min(start, bytes.count), min(end, bytes.count)))
  }

  private func mistake(_ message: String, _ span: SourceSpan) -> XMLMistake {
    XMLMistake(message: message, span: span)
  }

  private func has(_ text: String, at index: Int) -> Bool {
    bytes[min(index, bytes.count)...].starts(with: text.utf8)
  }

  /// The position of a text from another position on, before an end.
  private func find(_ text: String, from index: Int, to end: Int? = nil) -> Int? {
    let needle = Array(text.utf8)
    guard let first = needle.first else { return nil }
    var index = index
    while index <= (end ?? bytes.count) - needle.count {
      if bytes[index] == first, bytes[index..<(index + needle.count)].elementsEqual(needle) { return index }
      index += 1
    }
    return nil
  }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position].isXMLBlank { position += 1 }
  }

  private mutating func name() -> String? {
    let start = position
    while position < bytes.count, bytes[position].isXMLName { position += 1 }
    guard start < position, !bytes[start].isDigit, bytes[start] != UInt8(ascii: "-"),
      bytes[start] != UInt8(ascii: ".")
    else { return nil }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  // MARK: Markup

  private mutating func markup() throws(XMLMistake) {
    let start = position
    if has("<!--", at: start) {
      guard let end = find("--", from: start + 4), has("-->", at: end) else {
        throw mistake("the comment is not closed, or has `--` in it", span(start, start + 4))
      }
      position = end + 3
    } else if has("<![CDATA[", at: start) {
      guard let end = find("]]>", from: start + 9) else {
        throw mistake("the section `<![CDATA[` is not closed", span(start, start + 9))
      }
      try append(String(decoding: bytes[(start + 9)..<end], as: UTF8.self), span(start, end + 3))
      position = end + 3
    } else if has("<!", at: start) {
      throw mistake(
        "there is a declaration of a document type, which configurations do not have; entities are not read",
        span(start, start + 9))
    } else if has("<?", at: start) {
      guard let end = find("?>", from: start + 2) else {
        throw mistake("the instruction is not closed", span(start, start + 2))
      }
      let isDeclaration = has("<?xml", at: start) && start + 5 < bytes.count && bytes[start + 5].isXMLBlank
      let first = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      if isDeclaration, start != first {
        throw mistake("the XML declaration has to come first", span(start, end + 2))
      }
      position = end + 2
    } else if has("</", at: start) {
      try endTag()
    } else {
      try startTag()
    }
  }

  private mutating func endTag() throws(XMLMistake) {
    let start = position
    position += 2
    let name = self.name() ?? ""
    skipBlanks()
    guard has(">", at: position) else { throw mistake("the end tag is not closed", span(start, position + 1)) }
    position += 1
    guard let last = open.popLast(), elements[last].name == name else {
      throw mistake("`</\(name)>` closes an element that is not open here", span(start, position))
    }
  }

  private mutating func startTag() throws(XMLMistake) {
    let start = position
    position += 1
    guard let name = name() else { throw mistake("`<` has to begin an element here", span(start, start + 1)) }
    guard !open.isEmpty || elements.isEmpty else {
      throw mistake("there is a second root element", span(start, position))
    }
    var element = XMLElement(name: name, span: span(start, position), parent: open.last)
    var names = Set<String>()
    while true {
      let before = position
      skipBlanks()
      if has("/>", at: position) || has(">", at: position) { break }
      guard before < position else { throw mistake("the start tag is not closed", span(start, position + 1)) }
      let attribute = try attribute()
      guard names.insert(attribute.name.value).inserted else {
        throw mistake("the attribute `\(attribute.name.value)` stands twice", attribute.name.span)
      }
      element.attributes.append(attribute)
    }
    let isEmpty = has("/>", at: position)
    position += isEmpty ? 2 : 1
    element.span = span(start, position)
    if let parent = open.last { elements[parent].children.append(elements.count) }
    if !isEmpty { open.append(elements.count) }
    elements.append(element)
  }

  private mutating func attribute() throws(XMLMistake) -> XMLAttribute {
    let start = position
    guard let name = name() else { throw mistake("the start tag is not closed", span(start, start + 1)) }
    let nameSpan = span(start, position)
    skipBlanks()
    guard has("=", at: position) else { throw mistake("the attribute `\(name)` has no value", nameSpan) }
    position += 1
    skipBlanks()
    guard position < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[position]),
      let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
    else { throw mistake("the value of `\(name)` has to stand between quotation marks", nameSpan) }
    let value = position + 1..<end
    if let offset = bytes[value].firstIndex(of: UInt8(ascii: "<")) {
      throw mistake("`<` cannot stand in the value of an attribute", span(offset, offset + 1))
    }
    position = end + 1
    return XMLAttribute(
      name: Located(name, nameSpan), value: Located(try replaced(value), span(value.lowerBound, value.upperBound)))
  }

  // MARK: Text

  private mutating func characters() throws(XMLMistake) {
    let start = position
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    if let offset = find("]]>", from: start, to: end) {
      throw mistake("`]]>` cannot stand in text", span(offset, offset + 3))
    }
    try append(try replaced(start..<end), span(start, end))
    position = end
  }

  private mutating func append(_ text: String, _ place: SourceSpan) throws(XMLMistake) {
    let isBlank = text.utf8.allSatisfy(\.isXMLBlank)
    guard let last = open.last else {
      if isBlank { return }
      throw mistake("there is text outside of the root element", place)
    }
    elements[last].text += text
    if !isBlank { elements[last].textSpan = elements[last].textSpan?.joined(with: place) ?? place }
  }

  /// A stretch of text with its references replaced.
  private func replaced(_ range: Range<Int>) throws(XMLMistake) -> String {
    guard let first = bytes[range].firstIndex(of: UInt8(ascii: "&")) else {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    var result = Array(bytes[range.lowerBound..<first])
    var index = first
    while index < range.upperBound {
      let byte = bytes[index]
      guard byte == UInt8(ascii: "&") else {
        result.append(byte)
        index += 1
        continue
      }
      let limit = min(index + 12, range.upperBound)
      guard let end = bytes[index..<limit].firstIndex(of: UInt8(ascii: ";")),
        let scalar = reference(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
      else {
        throw mistake("`&` begins no reference that exists without a document type", span(index, index + 1))
      }
      result += Array(String(scalar).utf8)
      index = end + 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func reference(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    guard name.hasPrefix("#") else { return nil }
    let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
    guard let number, number >= 0x20 || [9, 10, 13].contains(number), number != 0xFFFE, number != 0xFFFF else {
      return nil
    }
    return Unicode.Scalar(number)
  }
}

extension UInt8 {
  /// White space of XML.
  fileprivate var isXMLBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
  /// A character of a name; every byte outside ASCII is taken for one.
  fileprivate var isXMLName: Bool {
    isDigit || (0x61...0x7A).contains(self | 0x20) || self == UInt8(ascii: ":") || self == UInt8(ascii: "_")
      || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self >= 0x80
  }
}

/// The first byte that is not UTF-8; `nil` when all are.
func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
  if String(validating: bytes, as: UTF8.self) != nil { return nil }
  var decoder = UTF8()
  var iterator = bytes.makeIterator()
  var offset = 0
  while true {
    switch decoder.decode(&iterator) {
    case .scalarValue(let scalar): offset += UTF8.width(scalar)
    case .emptyInput: return nil
    case .error: return offset
    }
  }
}
