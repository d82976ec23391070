import Foundation
import LiveSupport
import Testing

/// The program `sallyport probe` against real daemons behind a gateway: a network without a fault is as promised, and
/// of a fault the cause is named.
@Suite(.enabled(if: LiveRequirements.met, "live tests cannot run here"))
struct ProbeBenchTests {
  /// What the policy says in every test.
  private static func policy(_ statements: String) -> String {
    """
    gateway edge {
      outside  eth0
      inside   eth1
    }
    server files {
      address   10.10.20.200
      software  other
    }
    publish files {
      server       files
      external ip  203.0.113.10
      \(statements)
    }
    """
  }

  private static let range = "passive range 50000-50399\n  tls explicit optional"

  struct Answer: Decodable {
    struct Session: Decodable {
      var tls: String
      var mode: String
      var outcome: String
      var reason: String
      var lastStep: String
      var promised: String?
      var asPromised: Bool
      var transcript: [String]
    }
    struct Cause: Decodable {
      var failure: String
      var certainty: String
      var statement: String?
    }
    var sessions: [Session]
    var causes: [Cause]
    var policy: String?
  }

  struct Probing {
    var status: Int32
    var answer: Answer
    var text: String
  }

  /// Probes the publication of a policy from the client's machine.
  private func probe(
    _ lab: Lab, _ statements: String = range, options: [String], password: String = Lab.password
  ) async throws -> Probing {
    let file = "\(lab.folder)/office.sally"
    try Self.policy(statements).write(toFile: file, atomically: true, encoding: .utf8)
    return try await probe(lab, ["\(file)", "files"] + options, password: password)
  }

  private func probe(_ lab: Lab, _ words: [String], password: String = Lab.password) async throws -> Probing {
    // Where the same option stands twice the last one counts.
    let common = ["--timeout", "5", "--rate", "6000", "--format", "json", "--accept-certificate"]
    let result = try await lab.run(
      [Sallyport.besideThisProgram.path, "probe"] + common + words, on: .client,
      environment: ["SALLYPORT_USER": Lab.user, "SALLYPORT_PASSWORD": password], seconds: 120)
    #expect(!result.text.contains(Lab.password) && !result.errorText.contains(Lab.password))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let answer = try? decoder.decode(Answer.self, from: Data(result.output)) else {
      throw LabError("status \(result.status)\n\(result.errorText)\n\(result.text)")
    }
    return Probing(status: result.status, answer: answer, text: result.text)
  }

  private func withFault(
    _ fault: Injection, _ kind: DaemonKind, _ body: @Sendable (Lab) async throws -> Void
  ) async throws {
    try await withLab { lab in try await lab.with(fault, kind) { try await body(lab) } }
  }

  private static func fault(_ name: String) throws -> Injection {
    let found = Injection.all.first { $0.name == name }
    return try #require(found, "\(name)")
  }

  @Test("without a fault everything is as promised", arguments: [DaemonKind.vsftpd, .proFTPD])
  func healthy(_ kind: DaemonKind) async throws {
    try await withFault(try Self.fault("healthy"), kind) { lab in
      let found = try await probe(lab, options: ["--mode", "pasv,epsv", "--timeout", "20"])
      #expect(found.status == 0 && found.answer.causes.isEmpty, "\(found.text)")
      // Implicit TLS is refused as a whole, so one session stands for it.
      #expect(found.answer.sessions.map(\.outcome) == ["works", "works", "works", "works", "refused"])
      #expect(!found.answer.sessions.map(\.asPromised).contains(false))
    }
  }

  @Test(
    "the whole table of a policy, with what is compiled and emitted from it",
    arguments: zip([DaemonKind.proFTPD, .pureFTPD], [true, false]))
  func compiled(_ kind: DaemonKind, isRequired: Bool) async throws {
    try await withLab { lab in
      let policy = """
        gateway edge { outside eth0; inside eth1; }
        server files {
          address      10.10.20.200, 2001:db8:20::200
          software     \(kind.rawValue)
          certificate  "\(lab.certificate.path)" key "\(lab.certificate.keyPath)"
        }
        publish files {
          server         files
          external ip    203.0.113.10, 2001:db8:113::10
          control port   2121
          passive range  50000-50399
          tls            explicit \(isRequired ? "required" : "optional")
        }
        """
      try await lab.enforce(policy, by: .besideThisProgram)
      let settings = try await Sallyport.besideThisProgram.settings(of: policy, server: "files")
      let only = try #require(settings.first)
      try await lab.start(kind, configuration: only.text, ports: [2121])
      let file = "\(lab.folder)/office.sally"
      try policy.write(toFile: file, atomically: true, encoding: .utf8)
      let found = try await probe(lab, [file, "files", "--ca", lab.certificate.path, "--parallel", "4"])
      #expect(found.status == 0, "\(found.text)")
      let works = found.answer.sessions.filter { $0.outcome == "works" }
      // PASV and EPSV over IPv4, EPSV over IPv6, with TLS, and without where that is permitted.
      #expect(works.count == (isRequired ? 3 : 6), "\(works.map { "\($0.tls) \($0.mode)" })")
    }
  }

  @Test("an upload, a time without a word, and a new TLS session where one has to be resumed")
  func manners() async throws {
    try await withFault(try Self.fault("healthy"), .vsftpd) { lab in
      let options = ["--mode", "epsv", "--tls", "explicit", "--timeout", "20"]
      let upload = try await probe(lab, options: options + ["--upload", "probe.txt", "--idle", "1s"])
      #expect(upload.status == 0, "\(upload.text)")
      let transcript = upload.answer.sessions.flatMap(\.transcript)
      #expect(transcript.contains("> STOR probe.txt") && transcript.contains("> DELE probe.txt"), "\(transcript)")
      #expect(transcript.contains("* idle for 1 seconds"))
      let again = try await probe(lab, options: options + ["--upload", "payload.bin"])
      #expect(again.status == 1 && again.text.contains("there is a file of that name"), "\(again.text)")
      let new = try await probe(lab, options: options + ["--no-session-reuse"])
      #expect(new.status == 1 && new.answer.causes.first?.failure == "F18", "\(new.text)")
    }
  }

  struct Fault: Sendable, CustomStringConvertible {
    var injection: String
    var tls: String
    var mode: String
    var causes: Set<String>
    var statement: String?
    var description: String { "\(injection), \(tls) \(mode)" }

    init(_ injection: String, _ tls: String, _ mode: String, _ causes: String..., statement: String? = nil) {
      (self.injection, self.tls, self.mode, self.causes) = (injection, tls, mode, Set(causes))
      self.statement = statement
    }
  }

  static let faults = [
    Fault("private address", "plain", "pasv", "F01", statement: "external ip"),
    Fault("loopback address", "explicit", "pasv", "F03"),
    Fault("other public address", "plain", "pasv", "F42", "F44"),
    Fault("range dropped", "explicit", "pasv", "F48", "F35", statement: "passive range"),
    Fault("range not translated", "plain", "epsv", "F48", "F35"),
    Fault("range rejected", "plain", "pasv", "F48", "F35"),
    Fault("server without TLS", "explicit", "pasv", "F23", statement: "tls"),
    Fault("TLS demanded", "plain", "pasv", "F24", statement: "tls"),
    Fault("data masqueraded", "plain", "pasv", "F15", "F16"),
    Fault("answers lost", "plain", "epsv", "F35", "F48", "F62"),
    Fault("wrong password", "plain", "pasv", "F71", "F73"),
    Fault("ports changed", "plain", "pasv", "F14", "F48", "F35"),
  ]

  @Test("a fault is found, and its cause named", arguments: faults)
  func fault(_ fault: Fault) async throws {
    let injection = try Self.fault(fault.injection)
    try await withFault(injection, .proFTPD) { lab in
      let found = try await probe(
        lab, options: ["--tls", fault.tls, "--mode", fault.mode], password: injection.password)
      #expect(found.status == 1, "\(found.text)")
      let first = found.answer.causes.first
      #expect(fault.causes.contains(first?.failure ?? ""), "\(found.text)")
      if let statement = fault.statement { #expect(first?.statement?.contains(statement) == true, "\(found.text)") }
    }
  }

  /// Faults of `Injection.all` that one session of `probe` can meet: none of the client's own, and none that takes
  /// several sessions.
  private static let alone: [Injection] = Injection.all.filter { fault in
    let isOfClient =
      fault.portAddress != nil || !fault.resumesTLS || !fault.protectsData || !fault.endsTLS || fault.isUpload
      || fault.place != .client
    return !fault.causes.isEmpty && !isOfClient && !fault.repeats && !fault.isPlainFirst
      && fault.path == "hello.txt"
  }

  @Test(
    "every fault that one session meets is found, and nothing else is called proven",
    .enabled(if: ProcessInfo.processInfo.environment["SALLYPORT_PROVE_TICKETS"] != nil), arguments: alone)
  func every(_ fault: Injection) async throws {
    let kind = fault.daemons.first { $0 != .pureFTPD } ?? .pureFTPD
    let tls = fault.encryption.first == .plain ? "plain" : "explicit"
    try await withFault(fault, kind) { lab in
      let found = try await probe(
        lab, ["203.0.113.10:\(fault.controlPort)", "--tls", tls, "--mode", fault.mode.rawValue],
        password: fault.password)
      #expect(found.status == 1, "\(found.text)")
      let proven = Set(found.answer.causes.filter { $0.certainty == "proven" }.map(\.failure))
      #expect(proven.isSubset(of: fault.causes.union(fault.alsoTrue)), "\(fault): \(proven)\n\(found.text)")
    }
  }

  @Test("the server's connection in active mode does not come")
  func active() async throws {
    try await withFault(try Self.fault("active blocked"), .vsftpd) { lab in
      let found = try await probe(
        lab, Self.range + "\n  active on", options: ["--tls", "plain", "--mode", "port"])
      #expect(found.status == 1 && found.answer.causes.first?.failure == "F33", "\(found.text)")
    }
  }

  @Test("a helper is blind under TLS")
  func helper() async throws {
    var fault = try Self.fault("healthy")
    fault.announced = nil
    fault.range = ""
    try await withFault(fault, .vsftpd) { lab in
      try await lab.load(
        ruleset: """
          table ip bench_helper {
            ct helper ftp-std { type "ftp" protocol tcp; }
            chain arriving { type filter hook prerouting priority -150; tcp dport 21 ct helper set "ftp-std"
            }
          }

          """)
      let found = try await probe(lab, options: ["--mode", "pasv"])
      #expect(found.status == 1, "\(found.text)")
      #expect(found.answer.sessions.first { $0.tls == "plain" }?.outcome == "works", "\(found.text)")
      #expect(found.answer.sessions.first { $0.tls == "explicit" }?.outcome == "broken", "\(found.text)")
      #expect(["F04", "F48"].contains(found.answer.causes.first?.failure ?? ""), "\(found.text)")
    }
  }

  @Test("a box that answers AUTH itself")
  func relay() async throws {
    try await withFault(try Self.fault("filter answers AUTH"), .proFTPD) { lab in
      let found = try await probe(lab, options: ["--tls", "explicit", "--mode", "pasv"])
      #expect(found.status == 1 && found.answer.causes.first?.failure == "F61", "\(found.text)")
      #expect(found.answer.sessions.first?.outcome == "refused")
    }
  }

  @Test("a server that asks for a password in clear where the policy wants TLS")
  func passwordInClear() async throws {
    try await withFault(try Self.fault("healthy"), .proFTPD) { lab in
      let found = try await probe(
        lab, "passive range 50000-50399\n  tls explicit required",
        options: ["--tls", "plain,explicit", "--mode", "epsv"])
      #expect(found.status == 1, "\(found.text)")
      let plain = found.answer.sessions.first { $0.tls == "plain" }
      #expect(plain?.asPromised == false && plain?.promised == "refused", "\(found.text)")
      // A made-up name, so that nothing of worth is said in clear.
      #expect(plain?.transcript.contains("> USER \(Lab.user)") == false)
    }
  }

  @Test("and one that wants TLS there")
  func refusesClear() async throws {
    try await withFault(try Self.fault("TLS demanded"), .vsftpd) { lab in
      let found = try await probe(
        lab, "passive range 50000-50399\n  tls explicit required",
        options: ["--tls", "plain,explicit", "--mode", "epsv"])
      #expect(found.status == 0, "\(found.text)")
    }
  }

  @Test("a client whom the policy keeps out, and whom the gateway lets in all the same")
  func stranger() async throws {
    try await withFault(try Self.fault("healthy"), .proFTPD) { lab in
      let statements = Self.range + "\n  allow 192.0.2.0/24"
      let open = try await probe(lab, statements, options: ["--as", "stranger", "--tls", "plain"])
      #expect(open.status == 1 && open.text.contains("asks for a password"), "\(open.text)")
      try await lab.load(
        ruleset:
          "table ip keep { chain arriving { type filter hook prerouting priority -200; ip saddr 198.51.100.10 tcp dport 21 drop\n}\n}\n"
      )
      let shut = try await probe(lab, statements, options: ["--as", "stranger", "--tls", "plain"])
      #expect(shut.status == 0, "\(shut.text)")
    }
  }

  @Test("without a policy, one that fits is written, and check takes it")
  func fitting() async throws {
    try await withFault(try Self.fault("healthy"), .vsftpd) { lab in
      // A password is not said in clear unless that is asked for.
      let careful = try await probe(lab, ["203.0.113.10"])
      #expect(
        careful.status == 0 && careful.answer.sessions.map(\.tls) == ["explicit", "explicit"], "\(careful.text)")
      #expect(careful.answer.policy?.contains("tls            explicit required") == true)
      let found = try await probe(lab, ["203.0.113.10", "--tls", "plain,explicit"])
      #expect(found.status == 0, "\(found.text)")
      let policy = try #require(found.answer.policy)
      #expect(
        policy.contains("tls            explicit optional") && policy.contains("passive range  50"), "\(policy)")
      let checked = try await Sallyport.besideThisProgram.run(["check", "-"], policy: policy)
      #expect(checked.succeeded, "\(checked.errorText)\n\(policy)")
    }
  }

  @Test("nobody answers, somebody refuses")
  func nobody() async throws {
    try await withFault(try Self.fault("healthy"), .vsftpd) { lab in
      let refused = try await probe(lab, ["203.0.113.1:2199", "--mode", "pasv", "--tls", "plain"])
      #expect(refused.status == 1 && refused.answer.sessions.first?.outcome == "refused", "\(refused.text)")
      let silent = try await probe(lab, ["203.0.113.99", "--mode", "pasv", "--tls", "plain"])
      #expect(silent.status == 1 && silent.answer.sessions.first?.lastStep == "control", "\(silent.text)")
      let sixth = try await probe(lab, ["[2001:db8:ffff::1]", "--tls", "plain"])
      #expect(sixth.status == 1, "\(sixth.text)")
    }
  }

  @Test("a password typed at the prompt, or out of a file of accounts, logs in and is not shown")
  func accounts() async throws {
    try await withFault(try Self.fault("healthy"), .vsftpd) { lab in
      let words = [
        Sallyport.besideThisProgram.path, "probe", "203.0.113.10", "--tls", "plain", "--mode", "epsv", "--timeout",
        "15",
      ]
      let typed = try await lab.run(
        ["python3", "-c", typingProgram, Lab.password] + words + ["--user", Lab.user], on: .client, seconds: 60)
      #expect(typed.text.contains("password of sally: "), "\(typed.text)\(typed.errorText)")
      #expect(typed.text.contains("1 session tried: all work") && typed.text.contains("probing: "), "\(typed.text)")
      #expect(!typed.text.contains(Lab.password))
      let file = "\(lab.folder)/netrc"
      try "machine 203.0.113.10 login \(Lab.user) password \(Lab.password)\n".write(
        toFile: file, atomically: true, encoding: .utf8)
      let read = try await lab.run(words + ["--netrc", file], on: .client, seconds: 60)
      #expect(read.status == 0 && !(read.text + read.errorText).contains(Lab.password), "\(read.text)")
      // Without an account the login is anonymous, which this server does not have.
      let anonymous = try await lab.run(words, on: .client, seconds: 60)
      #expect(anonymous.status == 1 && anonymous.text.contains("the login fails"), "\(anonymous.text)")
    }
  }
}

/// Runs a program on a terminal of its own and types a password where it asks for one.
private let typingProgram = """
  import os, pty, sys
  child, terminal = pty.fork()
  if child == 0:
      os.execv(sys.argv[2], sys.argv[2:])
  seen = b""
  while True:
      try:
          part = os.read(terminal, 4096)
      except OSError:
          break
      if not part:
          break
      if b"password of" in seen + part and b"password of" not in seen:
          os.write(terminal, sys.argv[1].encode() + b"\\n")
      seen += part
  sys.stdout.buffer.write(seen)
  """
