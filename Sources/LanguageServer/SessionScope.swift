import Compilation
import Diagnostics
import Editing
import PolicySyntax

/// The files that belong together with an open one, as they stand now.
struct FileScope {
  var scope: EditingScope
  /// Of each file: the path or URI by which it is known, and the URI by which the client knows it.
  var names: [(name: String, uri: String)]
  /// The position of the open file.
  var own: Int
  /// Of open files; those of others are made where somebody asks for them.
  private var positions: [Positions?]
  private let encoding: PositionEncoding

  init(_ session: Session, _ document: Document) {
    let own = document.text.source.name
    var files: [(name: String, tree: PolicyFileSyntax, positions: Positions?)] = [
      (own, document.tree, document.positions(session.encoding))
    ]
    for policy in session.analysis.policies where policy.position(of: own) != nil {
      for tree in policy.compilation.trees where !files.contains(where: { $0.name == tree.source.name }) {
        let open = session.documents[tree.source.name]
        files.append((tree.source.name, open?.tree ?? tree, open?.positions(session.encoding)))
      }
    }
    scope = EditingScope(files.map(\.tree))
    names = files.map { ($0.name, session.documents[$0.name]?.text.uri ?? FileURI.uri(of: $0.name)) }
    positions = files.map(\.positions)
    encoding = session.encoding
    self.own = 0
  }

  func locations(_ places: [ScopePlace]) -> [Location] {
    var positions = positions
    return places.map { place in
      let bytes = scope.files[place.file].source.bytes
      let known = positions[place.file] ?? Positions(bytes: bytes, lines: TextLines(bytes), encoding: encoding)
      positions[place.file] = known
      return Location(uri: names[place.file].uri, range: known.range(place.range))
    }
  }
}

extension Session {
  /// A document with the offset of a place in it.
  func place(_ params: PlaceParams) throws(RequestFailure) -> (document: Document, offset: Int) {
    let document = try document(params.textDocument.uri)
    return (document, document.positions(encoding).offset(params.position))
  }

  /// The policy of a file as it stands, and its position there; the first where it is part of several.
  func policy(of document: Document) -> (policy: AnalyzedPolicy, position: Int)? {
    for policy in analysis.policies {
      if let position = policy.position(of: document.text.source.name) { return (policy, position) }
    }
    return nil
  }
}
