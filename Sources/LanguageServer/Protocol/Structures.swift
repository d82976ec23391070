// Structures of the Language Server Protocol 3.17, as far as they are needed, with its names.

struct Position: Codable, Hashable {
  var line: Int
  var character: Int
}

struct LSPRange: Codable, Hashable {
  var start: Position
  var end: Position

}

struct Location: Codable, Hashable {
  var uri: String
  var range: LSPRange
}

struct TextDocumentIdentifier: Codable { var uri: String }

struct TextDocumentItem: Decodable {
  var uri: String
  var version: Int
  var text: String
}

struct VersionedDocument: Decodable {
  var uri: String
  var version: Int
}

struct ContentChange: Decodable {
  /// The whole text when `nil`.
  var range: LSPRange?
  var text: String
}

struct DocumentParams: Decodable { var textDocument: TextDocumentIdentifier }

struct PlaceParams: Decodable {
  var textDocument: TextDocumentIdentifier
  var position: Position
}

struct RangeParams: Decodable {
  var textDocument: TextDocumentIdentifier
  var range: LSPRange
}

struct Edit: Codable, Hashable {
  var range: LSPRange
  var newText: String
}

struct WorkspaceEdit: Encodable {
  var changes: [String: [Edit]]
}

struct MarkupContent: Encodable {
  var kind: String
  var value: String
}

struct RelatedInformation: Encodable, Hashable {
  var location: Location
  var message: String
}

struct LSPDiagnostic: Encodable, Hashable {
  struct Description: Encodable, Hashable { var href: String }

  var range: LSPRange
  /// 1 error, 2 warning, 3 information.
  var severity: Int
  var code: String
  var codeDescription: Description?
  var source = "sallyport"
  var message: String
  /// 1: what it is about is not needed.
  var tags: [Int]?
  var relatedInformation: [RelatedInformation]?
}

struct PublishDiagnosticsParams: Encodable {
  var uri: String
  var version: Int?
  var diagnostics: [LSPDiagnostic]
}
