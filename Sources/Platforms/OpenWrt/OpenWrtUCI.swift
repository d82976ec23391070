import Diagnostics

/// A section of a configuration of UCI.
struct UCISection: Sendable {
  struct Option: Sendable {
    var values: [String]
    /// Whether it stands as `list`, or has several values.
    var isList: Bool
    /// The line that gives it its value, or the first one of a list.
    var span: SourceSpan
  }

  var type: String
  var name: String?
  /// The line that begins it.
  var span: SourceSpan
  private(set) var options: [String: Option] = [:]
  /// The names of the options as they stand.
  private(set) var order: [String] = []

  init(type: String, name: String?, span: SourceSpan) {
    (self.type, self.name, self.span) = (type, name, span)
  }

  /// Gives an option a value. One without a value is none (`uci_set`).
  mutating func set(_ option: String, _ values: [String], _ span: SourceSpan) {
    if options[option] == nil { order.append(option) }
    options[option] = values == [""] ? nil : Option(values: values, isList: values.count > 1, span: span)
  }

  /// Adds a value to a list.
  mutating func append(_ option: String, _ value: String, _ span: SourceSpan) {
    if options[option] == nil { order.append(option) }
    options[option, default: Option(values: [], isList: true, span: span)].values.append(value)
    options[option]?.isList = true
  }

  /// The section in one line, for people.
  var summary: String {
    let title = options["name"]?.values.joined() ?? name ?? ""
    let parts = order.filter { $0 != "name" && $0 != "enabled" }.compactMap { option in
      options[option].map { "\(option) \($0.values.joined(separator: " "))" }
    }
    return "\(type)\(title.isEmpty ? "" : " \(title)"): \(parts.joined(separator: ", "))"
  }
}

/// The sections of the package `firewall`, in the forms that UCI has for them: the file itself, `uci export` and
/// `uci show`.
struct UCIFile {
  private(set) var sections: [UCISection] = []
  /// Lines that UCI does not take, or whose meaning here is not known.
  private(set) var faults: [(message: String, span: SourceSpan)] = []
  /// Other packages that the text has.
  private(set) var otherPackages: Set<String> = []
  private var positions: [String: Int] = [:]
  private var package = "firewall"
  private var current: Int?

  init(_ text: GatewayText) {
    for (line, span) in text.lines {
      guard let words = Self.words(line) else {
        faults.append(("a quotation on this line has no end", span))
        continue
      }
      guard let first = words.first else { continue }
      if let equals = first.firstIndex(of: "="), first[..<equals].contains(".") {
        readShown(first[..<equals], [String(first[first.index(after: equals)...])] + words.dropFirst(), span)
      } else {
        read(first, words.dropFirst(), span)
      }
    }
  }

  private mutating func read(_ command: String, _ words: ArraySlice<String>, _ span: SourceSpan) {
    switch command {
    case "package" where words.count == 1:
      package = words.first ?? ""
      current = nil
      if package != "firewall" { otherPackages.insert(package) }
    case _ where package != "firewall": break
    case "config" where words.count == 1 || words.count == 2:
      begin(words.first ?? "", name: words.count == 2 ? words.last : nil, span)
    case "option" where words.count == 2, "list" where words.count == 2:
      guard let current, let option = words.first, let value = words.last else {
        return faults.append(("an option stands here in no section", span))
      }
      if command == "list" {
        sections[current].append(option, value, span)
      } else {
        sections[current].set(option, [value], span)
      }
    case "config", "option", "list", "package":
      faults.append(("`\(command)` has too few or too many words here", span))
    default: faults.append(("`\(command.prefix(40))` is no word of UCI", span))
    }
  }

  /// Sections of the same name are one.
  private mutating func begin(_ type: String, name: String?, _ span: SourceSpan) {
    if let name, let known = positions[name] {
      current = known
      return
    }
    if let name { positions[name] = sections.count }
    current = sections.count
    sections.append(UCISection(type: type, name: name, span: span))
  }

  /// `firewall.@rule[0]=rule`, `firewall.@rule[0].name='x'`.
  private mutating func readShown(_ path: Substring, _ values: [String], _ span: SourceSpan) {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first else { return }
    guard first == "firewall" else {
      otherPackages.insert(first)
      return
    }
    guard (2...3).contains(parts.count) else { return faults.append(("`\(path)` names no option", span)) }
    let key = parts[1]
    if parts.count == 2 {
      let isNamed = !key.hasPrefix("@") && !key.hasPrefix("cfg")
      positions[key] = sections.count
      sections.append(UCISection(type: values.joined(separator: " "), name: isNamed ? key : nil, span: span))
    } else if let position = positions[key], let option = parts.last {
      sections[position].set(option, values, span)
    } else {
      faults.append(("the section `\(key)` is not declared before this line", span))
    }
  }

  /// The words of a line, without quotes; `nil` where a quotation does not end (`uci_parse_single_quote` and its like
  /// in libuci's file.c).
  private static func words(_ line: String) -> [String]? {
    var words: [String] = []
    var word: [UInt8] = []
    var isWord = false
    var quote: UInt8?
    var bytes = Array(line.utf8)[...]
    while let byte = bytes.popFirst() {
      if quote == nil, !isWord, byte == UInt8(ascii: "#") { break }
      switch (byte, quote) {
      case (UInt8(ascii: "'"), nil), (UInt8(ascii: "\""), nil): (quote, isWord) = (byte, true)
      case (_, byte?): quote = nil
      case (UInt8(ascii: "\\"), nil), (UInt8(ascii: "\\"), UInt8(ascii: "\"")?):
        guard let next = bytes.popFirst() else { return nil }
        word.append(next)
        isWord = true
      case (0x20, nil), (0x09, nil):
        if isWord { words.append(String(decoding: word, as: UTF8.self)) }
        (word, isWord) = ([], false)
      default:
        word.append(byte)
        isWord = true
      }
    }
    guard quote == nil else { return nil }
    return isWord ? words + [String(decoding: word, as: UTF8.self)] : words
  }
}
