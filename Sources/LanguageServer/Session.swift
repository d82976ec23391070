import Compilation
import Diagnostics
import Editing
import FoundationEssentials
import PolicySyntax

/// What the server knows and says, message by message. It reads no stream and starts no thread: whoever has it gives it
/// messages, sends what it says, and has analyses made.
final class Session {
  enum Phase { case new, running, shutDown }

  /// A request that waits until the policy has been read as a whole.
  private struct Waiting {
    var id: RequestID
    var answer: () -> Void
  }

  let world: PolicyWorld
  let version: String
  private(set) var phase = Phase.new
  /// The status with which to end; `nil` while there is more to do.
  private(set) var exitStatus: Int32?
  private(set) var encoding = PositionEncoding.utf16
  private(set) var client = ClientCapabilities()
  /// Folders of the workspace, as absolute paths.
  private(set) var workspace: [String] = []
  /// The process that the client said it is.
  private(set) var clientProcess: Int?

  /// By path, or by URI for what is no file on this machine.
  private(set) var documents: [String: Document] = [:]
  /// The last that was made, perhaps of an earlier state.
  private(set) var analysis = Analysis(state: 0)
  /// Which state of the open files it is.
  private var state = 0
  private var isAnalyzing = false
  private var waiting: [Waiting] = []
  /// What was published last, by path.
  private var published: [String: [LSPDiagnostic]] = [:]

  private let send: ([UInt8]) -> Void

  init(_ world: PolicyWorld, version: String, send: @escaping ([UInt8]) -> Void) {
    self.world = world
    self.version = version
    self.send = send
  }

  // MARK: - Messages

  /// One message of the client.
  func receive(_ bytes: [UInt8]) {
    let decoder = JSONDecoder()
    guard String(validating: bytes, as: UTF8.self) != nil else {
      return fail(nil, .parseError("the message is not UTF-8"))
    }
    let envelope: Envelope
    do {
      envelope = try decoder.decode(Envelope.self, from: Data(bytes))
    } catch DecodingError.dataCorrupted {
      return fail(nil, .parseError("the message is no JSON"))
    } catch {
      return fail(nil, .invalidRequest("the message is no request, notification or answer of JSON-RPC 2.0"))
    }
    guard envelope.jsonrpc == "2.0", !envelope.hasNullID || envelope.isAnswer else {
      return fail(nil, .invalidRequest("`jsonrpc` is \"2.0\", and `id` a number or a text"))
    }
    guard let method = envelope.method else {
      if !envelope.isAnswer { fail(nil, .invalidRequest("there is no `method`")) }
      return
    }
    if let id = envelope.id {
      request(id, method, bytes)
    } else {
      notification(method, bytes)
    }
  }

  /// Something that is wrong with a message that could not be taken out of the stream.
  func receive(fault: String) { fail(nil, .parseError(fault)) }

  private func request(_ id: RequestID, _ method: String, _ bytes: [UInt8]) {
    if method == "initialize" { return initialize(id, bytes) }
    guard phase != .new else { return fail(id, .notInitialized) }
    guard phase == .running else { return fail(id, .invalidRequest("the server is shut down")) }
    if method == "shutdown" {
      phase = .shutDown
      for request in waiting { fail(request.id, .cancelled) }
      waiting.removeAll()
      return answer(id, nil as NoParams?)
    }
    guard let kind = requestKinds[method] else { return fail(id, .methodNotFound(method)) }
    start(kind, id, bytes)
  }

  private func start<Kind: Request>(_ kind: Kind.Type, _ id: RequestID, _ bytes: [UInt8]) {
    let params: Kind.Params
    switch parameters(Kind.Params.self, bytes) {
    case .success(let read): params = read
    case .failure(let failure): return fail(id, failure)
    }
    guard kind.needsPolicy, analysis.state != state else { return finish(kind, id, params) }
    waiting.append(Waiting(id: id) { [unowned self] in finish(kind, id, params) })
  }

  private func finish<Kind: Request>(_ kind: Kind.Type, _ id: RequestID, _ params: Kind.Params) {
    do throws(RequestFailure) {
      answer(id, try kind.answer(params, in: self))
    } catch {
      fail(id, error)
    }
  }

  private func notification(_ method: String, _ bytes: [UInt8]) {
    if method == "exit" {
      exitStatus = phase == .shutDown ? 0 : 1
      return
    }
    guard phase == .running else { return }
    switch method {
    case "textDocument/didOpen": with(DidOpenParams.self, method, bytes) { open($0.textDocument) }
    case "textDocument/didChange": with(DidChangeParams.self, method, bytes) { change($0) }
    case "textDocument/didClose": with(DocumentParams.self, method, bytes) { close($0.textDocument.uri) }
    case "textDocument/didSave", "workspace/didChangeWatchedFiles": state += 1
    case "workspace/didChangeWorkspaceFolders":
      with(DidChangeFoldersParams.self, method, bytes) { change(folders: $0.event) }
    case "$/cancelRequest": with(CancelParams.self, method, bytes) { cancel($0.id) }
    case "initialized": watchFiles()
    default: break
    }
  }

  private func with<Params: Decodable>(
    _ type: Params.Type, _ method: String, _ bytes: [UInt8], _ body: (Params) -> Void
  ) {
    switch parameters(type, bytes) {
    case .success(let params): body(params)
    case .failure(let failure): log("\(method): \(failure.message)")
    }
  }

  private func parameters<Params: Decodable>(
    _ type: Params.Type, _ bytes: [UInt8]
  ) -> Result<Params, RequestFailure> {
    if type == NoParams.self, let none = NoParams() as? Params { return .success(none) }
    do {
      return .success(try JSONDecoder().decode(Carrier<Params>.self, from: Data(bytes)).params)
    } catch DecodingError.keyNotFound(let key, _) {
      return .failure(.invalidParams("`\(key.stringValue)` is missing"))
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      return .failure(
        .invalidParams("`\(context.codingPath.map(\.stringValue).joined(separator: "."))` is of another kind"))
    } catch {
      return .failure(.invalidParams("the parameters are of another kind"))
    }
  }

  // MARK: - Sending

  func answer(_ id: RequestID, _ result: (some Encodable)?) {
    guard let bytes = encoded(Answer(id: id, result: result)) else { return fail(id, .internalError) }
    send(bytes)
  }

  func fail(_ id: RequestID?, _ failure: RequestFailure) {
    if let bytes = encoded(FailureAnswer(id: id, error: failure)) { send(bytes) }
  }

  func notify(_ method: String, _ params: some Encodable) {
    if let bytes = encoded(Outgoing(method: method, params: params)) { send(bytes) }
  }

  /// Tells the client what somebody who looks into its log may want to know.
  private func log(_ message: String) { notify("window/logMessage", LogParams(type: 2, message: printable(message))) }

  // MARK: - Life

  private func initialize(_ id: RequestID, _ bytes: [UInt8]) {
    guard phase == .new else { return fail(id, .invalidRequest("`initialize` comes once")) }
    switch parameters(InitializeParams.self, bytes) {
    case .failure(let failure): fail(id, failure)
    case .success(let params):
      phase = .running
      client = params.capabilities
      clientProcess = params.processId
      encoding = client.general?.positionEncodings?.contains(PositionEncoding.utf8.rawValue) == true ? .utf8 : .utf16
      let folders = params.workspaceFolders?.map(\.uri) ?? [params.rootUri].compactMap(\.self)
      workspace = folders.compactMap(FileURI.path).map(Self.withoutSlash)
      answer(id, InitializeResult(encoding: encoding, version: version))
    }
  }

  private static func withoutSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// Asks to be told when policy files change that nobody has open.
  private func watchFiles() {
    guard client.workspace?.didChangeWatchedFiles?.dynamicRegistration == true,
      let bytes = encoded(
        Outgoing(id: "watch", method: "client/registerCapability", params: Registrations.policyFiles))
    else { return }
    send(bytes)
  }

  private func change(folders event: DidChangeFoldersParams.Event) {
    let removed = Set(event.removed.compactMap { FileURI.path(of: $0.uri) }.map(Self.withoutSlash))
    workspace.removeAll(where: removed.contains)
    workspace += event.added.compactMap { FileURI.path(of: $0.uri) }.map(Self.withoutSlash)
    state += 1
  }

  private func cancel(_ id: RequestID) {
    guard let position = waiting.firstIndex(where: { $0.id == id }) else { return }
    waiting.remove(at: position)
    fail(id, .cancelled)
  }

  // MARK: - Documents

  /// What a URI is called here.
  func name(of uri: String) -> String { FileURI.path(of: uri) ?? uri }

  private func open(_ item: TextDocumentItem) {
    let name = name(of: item.uri)
    documents[name] = Document(OpenText(uri: item.uri, name: name, version: item.version, text: item.text))
    state += 1
  }

  private func change(_ params: DidChangeParams) {
    let name = name(of: params.textDocument.uri)
    guard documents[name] != nil else { return log("`\(params.textDocument.uri)` changes and is not open") }
    documents[name]?.apply(params.contentChanges, version: params.textDocument.version, encoding)
    state += 1
  }

  private func close(_ uri: String) {
    guard documents.removeValue(forKey: name(of: uri)) != nil else { return }
    state += 1
  }

  /// An open document.
  func document(_ uri: String) throws(RequestFailure) -> Document {
    guard let document = documents[name(of: uri)] else { throw .invalidParams("`\(uri)` is not open") }
    return document
  }

  // MARK: - Analyses

  /// Tells at once what is known of large documents that changed: what is wrong with the syntax of the lines that were
  /// touched, and what was found elsewhere before. The rest follows when all has been looked at.
  func publishAtOnce() {
    guard phase == .running else { return }
    for (name, document) in documents
    where document.text.source.bytes.count >= Document.large && document.publishedVersion != document.text.version {
      guard document.publishedVersion != nil, let touched = document.touched else { continue }
      var sources = SourceSet()
      _ = sources.add(document.text.source)
      var teller = FindingTeller(input)
      let new = document.tree.diagnostics.lazy.filter { diagnostic in
        touched.contains(document.text.lines.line(of: diagnostic.primary.span.range.lowerBound))
      }.prefix(Analysis.mostFindings).map { teller.finding($0, sources) }
      publish(document.shown + new, of: name)
    }
  }

  /// The open files as they are.
  var input: AnalysisInput {
    AnalysisInput(
      state: state, open: documents.mapValues(\.text), workspace: workspace, encoding: encoding, world: world,
      previous: analysis.policies)
  }

  /// What to look at next, when nothing else is to be done; `nil` when there is nothing, or an analysis is being made.
  func nextAnalysis() -> AnalysisInput? {
    guard phase == .running, !isAnalyzing, analysis.state != state else { return nil }
    isAnalyzing = true
    return input
  }

  /// An analysis that was asked for. One of an earlier state is of use where files other than the changed one are
  /// looked at, and nothing of it is published.
  func take(_ new: Analysis) {
    isAnalyzing = false
    analysis = new
    guard phase == .running, new.state == state else { return }
    publish(new.findings)
    let ready = waiting
    waiting.removeAll()
    for request in ready { request.answer() }
  }

  /// Publishes findings of files where they changed, and of open files whenever there is a new version.
  private func publish(_ findings: [String: [LSPDiagnostic]]) {
    for name in Set(findings.keys).union(published.keys).sorted() {
      let new = findings[name] ?? []
      documents[name]?.touched = nil
      let document = documents[name]
      if document == nil, new.isEmpty, published[name] ?? [] == [] { continue }
      let isTold = published[name] == new && document?.text.version == document?.publishedVersion
      if !isTold { publish(new, of: name) }
    }
  }

  private func publish(_ findings: [LSPDiagnostic], of name: String) {
    let document = documents[name]
    published[name] = findings.isEmpty && document == nil ? nil : findings
    documents[name]?.publishedVersion = document?.text.version
    documents[name]?.shown = findings
    notify(
      "textDocument/publishDiagnostics",
      PublishDiagnosticsParams(
        uri: document?.text.uri ?? FileURI.uri(of: name), version: document?.text.version, diagnostics: findings))
  }
}
