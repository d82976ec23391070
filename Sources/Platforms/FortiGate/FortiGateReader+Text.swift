import Diagnostics

/// What stands between `edit` and `next`.
struct FortiGateEntry {
  var key: String
  var span: SourceSpan
  private(set) var settings: [String: [String]] = [:]
  private(set) var spans: [String: SourceSpan] = [:]
  var tables: [String: FortiGateTable] = [:]

  init(_ key: String, _ span: SourceSpan) { (self.key, self.span) = (key, span) }

  /// The values of a setting; none where it has its default.
  subscript(name: String) -> [String] { settings[name] ?? [] }
  func value(_ name: String) -> String? { settings[name]?.first }
  func isEnabled(_ name: String) -> Bool { value(name) == "enable" }
  /// The line of a setting, or of the entry.
  func span(of name: String) -> SourceSpan { spans[name] ?? span }

  mutating func set(_ name: String, _ values: [String], _ span: SourceSpan) {
    settings[name] = values
    spans[name] = span
  }

  mutating func append(_ name: String, _ values: [String], _ span: SourceSpan) {
    settings[name, default: []] += values
    spans[name] = spans[name] ?? span
  }

  mutating func unset(_ name: String) { settings[name] = nil }
}

/// What stands between `config` and `end`.
struct FortiGateTable {
  /// Settings and tables beside the entries.
  var own: FortiGateEntry
  private var all: [FortiGateEntry?] = []
  private var order: [Int] = []
  private var positions: [String: Int] = [:]

  init(_ span: SourceSpan) { own = FortiGateEntry("", span) }

  /// The entries in their order.
  var entries: [FortiGateEntry] { order.compactMap { all.indices.contains($0) ? all[$0] : nil } }

  /// Takes an entry out, to be changed and put back.
  mutating func take(_ key: String, _ span: SourceSpan) -> FortiGateEntry {
    guard let position = positions[key], all.indices.contains(position), let entry = all[position] else {
      return FortiGateEntry(key, span)
    }
    all[position] = nil
    return entry
  }

  mutating func put(_ entry: FortiGateEntry) {
    if let position = positions[entry.key], all.indices.contains(position) {
      all[position] = entry
    } else {
      positions[entry.key] = all.count
      order.append(all.count)
      all.append(entry)
    }
  }

  mutating func delete(_ key: String) {
    guard let position = positions.removeValue(forKey: key) else { return }
    order.removeAll { $0 == position }
  }

  /// Returns whether both are there.
  mutating func move(_ key: String, before other: String, isAfter: Bool) -> Bool {
    guard let moved = positions[key], positions[other] != nil, key != other else { return false }
    order.removeAll { $0 == moved }
    guard let target = positions[other], let place = order.firstIndex(of: target) else { return false }
    order.insert(moved, at: isAfter ? place + 1 : place)
    return true
  }
}

/// Reads the tree of a configuration.
struct FortiGateText {
  /// What is wrong with the text, and where.
  private(set) var fault: (String, SourceSpan)?
  private let text: GatewayText
  private var next = 0
  private var last: SourceSpan

  init(_ text: GatewayText) {
    self.text = text
    last = text.lines.last?.span ?? text.whole
  }

  private static let deepest = 12

  /// Everything, as the tables of one entry without a name.
  mutating func read() -> FortiGateEntry {
    var root = FortiGateEntry("", text.whole)
    while fault == nil, let (words, span) = statement() {
      guard words.first == "config" else {
        fail("`\(words.first ?? "")` stands in no `config`", span)
        break
      }
      read(table: words, span, into: &root, depth: 1)
    }
    return root
  }

  private mutating func fail(_ message: String, _ span: SourceSpan) { fault = fault ?? (message, span) }

  private mutating func read(table words: [String], _ span: SourceSpan, into entry: inout FortiGateEntry, depth: Int)
  {
    guard depth < Self.deepest else { return fail("tables are too deep inside each other", span) }
    let name = words.dropFirst().joined(separator: " ")
    var table = entry.tables.removeValue(forKey: name) ?? FortiGateTable(span)
    defer { entry.tables[name] = table }
    while fault == nil {
      guard let (words, span) = statement() else {
        return fail("the text ends inside of `config \(name)`, so the rest is missing", last)
      }
      switch words.first {
      case "end": return
      case "edit":
        var edited = table.take(words.dropFirst().first ?? "", span)
        let isEnd = read(&edited, depth)
        table.put(edited)
        if isEnd { return }
      case "delete": for key in words.dropFirst() { table.delete(key) }
      case "purge": table = FortiGateTable(span)
      case "move":
        let parts = Array(words.dropFirst())
        guard parts.count == 3, parts[1] == "before" || parts[1] == "after",
          table.move(parts[0], before: parts[2], isAfter: parts[1] == "after")
        else { return fail("this moves something that is not there", span) }
      case "config": read(table: words, span, into: &table.own, depth: depth + 1)
      default: change(&table.own, words, span)
      }
    }
  }

  /// Reads an entry. Returns whether the `end` of its table ended it, as in the parts of a device with VDOMs.
  private mutating func read(_ entry: inout FortiGateEntry, _ depth: Int) -> Bool {
    while fault == nil {
      guard let (words, span) = statement() else {
        fail("the text ends inside of `edit \(entry.key)`, so the rest is missing", last)
        return true
      }
      switch words.first {
      case "next": return false
      case "end": return true
      case "config": read(table: words, span, into: &entry, depth: depth + 1)
      default: change(&entry, words, span)
      }
    }
    return true
  }

  private mutating func change(_ entry: inout FortiGateEntry, _ words: [String], _ span: SourceSpan) {
    guard words.count > 1 else { return fail("`\(words.first ?? "")` is no whole command", span) }
    let values = Array(words.dropFirst(2))
    switch words.first {
    case "set", "select": entry.set(words[1], values, span)
    case "append": entry.append(words[1], values, span)
    case "unset": entry.unset(words[1])
    case "unselect": fail("`unselect` stands in no backup", span)
    default: fail("`\(words.first ?? "")` is no command of a configuration", span)
    }
  }

  /// The words of the next line that has some; a quotation may go on over lines.
  private mutating func statement() -> (words: [String], span: SourceSpan)? {
    while next < text.lines.count {
      let (line, span) = text.lines[next]
      next += 1
      if let wrong = Self.wrong(line) {
        fail(wrong, span)
        return nil
      }
      let start = line.drop { $0 == " " || $0 == "\t" }
      // Comments, and where the console was copied.
      if start.isEmpty || start.hasPrefix("#") || Self.isPrompt(start) { continue }
      var words = FortiGateWords()
      words.add(start)
      while words.isOpen {
        guard next < text.lines.count else {
          fail("a quotation on this line has no end", span)
          return nil
        }
        words.addLineEnd()
        words.add(text.lines[next].text[...])
        next += 1
      }
      return (words.finished, span)
    }
    return nil
  }

  private static func isPrompt(_ line: Substring) -> Bool {
    guard let sign = line.range(of: " # ") ?? line.range(of: " $ ") else { return line.hasSuffix(" #") }
    return !line.hasPrefix("set ") && !line.hasPrefix("edit ") && line[sign.upperBound...].hasPrefix("show")
  }

  private static func wrong(_ line: String) -> String? {
    if line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      return "there is a control character on this line, as in what a terminal shows"
    }
    if line.hasPrefix("--More--") { return "the program that shows pages has left its words here" }
    if line.hasPrefix("== [") { return "this is what `get` shows, which leaves out what an audit needs" }
    return nil
  }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}

/// Cuts lines into words: blanks separate them, quotation marks of both kinds hold them together, and a backslash takes
/// the next byte as it is.
private struct FortiGateWords {
  private var words: [String] = []
  private var word: [UInt8] = []
  private var isWord = false
  private var quote: UInt8?
  private var isEscaped = false

  var isOpen: Bool { quote != nil }

  mutating func addLineEnd() { word.append(0x0A) }

  mutating func add(_ line: Substring) {
    for byte in line.utf8 {
      if isEscaped {
        word.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        (isEscaped, isWord) = (true, true)
      } else if let quote {
        if byte == quote { self.quote = nil } else { word.append(byte) }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        (quote, isWord) = (byte, true)
      } else if byte == 0x20 || byte == 0x09 {
        finish()
      } else {
        word.append(byte)
        isWord = true
      }
    }
    isEscaped = false
    if quote == nil { finish() }
  }

  private mutating func finish() {
    if isWord { words.append(String(decoding: word, as: UTF8.self)) }
    (word, isWord) = ([], false)
  }

  var finished: [String] { words }
}
