import Editing

/// The canonical layout of a file.
enum FormattingRequest: Request {
  static let method = "textDocument/formatting"

  static func answer(_ params: DocumentParams, in session: Session) throws(RequestFailure) -> [Edit]? {
    try edits(session.document(params.textDocument.uri), within: nil, session)
  }

  /// - Throws: A failure for a file with syntax errors.
  fileprivate static func edits(
    _ document: Document, within range: LSPRange?, _ session: Session
  ) throws(RequestFailure) -> [Edit] {
    let positions = document.positions(session.encoding)
    guard let edits = formattingEdits(document.tree, within: range.map(positions.offsets)) else {
      throw .failed("a file with syntax errors keeps its layout")
    }
    return edits.map { Edit(range: positions.range($0.range), newText: $0.text) }
  }
}

/// The canonical layout of some lines.
enum RangeFormattingRequest: Request {
  static let method = "textDocument/rangeFormatting"

  static func answer(_ params: RangeParams, in session: Session) throws(RequestFailure) -> [Edit]? {
    try FormattingRequest.edits(session.document(params.textDocument.uri), within: params.range, session)
  }
}
