import Diagnostics
import Editing

struct InlayHint: Encodable {
  var position: Position
  var label: String
  var paddingLeft = true
}

/// What holds for publications and reaches without standing in their blocks.
enum InlayHintRequest: Request {
  static let method = "textDocument/inlayHint"
  static let needsPolicy = true

  static func answer(_ params: RangeParams, in session: Session) throws(RequestFailure) -> [InlayHint]? {
    let document = try session.document(params.textDocument.uri)
    guard let (policy, position) = session.policy(of: document) else { return [] }
    let positions = document.positions(session.encoding)
    return policy.compilation.defaultHints(in: SourceID(position), positions.offsets(params.range)).map {
      InlayHint(position: positions.range($0.offset..<$0.offset).start, label: $0.text)
    }
  }
}
