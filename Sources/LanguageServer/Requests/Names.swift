import Compilation
import Diagnostics
import Editing

/// Where a name is declared, or which file an `include` names.
enum DefinitionRequest: Request {
  static let method = "textDocument/definition"

  static func answer(_ params: PlaceParams, in session: Session) throws(RequestFailure) -> [Location]? {
    let (document, offset) = try session.place(params)
    let files = FileScope(session, document)
    if let path = document.tree.includedPath(at: offset) {
      let target = resolve(path, from: document.text.source.name)
      guard let file = files.names.firstIndex(where: { $0.name == target }) else { return [] }
      return files.locations([ScopePlace(file: file, range: 0..<0)])
    }
    return files.scope.mention(at: offset, in: files.own).map { files.locations(files.scope.declarations(of: $0)) }
  }
}

struct ReferencesParams: Decodable {
  struct Context: Decodable { var includeDeclaration: Bool }

  var textDocument: TextDocumentIdentifier
  var position: Position
  var context: Context
}

/// Where a name is used.
enum ReferencesRequest: Request {
  static let method = "textDocument/references"
  static let needsPolicy = true

  static func answer(_ params: ReferencesParams, in session: Session) throws(RequestFailure) -> [Location]? {
    let (document, offset) = try session.place(
      PlaceParams(textDocument: params.textDocument, position: params.position))
    let files = FileScope(session, document)
    return files.scope.mention(at: offset, in: files.own).map {
      files.locations(files.scope.places(of: $0, declarations: params.context.includeDeclaration))
    }
  }
}

struct Highlight: Encodable { var range: LSPRange }

/// The same name in the same file.
enum HighlightRequest: Request {
  static let method = "textDocument/documentHighlight"

  static func answer(_ params: PlaceParams, in session: Session) throws(RequestFailure) -> [Highlight]? {
    let (document, offset) = try session.place(params)
    let scope = EditingScope([document.tree])
    let positions = document.positions(session.encoding)
    return scope.mention(at: offset, in: 0).map {
      scope.places(of: $0).map { Highlight(range: positions.range($0.range)) }
    }
  }
}

struct RenameRange: Encodable {
  var range: LSPRange
  var placeholder: String
}

/// Whether there is a name at a place.
enum PrepareRenameRequest: Request {
  static let method = "textDocument/prepareRename"

  static func answer(_ params: PlaceParams, in session: Session) throws(RequestFailure) -> RenameRange? {
    let (document, offset) = try session.place(params)
    return EditingScope([document.tree]).mention(at: offset, in: 0).map {
      RenameRange(range: document.positions(session.encoding).range($0.span.range), placeholder: $0.name)
    }
  }
}

struct RenameParams: Decodable {
  var textDocument: TextDocumentIdentifier
  var position: Position
  var newName: String
}

/// Another name for the same thing, in every file of the policy.
enum RenameRequest: Request {
  static let method = "textDocument/rename"
  static let needsPolicy = true

  static func answer(_ params: RenameParams, in session: Session) throws(RequestFailure) -> WorkspaceEdit? {
    let (document, offset) = try session.place(
      PlaceParams(textDocument: params.textDocument, position: params.position))
    let files = FileScope(session, document)
    guard let mention = files.scope.mention(at: offset, in: files.own) else {
      throw .failed("there is no name here")
    }
    do throws(RenameFailure) {
      var changes: [String: [Edit]] = [:]
      for location in files.locations(try files.scope.rename(mention, to: params.newName)) {
        changes[location.uri, default: []].append(Edit(range: location.range, newText: params.newName))
      }
      return WorkspaceEdit(changes: changes)
    } catch {
      throw .failed(error.message)
    }
  }
}
