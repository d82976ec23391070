import Diagnostics
import Editing

/// The names of meanings, in the order of their numbers.
enum SemanticLegend {
  static let types = TokenMeaning.allCases.map(name)
  static let modifiers = ["declaration"]

  private static func name(_ meaning: TokenMeaning) -> String {
    switch meaning {
    case .keyword: "keyword"
    case .value: "enumMember"
    case .name: "variable"
    case .number: "number"
    case .string: "string"
    case .comment: "comment"
    case .symbol: "operator"
    }
  }
}

struct SemanticTokens: Encodable {
  /// Five numbers for each token: lines and columns from the one before, length, meaning, modifiers.
  var data: [Int]

  init(_ tokens: [ColoredToken], _ positions: Positions) {
    data = []
    data.reserveCapacity(tokens.count * 5)
    var last = Position(line: 0, character: 0)
    for token in tokens {
      let range = positions.range(token.range)
      // None goes beyond its line but in a text that has a CR within one.
      guard range.start.line == range.end.line else { continue }
      let isSameLine = range.start.line == last.line
      data += [
        range.start.line - last.line, range.start.character - (isSameLine ? last.character : 0),
        range.end.character - range.start.character, token.meaning.rawValue, token.isDeclaration ? 1 : 0,
      ]
      last = range.start
    }
  }
}

/// What each token of a file means.
enum SemanticTokensRequest: Request {
  static let method = "textDocument/semanticTokens/full"

  static func answer(_ params: DocumentParams, in session: Session) throws(RequestFailure) -> SemanticTokens? {
    let document = try session.document(params.textDocument.uri)
    let all = 0..<document.text.source.bytes.count
    return SemanticTokens(document.tree.colored(in: all), document.positions(session.encoding))
  }
}

/// The same for a part of a file.
enum SemanticTokensRangeRequest: Request {
  static let method = "textDocument/semanticTokens/range"

  static func answer(_ params: RangeParams, in session: Session) throws(RequestFailure) -> SemanticTokens? {
    let document = try session.document(params.textDocument.uri)
    let positions = document.positions(session.encoding)
    return SemanticTokens(document.tree.colored(in: positions.offsets(params.range)), positions)
  }
}
