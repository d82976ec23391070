package import Diagnostics

extension PolicyFileSyntax {
  /// The tree of the file after an edit, the same that `parse` makes of the new text: only lines that were touched are
  /// read again, and only declarations around them.
  ///
  /// - Parameters:
  ///   - source: The text after the edit.
  ///   - range: The bytes that were replaced, in the text before.
  ///   - count: How many bytes took their place.
  package func reparsed(_ source: SourceFile, replacing range: Range<Int>, withBytes count: Int) -> PolicyFileSyntax {
    let edit = LineEdit(old: self.source.bytes, new: source.bytes, range: range, count: count)
    let lexed = relexed(source, edit)
    let unread = PolicyFileSyntax(source, file, lexed.file)
    return reparsed(unread, lexed, edit) ?? parsed(unread, lexed.file)
  }
}

/// An edit as whole lines.
private struct LineEdit {
  /// Where the touched lines begin, in both texts.
  let start: Int
  let oldEnd: Int
  let newEnd: Int
  var delta: Int { newEnd - oldEnd }

  init(old: [UInt8], new: [UInt8], range: Range<Int>, count: Int) {
    start = old[..<min(range.lowerBound, old.count)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    oldEnd = old[min(range.upperBound, old.count)...].firstIndex(of: 0x0A).map { $0 + 1 } ?? old.count
    newEnd = oldEnd + new.count - old.count
  }
}

/// The tokens of a text that was edited.
private struct Relexed {
  var file: LexedFile
  /// Positions of tokens: the first of touched lines, the first after them before the edit, and after it.
  var first: Int
  var oldEnd: Int
  var newEnd: Int
}

extension PolicyFileSyntax {
  private func relexed(_ source: SourceFile, _ edit: LineEdit) -> Relexed {
    let middle = lex(source, as: file, lines: edit.start..<max(edit.start, edit.newEnd))
    let delta = Int32(clamping: edit.delta)
    let first = tokens.indices.partitionPoint { Int(tokens[$0].start) < edit.start }
    // That of the end of the file is made anew.
    let last = max(first, tokens.count - 1)
    let firstIndex = min(first, last)
    let after = (firstIndex..<last).partitionPoint { Int(tokens[$0].start) < edit.oldEnd }
    var file = LexedFile()
    file.tokens.reserveCapacity(tokens.count + middle.tokens.count)
    file.tokens += tokens[..<firstIndex]
    file.tokens += middle.tokens
    let newEnd = file.tokens.count
    for token in tokens[after..<last] { file.tokens.append(token.moved(by: delta)) }
    file.appendEnd(of: source.bytes)
    let comment = comments.indices.partitionPoint { Int(comments[$0].start) < edit.start }
    let nextComment = comments.indices.partitionPoint { Int(comments[$0].start) < edit.oldEnd }
    file.comments = comments[..<comment] + middle.comments + comments[nextComment...].map { $0.moved(by: delta) }
    let lexical = diagnostics.prefix(lexicalCount)
    file.diagnostics =
      lexical.filter { $0.primary.span.range.lowerBound < edit.start } + middle.diagnostics
      + lexical.filter { $0.primary.span.range.lowerBound >= edit.oldEnd }.map { $0.moved(by: edit.delta) }
    file.hasInvalidTokens =
      middle.hasInvalidTokens || hasInvalidTokens && file.tokens.contains { $0.kind == .invalid }
    return Relexed(file: file, first: firstIndex, oldEnd: after, newEnd: newEnd)
  }

  /// Reads the declarations around the touched tokens; `nil` where that is not worth while or cannot be told apart.
  private func reparsed(_ unread: PolicyFileSyntax, _ lexed: Relexed, _ edit: LineEdit) -> PolicyFileSyntax? {
    guard statements.count > 8, !statements.contains(where: \.isMisplaced) else { return nil }
    let delta = lexed.newEnd - lexed.oldEnd
    // Whether a declaration ends is seen from the three tokens after it.
    let touched = statements.indices.partitionPoint { endToken(of: statements[$0]) + 4 <= lexed.first }
    let from = max(0, touched - 1)
    let start = from == 0 ? 0 : statements[from].tokens.lowerBound
    let startByte = from == 0 ? 0 : Int(tokens[start].start)
    var parser = Parser(tree: unread, from: start)
    var next = statements.indices.partitionPoint { statements[$0].tokens.lowerBound < lexed.oldEnd }
    while next < statements.count {
      let place = statements[next].tokens.lowerBound + delta
      parser.run(until: place)
      if parser.index == place { break }
      while next < statements.count, statements[next].tokens.lowerBound + delta < parser.index { next += 1 }
    }
    if next == statements.count { parser.run(until: unread.tokens.count) }
    guard !parser.statements.contains(where: \.isMisplaced) else { return nil }
    return joined(unread, lexed.file, parser, kept: from, startByte: startByte, next: next, tokens: delta, edit)
  }

  /// The position after the last token of a declaration.
  private func endToken(of statement: StatementSyntax) -> Int {
    guard let block = statement.block else { return statement.tokens.upperBound }
    if let close = block.close { return close + 1 }
    return max(block.open + 1, self.statements(of: block).last.map { endToken(of: $0) } ?? 0)
  }

  /// The declarations before some, what the parser made of those in the middle, and those after them.
  private func joined(
    _ unread: PolicyFileSyntax, _ lexed: LexedFile, _ parser: Parser, kept: Int, startByte: Int, next: Int,
    tokens delta: Int, _ edit: LineEdit
  ) -> PolicyFileSyntax {
    let (inner, nested) = (blocks(before: kept), blocks(before: next))
    let middle = TreeOffsets(tokens: 0, inner: inner.inner, nested: inner.nested)
    let after = TreeOffsets(
      tokens: delta, inner: inner.inner + parser.innerStatements.count - nested.inner,
      nested: inner.nested + parser.nestedStatements.count - nested.nested)
    var all = Array(statements[..<kept])
    all.reserveCapacity(statements.count + parser.statements.count)
    for statement in parser.statements { all.append(statement.moved(middle)) }
    for statement in statements[next...] { all.append(statement.moved(after)) }
    var allInner = Array(innerStatements[..<inner.inner])
    allInner.reserveCapacity(innerStatements.count + parser.innerStatements.count)
    for statement in parser.innerStatements { allInner.append(statement.moved(middle)) }
    for statement in innerStatements[nested.inner...] { allInner.append(statement.moved(after)) }
    var allNested = Array(nestedStatements[..<inner.nested])
    for statement in parser.nestedStatements { allNested.append(statement.moved(middle)) }
    for statement in nestedStatements[nested.nested...] { allNested.append(statement.moved(after)) }
    let nextByte = next < statements.count ? Int(tokens[statements[next].tokens.lowerBound].start) : Int.max
    let found = diagnostics.dropFirst(lexicalCount)
    return PolicyFileSyntax(
      unread.source, file, lexed, statements: all, innerStatements: allInner, nestedStatements: allNested,
      diagnostics: found.filter { $0.primary.span.range.lowerBound < startByte } + parser.diagnostics
        + found.filter { $0.primary.span.range.lowerBound >= nextByte }.map { $0.moved(by: edit.delta) })
  }

  /// How many statements of blocks, and of blocks in these, belong to the declarations before one.
  private func blocks(before position: Int) -> (inner: Int, nested: Int) {
    var inner = innerStatements.count
    for statement in statements[position...] {
      guard let block = statement.block else { continue }
      inner = block.statements.lowerBound
      break
    }
    var nested = nestedStatements.count
    for statement in innerStatements[inner...] {
      guard let block = statement.block else { continue }
      nested = block.statements.lowerBound
      break
    }
    return (inner, nested)
  }
}

extension Diagnostic {
  /// The same that many bytes further on.
  fileprivate func moved(by count: Int) -> Diagnostic {
    func moved(_ span: SourceSpan) -> SourceSpan {
      SourceSpan(file: span.file, span.range.lowerBound + count..<span.range.upperBound + count)
    }
    var diagnostic = self
    diagnostic.primary = Label(moved(primary.span), primary.message)
    diagnostic.related = related.map { Label(moved($0.span), $0.message) }
    diagnostic.fixes = fixes.map { fix in
      FixIt(fix.message, fix.applicability, fix.edits.map { TextEdit(moved($0.span), $0.replacement) })
    }
    return diagnostic
  }
}
