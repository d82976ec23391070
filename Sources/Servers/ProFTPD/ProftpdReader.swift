import Addressing
import Diagnostics
package import Policy

/// Reads `proftpd.conf` with its includes, conditions, virtual hosts and globals.
package struct ProftpdReader: ServerReader {
  package let software = SoftwareKind.proftpd

  package init() {}

  /// The services of one main file, or of the one in a folder.
  func read(_ path: String, version: SoftwareVersion?, _ context: inout ReadingContext) -> [EffectiveService] {
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
    for name in context.defines.sorted() { parser.meaning.define(name) }
    parser.parse(path, &context)
    if !parser.loadsModules {
      context = untouched
      parser = ProftpdParser(meaning: ProftpdConfiguration(hasEveryModule: true, version: version))
      for name in context.defines.sorted() { parser.meaning.define(name) }
      parser.parse(path, &context)
    }
    return services(parser.meaning, &context)
  }

  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    readAll(paths, version, &context)
  }

  /// Decisions about clients at most that rules which all servers share ask for; far above any real configuration.
  private static let mostDecisions = 5_000_000

  private func services(_ configuration: ProftpdConfiguration, _ context: inout ReadingContext) -> [EffectiveService]
  {
    let globals = ProftpdScope(joining: configuration.globals.reversed(), at: configuration.main.place)
    reportUndecided(configuration, &context)
    let regions = configuration.regions() ?? tooMany(configuration, &context)
    let owns = [configuration.main] + configuration.hosts
    let shared = (globals.limits + globals.folderLimits).reduce(globals.sections.count) { $0 + $1.count }
    guard owns.count * regions.count <= Self.mostDecisions / max(1, shared) else {
      context.report(
        "ProFTPD's files",
        "\(owns.count) servers times \(shared) rules about clients that all share are more than \(Self.mostDecisions)",
        askedFor: configuration.globals.first?.place ?? configuration.main.place)
      return []
    }
    var services: [EffectiveService] = []
    var taken: [Socket: EffectiveService] = [:]
    let unspawned = unspawned(configuration, context.spawner)
    for (index, own) in owns.enumerated() {
      let host = ProftpdHost(own: own, globals, configuration, isMain: index == 0)
      let service = host.service(regions.first ?? .everybody)
      let sockets = Socket.all(of: service)
      if let first = sockets.compactMap({ taken[$0] }).first {
        context.ignore(
          "ProFTPD never reaches `\(own.title)`: \(first.title.isEmpty ? "the server config" : "`\(first.title)`") has "
            + "its address and port \(service.port.value) already",
          at: own.place, notes: ["ProFTPD 1.3.8 was seen to crash over such a file"],
          help: "give one of them another `Port`, or `Port 0` to the server config")
        continue
      }
      for socket in sockets { taken[socket] = service }
      guard service.port.value != 0 || service.undecided.contains(.port) else { continue }
      if let span = host.speaksSSH {
        context.diagnostics.append(
          Diagnostic(
            .note, "server-not-ftp",
            "\(own.title.isEmpty ? "the server config" : "`\(own.title)`") speaks SSH on port \(service.port.value), not FTP, and is "
              + "left out", at: span))
        continue
      }
      services += variants(of: host, service, regions)
    }
    for index in services.indices { services[index].stopped = unspawned }
    return services
  }

  /// `ServerType standalone`, the default, where another program starts it with a connection: it looks for a port that
  /// is taken.
  private func unspawned(_ configuration: ProftpdConfiguration, _ spawner: Spawner?) -> Refusal? {
    guard let spawner else { return nil }
    let type = configuration.main.directives["servertype"]?.first
    guard type?.arguments.first?.value.lowercased() != "inetd" else { return nil }
    return Refusal(
      "\(spawner.title) listens for it, and with `ServerType standalone` it wants to listen itself",
      type?.span ?? configuration.main.place, help: "write `ServerType inetd`")
  }

  /// One service for each group of clients who are treated differently.
  private func variants(
    of host: ProftpdHost, _ first: EffectiveService, _ regions: [ProftpdRegion]
  ) -> [EffectiveService] {
    guard regions.count > 1 else { return [first] }
    var signatures: [String: Int] = [:]
    var variants: [(service: EffectiveService, titles: [String], clients: [AddressSet])] = []
    for region in regions {
      let signature = host.signature(region)
      if let index = signatures[signature] {
        variants[index].titles.append(region.title)
        variants[index].clients.append(region.clients)
      } else {
        signatures[signature] = variants.count
        variants.append((host.service(region), [region.title], [region.clients]))
      }
    }
    guard variants.count > 1 else { return [first] }
    return variants.map { variant in
      var service = variant.service
      service.clients = AddressSet(unionOf: variant.clients)
      let titles = variant.titles.filter { !$0.isEmpty }
      service.clientsTitle = titles.isEmpty ? "for other clients" : "for clients \(titles.joined(separator: " and "))"
      return service
    }
  }

  private func tooMany(_ configuration: ProftpdConfiguration, _ context: inout ReadingContext) -> [ProftpdRegion] {
    context.leaveOpen(
      "classes and networks divide clients into more than 64 groups, which are not told apart",
      at: configuration.classes.first?.span ?? configuration.main.place,
      notes: ["what is compared holds for clients of no class"])
    return [.everybody]
  }

  /// What the files leave to others: to inetd, to the names of clients, to the user who logs in.
  private func reportUndecided(_ configuration: ProftpdConfiguration, _ context: inout ReadingContext) {
    if let type = configuration.main.directives["servertype"]?.first, let word = type.arguments.first,
      word.value.lowercased() == "inetd", context.spawner == nil
    {
      context.leaveOpen(
        "with `ServerType inetd` another program listens for ProFTPD: inetd, xinetd or a socket of systemd",
        at: type.span,
        notes: [
          "on which addresses and ports is written there; each session is a process of its own, so no number of clients holds"
        ],
        help: "look there too, or write `ServerType standalone`")
    }
    let scopes = [configuration.main] + configuration.hosts + configuration.globals
    for section in scopes.flatMap(\.sections) { reportUndecided(section, &context) }
    for scope in scopes { reportUndecided(scope, &context) }
    let usesClasses = scopes.contains {
      !$0.sections.isEmpty || $0.limits.contains { !$0.allow.classes.isEmpty || !$0.deny.classes.isEmpty }
    }
    for one in configuration.classes where usesClasses && one.isOpen {
      context.leaveOpen(
        "who belongs to class `\(one.name)` depends on the names of hosts", at: one.span,
        notes: ["its networks alone are taken for it"], help: "write networks in `From`")
    }
  }
}

extension ProftpdReader {
  /// What one scope leaves to folders, users, patterns and certificates.
  func reportUndecided(_ scope: ProftpdScope, _ context: inout ReadingContext) {
    for limit in scope.limitsElsewhere {
      context.leaveOpen(
        "whether this `<Limit>` counts for data connections depends on the folder that a session is in",
        at: limit.span, help: "write it outside of `<Directory>`")
    }
    let named: Set = ["LIST", "DIRS", "PROT", "PBSZ", "AUTH", "USER", "PASS"]
    for limit in scope.limits + scope.folderLimits {
      let isAboutUsers =
        limit.deny.hasMore && !limit.commands.isDisjoint(with: named.union(ProftpdLimit.dataCommands))
      let isBeforeLogin = limit.deny.isForAll && !limit.commands.isDisjoint(with: ["AUTH", "USER", "PASS"])
      guard isAboutUsers || isBeforeLogin else { continue }
      context.leaveOpen(
        isBeforeLogin
          ? "whether anybody logs in past this `<Limit>` on commands of the login is not known"
          : "who is refused by this `<Limit>` depends on users, groups, host names or patterns", at: limit.span)
    }
    for key in ["allowfilter", "denyfilter"] {
      for line in scope.directives[key] ?? [] where !ProftpdValues.isHarmless(line) {
        context.leaveOpen(
          "which commands `\(line.name.value)` refuses depends on its pattern, which is held against the arguments of "
            + "all commands but PASS", at: line.span,
          notes: ["USER, AUTH, PBSZ and PROT with a refused argument are answered with 550"])
      }
    }
    // Modules that look up clients in tables, or in the DNS (their documentation).
    for key in [
      "wraptables", "wrapusertables", "tcpaccessfiles", "geoipallowfilter", "geoipdenyfilter", "dnsbldomain",
    ] {
      guard let line = scope.directives[key]?.first else { continue }
      context.leaveOpen(
        "`\(line.name.value)` decides about clients as well, and its tables were not read", at: line.span,
        help: "see that they let in the clients of the policy")
    }
    // A line of that many bytes at most is read; without its end the session waits (measured: 1.3.8).
    if let line = scope.directives["commandbuffersize"]?.first,
      ProftpdValues.number(line.arguments.first?.value ?? "") < 64
    {
      context.leaveOpen(
        "names and passwords that do not fit into `CommandBufferSize` cannot log in", at: line.span,
        help: "remove `CommandBufferSize`")
    }
    reportTLS(scope, &context)
  }

  private func reportTLS(_ scope: ProftpdScope, _ context: inout ReadingContext) {
    if let line = scope.directives["tlsverifyclient"]?.first,
      ProftpdValues.flag(line.arguments.first?.value ?? "") == true
    {
      context.leaveOpen(
        "clients have to show a certificate, and who has one is not in the files", at: line.span,
        help: "write `TLSVerifyClient off` if everybody may log in")
    }
    if let list = scope.directives["tlsciphersuite"]?.first?.arguments.last,
      CipherList.outcome(list.value) == .doubtful
    {
      context.doubt(ciphers: list)
    }
    if let line = scope.directives["tlsprotocol"]?.first {
      let left = ProftpdValues.protocols(line)
      if left.isDisjoint(with: ["TLSV1.2", "TLSV1.3"]), !left.isDisjoint(with: ["TLSV1", "TLSV1.1"]) {
        context.leaveOpen(
          "no version of TLS after 1.1 is left, which most libraries of today refuse", at: line.span,
          help: "write `TLSProtocol TLSv1.2 TLSv1.3`")
      }
    }
  }
}

/// An address and port that a server of the file takes for itself.
private struct Socket: Hashable {
  var address: IPAddress
  var port: UInt16

  /// As far as literals tell.
  static func all(of service: EffectiveService) -> [Socket] {
    service.addresses.value.compactMap { IPAddress($0) }.map { Socket(address: $0, port: service.port.value) }
  }
}
