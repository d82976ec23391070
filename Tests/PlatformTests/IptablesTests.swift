import Compilation
import Foundation
import LiveSupport
import Platforms
import Testing

/// A program that takes rules of iptables without loading them, in a network namespace of its own.
struct IptablesChecker: CustomTestStringConvertible {
  /// `-nft` or `-legacy`.
  var backend: String

  static let all = [IptablesChecker(backend: "-nft"), IptablesChecker(backend: "-legacy")]
  static let isThere = ["iptables-nft-restore", "iptables-legacy-restore", "ipset", "unshare"].allSatisfy {
    LiveRequirements.hasProgram($0)
  }

  var testDescription: String { "iptables" + backend }

  /// What it says of each of many texts: empty where it takes them.
  func complaints(_ texts: [(text: String, isIPv6: Bool)], sets: [String] = []) throws -> [String] {
    try withFiles(texts.map(\.text) + [sets.joined(separator: "\n") + "\n"]) { paths in
      let lines = zip(texts, paths).map { text, path in
        "\(text.isIPv6 ? "ip6tables" : "iptables")\(backend)-restore --noflush --test <\(path) >\(path).out 2>&1 "
          + "|| echo failed >>\(path).out"
      }
      let script =
        "ipset -exist restore <\(paths.last ?? "") || exit 1\n" + lines.joined(separator: "\n") + "\ntrue\n"
      let run = try withFiles([script]) { try ExternalTool(["unshare", "-rn", "sh"] + $0) }
      guard run.status == 0 else { return ["\(run.status): \(run.errors)"] }
      return try zip(texts, paths).compactMap { text, path in
        let said = try String(contentsOfFile: path + ".out", encoding: .utf8)
        return said.isEmpty ? nil : said + "\n" + text.text
      }
    }
  }
}

extension Compilation {
  /// The files of the first gateway by name.
  func files(_ form: String? = nil) throws -> [String: String] {
    let (platform, plan) = (platform(of: 0), flows(gateway: 0))
    let files = try platform.configuration(of: plan, as: form ?? platform.defaultForm, version: "0")
    return Dictionary(
      uniqueKeysWithValues: files.map { ($0.name, String(decoding: $0.pieces.joined(), as: UTF8.self)) })
  }

  /// The texts for `iptables-restore` and `ip6tables-restore`.
  func rules(_ form: String? = nil) throws -> [(text: String, isIPv6: Bool)] {
    try files(form).filter { $0.key.hasSuffix(".rules") }.sorted { $0.key < $1.key }
      .map { ($0.value, $0.key.contains("v6")) }
  }
}

private let gateway = "platform iptables; outside eth0; inside eth1, eth2"

@Suite struct IptablesTests {
  @Test("both backends take the rules of generated policies", .enabled(if: IptablesChecker.isThere, "no iptables"))
  func policies() throws {
    var texts: [(text: String, isIPv6: Bool)] = []
    var sets: [String] = []
    var (refused, checked) = (0, 0)
    for seed in UInt64(1)...UInt64(policySample) {
      var generator = PolicyGenerator(seed: seed)
      let policy = generator.policy(gateway: seed % 7 == 0 ? "platform iptables" : gateway)
      let compilation = compile(policy)
      guard compilation.isAccepted else {
        refused += 1
        continue
      }
      checked += 1
      let files = try compilation.files(seed % 3 == 0 ? "ipset" : "restore")
      for (name, text) in files {
        let isSets = name.hasSuffix(".ipset")
        let long = tooLong(text, isSets: isSets)
        #expect(long.isEmpty, "\(long)")
        if isSets { sets.append(text) } else { texts.append((text, name.contains("v6"))) }
      }
    }
    #expect(checked > policySample * 3 / 10 && refused > policySample / 20, "\(checked) \(refused)")
    for checker in IptablesChecker.all {
      let complaints = try checker.complaints(texts, sets: sets)
      #expect(complaints.isEmpty, "\(checker.testDescription): \(complaints.first ?? "")")
    }
  }

  @Test(
    "the checker notices what is wrong", .enabled(if: IptablesChecker.isThere, "no iptables"),
    arguments: [
      ("5000:5500", "5000-5500"), ("203.0.113.10/32", "203.0.113.300/32"), ("-j DNAT", "-j DNET"),
      (":SALLYPORT-PUBLISHED - [0:0]\n", ""), ("-p tcp -m tcp --dport 2121", "--dport 2121"),
    ])
  func mutations(right: String, wrong: String) throws {
    let text = try #require(try compile(workedCase(gateway)).rules().first).text
    let mutated = text.replacingOccurrences(of: right, with: wrong)
    #expect(mutated != text)
    for checker in IptablesChecker.all { #expect(try checker.complaints([(text, false)]).isEmpty) }
    // Without loading, the backend of nftables does not ask whether chains are there.
    #expect(try IptablesChecker.all.contains { try !$0.complaints([(mutated, false)]).isEmpty })
  }

  /// Names and texts of a file that are longer than they may be.
  private func tooLong(_ text: String, isSets: Bool) -> [String] {
    var found: [Substring] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix(":"), words[0].utf8.count > 29 { found.append(line) }
      if isSets, words[1].utf8.count > 31 { found.append(line) }
      for (option, next) in zip(words, words.dropFirst()) where option == "--hashlimit-name" {
        if next.utf8.count > 15 { found.append(line) }
      }
      for (option, most) in [("--comment \"", 255), ("--log-prefix \"", 29)] {
        guard let start = line.firstRange(of: option) else { continue }
        if line[start.upperBound...].prefix(while: { $0 != "\"" }).utf8.count > most { found.append(line) }
      }
    }
    return found.map(String.init)
  }

  @Test("a log prefix names the publication, in a short form where the room is short") func logPrefix() throws {
    let long = workedCase(gateway, "tls explicit required; passive range 5000-5500; log all")
      .replacingOccurrences(of: "publish ftp1", with: "publish customer-number-twenty-seven")
    let text = try compile(long).configuration()
    #expect(text.contains("\"sallyport cus-"), "\(text)")
    let guide = try #require(Platforms.guide(to: compile(long).flows(gateway: 0), on: compile(long).platform(of: 0)))
    #expect(String(decoding: guide.pieces.joined(), as: UTF8.self).contains("`customer-number-twenty-seven`"))
  }

  @Test(
    "names of interfaces that iptables takes for something else",
    arguments: ["\"eth+\"", "\"!eth0\"", "\"a b\"", "\"$(reboot)\\\"\"", "\"eth0\\n\"", "interface-of-twenty"])
  func interfaces(name: String) {
    let errors = compile(workedCase("platform iptables; outside \(name)")).errors
    #expect(
      errors.count == 1
        && errors.allSatisfy { $0.hasPrefix("platform-input:") || $0.hasPrefix("syntax") || $0.hasPrefix("invalid") },
      "\(errors)")
  }

  @Test(
    "inputs that iptables has no use for", arguments: ["access list \"x\"", "numbers 1-2", "helper scope device"])
  func useless(statement: String) {
    let errors = compile(workedCase("platform iptables; \(statement)")).errors
    #expect(
      errors.count == 1 && errors.allSatisfy { $0.hasPrefix("platform-input: iptables has no use") }, "\(errors)")
  }

  @Test(
    "versions are those of the kernel",
    arguments: [
      ("2.4", true), ("2.4.37", true), ("2.6", true), ("2.6.32", true), ("3.10", true), ("4.19.0", true), ("6", true),
      ("2.2", false), ("2.5", false), ("1.8.9", false), ("6.1.0.1", false), ("0", false), ("2", false),
    ])
  func versions(version: String, isKnown: Bool) {
    #expect(Platforms.named("iptables")?.knows(version: version) == isKnown)
  }

  @Test("a limit over both families is refused, because each family counts by itself") func totals() {
    let policy = """
      gateway edge { platform iptables }
      publish files {
          server 10.0.0.2, 2001:db8::2 vsftpd
          external ip 203.0.113.10, 2001:db8::10
          passive range 50000-50099
          limit 10 sessions
          limit 20000 new per minute per client
          tls off # allow: tls-off
      }
      """
    let errors = compile(policy).errors
    #expect(errors.count == 2 && errors.allSatisfy { $0.hasPrefix("platform-unsupported:") }, "\(errors)")
  }

  @Test("the number of rules in a row does not grow with the policy") func trees() throws {
    var policy = "gateway edge { \(gateway) }\n"
    for index in 0..<300 {
      let (high, low) = (index / 250, index % 250 + 1)
      policy += """
        publish p\(index) {
            server 10.0.\(high).\(low) vsftpd
            external ip 198.18.\(high).\(low)
            passive range 50000-50099
            allow 192.0.2.\(low), 198.51.100.0/24
            tls off # allow: tls-off
        }

        """
    }
    let text = try compile(policy).configuration()
    var lengths: [Substring: Int] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("-A ") {
      lengths[line.split(separator: " ")[1], default: 0] += 1
    }
    #expect(lengths.values.max() ?? 0 <= 32 * 4, "\(lengths.max { $0.value < $1.value } as Any)")
    #expect(text.utf8.count < 300 * 3000)
    for checker in IptablesChecker.all where IptablesChecker.isThere {
      #expect(try checker.complaints([(text, false)]).isEmpty)
    }
  }
}

/// Kernels that assign the helper by themselves, and older ones.
@Suite struct IptablesKernelTests {
  /// The worked case with another port of the server, and the helper.
  private func helped(_ gateway: String) -> Compilation {
    compile(workedCase(gateway, "tls off; helper on").replacing("2121 -> 21", with: "2121 -> 2100"))
  }

  @Test("before 3.5 the helper is the whole machine's, so the policy has to say that it may be") func scope() throws {
    let errors = helped("platform iptables 2.6.32").errors
    #expect(errors.count == 1 && errors.first?.contains("the FTP helper on its control connections alone") == true)
    #expect(helped("platform iptables 3.10").errors.isEmpty)
    let old = helped("platform iptables 2.6.32; helper scope device")
    #expect(old.errors.isEmpty, "\(old.errors)")
    let text = try old.configuration()
    #expect(!text.contains("-j CT") && text.contains("--helper ftp-2100"))
    #expect(old.companion("modprobe.conf")?.contains("options nf_conntrack_ftp loose=0 ports=2100\n") == true)
    #expect(old.companion("sysctl.conf")?.contains("nf_conntrack_helper") == false)
    // What the kernel does by itself is a part of what is played.
    let table = old.sessions(of: old.policy.publications[0])
    #expect(table.cells.contains { $0.isPermitted } && !table.fails)
  }

  @Test(
    "modules by their old names",
    arguments: [
      (
        "2.4", "ip_conntrack_ftp\nip_nat_ftp\n",
        "options ip_conntrack_ftp loose=0 ports=2100\noptions ip_nat_ftp ports=2100\n"
      ),
      ("2.6.18", "ip_conntrack_ftp\nip_nat_ftp\n", "options ip_conntrack_ftp loose=0 ports=2100\n"),
      ("2.6.20", "nf_conntrack_ftp\nnf_nat_ftp\n", "options nf_conntrack_ftp loose=0 ports=2100\n"),
      ("6.1", "nf_conntrack_ftp\nnf_nat_ftp\n", "options nf_conntrack_ftp loose=0\n"),
    ])
  func modules(version: String, load: String, options: String) {
    let scope = version == "6.1" ? "" : "; helper scope device"
    let compilation = helped("platform iptables \(version)\(scope)")
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    #expect(compilation.companion("modules-load.conf")?.hasSuffix(load) == true)
    #expect(compilation.companion("modprobe.conf")?.hasSuffix(options) == true)
  }

  @Test(
    "what a kernel cannot do is refused at the statement",
    arguments: [
      ("2.4", "hairpin on"), ("2.4", "source gateway"), ("2.4", "limit 3 sessions"),
      ("2.6.18", "limit 3 sessions per client"),
      ("2.6", "limit 3 new per minute per client"),
    ])
  func features(version: String, statement: String) {
    let range = "tls explicit required; passive range 5000-5500; \(statement)"
    let old = compile(workedCase("platform iptables \(version); outside eth0; inside eth1", range)).errors
    #expect(old.count == 1 && old.allSatisfy { $0.hasPrefix("platform-unsupported:") }, "\(old)")
    #expect(compile(workedCase("platform iptables 2.6.25; outside eth0; inside eth1", range)).errors.isEmpty)
  }

  @Test(
    "IPv6 and its translation came later",
    arguments: [
      ("2.6.18", "2001:db8::10", "2001:db8::10", false), ("2.6.32", "2001:db8::10", "2001:db8::10", true),
      ("2.6.32", "2001:db8::10", "2001:db8::2", false), ("3.10", "2001:db8::10", "2001:db8::2", true),
    ])
  func sixth(version: String, external: String, server: String, isAccepted: Bool) {
    let policy = """
      gateway edge { platform iptables \(version) }
      publish files {
          server \(server) vsftpd
          external ip \(external)
          passive range 50000-50099
          tls off # allow: tls-off
      }
      """
    #expect(compile(policy).errors.isEmpty == isAccepted, "\(compile(policy).errors)")
  }

  @Test(
    "an old kernel has plain rules, which a present-day program takes",
    .enabled(if: IptablesChecker.isThere, "no iptables"))
  func plain() throws {
    let compilation = compile(workedCase("platform iptables 2.4; outside eth0; inside eth1"))
    let text = try compilation.configuration()
    for word in ["comment", "--ctorigdstport", " -g ", "*raw"] { #expect(!text.contains(word)) }
    for checker in IptablesChecker.all { #expect(try checker.complaints([(text, false)]).isEmpty) }
  }
}
