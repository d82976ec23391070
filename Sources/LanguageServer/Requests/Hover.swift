import Editing

struct HoverResult: Encodable {
  var contents: MarkupContent
  var range: LSPRange
}

/// What stands at a place.
enum HoverRequest: Request {
  static let method = "textDocument/hover"
  static let needsPolicy = true

  static func answer(_ params: PlaceParams, in session: Session) throws(RequestFailure) -> HoverResult? {
    let (document, offset) = try session.place(params)
    let files = FileScope(session, document)
    let compilation = session.policy(of: document)?.policy.compilation
    return files.scope.hover(at: offset, in: files.own, compilation).map {
      HoverResult(
        contents: MarkupContent(kind: "markdown", value: $0.text),
        range: document.positions(session.encoding).range($0.range))
    }
  }
}
