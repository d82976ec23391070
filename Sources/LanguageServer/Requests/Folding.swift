import Editing

struct FoldingRange: Encodable {
  var startLine: Int
  var endLine: Int
  var kind: String
}

/// What can be folded.
enum FoldingRequest: Request {
  static let method = "textDocument/foldingRange"

  static func answer(_ params: DocumentParams, in session: Session) throws(RequestFailure) -> [FoldingRange]? {
    let document = try session.document(params.textDocument.uri)
    let lines = document.text.lines
    return document.tree.folds.compactMap { fold in
      let (start, end) = (lines.line(of: fold.range.lowerBound), lines.line(of: fold.range.upperBound))
      // The brace that closes a block stays to be seen.
      let last = fold.isComment ? end : end - 1
      guard last > start else { return nil }
      return FoldingRange(startLine: start, endLine: last, kind: fold.isComment ? "comment" : "region")
    }
  }
}
