extension JSONValue {
  /// The value as JSON on one line, members sorted by name.
  package var text: String { text(quote: "\\\"") }

  /// The same with quotes in strings by their numbers: to nft, which knows no escapes, each string is one as well.
  var scriptText: String { text(quote: "\\u0022") }

  private func text(quote: String) -> String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let value): "\(value)"
    case .string(let value): Self.quoted(value, quote)
    case .array(let values): "[" + values.map { $0.text(quote: quote) }.joined(separator: ", ") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }
        .map { "\(Self.quoted($0.key, quote)): \($0.value.text(quote: quote))" }.joined(separator: ", ") + "}"
    }
  }

  private static func quoted(_ text: String, _ quote: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += quote
      case "\\": result += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The member of an object; `nil` for every other value.
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  /// The text of a string.
  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// An integer.
  package var number: Int64? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  /// The values of an array; a value that is no array, as an array of one: nft writes single values both ways.
  package var list: [JSONValue] {
    guard case .array(let values) = self else { return [self] }
    return values
  }

  /// The members of an object that has no others than these; `nil` otherwise.
  func members(among names: Set<String>) -> [String: JSONValue]? {
    guard case .object(let members) = self, members.keys.allSatisfy(names.contains) else { return nil }
    return members
  }
}
