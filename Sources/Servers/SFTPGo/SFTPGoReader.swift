import Addressing
import Diagnostics
package import Policy

/// Reads `sftpgo.json`, and files of variables, which win over it: those of the folder `env.d`, in the order of their
/// names (docs/full-configuration.md).
package struct SFTPGoReader: ServerReader {
  package let software = SoftwareKind.sftpgo

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    read([path], version: version, &context)
  }

  package func read(
    _ paths: [String], version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let files = paths.flatMap { self.files(at: $0, context.files) }
    var settings = SFTPGoSettings()
    for isJSON in [true, false] {
      for path in files where path.lowercased().hasSuffix(".env") != isJSON {
        guard let file = context.load(path) else { return [] }
        let isText = context.sources[file].bytes[...].trimmed.first == UInt8(ascii: "{")
        if isJSON, isText || path.hasSuffix(".json") {
          settings.read(json: file, &context)
        } else {
          settings.read(variables: file, &context)
        }
      }
    }
    guard let file = context.first, !context.diagnostics.hasErrors else { return [] }
    let configuration = SFTPGoConfiguration(settings: settings, file: file)
    return settings.bindings.sorted().compactMap { configuration.service(ofBinding: $0, &context) }
  }

  private func files(at path: String, _ files: ServerFiles) -> [String] {
    guard files.kind(path) == .folder else { return [path] }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let variables = folder + "env.d"
    let inside = (files.names(variables) ?? []).filter { $0.hasSuffix(".env") }.sorted().map { "\(variables)/\($0)" }
    let own = (files.names(path) ?? []).sorted().map { folder + $0 }.filter { $0.hasSuffix(".env") }
    let main = folder + "sftpgo.json"
    return (files.kind(main) == .file || inside.isEmpty && own.isEmpty ? [main] : []) + own + inside
  }
}

private struct SFTPGoConfiguration {
  let settings: SFTPGoSettings
  let file: SourceID

  private var place: SourceSpan { SourceSpan(file: file, 0..<0) }

  // MARK: Values

  private func number(
    _ path: String, in bounds: ClosedRange<Int>, default value: Int, _ context: inout ReadingContext
  ) -> Setting<Int> {
    guard let found = settings[path], !found.value.isEmpty else { return Setting(default: value) }
    guard let number = Int(found.value), bounds.contains(number) else {
      context.refuse(
        "SFTPGo does not start: `\(path)` is a number from \(bounds.lowerBound) to \(bounds.upperBound)",
        at: found.span)
      return Setting(value, found.span)
    }
    return Setting(number, found.span)
  }

  /// As `strconv.ParseBool` takes it.
  private func flag(_ path: String, default value: Bool, _ context: inout ReadingContext) -> Setting<Bool> {
    guard let found = settings[path], !found.value.isEmpty else { return Setting(default: value) }
    switch found.value {
    case "1", "t", "T", "true", "TRUE", "True": return Setting(true, found.span)
    case "0", "f", "F", "false", "FALSE", "False": return Setting(false, found.span)
    default:
      context.refuse("SFTPGo does not start: `\(path)` is `true` or `false`", at: found.span)
      return Setting(value, found.span)
    }
  }

  private func text(_ path: String) -> Located<String>? { settings[path].flatMap { $0.value.isEmpty ? nil : $0 } }

  // MARK: One binding

  /// `nil` for one that is switched off.
  func service(ofBinding position: Int, _ context: inout ReadingContext) -> EffectiveService? {
    let binding = "ftpd.bindings.\(position)."
    let port = number(binding + "port", in: 0...65535, default: 0, &context)
    guard port.value > 0 else { return nil }
    var service = EffectiveService(title: "binding \(position)", place: port.span ?? place)
    if settings.hasVariables {
      service.form = .environment("\(SFTPGoSettings.prefix)FTPD__BINDINGS__\(position)__")
    }
    service.port = Setting(UInt16(clamping: port.value), port.span)
    listen(&service, text(binding + "address"), &context)
    service.passivePorts = passivePorts(&context)
    announce(&service, binding, &context)
    secure(&service, binding, &context)
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

  private func announce(_ service: inout EffectiveService, _ binding: String, _ context: inout ReadingContext) {
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
    guard let network = settings[binding + "passive_ip_overrides.0.networks.0"] else { return }
    context.leaveOpen(
      "which address clients are told depends on their own: `passive_ip_overrides` has one for \(network.value)",
      at: network.span, help: "remove `passive_ip_overrides`, or publish these clients by themselves")
    service.undecided.insert(.announced)
  }

  // MARK: TLS

  private func pair(_ place: String) -> Located<Certificate>? {
    guard let file = text(place + "certificate_file"), let key = text(place + "certificate_key_file") else {
      return nil
    }
    return Located(.files(certificate: file.value, key: key.value), file.span)
  }

  /// TLS is there with a certificate alone, of the binding or of the whole server; without any the modes that demand it
  /// keep the program from starting (source).
  private func secure(_ service: inout EffectiveService, _ binding: String, _ context: inout ReadingContext) {
    let mode = number(binding + "tls_mode", in: 0...2, default: 0, &context)
    let certificate = pair(binding) ?? pair("ftpd.")
    guard let certificate else {
      if mode.value > 0 {
        context.refuse(
          "SFTPGo does not start: `tls_mode` \(mode.value) needs a certificate", at: mode.span ?? place,
          help: "write `certificate_file` and `certificate_key_file`")
      }
      service.tls.control = Setting(.off, mode.span)
      service.tls.data = Setting(.off, mode.span)
      return
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
