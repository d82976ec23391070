import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Netfilter
import Nftables
import Testing

/// The real worker in a network namespace that each request gets for itself, behind commands of nft.
private struct IsolatedWorker: NetfilterBackend {
  private let worker: NetfilterWorker
  /// What is changed in every script, in place, so that lines keep their numbers.
  var replacements: [(old: String, new: String)] = []

  init(in folder: String, ruleset: String = "") throws {
    try ruleset.write(toFile: "\(folder)/foreign.nft", atomically: false, encoding: .utf8)
    let path = "\(folder)/sallyport-netfilter"
    try Release.current.place(programs: programs.path, in: folder)
    try writeProgram(
      "\(folder)/worker",
      """
      PATH=\(Release.current.searchPath("/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"))
      exec unshare --net sh -c 'nft -f "$0" </dev/null && exec "$1"' "\(folder)/foreign.nft" "\(path)"
      """)
    worker = NetfilterWorker(path: "\(folder)/worker", seconds: Patience.arrival.wholeSeconds)
  }

  func dryRun(_ script: [UInt8]) async throws(NetfilterFailure) -> [KernelMessage] {
    var text = String(decoding: script, as: UTF8.self)
    for (old, new) in replacements { text = text.replacing(old, with: new) }
    return try await worker.dryRun(Array(text.utf8))
  }

  func baseChains() async throws(NetfilterFailure) -> [InstalledChain] { try await worker.baseChains() }

  func ruleset() async throws(NetfilterFailure) -> Ruleset { try await worker.ruleset() }

  func running(table name: String) async throws(NetfilterFailure) -> Listed<Table> {
    try await worker.running(table: name)
  }
}

@Suite("the kernel", .kernel)
struct KernelTests {
  private static let policy = """
    publish files {
      server         10.10.20.200 proftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit optional
      helper         on
      limit          5 sessions per client
    }
    """

  private func report(
    _ policy: String = policy, ruleset: String = "", replacing replacements: [(old: String, new: String)] = []
  ) async throws -> (Compilation, KernelReport) {
    try await withFolder { folder in
      let compilation = compile(policy)
      var worker = try IsolatedWorker(in: folder, ruleset: ruleset)
      worker.replacements = replacements
      return (compilation, await compilation.report(worker))
    }
  }

  @Test("takes the ruleset of every sample policy")
  func samples() async throws {
    let folder = repository.appending(path: "policies")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sally") }
    #expect(names.count > 5)
    for name in names.sorted() {
      let (_, report) = try await report(String(contentsOf: folder.appending(path: name), encoding: .utf8))
      #expect(report.failure == nil && report.diagnostics.isEmpty, "\(name): \(report)")
    }
  }

  @Test("takes it beside itself, and where other tables are")
  func beside() async throws {
    let own = compile(Self.policy).table(gateway: nil).script().text
    let (_, report) = try await report(ruleset: own + "table ip nat {\n}\n")
    #expect(report.failure == nil && report.diagnostics.isEmpty)
  }

  @Test("lists our table as it was written, and says when there is none")
  func table() async throws {
    let table = compile(Self.policy).table(gateway: nil)
    try await withFolder { folder in
      let worker = try IsolatedWorker(in: folder, ruleset: table.script().text)
      let running = try #require(try await worker.table(named: table.name))
      #expect(running.canonical(dynamicSets: table.dynamicSets) == table.canonical())
    }
    try await withFolder { folder in
      let worker = try IsolatedWorker(in: folder, ruleset: "table ip sallyport {\n}\n")
      #expect(try await worker.table(named: table.name) == nil)
      await #expect(throws: NetfilterFailure.self) { try await worker.table(named: "a; flush ruleset") }
    }
  }

  @Test("has chains of others")
  func foreign() async throws {
    let (_, report) = try await report(
      ruleset: """
        table ip filter {
          chain FORWARD { type filter hook forward priority 0; policy drop; }
          chain USER { }
        }
        table ip nat {
          chain PREROUTING { type nat hook prerouting priority -101; policy accept; }
        }
        """.replacing("; }", with: ";\n}"))
    #expect(report.failure == nil)
    // The nat chain has no rule, so it translates nothing.
    #expect(report.diagnostics.map(\.code) == ["foreign-chain-drops"])
    #expect(report.diagnostics.map { $0.message.contains("`ip filter FORWARD`") } == [true])
  }

  @Test("refuses a part, and the statement after it is named")
  func refusal() async throws {
    let element = "203.0.113.10 . 50000-50399 comment \"files\" : 10.10.20.200,"
    let (compilation, report) = try await report(
      replacing: [(element, "\(element) 203.0.113.10 . 50000-50399 : 10.10.20.201,")])
    #expect(report.failure == nil)
    #expect(compilation.underlined(report.diagnostics) == ["kernel-refused: 50000-50399"])
    #expect(report.diagnostics.first?.notes.first?.contains("File exists") == true)
  }

  @Test("has no such helper")
  func helper() async throws {
    let (compilation, report) = try await report(replacing: [("type \"ftp\"", "type \"pft\"")])
    #expect(report.failure == nil)
    #expect(compilation.underlined(report.diagnostics) == ["helper-module-missing: helper         on"])
  }

  @Test("is not asked about a text that libnftables does not understand")
  func syntax() async throws {
    let (_, report) = try await report(replacing: [("ct state", "ct stat")])
    guard case .library(let text) = report.failure else {
      Issue.record("\(report)")
      return
    }
    #expect(text.contains("ct stat"))
    #expect(report.failure?.details.isEmpty == false)
  }

  @Test("a worker without a request says what it is, and answers nothing")
  func noRequest() async throws {
    let worker = programs.appending(path: "sallyport-netfilter").path
    for input in [
      "", "hello", "protocol 1\n2\nverb 11\nlist-chains\nend 0\n\n", "protocol 1\n1\nverb 4\nflap\nend 0\n\n",
    ] {
      let ended = try await shell("printf '%s' '\(input)' | \(worker)")
      #expect(ended.status == 64 && ended.output.isEmpty)
      #expect(ended.errors.hasPrefix("sallyport-netfilter: "))
    }
  }
}
