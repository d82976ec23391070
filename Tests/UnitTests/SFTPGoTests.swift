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
