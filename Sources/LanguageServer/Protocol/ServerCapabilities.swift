import Editing

/// The answer to `initialize`.
struct InitializeResult: Encodable {
  struct ServerInfo: Encodable {
    var name = "sallyport"
    var version: String
  }

  var capabilities: ServerCapabilities
  var serverInfo: ServerInfo

  init(encoding: PositionEncoding, version: String) {
    capabilities = ServerCapabilities(positionEncoding: encoding.rawValue)
    serverInfo = ServerInfo(version: version)
  }
}

/// What the server can do.
struct ServerCapabilities: Encodable {
  struct Synchronization: Encodable {
    var openClose = true
    /// Changes come as edits.
    var change = 2
    var save = true
  }

  struct Completion: Encodable { var triggerCharacters = [" ", "\"", ":", ","] }
  struct Rename: Encodable { var prepareProvider = true }
  struct CodeActions: Encodable { var codeActionKinds = CodeActionKind.all }

  struct SemanticTokens: Encodable {
    struct Legend: Encodable {
      var tokenTypes = SemanticLegend.types
      var tokenModifiers = SemanticLegend.modifiers
    }

    var legend = Legend()
    var full = true
    var range = true
  }

  struct Workspace: Encodable {
    struct Folders: Encodable {
      var supported = true
      var changeNotifications = true
    }

    var workspaceFolders = Folders()
  }

  var positionEncoding: String
  var textDocumentSync = Synchronization()
  var hoverProvider = true
  var completionProvider = Completion()
  var definitionProvider = true
  var referencesProvider = true
  var documentHighlightProvider = true
  var renameProvider = Rename()
  var documentSymbolProvider = true
  var workspaceSymbolProvider = true
  var foldingRangeProvider = true
  var semanticTokensProvider = SemanticTokens()
  var documentFormattingProvider = true
  var documentRangeFormattingProvider = true
  var codeActionProvider = CodeActions()
  var inlayHintProvider = true
  var workspace = Workspace()
}
