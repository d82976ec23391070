import Addressing
import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// SFTPGo, whose facts come from its documentation and its source; it was never run.
@Suite struct SFTPGoTests {
  private static let tls = #""certificate_file": "/c.pem", "certificate_key_file": "/k.pem""#

  private func service(_ binding: String, ftpd: String = "", common: String = "") throws -> EffectiveService {
    let comma = ftpd.isEmpty ? "" : ", "
    return try UnitTests.service(
      .sftpgo, #"{"common": {\#(common)}, "ftpd": {"bindings": [{\#(binding)}]\#(comma)\#(ftpd)}}"#)
  }

  @Test func defaults() throws {
    let found = try service(#""port": 2121"#)
    #expect(found.port.value == 2121 && found.addresses.value.isEmpty)
    #expect(found.passivePorts.value == PortRange(low: 50000, high: 50100).map { .range($0) })
    #expect(found.announced.value == .own && found.tls.control.value == .off)
    #expect(found.allowsActive?.value == true && !found.pinsDataPort.value)
    #expect(!found.allowsForeignPort.value && !found.allowsForeignPeer.value)
    #expect(found.maxClients.value == nil && found.maxPerClient.value == 20)
  }

  @Test func everySetting() throws {
    let found = try service(
      #""port": 21, "address": "[2001:db8::1]", "tls_mode": 1, "force_passive_ip": "203.0.113.10", "#
        + #""passive_connections_security": 1, "active_connections_security": 1"#,
      ftpd: #""active_transfers_port_non_20": false, "disable_active_mode": true, "#
        + #""passive_port_range": {"start": 40000, "end": 40099}, \#(Self.tls)"#,
      common: #""max_total_connections": 50, "max_per_host_connections": 0"#)
    #expect(found.addresses.value == ["2001:db8::1"] && found.families.value == [.ipv6])
    #expect(found.passivePorts.value == PortRange(low: 40000, high: 40099).map { .range($0) })
    #expect(found.announced.value == IPAddress("203.0.113.10").map { .address($0) })
    #expect(found.tls.control.value == .required && found.tls.data.value == .required && !found.tls.isImplicit.value)
    #expect(found.tls.certificate.value == .files(certificate: "/c.pem", key: "/k.pem"))
    #expect(found.allowsActive?.value == false && found.pinsDataPort.value)
    #expect(found.allowsForeignPort.value && found.allowsForeignPeer.value)
    #expect(found.maxClients.value == 50 && found.maxPerClient.value == nil)
  }

  @Test(
    "a range counts when its end is above its start",
    arguments: [("0", "0"), ("50000", "50000"), ("50100", "50000")])
  func noRange(low: String, high: String) throws {
    let range = #""passive_port_range": {"start": \#(low), "end": \#(high)}"#
    #expect(try service(#""port": 21"#, ftpd: range).passivePorts.value == .any)
  }

  @Test func tlsNeedsACertificate() throws {
    #expect(try service(#""port": 21, \#(Self.tls)"#).tls.control.value == .optional)
    let implicit = try service(#""port": 990, "tls_mode": 2, \#(Self.tls)"#)
    #expect(implicit.tls.isImplicit.value && implicit.tls.data.value == .required)
    let bare = #"{"ftpd": {"bindings": [{"port": 21, "tls_mode": 1}]}}"#
    #expect(try refusals(.sftpgo, bare).map(\.place) == ["1"])
  }

  @Test(
    "what the program would not start with",
    arguments: [
      (#"{"ftpd": {"bindings": [{"port": 70000}]}}"#, "70000"),
      (#"{"ftpd": {"bindings": [{"port": 21, "tls_mode": 3}]}}"#, "3"),
      (#"{"ftpd": {"bindings": [{"port": 21, "force_passive_ip": "2001:db8::1"}]}}"#, #""2001:db8::1""#),
      (#"{"ftpd": {"bindings": [{"port": 21, "address": "2001:db8::1"}]}}"#, #""2001:db8::1""#),
      (#"{"ftpd": {"disable_active_mode": "perhaps", "bindings": [{"port": 21}]}}"#, #""perhaps""#),
      (#"{"ftpd": {"bindings": [{"port": 21},]}}"#, "]"), (#"{"ftpd" {}}"#, "{"), (#"{"ftpd": {}} x"#, "x"),
      (#"{"ftpd": "a\q"}"#, "q"), (#"{"ftpd": nonsense}"#, "n"), (#"{"ftpd": {"#, ""),
    ])
  func refused(text: String, place: String) throws {
    #expect(try refusals(.sftpgo, text).map(\.place) == [place])
  }

  @Test func textsOfJSON() throws {
    let found = try service(
      #""port": "21", "certificate_file": "\/a\"\\\u00e9\ud83d\ude00.pem", "certificate_key_file": "/k""#)
    #expect(found.port.value == 21)
    #expect(found.tls.certificate.value == .files(certificate: "/a\"\\é😀.pem", key: "/k"))
  }

  @Test func variablesWinOverTheFile() throws {
    let file = #"{"ftpd": {"bindings": [{"port": 21, "force_passive_ip": "192.0.2.1"}, {"port": 0}]}}"#
    let variables = """
      # a comment
      export SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP="203.0.113.10" # why
      SFTPGO_FTPD__BINDINGS__0__ADDRESS=10.10.20.200 # where
      SFTPGO_FTPD__BINDINGS__2__PORT='2121'
      SFTPGO_FTPD__DISABLE_ACTIVE_MODE=
      OTHER=1
      """
    let files = [("/etc/sftpgo/sftpgo.json", file), ("/etc/sftpgo/env.d/ftp.env", variables)]
    let services = try readServer(.sftpgo, files, at: "/etc/sftpgo").settings.services
    #expect(services.map(\.port.value) == [21, 2121])
    #expect(services.first?.announced.value == IPAddress("203.0.113.10").map { .address($0) })
    #expect(services.first?.addresses.value == ["10.10.20.200"])
    #expect(services.first?.allowsActive?.value == true)
    // An empty variable of a binding counts.
    let empty = ("/etc/sftpgo/env.d/x.env", "SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP=''\n")
    let own = try readServer(.sftpgo, [files[0], empty], at: "/etc/sftpgo").settings.services
    #expect(own.first?.announced.value == .own)
  }

  @Test func addressesByClientStayOpen() throws {
    let overrides =
      #""passive_ip_overrides": [{"networks": ["192.168.1.0/24"], "ip": "192.168.1.2"}], "force_passive_ip": "192.0.2.1""#
    let text = #"{"ftpd": {"bindings": [{"port": 21, \#(overrides)}]}}"#
    let read = try readServer(.sftpgo, [("/sftpgo.json", text)]).settings
    #expect(read.diagnostics.map(\.code) == ["server-undecided"])
    #expect(read.services.first?.undecided == [.announced])
  }

  @Test(
    "addresses for some clients, in every spelling that the program takes",
    arguments: [
      (#"[{"networks": "192.168.1.0/24,10.0.0.1", "ip": "192.168.1.2"}]"#, "server-undecided"),
      (#"{"networks": ["192.168.1.0/24"]}"#, "server-undecided"),
      (#"[{"networks": ["fd00::/8"], "ip": ""}]"#, "server-undecided"),
      (#"[{"networks": [], "ip": "192.168.1.2"}]"#, "server-file-refused"), (#"[{}]"#, "server-file-refused"),
      (#"[{"ip": "192.168.1.2"}]"#, "server-file-refused"), (#"["x"]"#, "server-file-refused"),
      (#"[{"networks": "", "ip": "192.168.1.2"}]"#, "server-file-refused"),
      (#"[{"networks": ["192.168.1.0/33"]}]"#, "server-file-refused"),
      (#"[{"networks": ["lan"]}]"#, "server-file-refused"),
      (#"[{"networks": [["10.0.0.1"]]}]"#, "server-file-refused"),
      (#"[{"networks": ["10.0.0.1"], "ip": "2001:db8::1"}]"#, "server-file-refused"),
      (#"[{"networks": ["10.0.0.1"], "ip": ["192.0.2.1"]}]"#, "server-file-refused"), ("[]", nil), ("null", nil),
    ])
  func overrides(value: String, code: String?) throws {
    let text =
      #"{"ftpd": {"bindings": [{"port": 21, "force_passive_ip": "192.0.2.1", "passive_ip_overrides": \#(value)}]}}"#
    let codes = try readServer(.sftpgo, [("/sftpgo.json", text)]).settings.diagnostics.map(\.code)
    if let code { #expect(codes.contains(code)) } else { #expect(codes.isEmpty) }
  }

  @Test(
    "the same by variables",
    arguments: [
      ("0__NETWORKS=10.0.0.0/8", "server-undecided"), ("7__NETWORKS='10.0.0.0/8, 10.1.0.1'", "server-undecided"),
      ("0__NETWORKS=10.0.0.0/33", "server-file-refused"),
      ("0__NETWORKS=10.0.0.1\nSFTPGO_FTPD__BINDINGS__0__PASSIVE_IP_OVERRIDES__0__IP=x", "server-file-refused"),
      ("0__IP=192.168.1.2", nil), ("0__NETWORKS=", nil), ("10__NETWORKS=10.0.0.0/8", nil),
    ])
  func overridesByVariables(line: String, code: String?) throws {
    let json = #"{"ftpd": {"bindings": [{"port": 21, "force_passive_ip": "192.0.2.1"}]}}"#
    let variables = "SFTPGO_FTPD__BINDINGS__0__PASSIVE_IP_OVERRIDES__\(line)\n"
    let files = [("/s/sftpgo.json", json), ("/s/env.d/a", variables)]
    #expect(try readServer(.sftpgo, files, at: "/s").settings.diagnostics.map(\.code) == (code.map { [$0] } ?? []))
  }

  private func settings(_ files: [(String, String)], json: String? = nil) throws -> EffectiveSettings {
    let main = json ?? #"{"ftpd": {"bindings": [{"port": 21}]}}"#
    return try readServer(
      .sftpgo, [("/s/sftpgo.json", main)] + files.map { ("/s/env.d/\($0)", $1) }, at: "/s"
    ).settings
  }

  @Test func theFirstFileWinsAndTheLastLine() throws {
    let port = "SFTPGO_FTPD__BINDINGS__0__PORT="
    let read = try settings([
      ("20", "\(port)2120\n"), ("10-ftp.conf", "\(port)2109\n\(port)2110\n"), ("30.env", "x: y\n"),
    ])
    #expect(read.services.map(\.port.value) == [2110] && read.diagnostics.isEmpty)
  }

  @Test(
    "a file with a line that is none counts as nothing",
    arguments: ["nonsense", "A B=1", "=1", "A='1\n2", "export A"])
  func brokenVariables(line: String) throws {
    let read = try settings([("a", "SFTPGO_FTPD__BINDINGS__0__PORT=2121\n\(line)\n")])
    #expect(read.services.map(\.port.value) == [21])
    #expect(read.diagnostics.map(\.code) == ["server-undecided"])
  }

  @Test(
    "how a value is written",
    arguments: [
      ("=192.0.2.9#c", "192.0.2.9"), (": 192.0.2.9 # c", "192.0.2.9"), (" = '192.0.2.9' # it's", "192.0.2.9"),
      ("='a\nb'", "a\nb"), ("=\"a\nb\" # c", "a\nb"), (#"="a\nb\"c""#, "a\nb\"c"), ("=a'b'", "a'b'"),
      ("='a#b'", "a#b"),
    ])
  func valuesOfVariables(text: String, value: String) throws {
    let other = "SFTPGO_FTPD__DISABLE_ACTIVE_MODE=true\r"
    let read = try settings([("a", "\u{FEFF}SFTPGO_FTPD__BINDINGS__0__PASSIVE_HOST\(text)\n\(other)")])
    let service = try #require(read.services.first)
    #expect(service.announced.value == .name(value) && service.allowsActive?.value == false)
    #expect(read.diagnostics.isEmpty)
  }

  @Test(
    "variables that the program passes over",
    arguments: [
      "SFTPGO_FTPD__BINDINGS__0__PORT=", "SFTPGO_FTPD__BINDINGS__0__PORT=x", "SFTPGO_FTPD__BINDINGS__10__PORT=2121",
      "SFTPGO_FTPD__BINDINGS__00__PORT=2121", "sftpgo_ftpd__bindings__0__port=2121",
      "SFTPGO_FTPD__BINDINGS__0__Port=2121", "SFTPGO_FTPD.BINDINGS.0.PORT=2121",
      "SFTPGO_FTPD__BINDINGS__0__APPLY_PROXY_CONFIG=perhaps",
    ])
  func passedOver(line: String) throws {
    let read = try settings([("a", line + "\n")])
    #expect(read.services.map(\.port.value) == [21])
    #expect(read.diagnostics.map(\.code) == ["server-setting-ignored"])
  }

  @Test func anotherVariableLeavesItOpen() throws {
    let read = try settings([("a", "SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP=$IP\n")])
    #expect(read.diagnostics.map(\.code).contains("server-undecided"))
  }

  @Test func theLastOfTwoMembersReplacesTheFirst() throws {
    let found = try UnitTests.service(
      .sftpgo,
      #"{"ftpd": {"disable_active_mode": true}, "FTPD": {"bindings": [{"port": 990}], "bindings": [{"port": 21}]}}"#)
    #expect(found.port.value == 21 && found.allowsActive?.value == true)
  }

  @Test(
    "what is no JSON",
    arguments: [
      ("021", "0"), ("1..2", "1"), ("-", "-"), ("1.", "1"), (".5", "."), ("1e", "1"), ("+1", "+"), ("0x15", "0"),
      ("\u{0B}21", "\u{0B}"), ("\u{0C}21", "\u{0C}"),
    ])
  func noJSON(value: String, place: String) throws {
    #expect(try refusals(.sftpgo, #"{"ftpd": {"bindings": [{"port": \#(value)}]}}"#).map(\.place) == [place])
  }

  @Test func noByteOrderMark() throws {
    #expect(try refusals(.sftpgo, "\u{FEFF}{\"ftpd\": {\"bindings\": [{\"port\": 21}]}}").count == 1)
  }

  @Test(
    "two bindings of one socket",
    arguments: [
      (#"{"port": 21}, {"port": 21}"#, 1), (#"{"port": 21, "address": "192.0.2.1"}, {"port": 21}"#, 1),
      (#"{"port": 21, "address": "[2001:db8::1]"}, {"port": 21, "address": "[2001:DB8:0::1]"}"#, 1),
      (#"{"port": 21, "address": "192.0.2.1"}, {"port": 21, "address": "192.0.2.2"}"#, 0),
      (#"{"port": 21}, {"port": 2121}"#, 0), (#"{"port": 0}, {"port": 0}, {"port": -1}, {"port": 21}"#, 0),
    ])
  func sameSocket(bindings: String, count: Int) throws {
    #expect(try refusals(.sftpgo, #"{"ftpd": {"bindings": [\#(bindings)]}}"#).count == count)
  }

  @Test(
    "who gets in is not in the file alone",
    arguments: [
      (#""port": 21"#, 1, 1), (#""port": 21, "apply_proxy_config": true"#, 2, 1),
      (#""port": 21, "apply_proxy_config": false"#, 2, 0), (#""port": 21"#, 0, 0),
      (#""port": 21, "client_auth_type": 1, \#(Self.tls)"#, 0, 1),
      (#""port": 21, "client_auth_type": 2, \#(Self.tls)"#, 0, 1),
      (#""port": 21, "client_auth_type": 0, \#(Self.tls)"#, 0, 0),
    ])
  func undecidedClients(binding: String, proxy: Int, count: Int) throws {
    let text = #"{"common": {"proxy_protocol": \#(proxy)}, "ftpd": {"bindings": [{\#(binding)}]}}"#
    let codes = try readServer(.sftpgo, [("/sftpgo.json", text)]).settings.diagnostics.map(\.code)
    #expect(codes == Array(repeating: "server-undecided", count: count))
  }

  @Test func aCertificateOfAnotherBinding() throws {
    let other = #"{"ftpd": {"bindings": [{"port": 21, "tls_mode": 1}, {"port": 0, \#(Self.tls)}]}}"#
    let read = try readServer(.sftpgo, [("/sftpgo.json", other)]).settings
    #expect(!read.isRefused && read.services.first?.nobody != nil)
    #expect(try refusals(.sftpgo, other.replacing(#"mode": 1"#, with: #"mode": 2"#)).count == 1)
  }

  @Test(
    "numbers as the program takes them",
    arguments: [
      (#""021""#, 17), (#""0x15""#, 21), (#""0b11""#, 3), (#""+21""#, 21), ("21", 21), ("21.0", 21), ("2.1e1", 21),
      ("21.9", 21), ("210e-1", 21), ("true", 1), (#""2_1""#, 21), (#""0x_15""#, 21),
    ])
  func numbers(text: String, port: Int) throws {
    #expect(try service(#""port": \#(text)"#).port.value == UInt16(port))
  }

  @Test(
    "numbers that it does not take",
    arguments: [#""2__1""#, #""_21""#, #""21_""#, #""21.0""#, #""true""#, "1e400", "1e30"])
  func noNumbers(text: String) throws {
    #expect(try refusals(.sftpgo, #"{"ftpd": {"bindings": [{"port": \#(text)}]}}"#).map(\.place) == [text])
  }

  @Test("an empty text is no number, and 0 all the same") func emptyTexts() throws {
    let found = try service(#""port": 21, "tls_mode": """#, common: #""max_per_host_connections": """#)
    #expect(found.maxPerClient.value == nil)
    #expect(try service(#""port": 21"#, common: #""max_per_host_connections": null"#).maxPerClient.value == 20)
    let range = #""passive_port_range": {"start": ""}"#
    #expect(try service(#""port": 21"#, ftpd: range).passivePorts.value == .any)
  }

  @Test(
    "flags and texts that are written as something else",
    arguments: [
      ("1", false), ("0", true), ("0.0", true), ("-2", false), (#""t""#, false), (#""""#, true), ("null", true),
    ])
  func flags(text: String, isOn: Bool) throws {
    let found = try service(#""port": 21, "passive_host": 7"#, ftpd: #""disable_active_mode": \#(text)"#)
    #expect(found.allowsActive?.value == isOn && found.announced.value == .name("7"))
    #expect(try service(#""port": 21, "passive_host": true"#).announced.value == .name("1"))
  }

  private static let compose = """
    services:
      ftp:
        image: drakkan/sftpgo:v2.6
        ports:
          - "21:2121"
          - "50000-50100:50000-50100"
        environment:
          SFTPGO_FTPD__BINDINGS__0__PORT: 2121
          SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP: "203.0.113.10"
          SFTPGO_DATA_PROVIDER__PASSWORD: a$$b

    """

  @Test("variables of a Compose file, of `docker run` and of a unit")
  func starts() throws {
    let alone = try readServer(.sftpgo, [("/c/docker-compose.yml", Self.compose)]).settings
    #expect(alone.diagnostics.map(\.code) == ["server-undecided"], "\(alone.diagnostics.map(\.message))")
    let service = try #require(alone.services.first)
    #expect(service.port.value == 21 && service.announced.value == IPAddress("203.0.113.10").map { .address($0) })
    #expect(service.undecided.isSuperset(of: [.passivePorts, .tls]) && !service.undecided.contains(.announced))
    #expect(ServerReaders.guess("/c/a.yml", in: ServerFiles(["/c/a.yml": Array(Self.compose.utf8)])) == .sftpgo)

    // The file besides: variables win over it, and nothing is open.
    let json = #"{"ftpd": {"bindings": [{"port": 990, "force_passive_ip": "192.0.2.1"}]}}"#
    let files = [("/c/docker-compose.yml", Self.compose), ("/c/sftpgo.json", json)]
    var sources = SourceSet()
    let both = SFTPGoReader().read(
      files.map(\.0), from: ServerFiles(Dictionary(uniqueKeysWithValues: files.map { ($0.0, Array($0.1.utf8)) })),
      into: &sources)
    #expect(both.services.map(\.port.value) == [21] && both.diagnostics.isEmpty, "\(both.diagnostics.map(\.message))")

    let variable = "SFTPGO_FTPD__BINDINGS__0__PORT=2121"
    for text in [
      "docker run -p 21:2121 -e \(variable) drakkan/sftpgo\n",
      "[Service]\nEnvironment=\(variable)\nExecStart=/usr/bin/sftpgo serve\n",
    ] {
      let read = try readServer(.sftpgo, [("/c/start", text)]).settings
      #expect(read.services.count == 1 && read.diagnostics.map(\.code).contains("server-undecided"), "\(text)")
    }
    // A port that the container does not publish.
    let closed = Self.compose.replacing("21:2121", with: "22:22")
    #expect(
      try readServer(.sftpgo, [("/c/a.yml", closed)]).settings.diagnostics.map(\.code).contains(
        "server-port-unpublished"))
    // No variable sets a port: nothing is known to listen.
    let silent = Self.compose.replacing("BINDINGS__0__PORT", with: "BINDINGS__0__TLS_MODE").replacing(
      "2121", with: "0")
    #expect(
      try readServer(.sftpgo, [("/c/a.yml", silent)]).settings.diagnostics.map(\.code).contains("server-no-service"))
  }

  @Test func numbersOfVariables() throws {
    let lines = "SFTPGO_FTPD__BINDINGS__0__PORT= 021 \nSFTPGO_COMMON__MAX_TOTAL_CONNECTIONS=010\n"
    let found = try #require(try settings([("a", lines)]).services.first)
    #expect(found.port.value == 21 && found.maxClients.value == 8)
  }

  @Test(
    "what is an object",
    arguments: [
      #"{"ftpd": "x"}"#, #"{"common": [], "ftpd": {}}"#, #"{"ftpd": {"passive_port_range": "50000-50100"}}"#,
      #"{"ftpd": {"bindings": ["21"]}}"#, #"{"ftpd": {"bindings": [[]]}}"#,
    ])
  func objects(text: String) throws { #expect(try refusals(.sftpgo, text).count == 1) }

  @Test func oneValueIsNoList() throws {
    let text = #"{"ftpd": {"bindings": [{"port": 21, "force_passive_ip": ["192.0.2.1"]}]}}"#
    #expect(try refusals(.sftpgo, text).count == 1)
    let one = try UnitTests.service(.sftpgo, #"{"ftpd": {"bindings": {"port": 2121}}}"#)
    #expect(one.port.value == 2121)
  }

  @Test(
    "a limit for one address",
    arguments: [
      ("", "", 20, false), ("limit 30 sessions per client", "", 20, true),
      ("limit 30 sessions per client", "", 30, false),
      ("limit 10 sessions per client", "", 20, false), ("limit 30 sessions per client", "", 0, false),
      ("source gateway", "", 20, true), ("source gateway", "", 0, false),
      ("source gateway", "max clients 20", 20, false),
      ("source gateway", "max clients 30", 20, true), ("source gateway\n  limit 10 sessions", "", 20, false),
      ("source gateway\n  limit 40 sessions", "", 20, true),
    ])
  func limitPerClient(statement: String, server: String, most: Int, isFound: Bool) throws {
    let policy = compile(
      "server s {\n  address 10.10.20.200\n  software sftpgo\n  \(server)\n}\npublish files {\n  server s\n"
        + "  external ip 203.0.113.10\n  passive range 50000-50399\n  tls off\n  \(statement)\n}\n")
    #expect(policy.errorCodes.isEmpty, "\(policy.errorCodes)")
    let clients = server.isEmpty ? 0 : Int(server.dropFirst("max clients ".count)) ?? 0
    let json = """
      {"common": {"max_per_host_connections": \(most), "max_total_connections": \(clients)}, "ftpd": {
      "passive_port_range": {"start": 50000, "end": 50399}, "disable_active_mode": true,
      "bindings": [{"port": 21, "address": "10.10.20.200", "force_passive_ip": "203.0.113.10"}]}}
      """
    let found = try audit(policy, [("/s/sftpgo.json", json)]).found
    #expect(found.map(\.code) == (isFound ? ["audit-max-clients"] : []), "\(found.map(\.message))")
  }

  @Test func limitPerClientImported() throws {
    let text = #"{"common": {"max_per_host_connections": 7}, "ftpd": {"bindings": [{"port": 21}]}}"#
    let settings = try readServer(.sftpgo, [("/sftpgo.json", text)]).settings
    #expect(PolicyDraft(settings, from: "x").text.contains("limit          7 sessions per client"))
  }

  @Test func guessed() {
    for (name, text) in [
      ("/x/a", #"{ "ftpd": {} }"#), ("/x/sftpgo.json", ""), ("/x/a", "SFTPGO_FTPD__BINDINGS__0__PORT=21\n"),
    ] {
      #expect(ServerReaders.guess(name, in: ServerFiles([name: Array(text.utf8)])) == .sftpgo)
    }
  }

  @Test func imported() throws {
    let text = #"{"ftpd": {"bindings": [{"port": 2121, "address": "10.10.20.200", "tls_mode": 1, \#(Self.tls)}]}}"#
    let settings = try readServer(.sftpgo, [("/sftpgo.json", text)]).settings
    let draft = PolicyDraft(settings, from: "/sftpgo.json").text
    #expect(draft.contains("software     sftpgo") && draft.contains("control port   2121"))
    #expect(draft.contains("passive range  50000-50100") && draft.contains("tls            explicit required"))
    #expect(compile(draft).trees.flatMap(\.diagnostics).isEmpty)
  }

  @Test(
    "what it does not have",
    arguments: [
      ("tls explicit required clear-control", "clear-control-unsupported"),
      ("tls explicit required", "certificate-needed"),
    ])
  func checked(statement: String, code: String) {
    let compilation = compile(
      "publish files {\n  server 10.10.20.200 sftpgo\n  external ip 203.0.113.10\n  passive range 50000-50399\n  \(statement)\n}\n"
    )
    #expect(compilation.errorCodes.contains(code))
  }

  /// It always has TLS since 1.0. What came before is read, and never written.
  @Test func oneVersionOfFileZillaIsAnother() throws {
    let old = compile(
      "publish files {\n  server 10.10.20.200 filezilla 0.9.60\n  external ip 203.0.113.10\n  tls off\n  helper on\n}\n"
    )
    #expect(old.errorCodes.isEmpty)
    let bundle = try old.bundle(version: "test")
    #expect(bundle.diagnostics.map(\.code) == ["software-too-old"])
    #expect(bundle.diagnostics.first?.message.contains("FileZilla Server 0.9.60 can be read") == true)
    #expect(!bundle.files.contains { $0.path.hasPrefix("servers/") })
    for form in [nil, "xml"] {
      let emission = try Emitters.emit(old.policy, server: 0, form: form, locate: old.locator())
      #expect(emission.diagnostics.map(\.code) == ["software-too-old"] && emission.documents.isEmpty)
    }
    // What holds for the program in every form is said all the same.
    let site = compile(
      "server s {\n  address 10.10.20.200\n  software filezilla 0.9.60\n  site \"a\"\n}\n"
        + "publish files {\n  server s\n  external ip 203.0.113.10\n  passive range 50000-50399\n  tls off\n}\n")
    #expect(site.diagnostics.map(\.code).contains("site-unsupported"))
  }

  @Test func activeModeIsOneSwitch() {
    func policy(_ second: String) -> [String] {
      let publications = [("one", "21", "active on"), ("two", "2121", second)].map { name, port, active in
        "publish \(name) {\n  server s\n  external ip 203.0.113.10\n  control port \(port)\n"
          + "  passive range 50000-50399\n  tls off\n  \(active)\n}\n"
      }
      return compile("server s {\n  address 10.10.20.200\n  software sftpgo\n}\n" + publications.joined()).errorCodes
    }
    #expect(policy("active on").isEmpty)
    #expect(policy("active off") == ["server-scope-conflict"])
    #expect(policy("log off") == ["server-scope-conflict"])
  }

  @Test func variablesReachTenListeners() throws {
    let publications = (0..<11).map { index in
      "publish p\(index) {\n  server s\n  external ip 203.0.113.10\n  control port \(2100 + index)\n"
        + "  passive range 50000-50399\n  tls off\n}\n"
    }
    let compilation = compile(
      "server s {\n  address 10.10.20.200\n  software sftpgo\n}\n" + publications.joined())
    #expect(compilation.isAccepted)
    let codes = try ["json", "env"].map { form in
      try Emitters.emit(compilation.policy, server: 0, form: form, locate: compilation.locator()).diagnostics
        .filter { $0.severity == .error }.map(\.code)
    }
    #expect(codes == [[], ["value-not-expressible"]])
  }
}
