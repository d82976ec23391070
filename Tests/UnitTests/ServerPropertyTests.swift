import Addressing
import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// Two things that hold for every program and form: what is written and read again is the same service, and what the
/// help of a finding says, done to the file, silences that finding.
@Suite struct ServerPropertyTests {
  /// Forms that are no configuration of a program: scripts that change one, and lists for people.
  static let unreadable: Set = ["appcmd", "powershell", "checklist"]

  /// What a policy asks of a server.
  struct Wish: CustomStringConvertible {
    var name: String
    var tls = "explicit required"
    var range: String? = "50000-50399"
    var external = "203.0.113.10"
    var port = "21"
    var isActive = false
    var maxClients: Int? = 100
    var helper = false

    var description: String { name }

    static let base = Wish(name: "base")
    /// The same, but for one thing.
    static let others: [Wish] = [
      Wish(name: "another range", range: "51000-51399"), Wish(name: "another address", external: "198.51.100.7"),
      Wish(name: "another port", port: "21 -> 2121"), Wish(name: "fewer clients", maxClients: 50),
      Wish(name: "any number of clients", maxClients: nil), Wish(name: "active mode", isActive: true),
      Wish(name: "optional TLS", tls: "explicit optional"), Wish(name: "implicit TLS", tls: "implicit", port: "990"),
      Wish(name: "no TLS", tls: "off"), Wish(name: "the helper alone", tls: "off", range: nil, helper: true),
    ]

    func policy(_ facts: any ServerFacts.Type, version: String? = nil) -> Compilation {
      let certificate =
        facts.certificateForm == .thumbprint
        ? "thumbprint 0123456789ABCDEF0123456789ABCDEF01234567" : "\"/etc/ssl/ftp.pem\" key \"/etc/ssl/ftp.key\""
      return compile(
        """
        server files {
            address      10.10.20.200
            software     \(facts.name)\(version.map { " \($0)" } ?? "")
            certificate  \(certificate)
        \(facts.hasSites ? "    site \"Files\"\n" : "")\(maxClients.map { "    max clients \($0)\n" } ?? "")}

        publish files {
            server         files
            external ip    \(external)
            control port   \(port)
            tls            \(tls)
            active         \(isActive ? "on" : "off")
        \(range.map { "    passive range \($0)\n" } ?? "")\(helper ? "    helper on\n" : "")}
        """)
    }
  }

  /// The files of a server, as they lie on it.
  struct Files {
    var path: String
    var texts: [(name: String, text: String)]

    /// Those of an emission that a program reads; scripts that put them in place are none. Virtual hosts are part of a
    /// file whose main server does not listen.
    init(_ documents: [ServerDocument], form: String) {
      let scripts = [".cmd", ".ps1", "install.sh"]
      texts = documents.filter { document in !scripts.contains { document.name.hasSuffix($0) } }
        .map { ("/server/\($0.name)", (form == "virtualhost" ? "Port 0\n" : "") + $0.text) }
      path = texts.count == 1 ? texts[0].name : "/server"
    }

    init(path: String, _ text: String) { (self.path, texts) = (path, [(path, text)]) }

    func audit(_ compilation: Compilation) throws -> [Diagnostic] {
      try UnitTests.audit(compilation, texts, at: path).found
    }
  }

  /// A program with a form that it reads itself.
  struct ProgramForm: Sendable {
    var program: any ServerProgram.Type
    var form: String
  }

  static let forms: [ProgramForm] = ServerPrograms.all.flatMap { program in
    program.emitters.map { ProgramForm(program: program, form: $0.form) }
      .filter { program.reader != nil && !unreadable.contains($0.form) }
  }

  @Test func everyProgramIsHere() {
    let all = ServerPrograms.all.filter { $0.reader != nil && !$0.emitters.isEmpty }.map { $0.name }
    #expect(Set(Self.forms.map { $0.program.name }) == Set(all))
    #expect(Self.forms.count == 11)
  }

  // MARK: Written and read again

  /// What a server is told, where the program has a setting for it.
  struct Told: Equatable, CustomStringConvertible {
    var port: UInt16
    var listens: Bool
    var range: PassivePorts
    var tls: TLSDemand
    var data: TLSDemand
    var isImplicit: Bool
    var announced: Announcement
    var allowsActive: Bool?
    var maxClients: Int?
    var certificate: Certificate?

    var description: String {
      "\(port) \(listens) \(range) \(tls) \(data) \(isImplicit) \(announced) \(String(describing: allowsActive)) "
        + "\(String(describing: maxClients)) \(String(describing: certificate))"
    }

    init(_ service: EffectiveService, _ server: Server, _ program: any ServerProgram.Type, at address: IPAddress) {
      port = service.port.value
      listens = service.listens(on: address)
      range = service.passivePorts.value
      tls = service.tls.control.value
      data = service.tls.data.value
      isImplicit = service.tls.isImplicit.value
      announced = (tls == .off ? service.announced : service.announcedWithTLS ?? service.announced).value
      allowsActive = program.canRefuseActive ? service.allowsActive?.value : nil
      maxClients = program.limitsClients && server.maxClients != nil ? service.maxClients.value : nil
      certificate = tls == .off ? nil : service.tls.certificate.value
    }

    init(_ service: Service, _ server: Server, _ program: any ServerProgram.Type) {
      port = service.port
      listens = true
      range = service.passiveRange.map { .range($0) } ?? .any
      tls = !service.tls.allowsTLS ? .off : service.tls.allowsPlain ? .optional : .required
      data = tls
      isImplicit = service.tls == .implicit
      let address = tls == .off ? service.masquerade.plain : service.masquerade.encrypted
      announced = address.map { .address($0) } ?? .own
      allowsActive = program.canRefuseActive ? service.allowsActive : nil
      let most = service.passiveRange.map { $0.count / 2 }
      let limits = [server.maxClients?.value, program.capsClientsByRange ? most : nil].compactMap(\.self)
      maxClients = program.limitsClients && server.maxClients != nil ? limits.min() : nil
      certificate = tls == .off ? nil : server.certificate?.value
    }
  }

  @Test(arguments: forms.indices)
  func whatIsWrittenIsRead(index: Int) throws {
    let (program, form) = (Self.forms[index].program, Self.forms[index].form)
    var count = 0
    for wish in [.base] + Wish.others {
      let compilation = wish.policy(program, version: program.name == "filezilla" ? "1.7.3" : nil)
      guard compilation.isAccepted else { continue }
      let emission = try Emitters.emit(compilation.policy, server: 0, form: form, locate: compilation.locator())
      let files = Files(emission.documents, form: form)
      var sources = SourceSet()
      let server = try #require(compilation.policy.servers.first)
      let contents = Dictionary(uniqueKeysWithValues: files.texts.map { ($0.name, Array($0.text.utf8)) })
      let settings = try #require(
        ServerReaders.read(files.path, as: server.software?.value, from: ServerFiles(contents), into: &sources))
      let wanted = ServerRequest(server: server, publications: compilation.policy.publications, locate: { _ in "" })
        .services().map { Told($0, server, program) }
      let address = try #require(server.addresses.first?.value)
      var read = settings.services.map { Told($0, server, program, at: address) }
      // Debian's script copies the certificate to the one place that there is.
      if form == "debian" { read = zip(read, wanted).map { Told(copying: $0, certificateOf: $1) } }
      #expect(read == wanted, "\(program.name) \(form), \(wish)\n\(files.texts.map(\.text).joined())")
      #expect(try files.audit(compilation).isEmpty, "\(program.name) \(form), \(wish)")
      count += 1
    }
    #expect(count > 7, "\(program.name) \(form)")
  }

  /// The same for policies of every kind, as far as they do not name what only one program has.
  @Test(arguments: forms.indices.filter { !forms[$0].program.hasSites })
  func generatedPoliciesAreReadAgain(index: Int) throws {
    let (program, form) = (Self.forms[index].program, Self.forms[index].form)
    var count = 0
    for (text, _) in GeneratedPolicies.policies.accepted.prefix(30) {
      let compilation = compile(text.replacing(/\b(pure-ftpd|proftpd|vsftpd|filezilla|other)\b/, with: program.name))
      guard compilation.isAccepted else { continue }
      for (index, server) in compilation.policy.servers.enumerated()
      where server.software?.value.kind == SoftwareKind(program) {
        let emission = try Emitters.emit(compilation.policy, server: index, form: form, locate: compilation.locator())
        guard !emission.documents.isEmpty else { continue }
        let files = Files(emission.documents, form: form)
        let found = try UnitTests.audit(compilation, server: index, files.texts, at: files.path).found
        #expect(
          found.isEmpty,
          "\(found.map { "\($0.code): \($0.message)" })\n\(form)\n\(text)\n\(files.texts.map(\.text).joined())")
        count += 1
      }
    }
    #expect(count > 10, "\(program.name) \(form)")
  }

  // MARK: The help of findings

  @Test(arguments: forms.indices)
  func helpSilencesItsFinding(index: Int) throws {
    let (program, form) = (Self.forms[index].program, Self.forms[index].form)
    var silenced: Set<String> = []
    for (asked, told) in Wish.others.map({ (Wish.base, $0) }) + Wish.others.map({ ($0, Wish.base) }) {
      let compilation = asked.policy(program)
      let other = told.policy(program)
      guard compilation.isAccepted, other.isAccepted else { continue }
      let emission = try Emitters.emit(other.policy, server: 0, form: form, locate: other.locator())
      silenced.formUnion(
        try silence(
          Files(emission.documents, form: form), compilation, "\(program.name) \(form): \(asked), written for \(told)"
        ))
    }
    let common: Set = ["audit-passive-range", "audit-announced-address", "audit-tls-control", "audit-control-port"]
    #expect(common.isSubset(of: silenced), "\(program.name) \(form): \(silenced.sorted())")
  }

  @Test func helpSilencesFindingsOfFilesThatAreOnlyRead() throws {
    var silenced: Set<String> = []
    let changes: [[String: String]] = [
      ["Use custom PASV ports": "0"], ["Custom PASV IP type": "0"], ["Custom PASV IP": "192.0.2.1"],
      ["Enable SSL": "0"], ["Force explicit SSL": "0"], ["Force PROT P": "0"], ["Allow explicit SSL": "0"],
      ["Serverports": "2121"],
    ]
    for change in changes {
      silenced.formUnion(
        try silence(
          Files(path: "/x/FileZilla Server.xml", FieldServerTests.legacy(change)),
          FieldServerTests.policy("filezilla"), "\(change)"))
    }
    #expect(silenced.count == 5, "\(silenced)")
  }

  /// Does what each finding says, by itself, and sees that it is gone.
  ///
  /// - Returns: The codes of the findings.
  private func silence(_ files: Files, _ compilation: Compilation, _ title: String) throws -> Set<String> {
    let found = try files.audit(compilation).filter { $0.severity > .note }
    for finding in found {
      let help = try #require(finding.help, "\(title): \(finding.message)")
      let mended = HelpDoer(help: help).apply(to: files)
      let left = try mended.audit(compilation)
      #expect(
        !left.contains { $0.code == finding.code && $0.message == finding.message }
          && !left.contains { $0.code.hasPrefix("server-") },
        """
        \(title): \(finding.code): \(finding.message)
        help: \(help)
        left: \(left.map { "\($0.code): \($0.message)" })
        \(mended.texts.map(\.text).joined(separator: "\n"))
        """)
    }
    return Set(found.map(\.code))
  }
}

extension ServerPropertyTests.Told {
  fileprivate init(copying told: Self, certificateOf other: Self) {
    self = told
    certificate = other.certificate
  }
}
