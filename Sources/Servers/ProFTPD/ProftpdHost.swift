import Addressing
import Diagnostics
import Policy

/// One server of ProFTPD: its own directives, then those of the globals, the last `<Global>` first (measured: 1.3.8).
struct ProftpdHost {
  private let own: ProftpdScope
  private let globals: ProftpdScope
  private let main: ProftpdScope
  /// What counts for some sessions; the last that holds comes before all else (measured: 1.3.8).
  private let sections: [ProftpdSection]
  /// The sections that hold for the clients that are looked at.
  private var holding: [ProftpdScope] = []
  private let isMain: Bool
  private let version: SoftwareVersion?
  private let configuration: ProftpdConfiguration

  /// - Parameter globals: all of them together.
  init(own: ProftpdScope, _ globals: ProftpdScope, _ configuration: ProftpdConfiguration, isMain: Bool) {
    self.own = own
    self.globals = globals
    sections = own.sections + globals.sections
    main = configuration.main
    self.isMain = isMain
    version = configuration.version
    self.configuration = configuration
  }

  /// What is searched, the first first.
  private var scopes: [ProftpdScope] { holding.reversed() + [own, globals] }

  /// The directive that wins: the first of the first scope that has one.
  private func first(_ key: String) -> ProftpdLine? {
    for scope in holding.reversed() {
      if let line = scope.directives[key]?.last { return line }
    }
    return own.directives[key]?.first ?? globals.directives[key]?.first
  }

  /// Where SFTP is switched on: then the port speaks SSH.
  var speaksSSH: SourceSpan? {
    first("sftpengine").flatMap { ProftpdValues.flag($0.arguments.first?.value ?? "") == true ? $0.span : nil }
  }

  /// What tells clients of one region from those of another.
  func signature(_ region: ProftpdRegion) -> String {
    let held = sections.indices.compactMap { index in
      sections[index].decided(for: region.className).map { (index: index, scope: $0) }
    }
    let scopes = [own, globals] + held.map(\.scope)
    let all = scopes.flatMap { $0.limits + $0.folderLimits }
    let decisions = all.map { limit in limit.decision(region).map { "\($0)" } ?? "-" }
    return held.map { "\($0.index)" }.joined(separator: ",") + "|" + decisions.joined(separator: ",")
  }

  func service(_ region: ProftpdRegion) -> EffectiveService {
    var host = self
    host.holding = sections.compactMap { $0.decided(for: region.className) }
    return host.settings(region)
  }

  private func flag(_ key: String, default value: Bool) -> Setting<Bool> {
    guard let line = first(key), let flag = ProftpdValues.flag(line.arguments.first?.value ?? "") else {
      return Setting(default: value)
    }
    return Setting(flag, line.span)
  }

  private func settings(_ region: ProftpdRegion) -> EffectiveService {
    var service = EffectiveService(title: own.title, place: own.place)
    listening(&service)
    if let line = first("passiveports"), line.arguments.count > 1,
      let low = UInt16(exactly: ProftpdValues.number(line.arguments[0].value)),
      let high = UInt16(exactly: ProftpdValues.number(line.arguments[1].value)),
      let range = PortRange(low: low, high: high)
    {
      service.passivePorts = Setting(.range(range), line.span)
    }
    if let line = first("masqueradeaddress") { service.announced = announced(line) }
    service.tls = tls()
    if service.tls.control.value != .off, let line = own.directives["tlsmasqueradeaddress"]?.first {
      service.announcedWithTLS = announced(line)
    }
    service.allowsClearControl = clearControl()
    service.allowsPASV = allows(["PASV"], region) ?? Setting(default: true)
    service.allowsEPSV = allows(["EPSV"], region) ?? Setting(default: true)
    service.allowsActive = allows(["PORT", "EPRT"], region) ?? Setting(default: true)
    service.allowsListings = listings(region)
    refusePROT(&service, region)
    service.nobody = withoutProtocol(service) ?? withoutModule()
    login(region, &service)
    let revoke = flag("rootrevoke", default: true)
    service.pinsDataPort = Setting(!revoke.value, revoke.span)
    foreign(&service)
    limits(&service)
    service.undecided = undecided
    return service
  }

  /// What the directives are about that may take a value from the environment.
  private static let topics: [String: SettingTopic] = [
    "port": .port, "passiveports": .passivePorts, "masqueradeaddress": .announced, "tlsmasqueradeaddress": .announced,
    "tlsengine": .tls, "tlsrequired": .tls, "tlsoptions": .tls, "tlsrsacertificatefile": .certificate,
    "tlsrsacertificatekeyfile": .certificate, "tlseccertificatefile": .certificate,
    "tlseccertificatekeyfile": .certificate, "maxclients": .maxClients, "maxinstances": .maxClients,
    "allowforeignaddress": .foreign, "rootrevoke": .activeMode,
  ]

  /// What a variable decides that is not known. A later line of the same directive changes nothing.
  private var undecided: Set<SettingTopic> {
    let users = sections.filter { !$0.isAboutClasses || $0.isPattern }
    let open = Self.topics.filter { key, _ in
      first(key)?.isOpen ?? false || users.contains { $0.scope.directives[key] != nil }
    }
    return Set(open.values)
  }

  private func listening(_ service: inout EffectiveService) {
    if let line = first("port"), let port = line.arguments.first {
      service.port = Setting(UInt16(truncatingIfNeeded: ProftpdValues.number(port.value)), line.span)
    }
    if !isMain {
      service.addresses = Setting(own.addresses.map(\.value), own.place)
    } else if let line = main.directives["defaultaddress"]?.first {
      service.addresses = Setting(line.arguments.map(\.value), line.span)
      // The socket is for every address, and what no server of the file has is the main server's (measured: 1.3.8).
      let tight = main.directives["socketbindtight"]?.last?.arguments.first?.value ?? ""
      service.takesOtherAddresses = ProftpdValues.flag(tight) != true
    }
    if let line = main.directives["useipv6"]?.last, ProftpdValues.flag(line.arguments.first?.value ?? "") == false {
      service.families = Setting([.ipv4], line.span)
    }
  }

  private func announced(_ line: ProftpdLine) -> Setting<Announcement> {
    let text = line.arguments.first?.value ?? ""
    if let address = numericIPv4(text.utf8) { return Setting(.address(.v4(address)), line.span) }
    if IPAddress(text) != nil {
      return Setting(
        .unusable(text, consequence: "PASV is answered with a malformed address, or with its own"), line.span)
    }
    // Digits and dots that are no address are looked up as a host name; that fails, and its own address stays.
    if text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) {
      return Setting(.unusable(text, consequence: "it goes on announcing its own address"), line.span)
    }
    return Setting(.name(text), line.span)
  }

  // MARK: TLS

  private func tls() -> EffectiveTLS {
    var tls = EffectiveTLS()
    let engine = flag("tlsengine", default: false)
    tls.control = Setting(.off, engine.span)
    tls.data = Setting(.off, engine.span)
    if !engine.value {
      tls.missingModule = engine.span == nil ? (own.blocksWithoutModule + globals.blocksWithoutModule).first : nil
      return tls
    }
    let line = first("tlsrequired")
    let word = line?.arguments.first?.value ?? "off"
    let isOn = ProftpdValues.flag(word)
    let needsControl = isOn ?? (word != "data" && word != "!data")
    let needsData = isOn ?? (["data", "auth+data", "ctrl+data", "both"].contains(word))
    let span = line?.span ?? engine.span
    tls.control = Setting(needsControl ? .required : .optional, span)
    tls.data = Setting(needsData ? .required : word.hasSuffix("!data") ? .off : .optional, span)
    // Every line of every scope counts.
    let options = scopes.flatMap { $0.directives["tlsoptions"] ?? [] }
    let has = { (name: String) in options.first { $0.arguments.contains { $0.value == name } } }
    tls.isImplicit = has("UseImplicitSSL").map { Setting(true, $0.span) } ?? Setting(default: false)
    tls.demandsReuse = has("NoSessionReuseRequired").map { Setting(false, $0.span) } ?? Setting(default: true)
    tls.certificate = certificate()
    return tls
  }

  private func certificate() -> Setting<Certificate?> {
    for kind in ["rsa", "ec", "dsa"] {
      guard let file = first("tls\(kind)certificatefile"), let path = file.arguments.first else { continue }
      let key = first("tls\(kind)certificatekeyfile")?.arguments.first
      return Setting(.files(certificate: path.value, key: key?.value), file.span)
    }
    return Setting(default: nil)
  }

  /// CCC is refused where the control connection has to stay encrypted; `auth` asks for it up to the login only.
  private func clearControl() -> Setting<Bool> {
    guard let line = first("tlsrequired"), let word = line.arguments.first?.value else {
      return Setting(default: true)
    }
    let isRefused = ProftpdValues.flag(word) ?? (word.hasPrefix("ctrl") || word == "control" || word == "both")
    return Setting(!isRefused, line.span)
  }

  // MARK: Limits

  /// Whether commands are allowed; refused when all of them are. The last section of a scope counts first.
  private func allows(_ commands: [String], _ region: ProftpdRegion) -> Setting<Bool>? {
    var spans: [SourceSpan] = []
    for command in commands {
      guard let (decision, span) = decision(command, region) else { return nil }
      if decision == .allowed { return Setting(true, span) }
      spans.append(span)
    }
    return Setting(false, spans.first)
  }

  private func decision(_ command: String, _ region: ProftpdRegion) -> (ProftpdLimit.Decision, SourceSpan)? {
    let limits = scopes.flatMap { $0.folderLimits.reversed() } + scopes.flatMap { $0.limits.reversed() }
    for limit in limits where limit.commands.contains(command) {
      // Who is denied by name is said by the reader.
      if let decision = limit.decision(region), decision != .deniedToSome { return (decision, limit.span) }
    }
    return nil
  }

  /// Whether listings are allowed: by the name of the command, of its group, or of all commands that touch files. The
  /// latter do not hold PASV and PORT (measured: 1.3.8).
  private func listings(_ region: ProftpdRegion) -> Setting<Bool> {
    for name in ["LIST", "DIRS", "ALL"] {
      guard let (decision, span) = decision(name, region) else { continue }
      return Setting(decision == .allowed, span)
    }
    return Setting(default: true)
  }

  /// Who may log in. Every `<Limit LOGIN>` counts, those of globals too, and one that denies is enough (measured:
  /// 1.3.8).
  private func login(_ region: ProftpdRegion, _ service: inout EffectiveService) {
    let limits = scopes.flatMap(\.limits).filter { $0.commands.contains("LOGIN") }
    let decisions = limits.map { (decision: $0.decision(region), span: $0.span) }
    let denied = decisions.first { $0.decision == .denied }
    if let denied, !own.admitsAnonymous, !globals.admitsAnonymous, service.nobody == nil {
      var refusal = Refusal(
        "`<Limit LOGIN>` denies it: the connection is closed without a greeting, or PASS is answered with 530",
        denied.span, help: "remove `<Limit LOGIN>`, or allow the clients of the policy in it")
      refusal.isForMissingModule = service.tls.missingModule != nil
      service.nobody = refusal
    }
    let some = denied ?? decisions.first { [.deniedToMost, .deniedToSome].contains($0.decision) }
    if let some { service.login = Setting(.someUsers, some.span) }
  }

  /// PROT, or PBSZ which comes before it, that a `<Limit>` refuses: then no data connection has TLS.
  private func refusePROT(_ service: inout EffectiveService, _ region: ProftpdRegion) {
    guard service.tls.control.value != .off else { return }
    for command in ["PROT", "PBSZ"] {
      guard let (decision, span) = decision(command, region), decision != .allowed else { continue }
      service.tls.data = Setting(.off, span)
      service.remedies[.data] = { _ in "remove `\(command)` from the `<Limit>`" }
      return
    }
  }

  /// TLS that is required, with SSLv3 as the only version, which no library of today speaks.
  private func withoutProtocol(_ service: EffectiveService) -> Refusal? {
    guard service.tls.control.value == .required, let line = first("tlsprotocol"),
      ProftpdValues.protocols(line).isDisjoint(with: ["TLSV1", "TLSV1.1", "TLSV1.2", "TLSV1.3"])
    else { return nil }
    return Refusal(
      "TLS is required, and `TLSProtocol` leaves no version of it", line.span,
      help: "write `TLSProtocol TLSv1.2 TLSv1.3`")
  }

  /// `AuthOrder` that names only modules which are not there.
  private func withoutModule() -> Refusal? {
    guard let line = first("authorder"), !line.isOpen, !line.arguments.isEmpty,
      !line.arguments.contains(where: { configuration.mayHave($0.value) })
    else { return nil }
    let names = line.arguments.map { "`\($0.value)`" }.joined(separator: " and ")
    return Refusal(
      "`AuthOrder` asks \(names) alone, which no `LoadModule` brings in", line.span,
      help: "write `AuthOrder mod_auth_pam.c* mod_auth_unix.c`, or load the module")
  }

  private func foreign(_ service: inout EffectiveService) {
    guard let line = first("allowforeignaddress"), let word = line.arguments.first?.value else {
      // Unwritten, versions before 1.3.10 serve any host on the passive port (measured: 1.3.8).
      service.allowsForeignPeer = Setting(default: version.map { $0 < SoftwareVersion(1, 3, 10) } ?? true)
      return
    }
    let isAllowed = ProftpdValues.flag(word) ?? true
    service.allowsForeignPort = Setting(isAllowed, line.span)
    service.allowsForeignPeer = Setting(isAllowed, line.span)
  }

  private func limits(_ service: inout EffectiveService) {
    let limit = { (line: ProftpdLine?) -> Setting<Int?> in
      guard let line, let count = ProftpdValues.limit(line.arguments.first?.value ?? "") else {
        return Setting(default: nil)
      }
      return Setting(count, line.span)
    }
    service.maxClients = limit(first("maxclients"))
    service.maxPerClient = limit(first("maxclientsperhost") ?? first("maxconnectionsperhost"))
    // Of `MaxInstances` the last one counts, for all servers together.
    let instances = limit(main.directives["maxinstances"]?.last)
    if let most = instances.value, most < service.maxClients.value ?? .max { service.maxClients = instances }
  }
}
