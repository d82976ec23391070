import Diagnostics

/// A command of an export, with its menu.
struct RouterOSSavedCommand {
  /// Words of the menu with a blank between them: `ip firewall nat`.
  var menu: String
  var verb: String
  var tokens: ArraySlice<RouterOSToken>
  var span: SourceSpan
  /// What a comment before it says is wrong with it; the export writes such a line before what does not work.
  var complaint: String?
}

/// A part of a line, as the console takes it apart.
enum RouterOSToken: Equatable {
  case word(String)
  case quoted(String)
  /// `=`, `~`, `!=`, `[`, `]`, `(`, `)`, `{`, `}` or `;`.
  case sign(String)

  /// A word, quoted or not.
  var text: String? {
    switch self {
    case .word(let text), .quoted(let text): text
    case .sign: nil
    }
  }
}

/// Takes an export apart into commands.
struct RouterOSCommands {
  private(set) var commands: [RouterOSSavedCommand] = []
  /// What is wrong with the text, and where.
  var fault: (String, SourceSpan)?
  /// Whether there are menus that have nothing to do with the firewall, as in a whole export.
  private(set) var hasOtherMenus = false

  private let text: GatewayText
  private var menu: [String] = []
  private var complaint: String?

  init(_ text: GatewayText) { self.text = text }

  private static let verbs: Set<String> = [
    "add", "set", "remove", "enable", "disable", "move", "unset", "comment", "edit", "print", "find", "export",
    "import", "get", "reset", "reset-counters", "reset-counters-all", "monitor",
  ]

  mutating func read() {
    var index = 0
    while index < text.lines.count, fault == nil {
      let (first, span) = text.lines[index]
      index += 1
      if let wrong = RouterOSMode.fault(first) {
        fault = (wrong, span)
        return
      }
      var line = first.drop { $0 == " " || $0 == "\t" }
      guard let start = line.first else { continue }
      guard start != "#" else {
        note(comment: line, span)
        continue
      }
      // Where the console was copied.
      if start == "[", line.contains("] > ") || line.hasSuffix("] >") { continue }
      while line.endsInBackslash {
        guard index < text.lines.count else {
          fault = ("the text ends in the middle of a line", span)
          return
        }
        line = line.dropLast() + text.lines[index].text.drop { $0 == " " || $0 == "\t" }
        index += 1
      }
      read(line, span)
    }
  }

  /// What the export says of the next line, or of what it could not write.
  private mutating func note(comment line: Substring, _ span: SourceSpan) {
    if line.contains("error exporting"), line.contains("firewall") || line.contains("interface list") {
      fault = ("the router could not write this part of its configuration", span)
    }
    let words = line.drop { $0 == "#" || $0 == " " }
    if words.hasPrefix("in/out-interface matcher not possible") || words.hasPrefix("no interface")
      || words.hasPrefix("no such ") || words.hasPrefix("unknown ")
    {
      complaint = String(words)
    }
  }

  private mutating func read(_ line: Substring, _ span: SourceSpan) {
    guard var tokens = routerOSTokens(line)?[...] else {
      fault = ("a quotation on this line has no end", span)
      return
    }
    var depth = 0
    for case .sign(let sign) in tokens {
      depth += "[({".contains(sign) ? 1 : "])}".contains(sign) ? -1 : 0
      if depth < 0 { break }
    }
    guard depth == 0 else {
      fault = ("a bracket on this line has no counterpart", span)
      return
    }
    while let command = next(&tokens) {
      take(command, span)
      if fault != nil { return }
    }
  }

  /// The tokens up to the next `;`.
  private func next(_ tokens: inout ArraySlice<RouterOSToken>) -> ArraySlice<RouterOSToken>? {
    while tokens.first == .sign(";") { tokens = tokens.dropFirst() }
    guard !tokens.isEmpty else { return nil }
    var depth = 0
    var end = tokens.startIndex
    while end < tokens.endIndex {
      if case .sign(let sign) = tokens[end] {
        if sign == ";", depth == 0 { break }
        depth += "[({".contains(sign) ? 1 : "])}".contains(sign) ? -1 : 0
      }
      end += 1
    }
    defer { tokens = tokens[end...] }
    return tokens[..<end]
  }

  private mutating func take(_ tokens: ArraySlice<RouterOSToken>, _ span: SourceSpan) {
    var tokens = tokens
    guard case .word(let first)? = tokens.first else {
      if tokens.contains(where: { $0.text?.contains("firewall") == true }) {
        fault = ("this is part of a script, and what it does is not known", span)
      }
      return
    }
    if first.hasPrefix(":") {
      let touches = tokens.contains { $0.text?.contains("firewall") == true }
      // A script may stop itself; everything else it does is not known.
      if touches, !(first == ":if" && tokens.contains(.word(":error"))) {
        fault = ("this is part of a script, and what it does is not known", span)
      }
      return
    }
    let start = menu
    var path = first.hasPrefix("/") ? [] : menu
    var verb: String?
    while case .word(let word)? = tokens.first, tokens.dropFirst().first != .sign("=") {
      let parts = word.split(separator: "/").map(String.init)
      if verb == nil, let last = parts.last, Self.verbs.contains(last) {
        path += parts.dropLast()
        verb = last
        tokens = tokens.dropFirst()
        break
      }
      guard path.count < 8 else { break }
      for part in parts {
        if part == ".." { _ = path.popLast() } else { path.append(part) }
      }
      tokens = tokens.dropFirst()
    }
    if !path.isEmpty, !path.contains("firewall"), !["export", "import"].contains(verb) { hasOtherMenus = true }
    guard let verb else {
      if tokens.isEmpty {
        menu = path
      } else if path.contains("firewall") {
        fault = ("`\(first)` is no command that is known here", span)
      }
      return
    }
    menu = start
    commands.append(
      RouterOSSavedCommand(
        menu: path.joined(separator: " "), verb: verb, tokens: tokens, span: span, complaint: complaint))
    complaint = nil
  }
}

/// Other things that RouterOS prints.
private enum RouterOSMode {
  /// What is wrong with a line; `nil` for one that can stand in an export.
  static func fault(_ line: String) -> String? {
    if line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      return "there is a control character on this line, as in what a terminal shows"
    }
    let words = line.drop { $0 == " " }
    if words.hasPrefix("-- [Q quit") || words.hasPrefix("--More--") || words.hasPrefix("<--- More --->") {
      return "the program that shows pages has left its words here, so lines may be missing"
    }
    if line.hasPrefix("Flags: ") || line.hasPrefix("Columns: ") {
      return "this is what `print` shows, which leaves out what an audit needs"
    }
    let number = words.prefix { $0.isASCII && $0.isNumber }
    guard !number.isEmpty, words.dropFirst(number.count).first == " " else { return nil }
    let rest = words.dropFirst(number.count)
    return rest.contains(";;;") || rest.contains("chain=")
      ? "this is what `print` shows, which leaves out what an audit needs" : nil
  }
}

extension Substring {
  /// Whether the next line belongs to it: it ends in a backslash that stands for nothing else.
  fileprivate var endsInBackslash: Bool {
    guard last == "\\" else { return false }
    return !reversed().prefix { $0 == "\\" }.count.isMultiple(of: 2)
  }
}

/// Takes a line apart; `nil` where a quotation has no end.
func routerOSTokens(_ line: Substring) -> [RouterOSToken]? {
  var tokens: [RouterOSToken] = []
  var word: [UInt8] = []
  var bytes = Array(line.utf8)[...]
  func finish() {
    if !word.isEmpty { tokens.append(.word(String(decoding: word, as: UTF8.self))) }
    word = []
  }
  while let byte = bytes.popFirst() {
    switch byte {
    case 0x20, 0x09: finish()
    case UInt8(ascii: "\""):
      finish()
      guard let text = quotation(&bytes) else { return nil }
      tokens.append(.quoted(text))
    case UInt8(ascii: "!") where !word.isEmpty && bytes.first == UInt8(ascii: "="):
      finish()
      bytes.removeFirst()
      tokens.append(.sign("!="))
    case UInt8(ascii: "="), UInt8(ascii: "~"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"):
      finish()
      tokens.append(.sign(String(UnicodeScalar(byte))))
    default: word.append(byte)
    }
  }
  finish()
  return tokens
}

/// The text up to the quotation mark that ends it, with the escapes of the manual's page of scripting; `nil` without
/// one.
private func quotation(_ bytes: inout ArraySlice<UInt8>) -> String? {
  var text: [UInt8] = []
  while let byte = bytes.popFirst() {
    if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
    guard byte == UInt8(ascii: "\\") else {
      text.append(byte)
      continue
    }
    guard let next = bytes.popFirst() else { return nil }
    switch next {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "_"): text.append(0x20)
    default:
      let digits = String(decoding: [next, bytes.first ?? 0], as: UTF8.self)
      if let value = UInt8(digits, radix: 16) {
        text.append(value)
        bytes.removeFirst()
      } else {
        text.append(next)
      }
    }
  }
  return nil
}
