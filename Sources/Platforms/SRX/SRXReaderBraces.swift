/// Reads what `show configuration` prints.
struct JunosBraces {
  private let root: JunosNode
  /// The blocks that are open, each with the node that its statements stand below.
  private var blocks: [(node: JunosNode, line: Int, depth: Int)] = []
  private var words: [JunosWord] = []
  /// The words of the list that ended the statement, as in `from zone [ a b ];`.
  private var list: [JunosWord]?
  private var isInList = false

  static func read(_ lines: some Sequence<(offset: Int, element: String)>) throws(JunosTree.Fault) -> JunosTree {
    let tree = JunosTree()
    var reader = JunosBraces(root: tree.root)
    for (token, line) in try JunosScanner(lines, hasBraces: true).tokens { try reader.take(token, line) }
    if let word = reader.words.first {
      throw .init(line: word.line, message: "this statement has no end, so the configuration is cut off here")
    }
    if let block = reader.blocks.last {
      throw .init(
        line: block.line,
        message: "the block `\(block.node.word)` that begins here has no end, so something is missing")
    }
    return tree
  }

  private init(root: JunosNode) { self.root = root }

  private mutating func take(_ token: JunosScanner.Token, _ line: Int) throws(JunosTree.Fault) {
    switch token {
    case .word(let word):
      if isInList {
        list = (list ?? []) + [word]
      } else {
        guard list == nil else {
          throw .init(line: line, message: "something follows a list that has to end its statement")
        }
        words.append(word)
      }
    case .listOpen:
      guard !isInList, list == nil, !words.isEmpty else {
        throw .init(line: line, message: "a list has no name here")
      }
      (isInList, list) = (true, [])
    case .listClose:
      guard isInList else { throw .init(line: line, message: "no list is open here") }
      isInList = false
    case .end:
      guard !isInList else { throw .init(line: line, message: "the list that ends here was not closed") }
      guard !words.isEmpty else { return }
      _ = try add(isBlock: false)
    case .open:
      guard !isInList, list == nil, !words.isEmpty else {
        throw .init(line: line, message: "a block has no name here")
      }
      let depth = (blocks.last?.depth ?? 0) + words.count
      guard depth < JunosTree.deepest else { throw .init(line: line, message: "blocks are too deep here") }
      blocks.append((try add(isBlock: true), line, depth))
    case .close:
      if let word = words.first {
        throw .init(line: word.line, message: "`;` is missing at the end of this statement")
      }
      guard blocks.popLast() != nil else { throw .init(line: line, message: "no block is open here") }
    }
  }

  /// Adds the statement that has just ended.
  private mutating func add(isBlock: Bool) throws(JunosTree.Fault) -> JunosNode {
    var isInactive = false
    var path = words[...]
    while let first = path.first, !first.isQuoted,
      ["inactive:", "replace:", "protect:", "delete:"].contains(first.text)
    {
      isInactive = isInactive || first.text == "inactive:"
      path = path.dropFirst()
    }
    guard path.count < JunosTree.deepest, !path.isEmpty else {
      throw .init(line: words.first?.line ?? 0, message: "this is no statement of Junos")
    }
    var nodes: [JunosNode] = []
    var node = blocks.last?.node ?? root
    for word in path {
      node = node.adding(word.text, line: word.line)
      nodes.append(node)
    }
    let members = list?.map { node.adding($0.text, line: $0.line) } ?? []
    if isInactive {
      if members.isEmpty {
        let place = Self.place(ofName: path.map(\.text), isBlock: isBlock)
        (nodes.dropFirst(place).first ?? nodes.last)?.isInactive = true
      } else {
        members.forEach { $0.isInactive = true }
      }
    }
    (words, list) = ([], nil)
    return node
  }

  /// The word of a statement that `inactive:` before it switches off: the name of what it describes, with what follows.
  private static func place(ofName words: [String], isBlock: Bool) -> Int {
    if isBlock { return words.count - 1 }
    // In a list of values, `5000 to 5500` is a value.
    return words.dropFirst().first == "to" ? 0 : 1
  }
}
