import Diagnostics
import Glibc
import LiveSupport
import Policy
import Servers
import Testing

/// Files that nobody would write on purpose: every one ends in an answer, and quickly.
@Suite struct HostileServerFileTests {
  static let programs: [SoftwareKind] = ServerReaders.all.map(\.software)

  private func read(_ software: SoftwareKind, _ bytes: [UInt8]) throws -> EffectiveSettings {
    let reader = try #require(ServerReaders.reader(for: software))
    var sources = SourceSet()
    let settings = reader.read("/etc/file", from: ServerFiles(["/etc/file": bytes]), into: &sources)
    for diagnostic in settings.diagnostics {
      let span = diagnostic.primary.span
      #expect(span.range.upperBound <= sources[span.file].bytes.count)
      #expect(!diagnostic.message.isEmpty)
    }
    return settings
  }

  /// What this thread has of the processor for some work: a busy machine does not count.
  private func processorTime(_ work: () throws -> Void) rethrows -> Duration {
    func now() -> Duration {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    try work()
    return now() - start
  }

  private func codes(_ software: SoftwareKind, _ text: String) throws -> [String] {
    try read(software, Array(text.utf8)).diagnostics.map(\.code)
  }

  @Test(arguments: programs)
  func aBinaryOrHugeFile(_ software: SoftwareKind) throws {
    #expect(try codes(software, "Port 21\n\0\n") == ["server-file-unreadable"])
    let huge = [UInt8](repeating: UInt8(ascii: "a"), count: 50 << 20)
    var found: [String] = []
    let time = try processorTime { found = try read(software, huge).diagnostics.map(\.code) }
    #expect(found == ["server-file-unreadable"])
    #expect(time < .seconds(2))
  }

  @Test(arguments: programs)
  func endlessLinesAndDeepNesting(_ software: SoftwareKind) throws {
    let many = 1 << 16
    let texts = [
      "", "\n", String(repeating: "a", count: many), String(repeating: "\"", count: many),
      String(repeating: "<a>", count: many),
      String(repeating: "<Global>\n", count: many / 4), String(repeating: "<IfModule x>\n", count: many / 8),
      String(repeating: "<Limit PASV>\n", count: many / 8),
      "<configuration " + String(repeating: "a='' ", count: 1000) + "/>",
      String(repeating: "\\\n", count: many), String(repeating: "=\n", count: many / 8),
      "<!--" + String(repeating: "-", count: many),
      "<configuration>" + String(repeating: "]]", count: many) + "</configuration>",
      String(repeating: "&", count: many),
      "Include /etc/file\n", "\r\n\r\n", "\u{FEFF}Port 21\n", "Port \u{202E}21\n",
    ]
    for text in texts {
      let time = try processorTime { _ = try read(software, Array(text.utf8)) }
      #expect(time < .seconds(10), "\(software) \(text.prefix(20))")
    }
  }

  @Test(arguments: programs)
  func bytesThatAreNoText(_ software: SoftwareKind) throws {
    var random = SeededGenerator(state: 5)
    for _ in 0..<300 {
      _ = try read(software, (0..<random.number(0...300)).map { _ in UInt8(random.number(1...255)) })
    }
  }

  /// Real files with bytes changed, taken out, put in and repeated.
  @Test(arguments: programs)
  func changedFiles(_ software: SoftwareKind) throws {
    let samples = rulePages.filter { $0.origin == .audit }.flatMap { [$0.bad, $0.good] }
    let files = samples.flatMap { filesInComments($0).files.map(\.text) }.filter { !$0.isEmpty }
    let pieces = [
      "\n", " ", "=", "\"", "<", ">", "#", "\\", "Include /etc/file\n", "<Global>\n", "</Limit>\n",
      "99999999999999999999", "-1", "%{env:X}", "\r",
    ]
    var random = SeededGenerator(state: 17)
    for _ in 0..<600 {
      var bytes = Array(random.pick(files).utf8)
      for _ in 0..<random.number(1...8) where !bytes.isEmpty {
        let at = random.number(0...(bytes.count - 1))
        switch random.number(0...3) {
        case 0: bytes[at] = UInt8(random.number(1...255))
        case 1: bytes.removeSubrange(at..<min(bytes.count, at + random.number(1...9)))
        case 2: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: at)
        default: bytes += bytes[at...]
        }
      }
      _ = try read(software, bytes)
    }
  }

  @Test("16.9: servers times rules that all share are limited, and the limit is named")
  func serversTimesRules() throws {
    let hosts = (0..<3000).map { "<VirtualHost 10.1.\($0 >> 8).\($0 & 255)>\nPort 21\n</VirtualHost>\n" }.joined()
    let rules = "<Global>\n<Limit LOGIN>\n" + String(repeating: "Allow from 10.0.0.1\n", count: 3000)
    let settings = try read(.proftpd, Array((hosts + rules + "</Limit>\n</Global>\n").utf8))
    #expect(settings.services.isEmpty && settings.diagnostics.hasErrors)
    #expect(settings.diagnostics.contains { $0.message.contains("more than 5000000") }, "\(settings.diagnostics)")
  }

  @Test("16.9: classes of many entries, with one or all of them to hold")
  func classes() throws {
    func clients(_ lines: String) throws -> [String] {
      let text = "<Class a>\n\(lines)</Class>\n<Limit LOGIN>\nOrder deny,allow\nAllowClass a\n</Limit>\n"
      let services = try read(.proftpd, Array(text.utf8)).services
      return services.map { "\($0.clientsTitle) \($0.login.value)" }
    }
    let few = (0..<3).map { "From !10.0.0.\($0)\n" }.joined()
    let many = (0..<20_000).map { "From !10.0.\($0 >> 8).\($0 & 255)\n" }.joined()
    #expect(try clients(few + "Satisfy all\n") == clients(many + "Satisfy all\n"))
    #expect(try clients("From !10.0.0.1\n").count == 2)
    // Nobody is both addresses, so everybody is not one of them.
    #expect(try clients(few) == clients("From all\n"))
  }

  @Test func includesThatGrow() throws {
    var files: [String: [UInt8]] = [:]
    for index in 0..<3000 { files["/d/\(index).conf"] = Array("MaxClients 3\n".utf8) }
    files["/p.conf"] = Array("Include /d/\nInclude /d/*.conf\n".utf8)
    let reader = try #require(ServerReaders.reader(for: .proftpd))
    var sources = SourceSet()
    let settings = reader.read("/p.conf", from: ServerFiles(files), into: &sources)
    #expect(settings.diagnostics.contains { $0.code == "server-file-unreadable" })
    #expect(settings.diagnostics.count < 5000)
  }
}
