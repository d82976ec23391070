import Glibc

extension Bench {
  /// What somebody waits for who types: from a change of one line in the middle of a large file to the first findings,
  /// to an answer of completion, and to an answer that waits until the whole policy was judged.
  func editors() throws {
    var table = ResultTable(
      "Language server",
      columns: [
        "publications", "first findings", "completion", "whole policy judged", "in a burst: findings", "open",
      ])
    for count in [1000, 20_000] {
      let server = try EditedPolicy(sallyport("lsp"), policyText(publications: count))
      defer { server.end() }
      let opened = try server.open()
      var (findings, completion, whole, burst): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
      for round in 0..<(10 * rounds) {
        findings.append(try server.change { try server.awaitFindings() })
        _ = try server.judged()
        completion.append(try server.change { try server.completion() })
        whole.append(try server.change { try server.judged() })
        // One stroke after the other, without waiting for the whole.
        if round % 3 == 0 { for _ in 0..<5 { burst.append(try server.change { try server.awaitFindings() }) } }
        _ = try server.judged()
      }
      table.add(
        "\(count)", time(median(findings)), time(median(completion)), time(median(whole)), time(median(burst)),
        time(opened))
    }
    table.show()
  }
}

/// A policy that is edited through the language server.
private final class EditedPolicy {
  private let server: PipedProcess
  private let text: String
  private let line: Int
  private var version = 1
  private var request = 1

  init(_ words: [String], _ text: String) throws {
    server = try PipedProcess(words)
    self.text = text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // A line with a range of ports, in the middle.
    let middle = lines.indices.dropFirst(lines.count / 2).first { lines[$0].hasPrefix("    passive range") }
    guard let middle else { throw BenchmarkFailure(description: "the policy has no line to edit") }
    line = middle
    try server.send(
      #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{"general":{"positionEncodings":["utf-8"]}}}}"#
    )
    _ = try server.message { $0.contains(#""id":1,"#) }
  }

  func end() { server.end() }

  /// Milliseconds until the findings of the whole file are there.
  func open() throws -> Double {
    let escaped = text.flatMap { character -> String in
      switch character {
      case "\n": "\\n"
      case "\"": "\\\""
      case "\\": "\\\\"
      default: String(character)
      }
    }
    let begin = now()
    try server.send(
      #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///policy.sally","languageId":"sally","version":1,"text":""#
        + String(escaped) + #""}}}"#)
    try awaitFindings()
    return now() - begin
  }

  /// Types something at the end of the line, or takes it back, and waits.
  ///
  /// - Returns: Milliseconds.
  func change(_ wait: () throws -> Void) throws -> Double {
    version += 1
    let isLonger = version % 2 == 1
    let (start, text) = (28, isLonger ? "" : "#")
    let end = isLonger ? 29 : 28
    let begin = now()
    try server.send(
      """
      {"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///policy.sally",\
      "version":\(version)},"contentChanges":[{"range":{"start":{"line":\(line),"character":\(start)},"end":{"line":\(line),\
      "character":\(end)}},"text":"\(text)"}]}}
      """)
    try wait()
    return now() - begin
  }

  func awaitFindings() throws {
    let wanted = #""version":\#(version)}"#
    _ = try server.message { $0.contains("publishDiagnostics") && $0.suffix(40).contains(wanted) }
  }

  /// Statements that may stand on the next line.
  func completion() throws {
    try ask("completion", #""position":{"line":\#(line),"character":4}"#)
  }

  /// An answer that waits until all was judged.
  func judged() throws {
    try ask(
      "inlayHint", #""range":{"start":{"line":\#(line),"character":0},"end":{"line":\#(line + 1),"character":0}}"#)
  }

  private func ask(_ method: String, _ params: String) throws {
    request += 1
    try server.send(
      #"{"jsonrpc":"2.0","id":\#(request),"method":"textDocument/\#(method)","params":{"textDocument":{"uri":"file:///policy.sally"},\#(params)}}"#
    )
    let wanted = #""id":\#(request),"#
    _ = try server.message { $0.prefix(60).contains(wanted) }
  }
}

/// A program to which one speaks in messages of the Language Server Protocol.
private final class PipedProcess {
  private let process: pid_t
  private let input: Int32
  private let output: Int32
  private var buffer: [UInt8] = []

  init(_ words: [String]) throws {
    signal(SIGPIPE, SIG_IGN)
    var (toProgram, fromProgram): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&toProgram) == 0, pipe(&fromProgram) == 0 else { throw BenchmarkFailure(description: "no pipe") }
    for descriptor in toProgram + fromProgram { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toProgram[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromProgram[1], 1)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    guard posix_spawnp(&child, words.first ?? "", &actions, nil, &arguments, environ) == 0 else {
      throw BenchmarkFailure(description: "`\(words.first ?? "")` cannot be started")
    }
    close(toProgram[0])
    close(fromProgram[1])
    (process, input, output) = (child, toProgram[1], fromProgram[0])
  }

  func end() {
    close(input)
    close(output)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  func send(_ text: String) throws {
    var rest = Array("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { throw BenchmarkFailure(description: "the server is gone") }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// The next message that is meant; others are passed over.
  func message(_ isMeant: (String) -> Bool) throws -> String {
    while true {
      let message = try next()
      if isMeant(message) { return message }
    }
  }

  private func next() throws -> String {
    while true {
      if let message = complete() { return message }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output, &piece, piece.count)
      guard count > 0 || count < 0 && errno == EINTR else {
        throw BenchmarkFailure(description: "the server is gone")
      }
      buffer += piece.prefix(max(0, count))
    }
  }

  private func complete() -> String? {
    let separator = Array("\r\n\r\n".utf8)
    guard let end = buffer.indices.first(where: { buffer[$0...].starts(with: separator) }) else { return nil }
    let digits = buffer[..<end].filter { (0x30...0x39).contains($0) }
    let length = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    let start = end + separator.count
    guard buffer.count >= start + length else { return nil }
    let message = String(decoding: buffer[start..<start + length], as: UTF8.self)
    buffer.removeFirst(start + length)
    return message
  }
}
