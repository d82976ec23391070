import Compilation
import Diagnostics
import Editing
import Foundation
import PolicySyntax

@testable import LanguageServer

/// A text in which `‸` marks a place.
struct MarkedText {
  var text: String
  /// Bytes.
  var offset: Int

  init(_ marked: String) {
    let parts = marked.split(separator: "‸", maxSplits: 1, omittingEmptySubsequences: false)
    text = parts.joined()
    offset = parts.first?.utf8.count ?? 0
  }

  var tree: PolicyFileSyntax { parse(SourceFile(name: "policy.sally", text: text), as: SourceID(0)) }
  var scope: EditingScope { EditingScope([tree]) }

  /// The labels of what may stand at the mark.
  var completions: [String] { scope.completion(at: offset, in: 0).items.map(\.label) }

  func compile() -> Compilation {
    Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
  }
}

/// Files in memory, as the server reads them.
func world(_ files: [String: String], unreadable: Set<String> = []) -> PolicyWorld {
  @Sendable func read(_ path: String) -> Result<[UInt8], ReadFailure> {
    if unreadable.contains(path) { return .failure(.unreadable("permission denied")) }
    return files[path].map { .success(Array($0.utf8)) } ?? .failure(.missing)
  }
  @Sendable func names(_ place: String) -> [String] {
    let prefix = place == "/" ? "/" : place + "/"
    let inside = (Array(files.keys) + unreadable).filter { $0.hasPrefix(prefix) }
    return Set(inside.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }).sorted()
  }
  return PolicyWorld(
    read: read, readIncluded: { path, _ in read(path) },
    list: { place, _ in names(place).isEmpty ? .failure(.missing) : .success(names(place)) },
    contents: { place in
      let all = names(place)
      let known = { (name: String) in files[join(place, name)] != nil || unreadable.contains(join(place, name)) }
      return (all.filter { known($0) && $0.hasSuffix(".sally") }, all.filter { !known($0) })
    })
}

/// A server without streams and threads, and what it said.
final class TestServer {
  private final class Said { var messages: [[UInt8]] = [] }

  let session: Session
  private let said = Said()
  private var number = 0

  init(_ files: [String: String] = [:], unreadable: Set<String> = []) {
    session = Session(world(files, unreadable: unreadable), version: "test") { [said] in said.messages.append($0) }
  }

  /// What was said and not taken yet.
  func take() -> [[String: Any]] {
    defer { said.messages.removeAll() }
    return said.messages.compactMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }
  }

  func receive(_ message: [String: Any]) throws {
    session.receive(Array(try JSONSerialization.data(withJSONObject: message)))
  }

  /// Has everything looked at that changed.
  func settle() { while let input = session.nextAnalysis() { session.take(Analysis(input)) } }

  func notify(_ method: String, _ params: [String: Any]) throws {
    try receive(["jsonrpc": "2.0", "method": method, "params": params])
  }

  /// Asks, and returns the answer; what else is said meanwhile is dropped.
  func request(_ method: String, _ params: [String: Any]? = [:]) throws -> [String: Any] {
    number += 1
    _ = take()
    var message: [String: Any] = ["jsonrpc": "2.0", "id": number, "method": method]
    message["params"] = params
    try receive(message)
    settle()
    return take().first { $0["id"] as? Int == number } ?? [:]
  }

  @discardableResult
  func begin(root: String? = nil, encodings: [String] = []) throws -> [String: Any] {
    var params: [String: Any] = ["capabilities": ["general": ["positionEncodings": encodings]]]
    params["rootUri"] = root.map { "file://\($0)" }
    let answer = try request("initialize", params)
    try notify("initialized", [:])
    return answer
  }

  func open(_ path: String, _ text: String, version: Int = 1) throws {
    try notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri(path), "languageId": "sally", "version": version, "text": text]])
  }

  func change(_ path: String, version: Int, _ changes: [[String: Any]]) throws {
    try notify(
      "textDocument/didChange",
      ["textDocument": ["uri": uri(path), "version": version], "contentChanges": changes])
  }

  func uri(_ path: String) -> String { path.hasPrefix("/") ? "file://\(path)" : path }

  /// The codes that were published last for each path, after everything has been looked at.
  func published() -> [String: [String]] {
    settle()
    var codes: [String: [String]] = [:]
    for message in take() where message["method"] as? String == "textDocument/publishDiagnostics" {
      guard let params = message["params"] as? [String: Any], let uri = params["uri"] as? String else { continue }
      let found = params["diagnostics"] as? [[String: Any]] ?? []
      codes[uri.replacing("file://", with: "")] = found.compactMap { $0["code"] as? String }
    }
    return codes
  }

  func place(_ path: String, _ line: Int, _ character: Int) -> [String: Any] {
    ["textDocument": ["uri": uri(path)], "position": ["line": line, "character": character]]
  }
}

/// A policy without mistakes.
let office = """
  clients partners = 198.51.100.0/24, 192.0.2.7

  gateway edge {
      outside  eth0
      inside   eth1
  }

  server exchange {
      address      10.10.20.200
      software     proftpd 1.3.8
      certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
  }

  publish files {
      server         exchange
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit required
      allow          partners
  }

  """
