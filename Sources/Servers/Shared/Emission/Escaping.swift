import Diagnostics
package import Mustache

/// How text from a policy is written into one kind of file, so that it stays one value of that file.
///
/// `obstacle` is asked first, and what it refuses becomes a diagnostic. `escapeText` is applied by the template to
/// every value; on text that should have been refused it still keeps the value on its line and in its place.
package protocol DocumentFormat: MustacheContentType {
  /// The name that selects it in a template: `{{% CONTENT_TYPE: NAME}}`.
  var name: String { get }
  /// Why a text cannot be a value in such a file, as the end of "it ...", for example "has a comma";
  /// `nil` when it can.
  func obstacle(in text: String) -> String?
}

extension DocumentFormat {
  package func obstacle(in text: String) -> String? {
    text.hasLineBreak ? "has a control character" : nil
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character, one that some reader takes for the end of a line, or one that changes the
  /// direction of text.
  var breaksLine: Bool { printable(self) != self }
}

extension String {
  /// Whether any of its characters breaks a line. Most texts have nothing but printable ASCII, which bytes tell.
  var hasLineBreak: Bool {
    !isPrintableASCII && unicodeScalars.contains(where: \.breaksLine)
  }

  private var isPrintableASCII: Bool {
    let bytes = utf8.span
    for index in bytes.indices where !(0x20...0x7E).contains(bytes[index]) { return false }
    return true
  }

  /// The text with each character that the closure refuses left out or replaced.
  func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if let text = replacement(scalar) {
        result.append(contentsOf: text.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

/// A comment after `#`, and plain prose: control characters become question marks.
struct CommentFormat: DocumentFormat {
  let name = "COMMENT"

  func escapeText(_ text: String) -> String { text.replacingScalars { $0.breaksLine ? "?" : nil } }
}

/// A comment of XML, in which two hyphens must not stand together.
struct XMLCommentFormat: DocumentFormat {
  let name = "XML-COMMENT"

  func escapeText(_ text: String) -> String {
    var result = ""
    for character in CommentFormat().escapeText(text) {
      if character == "-", result.hasSuffix("-") { result += " " }
      result.append(character)
    }
    return result
  }
}

/// Text or an attribute of XML. There are characters that it has no way to name.
struct XMLFormat: DocumentFormat {
  let name = "XML"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    return text.unicodeScalars.contains(where: isForbidden) ? "has a character that XML does not know" : nil
  }

  func escapeText(_ text: String) -> String {
    text.replacingScalars { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&apos;"
      default: scalar.breaksLine || isForbidden(scalar) ? "" : nil
      }
    }
  }

  /// Production 2 of XML 1.0, beside the control characters.
  private func isForbidden(_ scalar: Unicode.Scalar) -> Bool { scalar.value == 0xFFFE || scalar.value == 0xFFFF }
}

/// A word of a script for a POSIX shell: in apostrophes unless plain.
struct ShellFormat: DocumentFormat {
  let name = "SHELL"

  func escapeText(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789./:_,+-".unicodeScalars.contains(scalar))
    }
    if isPlain, !text.isEmpty { return text }
    let inner = text.replacingScalars { $0.breaksLine ? "" : nil }
    return "'" + inner.replacing("'", with: "'\\''") + "'"
  }
}

/// Makes the formats known to the template parser, which keeps them by name for the whole process.
enum Formats {
  /// Registers every format once; later calls do nothing.
  static func register() { registered }

  private static let registered: Void = {
    let formats: [any DocumentFormat] =
      [CommentFormat(), CommandCommentFormat(), XMLCommentFormat()]
      + Emitters.all.flatMap { $0.templates.map(\.format) }
    for format in formats { MustacheContentTypes.register(format, named: format.name) }
  }()
}
