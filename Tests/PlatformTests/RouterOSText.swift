import Foundation

/// A line of a RouterOS script that cannot be.
struct RouterOSError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// A command of a script, as the console takes it apart.
struct RouterOSCommand {
  struct Condition: Equatable {
    var name: String
    /// `=` or `~`.
    var relation: Character
    var value: String
  }

  /// `/ip/firewall/nat`.
  var menu: String
  var verb: String
  /// Named parameters in their order.
  var parameters: [(name: String, value: String)] = []
  /// What stands in the place of the numbers.
  var words: [String] = []
  /// `[find where ...]` in the place of the numbers.
  var found: [Condition]?
  /// `place-before=[find where ...]`.
  var place: [Condition]?
  /// For `:if`: the text of the error, and which entries there has to be one of.
  var error: String?
}

/// Reads scripts as strictly as we write them: whatever is unknown is an error.
struct RouterOSReader {
  private enum Token: Equatable {
    case word(String)
    case quoted(String)
    case symbol(Character)
  }

  private var menu = ""

  /// The commands of a script.
  static func commands(_ script: String) throws -> [RouterOSCommand] {
    var reader = RouterOSReader()
    var commands: [RouterOSCommand] = []
    for (index, line) in script.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      do {
        if let command = try reader.command(String(line)) { commands.append(command) }
      } catch let error as RouterOSError {
        throw RouterOSError("line \(index + 1): \(error): \(line)")
      }
    }
    return commands
  }

  private mutating func command(_ line: String) throws -> RouterOSCommand? {
    guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
    var tokens = try Self.tokens(line)[...]
    if tokens.first == .word(":if") { return try condition(&tokens) }
    if case .word(let first)? = tokens.first, first.hasPrefix("/") {
      menu = try Self.menu(&tokens)
      if tokens.isEmpty { return nil }
    }
    guard !menu.isEmpty, case .word(let verb)? = tokens.popFirst() else { throw RouterOSError("no command") }
    var command = RouterOSCommand(menu: menu, verb: verb)
    while let token = tokens.popFirst() {
      switch token {
      case .symbol("["):
        command.found = try Self.found(&tokens).conditions
      case .word(let word):
        if tokens.first == .symbol("=") {
          tokens.removeFirst()
          switch tokens.popFirst() {
          case .symbol("["):
            guard word == "place-before" else { throw RouterOSError("a command as the value of \(word)") }
            command.place = try Self.found(&tokens).conditions
          case .word(let value)?, .quoted(let value)?:
            guard !command.parameters.contains(where: { $0.name == word }) else {
              throw RouterOSError("\(word) twice")
            }
            command.parameters.append((word, value))
          default: throw RouterOSError("\(word) has no value")
          }
        } else {
          command.words.append(word)
        }
      default: throw RouterOSError("what is \(token)")
      }
    }
    return command
  }

  /// `:if ([:len [MENU find where ...]] != 1) do={ :error "..." }`
  private func condition(_ tokens: inout ArraySlice<Token>) throws -> RouterOSCommand {
    func expect(_ expected: Token...) throws {
      for token in expected where tokens.popFirst() != token { throw RouterOSError("\(token) is missing") }
    }
    try expect(.word(":if"), .symbol("("), .symbol("["), .word(":len"), .symbol("["))
    let (menu, conditions) = try Self.found(&tokens)
    try expect(
      .symbol("]"), .word("!"), .symbol("="), .word("1"), .symbol(")"), .word("do"), .symbol("="), .symbol("{"))
    try expect(.word(":error"))
    guard case .quoted(let text)? = tokens.popFirst() else { throw RouterOSError("no text of the error") }
    try expect(.symbol("}"))
    guard tokens.isEmpty else { throw RouterOSError("something after the condition") }
    var command = RouterOSCommand(menu: menu, verb: ":if")
    command.found = conditions
    command.error = text
    return command
  }

  private static func menu(_ tokens: inout ArraySlice<Token>) throws -> String {
    var path = ""
    while case .word(let word)? = tokens.first, path.split(separator: "/").count < 3 {
      path += path.isEmpty ? word : "/\(word)"
      tokens.removeFirst()
    }
    guard path.split(separator: "/").count == 3 else { throw RouterOSError("no menu: \(path)") }
    return path
  }

  /// What comes after `[`: a menu or none, `find where`, conditions, and `]`.
  private static func found(
    _ tokens: inout ArraySlice<Token>
  ) throws -> (menu: String, conditions: [RouterOSCommand.Condition]) {
    var menu = ""
    if case .word(let first)? = tokens.first, first.hasPrefix("/") { menu = try Self.menu(&tokens) }
    guard tokens.popFirst() == .word("find"), tokens.popFirst() == .word("where") else {
      throw RouterOSError("no find")
    }
    var conditions: [RouterOSCommand.Condition] = []
    while let token = tokens.popFirst() {
      if token == .symbol("]") { return (menu, conditions) }
      guard case .word(let name) = token, case .symbol(let relation)? = tokens.popFirst(),
        relation == "=" || relation == "~"
      else { throw RouterOSError("no condition") }
      switch tokens.popFirst() {
      case .word(let value)?, .quoted(let value)?:
        conditions.append(RouterOSCommand.Condition(name: name, relation: relation, value: value))
      default: throw RouterOSError("\(name) has no value")
      }
    }
    throw RouterOSError("`[` without `]`")
  }

  /// Whatever is not one of these begins something else on the console.
  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:,/!".utf8)

  private static func tokens(_ line: String) throws -> [Token] {
    var tokens: [Token] = []
    var rest = Array(line.utf8)[...]
    while let byte = rest.first {
      if byte == UInt8(ascii: " ") {
        rest.removeFirst()
      } else if byte == UInt8(ascii: "\"") {
        rest.removeFirst()
        tokens.append(.quoted(try quoted(&rest)))
      } else if "[](){}=~".utf8.contains(byte) {
        tokens.append(.symbol(Character(UnicodeScalar(byte))))
        rest.removeFirst()
      } else {
        let word = rest.prefix { plain.contains($0) }
        guard !word.isEmpty else { throw RouterOSError("the character \(UnicodeScalar(byte).debugDescription)") }
        tokens.append(.word(String(decoding: word, as: UTF8.self)))
        rest = rest[word.endIndex...]
      }
    }
    return tokens
  }

  /// The text up to the quotation mark that ends it. `$`, and `?` in 6, do something unless they are escaped.
  private static func quoted(_ rest: inout ArraySlice<UInt8>) throws -> String {
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst() else { throw RouterOSError("an escape without its end") }
        if "\"\\$".utf8.contains(next) {
          bytes.append(next)
        } else {
          let digits = String(decoding: [next, rest.popFirst() ?? 0], as: UTF8.self)
          guard digits == digits.uppercased(), let value = UInt8(digits, radix: 16) else {
            throw RouterOSError("the escape \\\(digits)")
          }
          bytes.append(value)
        }
      case UInt8(ascii: "$"), UInt8(ascii: "?"), ..<0x20, 0x7F...:
        throw RouterOSError("\(UnicodeScalar(byte).debugDescription) between quotation marks")
      default: bytes.append(byte)
      }
    }
    throw RouterOSError("a text that does not end")
  }
}
