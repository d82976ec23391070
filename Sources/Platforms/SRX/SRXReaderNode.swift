/// One word of a Junos configuration with what stands below it. `set a b c` and `a { b c; }` are the same three nodes.
final class JunosNode {
  let word: String
  /// The position among the lines of the text where it stands first.
  let line: Int
  /// Whether it stands there and counts for nothing: `inactive:`, `deactivate`.
  var isInactive = false
  /// The line that deactivates it, which is its own where it says so itself.
  var lineOff: Int { deactivation ?? line }
  /// The position of a line of its own that deactivates it.
  var deactivation: Int?
  /// Whether a later line took it away.
  private var isGone = false
  private var nodes: [JunosNode] = []
  /// Those that are there by their words, where there are many.
  private var known: [String: JunosNode] = [:]

  private static let few = 6

  init(_ word: String, line: Int) { (self.word, self.line) = (word, line) }

  /// Everything below that is there, also what is inactive, in its order.
  var all: [JunosNode] { nodes.filter { !$0.isGone } }
  /// What counts of what is below.
  var active: [JunosNode] { nodes.filter { !$0.isGone && !$0.isInactive } }
  var isLeaf: Bool { active.isEmpty }
  /// The last word below that counts: the value of a statement that has one.
  var value: JunosNode? { nodes.last { !$0.isGone && !$0.isInactive } }

  /// A word below, whether it counts or not.
  func any(_ word: String) -> JunosNode? {
    known.isEmpty ? nodes.first { $0.word == word && !$0.isGone } : known[word]
  }

  /// What is below the words, where all of them count.
  subscript(_ words: String...) -> JunosNode? { self[words] }

  subscript(_ words: [String]) -> JunosNode? {
    var node = self
    for word in words {
      guard let next = node.any(word), !next.isInactive else { return nil }
      node = next
    }
    return node
  }

  /// The word below, made where it is not there yet.
  func adding(_ word: String, line: Int) -> JunosNode {
    if let node = any(word) { return node }
    let node = JunosNode(word, line: line)
    nodes.append(node)
    if !known.isEmpty {
      known[word] = node
    } else if nodes.count > Self.few {
      for node in nodes where !node.isGone { known[node.word] = node }
    }
    return node
  }

  func remove(_ word: String) {
    guard let node = any(word) else { return }
    node.isGone = true
    known[word] = nil
    // Nothing is looked for among many that are gone.
    if known.isEmpty { nodes.removeAll { $0.isGone } }
  }

  /// Puts one word before or after another. Returns whether both are there.
  func move(_ word: String, _ isBefore: Bool, _ other: String) -> Bool {
    guard word != other, let node = any(word), let place = any(other),
      let from = nodes.firstIndex(where: { $0 === node })
    else { return false }
    nodes.remove(at: from)
    guard let to = nodes.firstIndex(where: { $0 === place }) else { return false }
    nodes.insert(node, at: isBefore ? to : to + 1)
    return true
  }
}

/// The tree of a configuration, in whichever of both syntaxes it was written.
struct JunosTree {
  /// What is wrong with a text.
  struct Fault: Error {
    var line: Int
    var message: String
    var help: String?
  }

  /// More words than any statement has below each other.
  static let deepest = 80

  let root = JunosNode("", line: 0)
}

/// A word, and whether it stands between quotation marks.
struct JunosWord {
  var text: String
  var line: Int
  var isQuoted = false
}
