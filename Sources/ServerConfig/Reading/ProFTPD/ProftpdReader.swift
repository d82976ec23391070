import Addressing
import Diagnostics
package import Policy

/// Reads `proftpd.conf` with its includes, conditions, virtual hosts and globals.
package struct ProftpdReader: ServerReader {
  package let software = SoftwareKind.proftpd

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var path = path
    if context.files.kind(path) == .folder {
      let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
      let main = "\(folder)/proftpd.conf"
      path = context.files.kind(main) == .file ? main : context.configurations(in: folder).first ?? main
      if path != main, context.diagnostics.hasErrors { return [] }
    }
    // Where nothing loads a module, they may be compiled in: then every module is taken as there.
    let untouched = context
    var parser = ProftpdParser(meaning: ProftpdConfiguration(hasEveryModule: false, version: version))
    parser.parse(path, &context)
    if !parser.loadsModules {
      context = untouched
      parser = ProftpdParser(meaning: ProftpdConfiguration(hasEveryModule: true, version: version))
      parser.parse(path, &context)
    }
    return services(parser.meaning, &context)
  }

  private func services(_ configuration: ProftpdConfiguration, _ context: inout ReadingContext) -> [EffectiveService]
  {
    let main = ProftpdHost(own: configuration.main, configuration, isMain: true)
    var services = [main.service()]
    for host in configuration.hosts {
      let service = ProftpdHost(own: host, configuration, isMain: false).service()
      if let first = services.first(where: { $0.port.value == service.port.value && $0.sharesAddress(with: service) })
      {
        context.ignore(
          "ProFTPD never reaches `\(host.title)`: \(first.title.isEmpty ? "the server config" : "`\(first.title)`") has "
            + "its address and port \(service.port.value) already",
          at: host.place, notes: ["ProFTPD 1.3.8 was seen to crash over such a file"],
          help: "give one of them another `Port`, or `Port 0` to the server config")
      } else {
        services.append(service)
      }
    }
    return services.filter { $0.port.value != 0 }
  }
}

extension EffectiveService {
  /// Whether both name the same address, as far as literals tell.
  fileprivate func sharesAddress(with other: EffectiveService) -> Bool {
    let literals = { (service: EffectiveService) in Set(service.addresses.value.compactMap { IPAddress($0) }) }
    return !literals(self).isDisjoint(with: literals(other))
  }
}

/// One server of ProFTPD: its own directives, then those of the globals, the last `<Global>` first (measured: 1.3.8).
private struct ProftpdHost {
  private let own: ProftpdScope
  /// What is searched, the first first.
  private let scopes: [ProftpdScope]
  private let main: ProftpdScope
  private let isMain: Bool
  private let version: SoftwareVersion?

  init(own: ProftpdScope, _ configuration: ProftpdConfiguration, isMain: Bool) {
    self.own = own
    scopes = [own] + configuration.globals.reversed()
    main = configuration.main
    self.isMain = isMain
    version = configuration.version
  }

  /// The directive that wins: the first of the first scope that has one.
  private func first(_ key: String) -> ProftpdLine? {
    for scope in scopes {
      if let line = scope.directives[key]?.first { return line }
    }
    return nil
  }

  private func flag(_ key: String, default value: Bool) -> Setting<Bool> {
    guard let line = first(key), let flag = ProftpdValues.flag(line.arguments.first?.value ?? "") else {
      return Setting(default: value)
    }
    return Setting(flag, line.span)
  }

  func service() -> EffectiveService {
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
    service.allowsPASV = allows(["PASV"]) ?? Setting(default: true)
    service.allowsEPSV = allows(["EPSV"]) ?? Setting(default: true)
    service.allowsActive = allows(["PORT", "EPRT"]) ?? Setting(default: true)
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
    Set(Self.topics.filter { first($0.key)?.isOpen ?? false }.values)
  }

  private func listening(_ service: inout EffectiveService) {
    if let line = first("port"), let port = line.arguments.first {
      service.port = Setting(UInt16(truncatingIfNeeded: ProftpdValues.number(port.value)), line.span)
    }
    if !isMain {
      service.addresses = Setting(own.addresses.map(\.value), own.place)
    } else if let line = main.directives["defaultaddress"]?.first {
      service.addresses = Setting(line.arguments.map(\.value), line.span)
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
    // An address that is none is looked up as a name, in vain, and its own address stays.
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
    guard engine.value else { return tls }
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

  /// Whether commands are allowed to everybody; refused when all of them are. The last section of a scope counts first.
  private func allows(_ commands: [String]) -> Setting<Bool>? {
    var spans: [SourceSpan] = []
    for command in commands {
      let decisive = scopes.flatMap { $0.limits.reversed() }.first {
        $0.commands.contains(command) && $0.decision != nil
      }
      guard let decisive else { return nil }
      if decisive.decision == true { return Setting(true, decisive.span) }
      spans.append(decisive.span)
    }
    return Setting(false, spans.first)
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
    service.maxPerClient = limit(first("maxclientsperhost"))
    // Of `MaxInstances` the last one counts, for all servers together.
    let instances = limit(main.directives["maxinstances"]?.last)
    if let most = instances.value, most < service.maxClients.value ?? .max { service.maxClients = instances }
  }
}
