import Foundation
import LiveSupport
import Netfilter
import Nftables
import Testing

@Suite("a worker that is not there, breaks, or says what it should not")
struct WorkerTests {
  /// Runs a request against a worker made of lines of shell.
  private func failure(
    _ lines: String, script: [UInt8] = [], seconds: Int = Patience.arrival.wholeSeconds, answerLimit: Int = 1 << 20
  ) async throws -> NetfilterFailure? {
    try await withFolder { folder in
      try writeProgram("\(folder)/worker", lines.replacing("FOLDER", with: folder))
      let worker = NetfilterWorker(path: "\(folder)/worker", seconds: seconds, answerLimit: answerLimit)
      do throws(NetfilterFailure) {
        _ = try await worker.dryRun(script)
        return nil
      } catch {
        return error
      }
    }
  }

  /// A worker that answers like the real one.
  private static func answer(
    status: Int = 0, output: String = "", errors: String = "", generation: Int? = nil, outline: String? = nil,
    strange: String? = ""
  ) -> String {
    let frames =
      [Frame("protocol", "1"), Frame("status", "\(status)"), Frame("output", output), Frame("errors", errors)]
      + (generation.map { [Frame("generation", "\($0)")] } ?? []) + (outline.map { [Frame("outline", $0)] } ?? [])
      + (strange.map { [Frame("strange", $0)] } ?? [])
    return "cat <<'EOF'\n\(String(decoding: Frame.bytes(of: frames).dropLast(), as: UTF8.self))\nEOF"
  }

  @Test("a whole answer is fine, whether the request was read or not")
  func whole() async throws {
    #expect(try await failure(Self.answer()) == nil)
    #expect(try await failure("cat >/dev/null\n" + Self.answer()) == nil)
    #expect(
      try await failure("exec </dev/null\n" + Self.answer(), script: [UInt8](repeating: 0x23, count: 8 << 20)) == nil)
  }

  @Test("the request arrives whole")
  func request() async throws {
    try await withFolder { folder in
      try writeProgram("\(folder)/worker", "cat >\(folder)/request\n" + Self.answer())
      let script = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0) }
      _ = try await NetfilterWorker(path: "\(folder)/worker").dryRun(script)
      let bytes = try Data(contentsOf: URL(filePath: "\(folder)/request"))
      #expect(
        Frame.parse(Array(bytes)) == [Frame("protocol", "1"), Frame("verb", "check"), Frame("script", script)])
    }
  }

  @Test("an answer that is not whole")
  func broken() async throws {
    #expect(try await failure("exit 0") == .brokenAnswer(status: 0, errors: ""))
    #expect(
      try await failure("echo out of memory >&2; exit 1") == .brokenAnswer(status: 1, errors: "out of memory\n"))
    #expect(try await failure(Self.answer() + "\nexit 3") == .brokenAnswer(status: 3, errors: ""))
    #expect(try await failure("echo hello") == .brokenAnswer(status: 0, errors: ""))
    let otherVersion = Self.answer().replacing("protocol 1\n1", with: "protocol 1\n2")
    #expect(try await failure(otherVersion) == .brokenAnswer(status: 0, errors: "the answer lacks a part"))
    // A request of 8 MiB that nobody reads ends nobody but the worker.
    let large = [UInt8](repeating: 0x23, count: 8 << 20)
    #expect(try await failure("exit 2", script: large) == .brokenAnswer(status: 2, errors: ""))
  }

  @Test("a signal ends it")
  func killed() async throws {
    let crash = try await failure("kill -SEGV $$")
    #expect(crash == .killed(signal: 11))
    #expect(crash?.description.contains("libnftables 1.1.3 or newer is needed") == true)
    #expect(try await failure("kill -KILL $$") == .killed(signal: 9))
    #expect(try await failure(Self.answer() + "\nkill -ABRT $$") == .killed(signal: 6))
  }

  @Test("an answer without end")
  func endless() async throws {
    #expect(try await failure("exec cat /dev/zero") == .answerTooLong(limit: 1 << 20))
  }

  /// The program never ends by itself, so that it is gone shows that it was ended, however busy the machine is.
  @Test("no answer in time; the process is ended, and no other")
  func timeout() async throws {
    try await withFolder { folder in
      var seconds = 1
      // On a busy machine the program may not have begun after a second.
      repeat {
        #expect(
          try await failure("echo $$ >\(folder)/pid; exec sleep infinity", seconds: seconds)
            == .timedOut(seconds: seconds))
        seconds *= 2
      } while !FileManager.default.fileExists(atPath: "\(folder)/pid") && seconds < Patience.arrival.wholeSeconds
      let text = try String(contentsOfFile: "\(folder)/pid", encoding: .utf8)
      let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kill(process, 0) == -1 && errno == ESRCH)
    }
  }

  @Test("a program that cannot be started")
  func notStarted() async throws {
    try await withFolder { folder in
      let file = "\(folder)/worker"
      for isThere in [false, true] {
        if isThere { try "no program".write(toFile: file, atomically: false, encoding: .utf8) }
        let failure = await #expect(throws: NetfilterFailure.self) {
          try await NetfilterWorker(path: file).baseChains()
        }
        guard case .notStarted? = failure else {
          Issue.record("\(String(describing: failure))")
          continue
        }
      }
    }
  }

  @Test("what libnftables says about a script")
  func errors() async throws {
    let place = "/proc/self/fd/4"
    let syntax = "\(place):4:7-10: Error: syntax error, unexpected string\n    tcp dprt 21 accept\n        ^^^^\n"
    #expect(try await failure(Self.answer(status: -1, errors: syntax)) == .library(syntax))
    let privilege = "netlink: Error: cache initialization failed: Operation not permitted\n"
    #expect(try await failure(Self.answer(status: -1, errors: privilege)) == .notPermitted)
    #expect(try await failure(Self.answer(status: -1)) == .library(""))
    try await withFolder { folder in
      let kernel =
        "\(place):14:9-9: Error: Could not process rule: Operation not permitted\n  chain c {\n        ^\n"
        + "\(place):5:13-25: Error: Could not process rule: File exists\n"
      try writeProgram("\(folder)/worker", Self.answer(status: -1, errors: kernel))
      let messages = try await NetfilterWorker(path: "\(folder)/worker").dryRun([])
      #expect(messages.map(\.line) == [5, 14])
      #expect(messages.first?.text == "Could not process rule: File exists")
    }
  }

  @Test("the list of chains")
  func chains() async throws {
    try await withFolder { folder in
      let listing = """
        {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"chain": {"family": "ip", "table": "filter", "name": "forward",
        "handle": 1, "type": "filter", "hook": "forward", "prio": -10, "policy": "drop"}}, {"chain": {"family": "inet",
        "table": "a", "name": "plain", "handle": 2}}, {"unheard of": 1}]}
        """
      try writeProgram("\(folder)/worker", Self.answer(output: listing))
      let worker = NetfilterWorker(path: "\(folder)/worker")
      #expect(
        try await worker.baseChains() == [
          InstalledChain(
            family: "ip", table: "filter", name: "forward", type: "filter", hook: "forward", priority: -10,
            dropsByPolicy: true)
        ])
      for other in ["", "[]", "{\"nftables\": [{\"chain\": 1}]}"] {
        try writeProgram("\(folder)/worker", Self.answer(output: other))
        await #expect(throws: NetfilterFailure.self) { try await worker.baseChains() }
      }
    }
  }

  private static let listing =
    #"{"nftables": [{"table": {"family": "inet", "name": "t"}}, {"set": {"family": "inet", "table": "t", "name": "x", "#
    + #""type": "ipv4_addr""#
  private static let outline = listing + "}}]}"
  private static let full = listing + #", "elem": ["192.0.2.1"]}}]}"#
  private static let text =
    "table inet t {\n\tset x {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1 }\n\t}\n}\n"

  /// How often `running` and then `printed` ask for a listing in JSON, and what they return.
  private func readings(
    text: String = text, outline: String? = outline, printing: String = "", generation: Int = 7,
    strange: String? = ""
  ) async throws -> (running: Listed<Table>, printed: Listed<PrintedTable>?, asked: Int) {
    try await withFolder { folder in
      try writeProgram(
        "\(folder)/worker",
        """
        cat >\(folder)/request
        if grep -qx print-table \(folder)/request; then
        \(printing)
        \(Self.answer(output: text, generation: 7, outline: outline, strange: strange))
        else
        echo >>\(folder)/asked
        \(Self.answer(output: Self.full, generation: generation))
        fi
        """)
      let worker = NetfilterWorker(path: "\(folder)/worker")
      let running = try await worker.running(table: "t")
      let printed = printing.isEmpty ? try await worker.printed(table: "t") : nil
      let asked = try? String(contentsOfFile: "\(folder)/asked", encoding: .utf8)
      return (running, printed, asked?.count ?? 0)
    }
  }

  @Test("a table is read from its text, and where that does not tell everything from JSON")
  func printedTables() async throws {
    let expected = try #require(try Table.read(listing: Array(Self.full.utf8), name: "t"))
    func expect(_ result: (running: Listed<Table>, printed: Listed<PrintedTable>?, asked: Int), asked: Int) {
      #expect(result.running.content == expected && result.running.rulesetGeneration == 7)
      #expect(result.asked == asked)
    }
    let quick = try await readings()
    expect(quick, asked: 0)
    #expect(quick.printed?.content?.table == expected)
    #expect(quick.printed?.content?.text == Array(Self.text.utf8))

    let strange = Self.text.replacing("192.0.2.1", with: "example.org")
    let others: [(text: String, outline: String?)] = [
      (strange, Self.outline), (Self.text, nil), (Self.text, "[]"), (Self.text, Self.full),
    ]
    for (text, outline) in others {
      let result = try await readings(text: text, outline: outline)
      expect(result, asked: 2)
      #expect(result.printed?.content?.table == expected)
      #expect(result.printed?.content?.text == Array(text.utf8))
    }
    // Another program changed rules between the text and the listing: the two do not belong together.
    let later = try await readings(text: strange, generation: 8)
    #expect(later.printed == nil)
    #expect(later.running.rulesetGeneration == 8 && later.running.content == expected)
    // A comment with a quote may look like further elements; so may one that was not looked at.
    for place in ["a comment of an element", nil] {
      let result = try await readings(strange: place)
      expect(result, asked: 2)
      #expect(result.printed?.content?.strangeness != nil)
    }
    // Listing what the outline takes more may be what ends the worker.
    expect(try await readings(printing: "kill -SEGV $$"), asked: 1)
    expect(try await readings(printing: "exit 1"), asked: 1)
  }

  @Test("is found beside the program, then in libexec, and nowhere else")
  func location() async throws {
    #expect(
      WorkerLocation.candidates(beside: "/usr/local/bin/sallyport") == [
        "/usr/local/bin/sallyport-netfilter", "/usr/local/libexec/sallyport/sallyport-netfilter",
      ])
    #expect(
      WorkerLocation.candidates(beside: "/sallyport") == [
        "/sallyport-netfilter", "/libexec/sallyport/sallyport-netfilter",
      ])
    try await withFolder { folder in
      let paths = WorkerLocation.candidates(beside: "\(folder)/bin/sallyport")
      #expect(throws: NetfilterFailure.workerMissing(looked: paths)) {
        try WorkerLocation.find(beside: "\(folder)/bin/sallyport")
      }
      for path in paths.reversed() {
        let parent = URL(filePath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try writeProgram(path, "exit 0")
        #expect(try WorkerLocation.find(beside: "\(folder)/bin/sallyport") == path)
      }
    }
  }
}
