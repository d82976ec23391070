package import Compilation
package import Diagnostics
import Policy
import PolicySyntax

/// What holds for a block without standing there.
package struct DefaultHint: Hashable, Sendable {
  /// After the brace that opens the block, in bytes.
  package var offset: Int
  package var text: String
}

extension Compilation {
  /// What holds by default, or from a `defaults` block, for the publications and reaches of a part of a file.
  package func defaultHints(in file: SourceID, _ part: Range<Int>) -> [DefaultHint] {
    guard let tree = trees.first(where: { $0.file == file }) else { return [] }
    let braces = tree.openBraces(in: part)
    guard let first = braces.keys.min(), let last = braces.keys.max() else { return [] }
    func isThere(_ header: SourceSpan) -> Bool {
      header.file == file && header.range.lowerBound >= first && header.range.lowerBound <= last
    }
    let publications = policy.publications.filter { isThere($0.header) }.map { ($0.header, defaults(of: $0)) }
    let reaches = policy.reaches.filter { isThere($0.header) }.map { ($0.header, defaults(of: $0)) }
    return (publications + reaches).compactMap { header, words in
      guard let offset = braces[header.range.lowerBound], !words.isEmpty else { return nil }
      return DefaultHint(offset: offset, text: words.joined(separator: " · "))
    }.sorted { $0.offset < $1.offset }
  }

  private func defaults(of publication: Publication) -> [String] {
    var list = DefaultList(
      isOwn: { isIn($0, publication.header) }, isKnown: { !publication.unreadable.contains($0) })
    let addresses = publication.externalAddresses
    if let first = addresses.first, !isIn(first.dialled.span, publication.header) {
      list.add(.externalIP, addresses.map { "\($0)" }.joined(separator: ", "), nil)
    }
    let port = publication.controlPort
    list.add(.controlPort, "\(port.value.external)", port.span)
    list.add(.tls, publication.tls.value.rawValue, publication.tls.span)
    list.add(.helper, publication.helper.value ? "on" : "off", publication.helper.span)
    list.add(.active, publication.active.value ? "on" : "off", publication.active.span)
    if publication.allow.isEmpty { list.add(.allow, "any", nil) }
    list.add(.hairpin, publication.hairpin.value ? "on" : "off", publication.hairpin.span)
    list.add(.source, publication.source.value.rawValue, publication.source.span)
    list.add(.log, publication.log.value.rawValue, publication.log.span)
    return list.words
  }

  private func defaults(of reach: Outreach) -> [String] {
    let parts = reach.parts
    var list = DefaultList(
      isOwn: { isIn($0, reach.header) }, isKnown: { word in !reach.unreadable.contains { $0.published == word } })
    if let access = reach.accesses.first, reach.publication == nil {
      list.add(.controlPort, "\(access.controlPort.value.external)", parts.controlPort?.span)
      list.add(.tls, access.tls.value.rawValue, parts.tls?.span)
    }
    list.add(.helper, reach.helper.value ? "on" : "off", reach.helper.span)
    list.add(.active, reach.active.value ? "on" : "off", reach.active.span)
    if reach.allow.isEmpty { list.add(.allow, "any", nil) }
    list.add(.source, reach.source.value.rawValue, reach.source.span)
    list.add(.log, parts.log.value.rawValue, parts.log.span)
    return list.words
  }

  /// Whether a statement stands in the block of a header, and not in one of another declaration.
  private func isIn(_ span: SourceSpan, _ header: SourceSpan) -> Bool {
    guard span.file == header.file, let tree = trees.first(where: { $0.file == header.file }) else { return false }
    return EditingScope([tree]).declaration(at: span.range.lowerBound, in: tree)
      .map { Int(tree.token($0.tokens.lowerBound).start) == header.range.lowerBound } ?? false
  }
}

/// Statements that hold and do not stand in a block.
private struct DefaultList {
  /// Whether a statement stands in the block.
  let isOwn: (SourceSpan) -> Bool
  /// Whether nothing that was not understood may say otherwise.
  let isKnown: (PublishWord) -> Bool
  var words: [String] = []

  init(isOwn: @escaping (SourceSpan) -> Bool, isKnown: @escaping (PublishWord) -> Bool) {
    self.isOwn = isOwn
    self.isKnown = isKnown
  }

  /// - Parameter span: The statement that says so; `nil` for the default. One in another place is that of a `defaults`
  ///   block.
  mutating func add(_ word: PublishWord, _ value: String, _ span: SourceSpan?) {
    guard isKnown(word), !(span.map(isOwn) ?? false) else { return }
    words.append("\(word.spelling) \(value)" + (span == nil ? "" : " (defaults)"))
  }
}

extension PolicyFileSyntax {
  /// Where blocks open whose declarations meet a part of the file, by where these begin.
  fileprivate func openBraces(in part: Range<Int>) -> [Int: Int] {
    let first = statements.indices.partitionPoint { whole(statements[$0]).upperBound < part.lowerBound }
    var braces: [Int: Int] = [:]
    for statement in statements[first...] {
      let start = Int(token(statement.tokens.lowerBound).start)
      guard start <= part.upperBound else { break }
      if let block = statement.block { braces[start] = Int(token(block.open).end) }
    }
    return braces
  }
}
