import Compilation
import Diagnostics
import Editing
import PolicySyntax

struct DocumentSymbol: Encodable {
  var name: String
  var detail: String
  var kind: Int
  var range: LSPRange
  var selectionRange: LSPRange
}

/// The declarations of a file.
enum DocumentSymbolRequest: Request {
  static let method = "textDocument/documentSymbol"

  static func answer(_ params: DocumentParams, in session: Session) throws(RequestFailure) -> [DocumentSymbol]? {
    let document = try session.document(params.textDocument.uri)
    let positions = document.positions(session.encoding)
    return document.tree.outline.map {
      DocumentSymbol(
        name: $0.name, detail: $0.word.spelling, kind: $0.word.symbolKind, range: positions.range($0.range),
        selectionRange: positions.range($0.selection))
    }
  }
}

struct WorkspaceSymbolParams: Decodable { var query: String }

struct SymbolInformation: Encodable {
  var name: String
  var kind: Int
  var location: Location
  var containerName: String
}

/// The declarations of all policies in which files are open, and of the policy files in the folders of the workspace.
enum WorkspaceSymbolRequest: Request {
  static let method = "workspace/symbol"
  static let needsPolicy = true
  /// How many are named at most.
  static let most = 1000

  static func answer(
    _ params: WorkspaceSymbolParams, in session: Session
  ) throws(RequestFailure) -> [SymbolInformation]? {
    var found: [SymbolInformation] = []
    for (tree, uri) in session.knownTrees() {
      let entries = tree.outline.filter {
        $0.word != .include && $0.word != .defaults && matches($0.name, params.query)
      }
      guard !entries.isEmpty, found.count < most else { continue }
      let positions = Positions(
        bytes: tree.source.bytes, lines: TextLines(tree.source.bytes), encoding: session.encoding)
      for entry in entries.prefix(most - found.count) {
        found.append(
          SymbolInformation(
            name: entry.name, kind: entry.word.symbolKind,
            location: Location(uri: uri, range: positions.range(entry.selection)), containerName: entry.word.spelling)
        )
      }
    }
    return found
  }

  /// Whether a name has the characters of a query, in their order.
  private static func matches(_ name: String, _ query: String) -> Bool {
    var rest = query.lowercased()[...]
    for character in name where character == rest.first { rest = rest.dropFirst() }
    return rest.isEmpty
  }
}

extension Session {
  /// Files of the folders of the workspace that are read for symbols, at most, and folders that are looked into.
  private static let (mostFiles, mostFolders) = (500, 500)

  fileprivate func knownTrees() -> [(tree: PolicyFileSyntax, uri: String)] {
    var trees: [String: (tree: PolicyFileSyntax, uri: String)] = [:]
    for policy in analysis.policies {
      for tree in policy.compilation.trees {
        trees[tree.source.name] = (tree, FileURI.uri(of: tree.source.name))
      }
    }
    for (name, document) in documents { trees[name] = (document.tree, document.text.uri) }
    for path in policyFiles() where trees[path] == nil {
      guard case .success(let bytes) = world.read(path), bytes.count <= PolicyFinder.largestFile else { continue }
      trees[path] = (parse(SourceFile(name: path, bytes: bytes), as: SourceID(0)), FileURI.uri(of: path))
    }
    return trees.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The policy files in the folders of the workspace, those of hidden folders left out.
  private func policyFiles() -> [String] {
    var (files, waiting, looked) = ([String](), Array(workspace.reversed()), 0)
    while let folder = waiting.popLast(), looked < Self.mostFolders, files.count < Self.mostFiles {
      looked += 1
      let contents = world.contents(folder)
      files += contents.policies.map { join(folder, $0) }
      waiting += contents.folders.filter { !$0.hasPrefix(".") }.map { join(folder, $0) }.reversed()
    }
    return Array(files.prefix(Self.mostFiles))
  }
}

extension FileWord {
  /// The number of the protocol for what a declaration is most like.
  fileprivate var symbolKind: Int {
    switch self {
    case .clients: 18  // array
    case .gateway: 2  // module
    case .server: 5  // class
    case .publish: 12  // function
    case .reach: 11  // interface
    case .defaults: 14  // constant
    case .expect: 24  // event
    case .include: 1  // file
    }
  }
}
