import Addressing
import Diagnostics
package import Policy

/// Reads `sftpgo.json`, and files of variables, which win over it: those of the folder `env.d`, in the order of their
/// names (docs/full-configuration.md). Or reads a command line, a unit of systemd or a Compose file that starts it.
package struct SFTPGoReader: ServerReader {
  package let software = SoftwareKind.sftpgo

  package init() {}

  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let files = paths.flatMap { self.files(at: $0, &context) }
    var settings = SFTPGoSettings()
    var isConfigured = false
    var variables: [SourceID] = []
    var starts: [Invocation] = []
    for path in files where !Self.isVariables(path) {
      guard let file = context.load(path) else { return [] }
      if path.hasSuffix(".json") || Self.beginsAsJSON(context.sources[file].bytes) {
        isConfigured = true
        settings.read(json: file, &context)
      } else if let found = context.starts(in: file, at: path, of: software) {
        starts += found
      } else {
        variables.append(file)
      }
    }
    // What the program finds in its environment wins over `env.d`, of which the first file counts.
    let inFolder = files.filter { Self.isVariables($0) && Self.isInVariableFolder($0) }.sorted()
    for path in files.filter({ Self.isVariables($0) && !Self.isInVariableFolder($0) }) + inFolder {
      guard let file = context.load(path) else { return [] }
      variables.append(file)
    }
    guard !context.diagnostics.hasErrors else { return [] }
    guard starts.isEmpty else {
      return starts.flatMap { self.services(of: $0, settings, isConfigured: isConfigured, variables, &context) }
    }
    for file in variables { settings.read(variables: file, &context) }
    return services(settings, &context)
  }

  private func services(_ settings: SFTPGoSettings, _ context: inout ReadingContext) -> [EffectiveService] {
    guard let file = context.first, !context.diagnostics.hasErrors else { return [] }
    let configuration = SFTPGoConfiguration(settings: settings, file: file)
    let services = settings.bindings.sorted().compactMap { configuration.service(ofBinding: $0, &context) }
    refuseSameSocket(services, &context)
    return services
  }

  /// Those of one start: the variables of its environment win over files. Without the file of the configuration, what
  /// no variable sets is not known.
  private func services(
    of start: Invocation, _ settings: SFTPGoSettings, isConfigured: Bool, _ variables: [SourceID],
    _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var settings = settings
    context.leaveOpen(variables: start.unknown)
    settings.read(variablesOf: start, &context)
    for file in variables { settings.read(variables: file, &context) }
    if !isConfigured {
      context.leaveOpen(
        start.container.map { "the file that the image `\($0.image)` gives to SFTPGo is not here" }
          ?? "the file `sftpgo.json` of this command is not here",
        at: start.span, notes: ["what no variable sets was not compared"],
        help: "audit that file too: name it after this one")
    }
    var services = services(settings, &context)
    if services.isEmpty { context.report(start) }
    for index in services.indices {
      if !isConfigured { services[index].leaveDefaultsOpen() }
      services[index].place(under: start, &context)
    }
    return services
  }

  /// The second of two bindings cannot listen on what the first has: the same port, and the same address or all of
  /// them on one side (Go listens on all addresses of both families then, and a socket that listens shares nothing).
  private func refuseSameSocket(_ services: [EffectiveService], _ context: inout ReadingContext) {
    var onPort: [UInt16: (all: Bool, addresses: Set<String>)] = [:]
    for service in services {
      let text = service.addresses.value.first ?? ""
      let literal = IPAddress(text)
      let isAll = text.isEmpty || literal?.scope == .unspecified
      var taken = onPort[service.port.value] ?? (false, [])
      let address = literal.map { "\($0)" } ?? text
      if taken.all || isAll && !taken.addresses.isEmpty || taken.addresses.contains(address) {
        context.refuse(
          "SFTPGo does not start: another binding listens on port \(service.port.value) of the same address",
          at: service.port.span ?? service.place, help: "give one of them another port or another address")
      }
      taken.all = taken.all || isAll
      taken.addresses.insert(address)
      onPort[service.port.value] = taken
    }
  }

  private static func isInVariableFolder(_ path: String) -> Bool {
    path.split(separator: "/").dropLast().last == "env.d"
  }

  private static func isVariables(_ path: String) -> Bool {
    path.lowercased().hasSuffix(".env") || isInVariableFolder(path)
  }

  private static func beginsAsJSON(_ bytes: [UInt8]) -> Bool {
    bytes[(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)...].trimmed.first == UInt8(ascii: "{")
  }

  private func files(at path: String, _ context: inout ReadingContext) -> [String] {
    let files = context.files
    guard files.kind(path) == .folder else { return [path] }
    let folder = path.hasSuffix("/") ? path : path + "/"
    if Self.isInVariableFolder(folder + "x") { return variables(in: folder, &context) }
    let inside = variables(in: folder + "env.d/", &context)
    let own = (files.names(path) ?? []).sorted().map { folder + $0 }.filter { $0.hasSuffix(".env") }
    let main = folder + "sftpgo.json"
    return (files.kind(main) == .file || inside.isEmpty && own.isEmpty ? [main] : []) + own + inside
  }

  /// Every file in the folder, whatever its name (source).
  private func variables(in folder: String, _ context: inout ReadingContext) -> [String] {
    let files = context.files
    let all = (files.names(folder) ?? []).sorted().map { folder + $0 }.filter { files.kind($0) == .file }
    for path in all where context.files.target(path) != nil {
      context.leaveOpen(
        "whether SFTPGo reads `\(path)` is not certain: it is a symbolic link, and the program takes regular files",
        at: SourceSpan(file: context.add(path), 0..<0), help: "put the file itself there")
    }
    return all
  }
}

extension EffectiveService {
  /// Takes nothing for known that no setting was read for.
  fileprivate mutating func leaveDefaultsOpen() {
    if port.span == nil { undecided.insert(.port) }
    if passivePorts.span == nil { undecided.insert(.passivePorts) }
    if announced.span == nil { undecided.insert(.announced) }
    if tls.control.span == nil || tls.control.value == .off { undecided.insert(.tls) }
    if tls.certificate.value == nil { undecided.insert(.certificate) }
    if maxClients.span == nil { undecided.insert(.maxClients) }
    if allowsActive?.span == nil { undecided.insert(.activeMode) }
    if allowsForeignPort.span == nil || allowsForeignPeer.span == nil { undecided.insert(.foreign) }
  }
}

private struct SFTPGoConfiguration {
  let settings: SFTPGoSettings
  let file: SourceID
  /// Whether some binding has a certificate of its own.
  private let hasCertificateOfBinding: Bool

  init(settings: SFTPGoSettings, file: SourceID) {
    (self.settings, self.file) = (settings, file)
    hasCertificateOfBinding = settings.bindings.contains { number in
      ["certificate_file", "certificate_key_file"].allSatisfy { name in
        settings["ftpd.bindings.\(number).\(name)"].map { !$0.value.isEmpty } ?? false
      }
    }
  }

  private var place: SourceSpan { SourceSpan(file: file, 0..<0) }

  // MARK: Values

  private func number(
    _ path: String, in bounds: ClosedRange<Int>, default value: Int, _ context: inout ReadingContext
  ) -> Setting<Int> {
    guard let found = settings[path], !found.value.isEmpty else { return Setting(default: value) }
    guard let number = SFTPGoSettings.number(found.value), bounds.contains(number) else {
      context.refuse(
        "SFTPGo does not start: `\(path)` is a number "
          + (bounds.lowerBound == .min ? "up to" : "from \(bounds.lowerBound) to") + " \(bounds.upperBound)",
        at: found.span)
      return Setting(value, found.span)
    }
    return Setting(number, found.span)
  }

  private func flag(_ path: String, default value: Bool, _ context: inout ReadingContext) -> Setting<Bool> {
    guard let found = settings[path], !found.value.isEmpty else { return Setting(default: value) }
    guard let flag = SFTPGoSettings.flag(found.value) else {
      context.refuse("SFTPGo does not start: `\(path)` is `true` or `false`", at: found.span)
      return Setting(value, found.span)
    }
    return Setting(flag, found.span)
  }

  private func text(_ path: String) -> Located<String>? { settings[path].flatMap { $0.value.isEmpty ? nil : $0 } }

  // MARK: One binding

  /// `nil` for one that is switched off.
  func service(ofBinding position: Int, _ context: inout ReadingContext) -> EffectiveService? {
    let binding = "ftpd.bindings.\(position)."
    let port = number(binding + "port", in: Int.min...65535, default: 0, &context)
    guard port.value > 0 else { return nil }
    var service = EffectiveService(title: "binding \(position)", place: port.span ?? place)
    if settings.hasVariables {
      service.form = .environment("\(SFTPGoSettings.prefix)FTPD__BINDINGS__\(position)__")
    }
    service.port = Setting(UInt16(clamping: port.value), port.span)
    listen(&service, text(binding + "address"), &context)
    service.passivePorts = passivePorts(&context)
    announce(&service, ofBinding: position, &context)
    secure(&service, binding, &context)
    leaveProxyOpen(binding, &context)
    let refuses = flag("ftpd.disable_active_mode", default: false, &context)
    service.allowsActive = Setting(!refuses.value, refuses.span)
    let takesAny = flag("ftpd.active_transfers_port_non_20", default: true, &context)
    service.pinsDataPort = Setting(!takesAny.value, takesAny.span)
    let active = number(binding + "active_connections_security", in: 0...1, default: 0, &context)
    service.allowsForeignPort = Setting(active.value == 1, active.span)
    let passive = number(binding + "passive_connections_security", in: 0...1, default: 0, &context)
    service.allowsForeignPeer = Setting(passive.value == 1, passive.span)
    let most = number("common.max_total_connections", in: 0...Int(Int32.max), default: 0, &context)
    service.maxClients = Setting(most.value > 0 ? most.value : nil, most.span)
    let each = number("common.max_per_host_connections", in: 0...Int(Int32.max), default: 20, &context)
    service.maxPerClient = Setting(each.value > 0 ? each.value : nil, each.span)
    return service
  }

  /// The address, to which the port is joined as it stands: one of IPv6 needs brackets (source).
  private func listen(
    _ service: inout EffectiveService, _ address: Located<String>?, _ context: inout ReadingContext
  ) {
    guard let address else { return }
    let isBracketed = address.value.hasPrefix("[") && address.value.hasSuffix("]")
    let inside = isBracketed ? String(address.value.dropFirst().dropLast()) : address.value
    let literal = IPAddress(inside)
    if literal?.family == .ipv6, !isBracketed {
      context.refuse(
        "SFTPGo does not listen on `\(address.value)`: an address of IPv6 needs brackets", at: address.span,
        help: "write `[\(inside)]`")
    }
    service.addresses = Setting([inside], address.span)
    if let literal { service.families = Setting([literal.family], address.span) }
  }

  /// A range counts when its start is above 0 and its end above its start; otherwise any port is taken (source).
  private func passivePorts(_ context: inout ReadingContext) -> Setting<PassivePorts> {
    let path = "ftpd.passive_port_range."
    let low = number(path + "start", in: 0...65535, default: 50000, &context)
    let high = number(path + "end", in: 0...65535, default: 50100, &context)
    let span = low.span ?? high.span
    guard low.value > 0, high.value > low.value,
      let range = PortRange(low: UInt16(clamping: low.value), high: UInt16(clamping: high.value))
    else { return Setting(.any, span) }
    return Setting(.range(range), span)
  }

  private func announce(_ service: inout EffectiveService, ofBinding position: Int, _ context: inout ReadingContext) {
    let binding = "ftpd.bindings.\(position)."
    if let forced = text(binding + "force_passive_ip") {
      guard case .v4(let address)? = IPAddress(forced.value) else {
        context.refuse(
          "SFTPGo does not start: `\(forced.value)` in `force_passive_ip` is no IPv4 address", at: forced.span)
        return
      }
      service.announced = Setting(.address(.v4(address)), forced.span)
    } else if let host = text(binding + "passive_host") {
      service.announced = Setting(.name(host.value), host.span)
    } else {
      service.announced = Setting(.own, settings[binding + "force_passive_ip"]?.span)
    }
    override(&service, &context, settings.overrides(ofBinding: position))
  }

  /// Each needs networks, and an address of IPv4 or none; otherwise the program does not start (source).
  private func override(
    _ service: inout EffectiveService, _ context: inout ReadingContext, _ overrides: [SFTPGoSettings.Override]
  ) {
    let member = "`passive_ip_overrides`"
    let refusals = context.diagnostics.count
    for override in overrides {
      if override.networks.isEmpty {
        context.refuse(
          "SFTPGo does not start: a member of \(member) has no networks", at: override.place,
          help: "write `networks`, or remove the member")
      }
      if let wrong = override.networks.first(where: { !Self.isNetwork($0.value) }) {
        context.refuse(
          "SFTPGo does not start: `\(wrong.value)` in \(member) is neither an address nor a network", at: wrong.span)
      }
      if let address = override.address, !address.value.isEmpty, IPAddress(address.value)?.family != .ipv4 {
        context.refuse("SFTPGo does not start: `\(address.value)` in \(member) is no IPv4 address", at: address.span)
      }
    }
    guard let first = overrides.first, context.diagnostics.count == refusals else { return }
    let networks = overrides.flatMap(\.networks).map(\.value)
    context.leaveOpen(
      "which address clients are told depends on their own: \(member) has one for "
        + networks.prefix(3).joined(separator: ", ") + (networks.count > 3 ? " and others" : ""),
      at: first.networks.first?.span ?? first.place,
      help: "remove \(member), or publish these clients by themselves")
    service.undecided.insert(.announced)
  }

  private static func isNetwork(_ text: String) -> Bool {
    guard let slash = text.lastIndex(of: "/"), slash > text.startIndex else { return IPAddress(text) != nil }
    let length = text[text.index(after: slash)...]
    guard let address = IPAddress(String(text[..<slash])), let bits = UInt8(length), length.utf8.allSatisfy(\.isDigit)
    else { return false }
    return bits <= (address.family == .ipv4 ? 32 : 128)
  }

  /// With the PROXY protocol clients are who a header says.
  private func leaveProxyOpen(_ binding: String, _ context: inout ReadingContext) {
    let version = number("common.proxy_protocol", in: Int.min...Int(Int32.max), default: 0, &context)
    guard (1...2).contains(version.value), flag(binding + "apply_proxy_config", default: true, &context).value else {
      return
    }
    context.leaveOpen(
      "who the clients are depends on the proxy before the server: `proxy_protocol` is \(version.value)",
      at: version.span ?? place,
      notes: version.value == 2 ? ["connections without the header of the PROXY protocol are refused"] : [],
      help: "write `proxy_protocol` 0, or `apply_proxy_config` false, unless a proxy stands before FTP")
  }

  // MARK: TLS

  private func pair(_ place: String) -> Located<Certificate>? {
    guard let file = text(place + "certificate_file"), let key = text(place + "certificate_key_file") else {
      return nil
    }
    return Located(.files(certificate: file.value, key: key.value), file.span)
  }

  /// TLS is there with a certificate alone, of the binding or of the whole server. Without any, the modes that demand
  /// it keep the program from starting. With one of another binding only, explicit TLS is demanded and never works, and
  /// implicit TLS cannot listen (source).
  private func secure(_ service: inout EffectiveService, _ binding: String, _ context: inout ReadingContext) {
    let mode = number(binding + "tls_mode", in: 0...2, default: 0, &context)
    let certificate = pair(binding) ?? pair("ftpd.")
    guard let certificate else {
      let help = "write `certificate_file` and `certificate_key_file`"
      if mode.value == 1, hasCertificateOfBinding {
        service.nobody = Refusal(
          "`tls_mode` 1 demands TLS, and this binding has no certificate", mode.span ?? place, help: help)
      } else if mode.value > 0 {
        context.refuse(
          "SFTPGo does not start: `tls_mode` \(mode.value) needs a certificate", at: mode.span ?? place, help: help)
      }
      service.tls.control = Setting(.off, mode.span)
      service.tls.data = Setting(.off, mode.span)
      return
    }
    let clients = number(binding + "client_auth_type", in: Int.min...Int(Int32.max), default: 0, &context)
    if (1...2).contains(clients.value) {
      context.leaveOpen(
        clients.value == 1
          ? "clients without a certificate of their own get no session with TLS: `client_auth_type` is 1"
          : "a certificate that a client presents decides whether it gets a session: `client_auth_type` is 2",
        at: clients.span ?? place, help: "write `client_auth_type` 0, unless all clients have certificates")
    }
    let demand = mode.value == 0 ? TLSDemand.optional : .required
    service.tls.control = Setting(demand, mode.span)
    service.tls.data = Setting(demand, mode.span)
    service.tls.isImplicit = Setting(mode.value == 2, mode.span)
    service.tls.certificate = Setting(certificate.value, certificate.span)
    let reuse = number(binding + "tls_session_reuse", in: 0...1, default: 0, &context)
    service.tls.demandsReuse = Setting(reuse.value == 1, reuse.span)
  }
}
