/// Reads what `show configuration | display set` prints, and lines that change it.
struct JunosSetLines {
  private let tree = JunosTree()

  static func read(_ lines: some Sequence<(offset: Int, element: String)>) throws(JunosTree.Fault) -> JunosTree {
    let reader = JunosSetLines()
    var words: [JunosWord] = []
    var list: [JunosWord]?
    var isInList = false
    var current = -1
    // A quotation may go on in further lines; whatever else stands in a new line is a new statement.
    for (token, line) in try JunosScanner(lines, hasBraces: false).tokens {
      if line != current {
        try reader.take(words, list)
        (words, list, isInList, current) = ([], nil, false, line)
      }
      switch token {
      case .word(let word): if isInList { list?.append(word) } else { words.append(word) }
      case .listOpen: (isInList, list) = (true, list ?? [])
      case .listClose: isInList = false
      case .open, .close, .end: break
      }
    }
    try reader.take(words, list)
    return reader.tree
  }

  private func take(_ words: [JunosWord], _ list: [JunosWord]?) throws(JunosTree.Fault) {
    guard let verb = words.first else { return }
    let path = words.dropFirst()
    guard path.count < JunosTree.deepest else {
      throw .init(line: verb.line, message: "this is no statement of Junos")
    }
    switch verb.text {
    case "set":
      guard !path.isEmpty else { throw .init(line: verb.line, message: "`set` does not say what") }
      var node = tree.root
      for word in path { node = node.adding(word.text, line: word.line) }
      for word in list ?? [] { _ = node.adding(word.text, line: word.line) }
    case "delete":
      guard let last = path.last, let parent = node(path.dropLast()) else { return }
      if let list {
        list.forEach { parent.any(last.text)?.remove($0.text) }
      } else {
        parent.remove(last.text)
      }
    case "deactivate": mark(path, verb.line)
    case "activate": mark(path, nil)
    case "insert": try insert(path, verb.line)
    case "protect", "unprotect", "annotate": break
    default:
      throw .init(line: verb.line, message: "`\(verb.text.prefix(40))` begins no line of a configuration of Junos")
    }
  }

  /// What stands at a path; `nil` where nothing does.
  private func node(_ path: some Sequence<JunosWord>) -> JunosNode? {
    var node = tree.root
    for word in path {
      guard let next = node.any(word.text) else { return nil }
      node = next
    }
    return node
  }

  /// - Parameter line: The line that deactivates it; `nil` where it counts again.
  private func mark(_ path: ArraySlice<JunosWord>, _ line: Int?) {
    // `5000 to 5500` is one value.
    var path = path
    if path.count > 2, path.dropLast().last?.text == "to" { path = path.dropLast(2) }
    guard !path.isEmpty else { return }
    guard let node = node(path) else { return }
    node.isInactive = line != nil
    node.deactivation = line
  }

  /// `insert PATH policy A before policy B`.
  private func insert(_ path: ArraySlice<JunosWord>, _ line: Int) throws(JunosTree.Fault) {
    guard let sign = path.lastIndex(where: { $0.text == "before" || $0.text == "after" }), sign > path.startIndex,
      let other = path[(sign + 1)...].last
    else { throw .init(line: line, message: "`insert` does not say where") }
    let own = path[path.startIndex..<sign]
    guard let name = own.last, let parent = node(own.dropLast()),
      parent.move(name.text, path[sign].text == "before", other.text)
    else {
      throw .init(
        line: line, message: "`insert` names what is not there, so it is not known in which order things stand",
        help: "save the whole configuration after the change")
    }
  }
}
