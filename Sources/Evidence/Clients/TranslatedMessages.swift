/// The sentences of programs that speak many languages, read from the tables in `messages/`: `## English`, then lines
/// `LANGUAGE | translation`, two forms of a plural with ` / ` between them.
struct TranslatedMessages: Sendable {
  /// A sentence as it can be found in a line: its fixed parts, in their order.
  struct Pattern: Sendable {
    var english: String
    var language: String
    var parts: [String]

    /// Whether a line has the parts in their order, the first at its beginning; what stands between them.
    func match(_ line: String) -> [String]? {
      var rest = line[...]
      var values: [String] = []
      for (position, part) in parts.enumerated() {
        if part.isEmpty {
          if position == parts.count - 1, position > 0 { values.append(String(rest)) }
          continue
        }
        guard let found = rest.firstRange(of: part) else { return nil }
        if position == 0 {
          guard found.lowerBound == rest.startIndex else { return nil }
        } else {
          values.append(String(rest[..<found.lowerBound]))
        }
        rest = rest[found.upperBound...]
      }
      return values
    }
  }

  private(set) var patterns: [Pattern] = []

  init(_ table: String) {
    var english = ""
    for line in table.split(separator: "\n") {
      if line.hasPrefix("## ") {
        english = String(line.dropFirst(3))
        add(english, "en", english)
      } else if let bar = line.firstRange(of: " | ") {
        let text = trimmed(line[bar.upperBound...])
        if text != "-", text != "(en)" { add(english, trimmed(line[..<bar.lowerBound]), text) }
      }
    }
  }

  private mutating func add(_ english: String, _ language: String, _ text: String) {
    // A slash with blanks parts the forms of a plural.
    for form in english.contains("%d") ? text.split(separator: " / ").map(String.init) : [text] {
      patterns.append(Pattern(english: english, language: language, parts: Self.parts(normalized(form))))
    }
  }

  private static func parts(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var rest = text[...]
    while let sign = rest.first {
      rest = rest.dropFirst()
      if sign == "%", let kind = rest.first(where: { "sdu%".contains($0) }), let end = rest.firstIndex(of: kind),
        rest[..<end].allSatisfy({ $0.isNumber || $0 == "$" || $0 == "l" })
      {
        parts.append(part)
        part = ""
        rest = rest[rest.index(after: end)...]
      } else {
        part.append(sign)
      }
    }
    return parts + [part]
  }
}

/// With one kind of blank and of apostrophe.
func normalized(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\u{A0}", "\u{202F}", "\u{2009}": result.append(" ")
    case "\u{2019}": result.append("'")
    case "\u{2010}": result.append("-")
    default: result.append(scalar)
    }
  }
  return String(result)
}
