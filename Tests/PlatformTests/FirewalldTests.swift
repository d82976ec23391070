import Compilation
import Flows
import Foundation
import LiveSupport
import Nftables
import Platforms
import Testing

private let gateway = "platform firewalld; outside external; inside internal"

/// The zones that the gateway names, as a machine may have them.
private let zones = [
  Firewalld.Zone("external", interfaces: ["eth0"]), Firewalld.Zone("internal", interfaces: ["eth1"]),
]

/// What is written for firewalld, judged by firewalld 1.3.3.
@Suite struct FirewalldTests {
  /// The files of the configuration.
  private func files(_ compilation: Compilation) throws -> [(path: String, text: String)] {
    let plan = compilation.flows(gateway: 0)
    return FirewalldPlatform().configuration(of: plan, as: "xml", version: "0").map {
      ($0.name, String(decoding: $0.pieces.joined(), as: UTF8.self))
    }
  }

  @Test("the worked case: both connections are forwarded, and no port is written for the passive range")
  func workedCaseOff() throws {
    let compilation = compile(workedCase(gateway))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let files = try files(compilation)
    #expect(files.map(\.path) == ["policies/sallyport-ftp1.xml"])
    let text = files[0].text
    #expect(text.contains(#"<forward-port port="2121" protocol="tcp" to-port="21" to-addr="10.10.20.200"/>"#))
    #expect(text.contains(#"<forward-port port="5000-5500" protocol="tcp" to-addr="10.10.20.200"/>"#))
    #expect(text.contains(#"<egress-zone name="ANY"/>"#) && !text.contains("<accept/>"))
    #expect(compilation.companion("sallyport-alg.nft") == nil)
  }

  @Test("the helper has a table of its own, at the address and port that clients dial")
  func workedCaseOn() throws {
    let compilation = compile(workedCase(gateway, "tls off; helper on # allow: tls-off"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let table = try #require(compilation.companion("sallyport-alg.nft"))
    #expect(table.contains("203.0.113.10 . 2121") && table.contains("priority -150"))
    let unit = try #require(compilation.companion("sallyport-alg.service"))
    #expect(unit.contains("ExecStart=/usr/sbin/nft -f /etc/sallyport/sallyport-alg.nft\n"))
    #expect(compilation.companion("modules-load.conf")?.contains("nf_nat_ftp") == true)
  }

  @Test(
    "what it cannot do is refused where it is asked for",
    arguments: [
      ("hairpin on", "clients inside at the external address"),
      ("source gateway", "the gateway's address as source"),
      ("limit 5 sessions", "a limit of sessions"),
      ("limit 5 sessions per client", "a limit of sessions per client"),
      ("limit 5 new per minute per client", "a limit of new connections"),
      ("log new", "a log of new connections"), ("log denied", "a log of denied connections"),
      ("active on", "active mode that no helper opens (`helper off`, or TLS)"),
    ])
  func refusals(statement: String, words: String) {
    let compilation = compile(workedCase(gateway, "tls explicit required; passive range 5000-5500; \(statement)"))
    #expect(
      compilation.errors == ["platform-unsupported: `ftp1` asks for \(words), which is not written for firewalld"],
      "\(compilation.errors)")
  }

  @Test("a server on the gateway: accepts for the host, its log, and no port that changes")
  func local() throws {
    func policy(_ more: String) -> String {
      """
      gateway edge { \(gateway) }
      publish ftp1 {
          server local vsftpd { certificate "/etc/a.pem" key "/etc/a.key" }
          external ip 203.0.113.10
          tls explicit required
          passive range 5000-5500
          \(more)
      }
      """
    }
    let compilation = compile(policy("log new; active on"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try files(compilation)[0].text
    #expect(text.contains(#"<egress-zone name="HOST"/>"#) && text.contains(#"<log prefix="sallyport:ftp1:new ""#))
    #expect(!text.contains("forward-port"))
    #expect(
      compile(policy("control port 2121 -> 21")).errors == [
        "platform-unsupported: `ftp1` asks for a control port that differs from the server's, which is not written for firewalld"
      ])
  }

  @Test("names of zones", arguments: ["a b", "zone-of-eighteen-ch", "HOST", "ANY", "x\\\"y", "a/b", "]]>"])
  func zoneNames(name: String) {
    let errors = compile(workedCase("platform firewalld; outside \"\(name)\"")).errors
    #expect(errors.count == 1 && errors[0].hasPrefix("platform-input:"), "\(errors)")
  }

  @Test func itHasToBeToldWhereClientsComeFrom() {
    #expect(compile(workedCase("platform firewalld")).errors.count == 1)
    #expect(compile(workedCase("platform firewalld 1.3.3; outside external")).errors.isEmpty)
    #expect(compile(workedCase("platform firewalld 0.8; outside external")).errors.count == 1)
    #expect(compile(workedCase("platform firewalld 3; outside external")).errors.count == 1)
  }

  @Test("names of policies have 17 characters at most, and no two are the same")
  func policyNames() throws {
    let names = (0..<300).map { "customer-\($0)" } + ["short", "seven77", "eight888", "c-abcde"]
    var text = "gateway edge { \(gateway) }\n"
    for (index, name) in names.enumerated() {
      text += """
        publish \(name) {
            server 10.1.\(index / 250).\(index % 250 + 1) other
            external ip 203.\(index / 250).113.\(index % 250 + 1)
            passive range 5000-5500
            tls explicit required
        }

        """
    }
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors.prefix(3))")
    let paths = try files(compilation).map(\.path)
    #expect(Set(paths).count == names.count)
    #expect(paths.allSatisfy { $0.dropFirst("policies/".count).dropLast(".xml".count).count <= 17 })
    #expect(paths.contains("policies/sallyport-seven77.xml") && !paths.contains { $0.contains("eight888") })
  }

  @Test("the way back removes what the bundle holds, and nothing else")
  func wayBack() throws {
    let long = (1...6).map { "192.0.2.\(2 * $0)" }.joined(separator: ", ")
    let compilation = compile(
      workedCase(gateway, "tls explicit optional; passive range 5000-5500; helper on; allow \(long)"))
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
    let all = try platform.configuration(of: plan, as: "xml", version: "0") + platform.companions(of: plan)
    let placed = all.compactMap(\.destination)
    #expect(placed.contains { $0.hasSuffix("/ipsets/sallyport-ftp1-v4.xml") })
    let script = try #require(compilation.companion("remove.sh"))
    let removed = script.split(separator: "\n").filter { $0.hasPrefix("rm -f ") }.map { String($0.dropFirst(6)) }
    #expect(Set(removed) == Set(placed) && removed.count == placed.count)
    // A policy refers to its set.
    let policy = try #require(removed.firstIndex { $0.contains("policies") })
    let set = try #require(removed.firstIndex { $0.contains("ipsets") })
    #expect(policy < set)
    #expect(try withFiles([script]) { try ExternalTool(["sh", "-n"] + $0).status } == 0)
  }

  // MARK: firewalld itself

  @Test(
    "firewalld takes the worked case, and says so of a bad port",
    .enabled(if: Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func checked() async throws {
    let files = try files(compile(workedCase(gateway)))
    #expect(try await complaints(files) == "")
    let bad = files.map { ($0.path, $0.text.replacing("5000-5500", with: "5000-x")) }
    #expect(try await complaints(bad).contains("INVALID_PORT"))
  }

  @Test(
    "policies are taken by firewalld, or refused by us",
    .enabled(if: Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func generated() async throws {
    var files: [(path: String, text: String)] = []
    var (accepted, refused) = (0, 0)
    for seed in UInt64(1)...UInt64(policySample) {
      let compilation = generatedPolicy(
        seed, gateway: gateway, unless: ["limit", "log", "hairpin", "source", "active"])
      guard compilation.isAccepted else {
        refused += 1
        continue
      }
      accepted += 1
      // Many in one run, so under names of their own.
      for (path, text) in try sample(of: compilation) {
        files.append(
          (
            path.replacing("sallyport-", with: "k\(seed)-"),
            text.replacing("\"sallyport-", with: "\"k\(seed)-")
          ))
      }
      if files.count > Self.atOnce {
        #expect(try await complaints(files) == "")
        files = []
      }
    }
    #expect(try await complaints(files) == "")
    #expect(accepted > policySample / 2, "\(accepted) accepted, \(refused) refused")
  }

  /// Files that are checked in one run: the check takes long for each of many.
  private static let atOnce = 500

  /// The files of a policy, or where it has a crowd those of its first publications.
  private func sample(of compilation: Compilation) throws -> [(path: String, text: String)] {
    let files = try files(compilation)
    let policies = files.filter { $0.path.hasPrefix("policies/") }.prefix(8)
    let sets = files.filter { file in
      guard file.path.hasPrefix("ipsets/") else { return false }
      let name = file.path.dropFirst("ipsets/".count).dropLast(".xml".count)
      return policies.contains { $0.text.contains("ipset=\"\(name)\"") }
    }
    return sets + policies
  }

  private func complaints(_ files: [(path: String, text: String)]) async throws -> String {
    let firewalld = try #require(Firewalld.cached)
    return try await firewalld.withConfiguration(zones, files) { try firewalld.complaints(about: $0) }
  }

  /// The rules of ours that firewalld makes of some files, as nft lists them.
  private func rules(_ files: [(path: String, text: String)]) async throws -> String {
    let firewalld = try #require(Firewalld.cached)
    let listing = try await firewalld.withConfiguration(zones, files) { try firewalld.listing(of: $0) }
    return try #require(Ruleset.read(listing: listing).tables.first { $0.name == "firewalld" }).ownRules
  }

  @Test(
    "what firewalld makes of it is what sessions are played by, and a changed text is not",
    .enabled(if: LiveRequirements.met && Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func rulesAreThoseThatArePlayed() async throws {
    let clients = "192.0.2.7, 2001:db8:7::/48, 192.0.2.32/27"
    let long = (1...6).map { "192.0.2.\(2 * $0), 2001:db8:7::\(2 * $0)" }.joined(separator: ", ")
    let many = """
      gateway edge { platform firewalld; outside external, public }
      publish two { server 10.10.20.1, 2001:db8:20::1 proftpd { certificate "/a" key "/b" }
        external ip 203.0.113.1, 2001:db8::1; passive range 6000-6100; tls explicit required; allow \(clients) }
      publish routed { server 203.0.113.2, 2001:db8:20::2 proftpd { certificate "/a" key "/b" }
        external ip 203.0.113.2, 2001:db8:20::2
        control port 2121 -> 21; passive range 7000-7100; tls explicit required; allow \(long) }
      publish here { server local proftpd { certificate "/a" key "/b" }; external ip 203.0.113.3
        passive range 8000-8100; tls implicit; allow \(clients), 10.0.0.0/8 }
      """
    for text in [workedCase(gateway), many, Self.reaches, Self.reaches.replacing("; inside internal", with: "")] {
      let compilation = compile(text)
      #expect(compilation.errors.isEmpty, "\(compilation.errors)")
      let played = try #require(compilation.ruleset(gateway: 0)?.tables.first).ownRules
      #expect(try await rules(files(compilation)) == played)
    }
    let compilation = compile(workedCase(gateway))
    let played = try #require(compilation.ruleset(gateway: 0)?.tables.first).ownRules
    for (old, new) in [
      ("5000-5500", "5000-5499"), ("port=\"2121\"", "port=\"2120\""), ("to-port=\"21\"", "to-port=\"22\""),
      ("10.10.20.200", "10.10.20.201"), ("198.51.100.0/24", "198.51.100.0/25"), ("203.0.113.10", "203.0.113.11"),
      ("port=\"5000-5500\" protocol=\"tcp\"", "port=\"5000-5500\" protocol=\"tcp\" to-port=\"6000-6500\""),
    ] {
      let files = try files(compilation).map { ($0.path, $0.text.replacing(old, with: new)) }
      #expect(try await rules(files) != played, "\(old) became \(new)")
    }
  }

  /// Users of two servers, beside a publication.
  private static let reaches = """
    gateway edge { \(gateway); external ip 203.0.113.10 }
    reach bank { server 198.51.100.21, 2001:db8:51::21; passive range 50000-50399; tls explicit required
      allow 10.20.0.0/24, 2001:db8:20::/64; log all }
    reach payroll { server 198.51.100.21; control port 2121; passive range 51000-51399; tls explicit required
      allow 10.21.0.0/24, 10.22.0.0/24, 10.23.0.0/24, 10.24.0.0/24, 10.25.0.7; source gateway }
    reach old { server 198.51.100.22; helper on; active on; tls off; source gateway }
    publish files { server 10.10.20.200 other; passive range 5000-5059; tls explicit required }
    """

  @Test("users: permits before refusals, and a table beside it for the helper and the source")
  func reach() throws {
    let compilation = compile(Self.reaches)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let files = try files(compilation)
    #expect(
      files.map(\.path) == [
        "ipsets/sallyport-payroll-v4.xml", "policies/sallyport-files.xml", "policies/sallyport-bank.xml",
        "policies/sallyport-old.xml", "policies/sallyport-payroll.xml", "policies/sallyport_refused.xml",
      ])
    let text = files[2].text
    #expect(text.contains(#"<ingress-zone name="internal"/>"#) && text.contains(#"<egress-zone name="external"/>"#))
    #expect(text.contains(#"<log prefix="sallyport:bank:new ""#) && text.contains("<accept/>"))
    let refused = files[5].text
    #expect(refused.contains("priority=\"-99\"") && refused.contains(#"<log prefix="sallyport:bank:denied ""#))
    #expect(!refused.contains("198.51.100.22") && !refused.contains("<accept/>"))
    let table = try #require(compilation.companion("sallyport-alg.nft"))
    #expect(table.contains("198.51.100.22 . 21 comment \"old\","))
    #expect(table.contains("198.51.100.21 . 51000-51399 comment \"payroll\" : 203.0.113.10"))
    #expect(!table.contains(". 50000-50399"))
    let removed = try #require(compilation.companion("remove.sh"))
    #expect(
      removed.contains("policies/sallyport_refused.xml\n") && removed.contains("delete table inet sallyport_alg"))
  }

  @Test(
    "firewalld takes what is written for users",
    .enabled(if: Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)),
    arguments: [gateway, "platform firewalld; outside external"])
  func reachIsTaken(_ gateway: String) async throws {
    let files = try files(
      compile(Self.reaches.replacing("platform firewalld; outside external; inside internal", with: gateway)))
    #expect(try await complaints(files) == "")
  }

  @Test(
    "loaded twice is loaded once, and without the files nothing is left",
    .enabled(if: LiveRequirements.met && Firewalld.cached != nil, Comment(rawValue: Firewalld.comment)))
  func twiceAndBack() async throws {
    let files = try files(compile(workedCase(gateway)))
    let empty = try await rules([])
    #expect(empty == Table("firewalld").listing)
    let (twice, once) = (try await rules(files + files), try await rules(files))
    #expect(twice == once && once != empty)
  }

  @Test func sessions() {
    let compilation = compile(workedCase(gateway))
    let table = compilation.sessions(of: compilation.policy.publications[0])
    let permitted = table.cells.filter(\.isPermitted)
    #expect(!permitted.isEmpty && permitted.allSatisfy { $0.outcome == .works })
    #expect(table.cells.contains { $0.place == .stranger && $0.outcome == .refused })
    #expect(!compilation.diagnostics.map(\.code).contains("sessions-not-played"))
  }
}

extension Table {
  /// The sets and the chains that rules of our policies stand in, as nft lists them, sorted by name.
  fileprivate var ownRules: String {
    let ours = chains.filter {
      $0.name.contains("policy_sallyport") && ($0.name.hasSuffix("_allow") || $0.name.hasSuffix("_deny"))
    }
    return Table(
      name, sets: sets.filter { $0.name.hasPrefix("sallyport-") }.map(\.alone).sorted { $0.name < $1.name },
      chains: ours.filter { !$0.rules.isEmpty }.sorted { $0.name < $1.name }
    ).listing
  }
}

extension NamedSet {
  /// Its elements, without how they are declared.
  fileprivate var alone: NamedSet { NamedSet(name, key: [.payload("ip", "saddr")], elements: elements) }
}
