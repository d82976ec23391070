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
  /// Bytes of the comment that was written last.
  private var written = 0

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
    try server.await { head, _ in head.contains(#""id":1,"#) }
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

  /// Changes a comment at the end of the line, so that no text comes twice, and waits.
  ///
  /// - Returns: Milliseconds.
  func change(_ wait: () throws -> Void) throws -> Double {
    version += 1
    let (start, text) = (30, " # \(version)")
    let end = start + written
    written = text.utf8.count
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
    try server.await { head, tail in head.contains("publishDiagnostics") && tail.contains(wanted) }
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
    try server.await { head, _ in head.contains(wanted) }
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

  /// Reads messages until the one that is meant has come, as its first and last bytes tell.
  func await(_ isMeant: (_ head: String, _ tail: String) -> Bool) throws {
    while true {
      let message = try next()
      let (head, tail) = (message.prefix(80), message.suffix(40))
      if isMeant(String(decoding: head, as: UTF8.self), String(decoding: tail, as: UTF8.self)) { return }
    }
  }

  private func next() throws -> [UInt8] {
    while true {
      if let message = complete() { return message }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output, &piece, piece.count)
      let isThere = count > 0 || count < 0 && errno == EINTR
      guard isThere else { throw BenchmarkFailure(description: "the server is gone") }
      buffer += piece.prefix(max(0, count))
    }
  }

  private func complete() -> [UInt8]? {
    let separator = Array("\r\n\r\n".utf8)
    guard let end = buffer.indices.first(where: { buffer[$0...].starts(with: separator) }) else { return nil }
    let digits = buffer[..<end].filter { (0x30...0x39).contains($0) }
    let length = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    let start = end + separator.count
    guard buffer.count >= start + length else { return nil }
    let message = Array(buffer[start..<start + length])
    buffer.removeFirst(start + length)
    return message
  }
}
