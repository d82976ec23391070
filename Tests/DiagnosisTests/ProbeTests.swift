import Addressing
import Compilation
import Diagnosis
import Diagnostics
import Evidence
import FTPSession
import Foundation
import Policy
import Probing
import Servers
import Testing
import Trials

/// What `probe` makes of sessions that were recorded with `sallyport-probe`, and what it plans.
@Suite struct ProbeTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ProbeReports")

  private func report(_ name: String) throws -> ProbeReport {
    let bytes = try [UInt8](Data(contentsOf: Self.folder.appending(path: "\(name).json")))
    let report = decodeJSON(ProbeReport.self, from: bytes)
    return try #require(report)
  }

  private func trial(
    _ encryption: FTPSession.Encryption, _ mode: FTPSession.DataMode, _ promise: Trial.Promise? = nil,
    port: UInt16 = 2121, at address: String = "127.0.0.1"
  ) -> Trial {
    Trial(TrialKind(encryption, mode, .ipv4), at: knownAddress(address), port: port, promise: promise)
  }

  private func result(_ name: String, _ trial: Trial, accepting: Bool = false) throws -> TrialResult {
    var manner = TrialManner()
    (manner.patience, manner.acceptsCertificate) = (3, accepting)
    return TrialResult(trial, try report(name), manner, replies: ServerPrograms.knownReplies)
  }

  private func causes(_ name: String) throws -> [String] {
    let file = try report(name).evidence(named: name, source: 0)
    return Diagnosis([file], replies: ServerPrograms.knownReplies).marks
  }

  @Test("what works")
  func works() throws {
    #expect(try result("plain-works", trial(.plain, .epsv)).outcome == .works)
    #expect(try result("tls-works", trial(.explicit, .pasv), accepting: true).outcome == .works)
    #expect(try result("active", trial(.plain, .port)).outcome == .works)
    #expect(try result("tls-works", trial(.explicit, .pasv), accepting: true).resumesTLS == true)
    #expect(try result("not-resumed", trial(.explicit, .pasv), accepting: true).resumesTLS == false)
    #expect(try result("plain-works", trial(.plain, .epsv)).resumesTLS == nil)
    for name in ["plain-works", "tls-works", "active"] { #expect(try causes(name).isEmpty, "\(name)") }
  }

  @Test("what does not, and why")
  func fails() throws {
    let nobody = try result("nobody", trial(.plain, .pasv, port: 2122))
    #expect(nobody.outcome == .refused && nobody.reason == "the control connection to 127.0.0.1:2122 is refused")
    let implicit = try result("not-implicit", trial(.implicit, .epsv))
    #expect(implicit.outcome == .refused && implicit.reason.contains("does not begin with TLS"))
    let unknown = try result("certificate", trial(.explicit, .pasv))
    #expect(unknown.outcome == .undecided && unknown.reason.contains("no password was sent"))
    let private10 = try result("private-address", trial(.plain, .pasv))
    #expect(private10.outcome == .broken && private10.reason.contains("10.1.2.3"), "\(private10.reason)")
    let new = try result("not-resumed", trial(.explicit, .pasv), accepting: true)
    #expect(new.outcome == .broken && new.reason.contains("522"))
    #expect(try causes("not-resumed").first == "F18?")
    let blind = try result("active-tls", trial(.explicit, .port), accepting: true)
    #expect(blind.outcome == .undecided && blind.reason.contains("libcurl"))
  }

  @Test("what is a finding beside a promise")
  func promises() throws {
    func isFine(_ name: String, _ outcome: SessionOutcome) throws -> Bool {
      try result(name, trial(.plain, name == "plain-works" ? .epsv : .pasv, Trial.Promise(outcome))).isAsPromised
    }
    #expect(try isFine("plain-works", .works) && isFine("nobody", .refused) && isFine("private-address", .refused))
    #expect(try !isFine("plain-works", .refused) && !isFine("nobody", .works) && !isFine("private-address", .works))
    // The policy's own rules would not do: that is a finding even where it works here.
    #expect(try !isFine("plain-works", .broken))
    // Of a gateway whose rules nobody can play, the session itself tells.
    #expect(try isFine("plain-works", .undecided) && !isFine("private-address", .undecided))
    #expect(!TrialResult(trial(.plain, .pasv, Trial.Promise(.works)), failure: "x").isAsPromised)
  }

  @Test("a made-up login is asked for a password: that is a finding")
  func passwordInClear() throws {
    var plain = trial(.plain, .epsv, Trial.Promise(.refused, "`tls required`"))
    plain.usesAccount = false
    let found = TrialResult(plain, try report("plain-works"), TrialManner())
    #expect(found.asksForPassword && !found.isAsPromised)
  }

  @Test("the plan: what is permitted, and one session for what is refused as a whole")
  func plan() throws {
    let source = """
      publish files {
        server         10.10.20.200 other
        external ip    203.0.113.10
        passive range  50000-50399
        tls            explicit required
      }
      """
    let compilation = Compilation(
      loadSources([SourceFile(name: "x.sally", text: source)]) { _ in .failure(.missing) })
    let publication = try #require(compilation.policy.publications.first)
    let table = compilation.sessions(of: publication)
    let address = knownAddress("203.0.113.10")
    let trials = plannedTrials(of: table, at: [address], port: 21)
    #expect(
      trials.map(\.title) == [
        "plain, IPv4", "explicit TLS PASV, IPv4", "explicit TLS EPSV, IPv4", "explicit TLS PORT, IPv4",
        "explicit TLS EPRT, IPv4", "implicit TLS, IPv4",
      ])
    #expect(trials.map(\.usesAccount) == [false, true, true, true, true, false])
    let few = plannedTrials(of: table, at: [address], port: 21, TrialChoice(modes: [.epsv]))
    #expect(few.map(\.title) == ["plain, IPv4", "explicit TLS EPSV, IPv4", "implicit TLS, IPv4"])
    let stranger = plannedTrials(of: table, at: [address], port: 21, from: .stranger)
    #expect(stranger.isEmpty || stranger.count == 3)
    let asked = askedTrials(at: [address, knownAddress("2001:db8::1")], port: nil, TrialChoice())
    #expect(asked.count == 6 && asked.allSatisfy { $0.port == 21 })
  }

  @Test("no password leaves in a request that is not to have it, nor stands in a transcript")
  func requests() throws {
    let account = Account(user: "sally", password: "open-the-gate")
    var plain = trial(.plain, .pasv)
    #expect(ProbeRequest(plain, name: nil, account: account, TrialManner()).session?.password == "open-the-gate")
    plain.usesAccount = false
    let session = ProbeRequest(plain, name: nil, account: account, TrialManner()).session
    #expect(session?.password != "open-the-gate" && session?.user != "sally")
    let lines = try ["plain-works", "tls-works"].flatMap { try report($0).transcript }
    #expect(lines.contains("> PASS ***") && !lines.contains { $0.contains("example.invalid") })
  }

  @Test("accounts of a file")
  func netrc() {
    let text = """
      # comment machine no login no password no
      machine ftp.example.com login sally password "open \\"the gate"
      machine other login a password b account c
      macdef init
      machine trap login trap password trap

      default login anonymous password me@example.invalid
      """
    let file = Netrc(text)
    #expect(file.account(for: ["ftp.example.com"]) == Account(user: "sally", password: "open \"the gate"))
    #expect(file.account(for: ["x", "other"])?.password == "b")
    #expect(file.account(for: ["trap"])?.user == "anonymous")
    #expect(file.account(for: ["other"], user: "a")?.password == "b")
    #expect(Netrc("machine x login").account(for: ["x"]) == nil)
    #expect(Netrc("machine").account(for: ["x"]) == nil && Netrc("\"").account(for: []) == nil)
  }

  @Test("one word for a server")
  func targets() throws {
    func parts(_ word: String) -> String {
      guard let target = try? ProbeTarget(word) else { return "-" }
      return "\(target.host) \(target.port.map { "\($0)" } ?? "-") \(target.isImplicit)"
    }
    #expect(parts("ftp.example.com") == "ftp.example.com - false")
    #expect(parts("ftp.example.com:2121") == "ftp.example.com 2121 false")
    #expect(parts("[2001:db8::1]:21") == "2001:db8::1 21 false" && parts("2001:db8::1") == "2001:db8::1 - false")
    #expect(parts("ftps://x/") == "x - true" && parts("ftp://x:99/a/b") == "x 99 false")
    for word in ["", ":21", "x:", "x:0", "x:99999", "http://x", "-x", "a b", "[x]", "[1.2.3.4]", "x:21:22", "é"] {
      #expect(parts(word) == "-", "\(word)")
    }
    #expect(throws: ProbeTarget.Failure.hasAccount) { try ProbeTarget("ftp://me:secret@x") }
  }

  @Test("a policy that fits is accepted, whatever was seen")
  func fitting() throws {
    func policy(_ results: [TrialResult]) -> String? { fittingPolicy(results) }
    func seen(_ name: String, _ encryption: FTPSession.Encryption, _ mode: FTPSession.DataMode) throws -> TrialResult
    {
      try result(name, trial(encryption, mode, at: "203.0.113.10"), accepting: name != "certificate")
    }
    let all = [
      [try seen("plain-works", .plain, .epsv)], [try seen("tls-works", .explicit, .pasv)],
      [
        try seen("certificate", .explicit, .pasv), try seen("active", .plain, .port),
        try seen("tls-works", .explicit, .pasv),
      ],
      [try seen("private-address", .plain, .pasv)],
    ]
    for results in all {
      let text = try #require(policy(results))
      let compilation = Compilation(
        loadSources([SourceFile(name: "x.sally", text: text)]) { _ in .failure(.missing) })
      #expect(!compilation.diagnostics.contains { $0.severity == .error }, "\(text)\(compilation.diagnostics)")
    }
    #expect(policy([try seen("nobody", .plain, .pasv)]) == nil)
    // Without a port that was seen a line is left to be filled in.
    #expect(policy([try seen("active", .plain, .port)])?.contains("# passive range  LOW-HIGH") == true)
    // Nobody publishes the loopback.
    #expect(policy([try result("plain-works", trial(.plain, .epsv))]) == nil)
  }

  @Test("reports that were cut, or say strange things, crash nothing")
  func strange() throws {
    let bytes = try [UInt8](Data(contentsOf: Self.folder.appending(path: "tls-works.json")))
    for length in stride(from: 0, to: bytes.count - 1, by: 97) {
      #expect(decodeJSON(ProbeReport.self, from: Array(bytes[..<length])) == nil)
    }
    var report = try report("tls-works")
    let events = report.events
    var state: UInt64 = 7
    for _ in 0..<300 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let index = Int((state >> 33) % UInt64(events.count))
      report.events = events
      switch (state >> 20) % 4 {
      case 0: report.events.remove(at: index)
      case 1: report.events[index].text = "227 (9,9,9,9,9,9) \u{1B}[31m\u{202E}229 (|||0|)"
      case 2: report.events = Array(events.prefix(index))
      default: report.events[index].kind = "received"
      }
      let found = TrialResult(trial(.explicit, .pasv), report, TrialManner())
      let view = TrialText([found], title: "x", style: .plain)
      #expect(!view.text.contains("\u{1B}") && !view.text.contains("\u{202E}"))
      _ = report.evidence(named: "x", source: 0)
      _ = fittingPolicy([found])
    }
  }
}
