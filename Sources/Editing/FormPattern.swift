import PolicySyntax

/// What may stand at one place of the values of a statement.
enum FormSymbol: Hashable, Sendable {
  /// A word of the language.
  case literal(String)
  /// Stands for a value, such as `NAME` or `ADDRESS`.
  case placeholder(String)
  /// The same in quotes.
  case quoted(String)
  case comma, arrow, equals
}

/// The forms of the values of a word (`WordFacts.forms`) as one automaton: it tells what each token of a statement is,
/// and what may come next.
struct FormPattern: Sendable {
  private enum Step {
    case match(FormSymbol)
    /// Goes on at both places.
    case fork(Int, Int)
    case accept
  }

  private var steps: [Step] = []
  private var starts: [Int] = []

  init(_ forms: [String]) {
    for form in forms {
      starts.append(steps.count)
      compile(form)
      steps.append(.accept)
    }
  }

  /// Reads a form: words, placeholders, `[...]` for what may be left out, `, ...` for more of what stands before.
  private mutating func compile(_ form: String) {
    var pieces: [String] = []
    for character in form {
      if "[],=".contains(character) {
        pieces.append(String(character))
        pieces.append("")
      } else if character == " " {
        pieces.append("")
      } else if pieces.isEmpty {
        pieces.append(String(character))
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    pieces.removeAll(where: \.isEmpty)
    var open: [Int] = []
    var last = steps.count
    var index = 0
    while index < pieces.count {
      let piece = pieces[index]
      index += 1
      switch piece {
      case "[":
        open.append(steps.count)
        steps.append(.fork(steps.count + 1, 0))
      case "]":
        if let start = open.popLast() { steps[start] = .fork(start + 1, steps.count) }
      case "," where index < pieces.count && pieces[index] == "...":
        index += 1
        // Either it ends here, or a comma and the same again.
        steps.append(.fork(steps.count + 3, steps.count + 1))
        steps.append(.match(.comma))
        steps.append(.fork(last, steps.count + 1))
      case ",": steps.append(.match(.comma))
      case "=": steps.append(.match(.equals))
      case "->": steps.append(.match(.arrow))
      // The block after a declaration.
      case "{": return
      default:
        last = steps.count
        steps.append(.match(Self.symbol(piece)))
      }
    }
  }

  private static func symbol(_ piece: String) -> FormSymbol {
    if piece.hasPrefix("\"") { return .quoted(piece.filter { $0 != "\"" }) }
    return piece.contains(where: \.isUppercase) ? .placeholder(piece) : .literal(piece)
  }

  /// What some tokens are, as far as they fit, and what may come after them.
  func read(_ tokens: Range<Int>, of tree: PolicyFileSyntax) -> (labels: [FormSymbol], next: [FormSymbol]) {
    var places = closure(starts)
    var labels: [FormSymbol] = []
    for index in tokens {
      let token = tree.token(index)
      let fitting = places.filter { place in
        if case .match(let symbol) = steps[place] { symbol.fits(token, of: tree) } else { false }
      }
      guard let label = fitting.compactMap(symbol).min(by: { $0.rank < $1.rank }) else { return (labels, []) }
      labels.append(label)
      places = closure(fitting.map { $0 + 1 })
    }
    var next: [FormSymbol] = []
    for symbol in places.compactMap(symbol) where !next.contains(symbol) { next.append(symbol) }
    return (labels, next)
  }

  private func symbol(_ place: Int) -> FormSymbol? {
    if case .match(let symbol) = steps[place] { symbol } else { nil }
  }

  /// The places of matches that are reached without one.
  private func closure(_ places: [Int]) -> [Int] {
    var (found, seen): ([Int], Set<Int>) = ([], [])
    var waiting = Array(places.reversed())
    while let place = waiting.popLast() {
      guard steps.indices.contains(place), seen.insert(place).inserted else { continue }
      if case .fork(let one, let other) = steps[place] { waiting += [other, one] } else { found.append(place) }
    }
    return found
  }
}

extension FormSymbol {
  /// What counts where several fit: a word of the language before a value.
  fileprivate var rank: Int {
    switch self {
    case .literal, .comma, .arrow, .equals: 0
    case .placeholder, .quoted: 1
    }
  }

  /// Whether a token may be meant so.
  fileprivate func fits(_ token: Token, of tree: PolicyFileSyntax) -> Bool {
    switch self {
    case .literal(let word): token.kind == .word && tree.read(token) { $0.elementsEqual(word.utf8) }
    case .comma: token.kind == .comma
    case .arrow: token.kind == .arrow
    case .equals: token.kind == .equals
    case .quoted: token.kind == .string
    case .placeholder("INTERFACE") where token.kind == .string: true
    case .placeholder(let name): token.kind == .word && tree.read(token) { placeholderFits(name, $0) }
    }
  }
}

/// Whether a word may stand for a placeholder, as far as that tells the forms of one statement apart.
private func placeholderFits(_ name: String, _ word: TokenBytes) -> Bool {
  if let words = ValueWords.ofPlaceholder[name] { return words.contains(String(decoding: word, as: UTF8.self)) }
  let beginsWithLetter = word.first.map { (0x61...0x7A).contains($0 | 0x20) } ?? false
  switch name {
  case "NAME", "SOFTWARE", "PLATFORM": return beginsWithLetter && !word.contains(UInt8(ascii: ":"))
  case "ADDRESS": return word.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
  case "N", "PORT", "LOW-HIGH", "VERSION": return !beginsWithLetter
  default: return true
  }
}
