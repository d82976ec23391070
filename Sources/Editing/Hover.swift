package import Compilation
import Diagnostics
import Policy
import PolicySyntax

/// What is said about a place.
package struct Hover: Sendable {
  /// In Markdown.
  package var text: String
  /// What it is about, in bytes.
  package var range: Range<Int>
}

extension EditingScope {
  /// What a statement means, what a name stands for, what a code in a comment says; for a publication or a `reach` the
  /// sessions that work.
  ///
  /// - Parameter compilation: The policy as it stands; `nil` when nothing can be said of its sessions.
  package func hover(at offset: Int, in file: Int, _ compilation: Compilation?) -> Hover? {
    guard files.indices.contains(file) else { return nil }
    let tree = files[file]
    let cursor = TextCursor(tree, at: offset)
    if case .comment(let comment) = cursor.place { return hover(in: comment, of: tree, at: offset) }
    guard let index = cursor.tokenUnder else { return nil }
    let range = tree.token(index).range
    if let mention = mention(at: offset, in: file), mention.span.range == range {
      return Hover(text: page(of: mention, compilation), range: range)
    }
    guard let kind = cursor.kind, let statement = cursor.statement, statement.tokens.contains(index),
      let (word, _, count) = BlockForms.of(kind).find(tree, statement.tokens)
    else { return nil }
    let isKeyword = index < statement.tokens.lowerBound + count
    let keyword = tree.span(statement.tokens.lowerBound..<statement.tokens.lowerBound + count).range
    return Hover(text: word.page, range: isKeyword ? keyword : range)
  }

  /// What a name stands for.
  private func page(of mention: NameMention, _ compilation: Compilation?) -> String {
    var parts: [String] = []
    let places = declarations(of: mention)
    if places.isEmpty { parts.append("`\(mention.name)` is declared nowhere.") }
    for place in places.prefix(3) {
      let tree = files[place.file]
      guard let declaration = declaration(at: place.range.lowerBound, in: tree) else { continue }
      parts.append(fenced(beginning(of: tree.source.text(tree.whole(declaration)))))
    }
    if !Set(mention.kinds).isDisjoint(with: [.publication, .reach]), let compilation {
      parts.append(sessions(of: mention.name, compilation))
    }
    return parts.joined(separator: "\n\n")
  }

  private func sessions(of name: String, _ compilation: Compilation) -> String {
    guard let subject = compilation.subject(named: name), compilation.canExplain(subject) else {
      return "Nothing is known of its sessions: the policy has mistakes."
    }
    return compilation.sessions(of: subject).markdown
  }

  /// The first lines of a text.
  private func beginning(of text: String) -> String {
    let most = 24
    let lines = splitLines(text.replacing("\r\n", with: "\n"))
    return (lines.prefix(most) + (lines.count > most ? ["..."] : [])).map { String($0.prefix(200)) }
      .joined(separator: "\n")
  }

  /// What a code in `# allow: CODE` means.
  private func hover(in comment: Comment, of tree: PolicyFileSyntax, at offset: Int) -> Hover? {
    let bytes = tree.source.bytes
    func isCode(_ index: Int) -> Bool {
      comment.range.contains(index) && bytes.indices.contains(index)
        && ((0x61...0x7A).contains(bytes[index]) || bytes[index] == UInt8(ascii: "-")
          || (0x30...0x39).contains(bytes[index]))
    }
    var (start, end) = (offset, offset)
    while isCode(start - 1) { start -= 1 }
    while isCode(end) { end += 1 }
    let code = tree.source.text(start..<end)
    guard let page = RulePage(of: code) else { return nil }
    return Hover(
      text: "**\(page.severity.rawValue)[\(code)]** \(sentence(page.summary))\n\n\(page.explanation)",
      range: start..<end)
  }
}
