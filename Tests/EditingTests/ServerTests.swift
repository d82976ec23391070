import Foundation
import LiveSupport
import Testing

/// The program itself, on streams that end, break and say nonsense.
@Suite struct ServerTests {
  private func message(_ text: String) -> String { "Content-Length: \(text.utf8.count)\r\n\r\n\(text)" }

  private let begin = #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{}}}"#
  private let shutdown = #"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#
  private let exit = #"{"jsonrpc":"2.0","method":"exit"}"#

  private func serve(_ input: String) async throws -> CommandResult {
    try await Sallyport.besideThisProgram.run(["lsp"], policy: input)
  }

  @Test("shutdown and exit end with 0") func life() async throws {
    let run = try await serve(message(begin) + message(shutdown) + message(exit))
    #expect(run.status == 0 && run.errorText.isEmpty && run.text.contains(#""id":2,"jsonrpc":"2.0","result":null"#))
  }

  @Test(
    "every other end is 1",
    arguments: [
      "", "\r\n", "Content-Length: 99\r\n\r\n{", "Content-Length: x\r\n\r\n",
      "Content-Length: 9999999999999999\r\n\r\n{}",
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
  func otherEnds(input: String) async throws {
    let run = try await serve(input.isEmpty ? "\r\n" : input)
    #expect(run.status == 1)
    #expect(run.text.contains("-32700"), "\(run.text)")
    let exited = try await serve(message(begin) + message(exit))
    #expect(exited.status == 1, "exit without shutdown")
  }

  @Test("the end of the input after shutdown is an end") func shutDown() async throws {
    #expect(try await serve(message(begin) + message(shutdown)).status == 0)
  }

  @Test("a client that is gone is not waited for") func clientGone() async throws {
    // A process that has ended; its number is not given away again at once.
    let gone = Process()
    gone.executableURL = URL(filePath: "/bin/true")
    try gone.run()
    gone.waitUntilExit()
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: Sallyport.besideThisProgram.path)
    process.arguments = ["lsp"]
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    let begin = begin.replacing("null", with: "\(gone.processIdentifier)")
    try input.fileHandleForWriting.write(contentsOf: Data(message(begin).utf8))
    for _ in 0..<200 where process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
    #expect(!process.isRunning)
    if process.isRunning { process.terminate() } else { #expect(process.terminationStatus == 1) }
  }

  @Test("nothing is written but answers: no file of the policy changes") func readsOnly() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sallyport-lsp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.sally")
    try "clients   a=192.0.2.1\n".write(to: file, atomically: true, encoding: .utf8)
    let uri = "file://\(file.path)"
    let open =
      #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"\#(uri)","languageId":"sally","version":1,"text":"clients   a=192.0.2.1\n"}}}"#
    let format =
      #"{"jsonrpc":"2.0","id":5,"method":"textDocument/formatting","params":{"textDocument":{"uri":"\#(uri)"},"options":{}}}"#
    let run = try await serve(message(begin) + message(open) + message(format) + message(shutdown) + message(exit))
    #expect(run.status == 0 && run.text.contains("clients a = 192.0.2.1"))
    #expect(try String(contentsOf: file, encoding: .utf8) == "clients   a=192.0.2.1\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.sally"])
  }
}
