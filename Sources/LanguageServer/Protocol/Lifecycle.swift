// What the client says of itself and of its documents, as far as it matters.

struct ClientCapabilities: Decodable {
  struct General: Decodable { var positionEncodings: [String]? }
  struct Dynamic: Decodable { var dynamicRegistration: Bool? }
  struct Workspace: Decodable { var didChangeWatchedFiles: Dynamic? }
  struct Symbols: Decodable { var hierarchicalDocumentSymbolSupport: Bool? }
  struct CodeActions: Decodable {
    struct Ignored: Decodable {}
    var codeActionLiteralSupport: Ignored?
  }
  struct Documents: Decodable {
    var documentSymbol: Symbols?
    var codeAction: CodeActions?
  }

  var general: General?
  var workspace: Workspace?
  var textDocument: Documents?
}

struct WorkspaceFolder: Decodable { var uri: String }

struct InitializeParams: Decodable {
  var processId: Int?
  var rootUri: String?
  var workspaceFolders: [WorkspaceFolder]?
  var capabilities: ClientCapabilities
}

struct DidOpenParams: Decodable { var textDocument: TextDocumentItem }

struct DidChangeParams: Decodable {
  var textDocument: VersionedDocument
  var contentChanges: [ContentChange]
}

struct DidChangeFoldersParams: Decodable {
  struct Event: Decodable {
    var added: [WorkspaceFolder]
    var removed: [WorkspaceFolder]
  }

  var event: Event
}

struct CancelParams: Decodable { var id: RequestID }

struct LogParams: Encodable {
  /// 1 error, 2 warning, 3 information, 4 log.
  var type: Int
  var message: String
}

struct Registrations: Encodable {
  struct Watcher: Encodable { var globPattern: String }
  struct Options: Encodable { var watchers: [Watcher] }
  struct Registration: Encodable {
    var id: String
    var method: String
    var registerOptions: Options
  }

  var registrations: [Registration]

  static let policyFiles = Self(registrations: [
    Registration(
      id: "policies", method: "workspace/didChangeWatchedFiles",
      registerOptions: Options(watchers: [Watcher(globPattern: "**/*.sally")]))
  ])
}
