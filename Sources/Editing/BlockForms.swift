import Compilation
import Diagnostics
import Policy
import PolicySyntax

/// The statements of one kind of block, ready to be found and read.
struct BlockForms: Sendable {
  let words: [Word]
  private let keywords: Keywords
  private let patterns: [FormPattern]

  private init(_ kind: BlockKind) {
    words = kind.words
    keywords = Keywords(words.map(\.spelling))
    patterns = words.map { FormPattern($0.facts.forms) }
  }

  private static let all = Dictionary(
    BlockKind.allCases.map { ($0, BlockForms($0)) }, uniquingKeysWith: { first, _ in first })

  static func of(_ kind: BlockKind) -> BlockForms { all[kind] ?? BlockForms(kind) }

  /// The word that some tokens begin with, and the number of its parts.
  func find(_ tree: PolicyFileSyntax, _ tokens: Range<Int>) -> (word: Word, pattern: FormPattern, words: Int)? {
    keywords.find(tree, tokens).map { (words[$0.position], patterns[$0.position], $0.words) }
  }
}

/// The words that stand for placeholders of forms.
enum ValueWords {
  /// Where nothing else may stand.
  static let ofPlaceholder: [String: [String]] = [
    "TLS": ExpectedEncryption.allCases.map(\.rawValue),
    "MODE": ExpectedMode.allCases.map(\.rawValue),
    "FAMILY": ["ipv4", "ipv6"],
  ]
}

extension PolicyFileSyntax {
  /// The kind of block that a declaration has; `nil` for one without, and for what is no declaration.
  func blockKind(of declaration: StatementSyntax) -> BlockKind? { fileWord(of: declaration)?.ownBlock }

  /// The word that a declaration begins with.
  func fileWord(of declaration: StatementSyntax) -> FileWord? {
    BlockForms.of(.file).find(self, declaration.tokens).flatMap { FileWord(rawValue: $0.word.spelling) }
  }

  /// From the first byte of a declaration to the brace that closes its block, or to where it ends without.
  func whole(_ statement: StatementSyntax) -> Range<Int> {
    let header = span(statement.tokens).range
    guard let block = statement.block else { return header }
    let last: Int
    if let close = block.close {
      last = Int(token(close).end)
    } else {
      let inner = statements(of: block).last.map { whole($0).upperBound }
      last = inner ?? Int(token(block.open).end)
    }
    return header.lowerBound..<max(header.lowerBound, last)
  }
}
