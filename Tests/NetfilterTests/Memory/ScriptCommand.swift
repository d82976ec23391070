import Nftables

/// One command of a script for nft.
struct ScriptCommand {
  enum Action {
    /// Makes the table unless it is there; with objects, it makes these as well.
    case declare(Table)
    case createTable
    case deleteTable
    case addElements(set: String, ElementList)
    /// Elements of which only the keys count.
    case deleteElements(set: String, ElementList)
    case addRule(chain: String, Rule)
    /// Before the rule of that handle.
    case insertRule(chain: String, Int64, Rule)
    case replaceRule(chain: String, Int64, Rule)
    case deleteRule(chain: String, Int64)
    case flushChain(String)
    case deleteChain(String)
    case deleteSet(handle: Int64)
    case deleteNamedSet(String, isMap: Bool)
    case deleteHelper(String)
  }

  /// Where it begins, from 1.
  var line: Int
  /// The table, of family inet.
  var table: String
  var action: Action
}

/// What of a script is none of ours.
struct ScriptError: Error {
  /// From 1.
  var line: Int
  var text: String
}

/// The words of a script: the texts between quotes, what stands between spaces, and the ends of lines. Remarks are left
/// out.
struct ScriptWords {
  enum Word: Equatable {
    case bare(String)
    case quoted(String)
    case lineEnd
  }

  private var words: [(word: Word, line: Int)] = []
  private var position = 0

  init(_ script: [UInt8]) throws(ScriptError) {
    let lines = String(decoding: script, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      try append(line, number: index + 1)
      words.append((.lineEnd, index + 1))
    }
  }

  private mutating func append(_ line: Substring, number: Int) throws(ScriptError) {
    var rest = line
    while let first = rest.first {
      if first == " " {
        rest.removeFirst()
      } else if first == "\"" {
        let text = rest.dropFirst()
        guard let end = text.firstIndex(of: "\"") else {
          throw ScriptError(line: number, text: "a text without end")
        }
        words.append((.quoted(String(text[..<end])), number))
        rest = text[text.index(after: end)...]
      } else {
        var word = rest.prefix { $0 != " " && $0 != "\"" }
        rest = rest.dropFirst(word.count)
        let separators = word.reversed().prefix { $0 == "," || $0 == ";" }
        word = word.dropLast(separators.count)
        if !word.isEmpty { words.append((.bare(String(word)), number)) }
        for separator in separators.reversed() { words.append((.bare(String(separator)), number)) }
      }
    }
  }

  /// The line of the next word.
  var line: Int { position < words.count ? words[position].line : words.last?.line ?? 1 }

  var next: Word? { position < words.count ? words[position].word : nil }

  func error(_ expected: String) -> ScriptError {
    ScriptError(line: line, text: "expected \(expected), found \(next.map { "\($0)" } ?? "the end")")
  }

  mutating func take(_ word: String) -> Bool {
    guard next == .bare(word) else { return false }
    position += 1
    return true
  }

  /// Whether the next words are these; they are taken then.
  mutating func take(_ first: String, _ second: String) -> Bool {
    guard next == .bare(first), position + 1 < words.count, words[position + 1].word == .bare(second) else {
      return false
    }
    position += 2
    return true
  }

  mutating func expect(_ word: String) throws(ScriptError) {
    guard take(word) else { throw error("`\(word)`") }
  }

  mutating func bare(_ expected: String) throws(ScriptError) -> String {
    guard case .bare(let word)? = next else { throw error(expected) }
    position += 1
    return word
  }

  mutating func quoted(_ expected: String) throws(ScriptError) -> String {
    guard case .quoted(let text)? = next else { throw error(expected) }
    position += 1
    return text
  }

  /// A name after `@`.
  mutating func reference() throws(ScriptError) -> String {
    guard case .bare(let word)? = next, word.hasPrefix("@") else { throw error("the name of a set") }
    position += 1
    return String(word.dropFirst())
  }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(ScriptError) -> Number {
    guard case .bare(let word)? = next, let number = Number(word) else { throw error("a number") }
    position += 1
    return number
  }

  mutating func endOfLine() throws(ScriptError) {
    guard next == .lineEnd || next == nil else { throw error("the end of the line") }
    skipLineEnds()
  }

  mutating func skipLineEnds() { while next == .lineEnd { position += 1 } }
}
