/// One kind of request: what it is asked with, and how it is answered. A new one is one file and a line in
/// `requestKinds`.
protocol Request: SendableMetatype {
  associatedtype Params: Decodable
  associatedtype Result: Encodable

  static var method: String { get }
  /// Whether it asks what only a whole reading of the policy tells, and so waits for one.
  static var needsPolicy: Bool { get }
  /// - Returns: `nil` where there is nothing to say, which is `null`.
  static func answer(_ params: Params, in session: Session) throws(RequestFailure) -> Result?
}

extension Request {
  static var needsPolicy: Bool { false }
}

/// Every request that is answered besides `initialize` and `shutdown`, by its method.
let requestKinds: [String: any Request.Type] = {
  let kinds: [any Request.Type] = [
    CodeActionRequest.self, CompletionRequest.self, DefinitionRequest.self, DocumentSymbolRequest.self,
    FoldingRequest.self, FormattingRequest.self, HighlightRequest.self, HoverRequest.self, InlayHintRequest.self,
    PrepareRenameRequest.self, RangeFormattingRequest.self, ReferencesRequest.self, RenameRequest.self,
    SemanticTokensRangeRequest.self, SemanticTokensRequest.self, WorkspaceSymbolRequest.self,
  ]
  return Dictionary(kinds.map { ($0.method, $0) }, uniquingKeysWith: { first, _ in first })
}()
