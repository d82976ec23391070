import Diagnostics
import Policy

/// An attribute with the places of its name and its value.
struct XMLAttribute {
  var name: Located<String>
  /// With references replaced; the place is what stands between the quotation marks.
  var value: Located<String>
}

/// An element of an XML file. Elements know one another by their position in `XMLDocument.elements`, so that nothing
/// recurses over a deep file.
struct XMLElement {
  /// With its prefix, if it has one.
  var name: String
  /// The start tag.
  var span: SourceSpan
  var attributes: [XMLAttribute] = []
  /// The text directly in it, with references replaced.
  var text = ""
  /// From the first to the last character of the text; `nil` when there is none but white space.
  var textSpan: SourceSpan?
  var parent: Int?
  var children: [Int] = []

  /// The name without its prefix.
  var localName: String { name.split(separator: ":").last.map(String.init) ?? name }

  /// The text without blanks at its ends.
  var trimmedText: String { String(decoding: Array(text.utf8)[...].trimmed, as: UTF8.self) }

  func attribute(_ name: String) -> XMLAttribute? { attributes.first { $0.name.value == name } }
}

/// A well-formed XML file (XML 1.0) with the place of every attribute.
///
/// Declarations of document types are refused, so that there are no entities but the five of XML itself: nothing
/// outside is ever fetched, and nothing can grow. FoundationXML would do otherwise, but it tells only where a start tag
/// ends, and ties the program to a libxml2 of the machine even when all else is linked in.
struct XMLDocument {
  /// In the order of the text; the first one is the root.
  private(set) var elements: [XMLElement] = []

  var root: XMLElement? { elements.first }

  fileprivate init(_ elements: [XMLElement]) { self.elements = elements }

  /// The elements directly in another that have that local name.
  func children(of element: XMLElement?, named name: String) -> [XMLElement] {
    (element?.children ?? []).compactMap { elements.indices.contains($0) ? elements[$0] : nil }.filter {
      $0.localName == name
    }
  }

  /// The first element at the end of a path of local names.
  func first(_ path: [String], below element: XMLElement?) -> XMLElement? {
    var current = element
    for name in path {
      guard let next = children(of: current, named: name).first else { return nil }
      current = next
    }
    return current
  }

  /// The first element of that name in each place, along a path.
  func all(_ path: [String], below element: XMLElement?) -> [XMLElement] {
    var current = [element].compactMap(\.self)
    for name in path { current = current.flatMap { children(of: $0, named: name) } }
    return current
  }

  /// Reads a file.
  ///
  /// - Throws: the first place where it is not well formed.
  static func parse(_ bytes: [UInt8], as file: SourceID) throws(XMLMistake) -> XMLDocument {
    var parser = XMLReader(bytes: bytes, file: file)
    return XMLDocument(try parser.document())
  }
}

/// Why a text is no well-formed XML.
struct XMLMistake: Error {
  var message: String
  var span: SourceSpan
}
