import Diagnostics
import Policy

/// Reads typed values of an XML configuration, and refuses what has another type.
struct XMLValues {
  /// The program, for messages.
  var title: String
  var document: XMLDocument

  /// Opens and parses the file of a server; `nil` when that fails, which was reported.
  static func load(_ path: String, of title: String, roots: [String], _ context: inout ReadingContext) -> XMLValues? {
    guard let file = context.load(path) else { return nil }
    do throws(XMLMistake) {
      let document = try XMLDocument.parse(context.sources[file].bytes, as: file)
      guard let found = document.root, roots.contains(found.localName) else {
        context.refuse(
          "\(title) does not take this file: its root element is not `<\(roots.joined(separator: ">` or `<"))>`",
          at: document.root?.span ?? SourceSpan(file: file, 0..<0))
        return nil
      }
      return XMLValues(title: title, document: document)
    } catch {
      context.refuse("\(title) does not take this file: \(error.message)", at: error.span)
      return nil
    }
  }

  /// A whole number between bounds; `nil` when it is missing, or wrong, which is reported.
  func number(
    _ text: String?, at span: SourceSpan?, in bounds: ClosedRange<Int>, _ name: String,
    _ context: inout ReadingContext
  ) -> Int? {
    guard let text, let span else { return nil }
    let digits = text.split(whereSeparator: \.isWhitespace).joined()
    guard digits.utf8.allSatisfy(\.isDigit), let number = Int(digits), bounds.contains(number) else {
      context.refuse(
        "\(title) does not take `\(text)` for `\(name)`, which is a number from \(bounds.lowerBound) to \(bounds.upperBound)",
        at: span)
      return nil
    }
    return number
  }

  /// `true` or `false`; `nil` when it is missing, or wrong, which is reported.
  func flag(_ attribute: XMLAttribute?, _ context: inout ReadingContext) -> Bool? {
    guard let attribute else { return nil }
    switch attribute.value.value.lowercased() {
    case "true", "1": return true
    case "false", "0": return false
    default:
      context.refuse(
        "\(title) does not take `\(attribute.value.value)` for `\(attribute.name.value)`, which is true or false",
        at: attribute.value.span)
      return nil
    }
  }
}
